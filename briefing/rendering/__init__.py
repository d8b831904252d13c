"""Render briefs as plain text, Markdown, HTML and JSON, and articles as they were read."""

from collections.abc import Callable
from typing import Any

from briefing.briefs import Brief
from briefing.options import FORMATS, Format, check_choice
from briefing.rendering.document import from_document, schema, to_document, to_json
from briefing.rendering.html import html_page, style_hash, stylesheet, to_html
from briefing.rendering.text import (
    article_document,
    article_markdown,
    article_paragraphs,
    article_text,
    summary_text,
    to_markdown,
    to_text,
)

_RENDERERS: dict[Format, Callable[..., str]] = {
    "text": to_text,
    "markdown": to_markdown,
    "html": to_html,
    "json": to_json,
}

__all__ = [
    "article_document",
    "article_markdown",
    "article_paragraphs",
    "article_text",
    "from_document",
    "html_page",
    "render",
    "schema",
    "style_hash",
    "stylesheet",
    "summary_text",
    "to_document",
    "to_html",
    "to_json",
    "to_markdown",
    "to_text",
]


def render(brief: Brief, format: Format, **options: Any) -> str:
    """Render ``brief`` in ``format``; the result ends in a newline.

    ``options`` are those of ``to_text``, ``to_markdown``, ``to_html`` or ``to_json``.

    Raises:
        TypeError: ``brief`` is none. ValueError: there is no such format.
    """
    if not isinstance(brief, Brief):
        raise TypeError(f"a Brief is rendered, not {type(brief).__name__}")
    check_choice("format", format, FORMATS)
    return _RENDERERS[format](brief, **options)
