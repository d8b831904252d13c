"""A brief for its readers: plain text, Markdown, HTML, JSON."""

from collections.abc import Callable
from typing import Any, Literal, get_args

from briefing.brief import Brief
from briefing.render.document import from_document, schema, to_document, to_json
from briefing.render.html import page, style, style_hash, to_html
from briefing.render.markdown import to_markdown
from briefing.render.summary import summary_text
from briefing.render.text import to_text

Format = Literal["text", "markdown", "html", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
_RENDERERS: dict[Format, Callable[..., str]] = {
    "text": to_text,
    "markdown": to_markdown,
    "html": to_html,
    "json": to_json,
}

__all__ = [
    "FORMATS",
    "Format",
    "from_document",
    "page",
    "render",
    "schema",
    "style",
    "style_hash",
    "summary_text",
    "to_document",
    "to_html",
    "to_json",
    "to_markdown",
    "to_text",
]


def render(brief: Brief, format: Format, **options: Any) -> str:
    """``brief`` in ``format``, ending in a newline.

    ``options`` are those of ``to_text``, ``to_markdown``, ``to_html`` or ``to_json``. Raises
    ValueError for a format that is none of ``FORMATS``.
    """
    if format not in _RENDERERS:
        raise ValueError(f"no format {format!r}; choose one of {', '.join(FORMATS)}")
    return _RENDERERS[format](brief, **options)
