"""Render editions from Jinja templates: HTML page, Markdown, plain text, e-mail HTML.

A template of the same name in the folder ``edition.templates`` replaces the bundled one. The
context (`briefing.digest.rendering.view`) is safe to output: Jinja escapes text for ``.html`` and
``.xhtml``; text for Markdown and plain text is escaped beforehand.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    TemplateNotFound,
)
from markupsafe import Markup

from briefing.digest.records import Edition
from briefing.digest.rendering.view import day_in_words, view
from briefing.digest.settings import EditionTable
from briefing.errors import TemplateError
from briefing.rendering.layout import inert, web_url
from briefing.rendering.markdown import escape
from briefing.rendering.text import display_width, wrap

WIDTH = 76
"""Width of plain text: the line limit of e-mail (RFC 5322, 2.1.1) with room for quoting."""
_MARKUP = (".html", ".xhtml", ".opf")


class Templates:
    """Bundled and custom templates; raises TemplateError if one is invalid."""

    def __init__(self, folder: Path | None) -> None:
        if folder and not folder.is_dir():
            raise TemplateError(
                f"{folder} is not a folder; create it, or change edition.templates in digest.toml"
            )
        self._folder = folder
        self._environment = _environment(folder)

    def fill(self, name: str, **values: Any) -> str:
        """Render the template ``name``."""
        try:
            return self._environment.get_template(name).render(**values)
        except Exception as error:
            raise self._template_error(name, error) from error

    def macro(self, name: str, macro: str, *values: Any) -> str:
        """Render one macro of the template ``name``."""
        try:
            return str(getattr(self._environment.get_template(name).module, macro)(*values))
        except Exception as error:
            raise self._template_error(name, error) from error

    def text(self, name: str) -> str:
        """Read a file of the templates verbatim, such as a style sheet."""
        loader = self._environment.loader
        if loader is None:
            raise TemplateNotFound(name)
        try:
            return loader.get_source(self._environment, name)[0]
        except Exception as error:
            raise self._template_error(name, error) from error

    def _template_error(self, name: str, error: Exception) -> TemplateError:
        line = getattr(error, "lineno", None)
        place = f"{getattr(error, 'name', None) or name}{f' line {line}' if line else ''}"
        folder = f" in {self._folder}" if self._folder else ""
        return TemplateError(
            f"the template {place}{folder} cannot be used: {error or type(error).__name__}; "
            "correct it, or remove it to use the bundled one"
        )


@lru_cache(maxsize=8)
def _environment(folder: Path | None) -> Environment:
    bundled = PackageLoader("briefing.digest.rendering")
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder), bundled]) if folder else bundled,
        # Text for the other templates is already escaped.
        autoescape=lambda name: bool(name and name.endswith(_MARKUP)),  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(wrap=_wrapped, underline=_underline)
    return environment


def _wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    """Wrap plain text after the prefix ``first``; further lines get ``rest``, else an indent."""
    return wrap(text, WIDTH, first, " " * len(first) if rest is None else rest)


def _underline(text: str) -> str:
    return "-" * min(display_width(text), WIDTH)


_BLANK = re.compile(r"\n{3,}")


def edition_to_html(
    edition: Edition, table: EditionTable, *, feed: str | None = None, archive: str | None = None
) -> str:
    """Render a self-contained page without scripts or requests.

    ``feed`` is the URL of its feed, ``archive`` that of the list of editions.
    """
    templates = Templates(table.templates)
    style = templates.text("edition.css")
    return templates.fill(
        "page.html",
        edition=view(edition, inert, table.language),
        # Trusted: the style sheet is bundled or the user's, never from an article.
        style=Markup(style),  # noqa: S704
        policy=_policy(style),
        feed=feed,
        archive=archive,
    )


def archive_to_html(
    days: Iterable[date],
    editions: Iterable[Edition],
    table: EditionTable,
    *,
    feed: str | None = None,
) -> str:
    """Render the list of editions: a page for each of ``days``, in their order.

    ``editions`` are those of which the headlines are shown; ``feed`` is the URL of their feed.
    """
    templates = Templates(table.templates)
    style = templates.text("edition.css")
    known = {edition.date: view(edition, inert, table.language) for edition in editions}
    return templates.fill(
        "archive.html",
        title=inert(table.title),
        language=inert(table.language),
        editions=[(day.isoformat(), day_in_words(day), known.get(day)) for day in days],
        style=Markup(style),  # noqa: S704
        policy=_policy(style),
        feed=feed,
    )


def page_policy(table: EditionTable) -> str:
    """The Content-Security-Policy header for the page of `edition_to_html`.

    Adds ``frame-ancestors``, which a ``<meta>`` element does not support.
    """
    return f"{_policy(Templates(table.templates).text('edition.css'))}; frame-ancestors 'none'"


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def edition_to_markdown(edition: Edition, table: EditionTable) -> str:
    """Render Markdown, with cited sentences quoted below their article."""
    shown = view(edition, escape, table.language)
    return _collapse_blank_lines(Templates(table.templates).fill("edition.md", edition=shown))


def edition_to_text(edition: Edition, table: EditionTable) -> str:
    """Render plain text of at most 76 columns, except for long URLs."""
    shown = view(edition, inert, table.language)
    return _collapse_blank_lines(Templates(table.templates).fill("edition.txt", edition=shown))


def to_mail_html(
    edition: Edition, table: EditionTable, *, page: str | None, unsubscribe: str | None
) -> str:
    """Render the HTML of an e-mail with inlined styles; ``page`` and ``unsubscribe`` are URLs."""
    templates = Templates(table.templates)
    html = templates.fill(
        "mail.html",
        edition=view(edition, inert, table.language),
        style=Markup(templates.text("mail.css")),  # noqa: S704
        page=web_url(page),
        unsubscribe=unsubscribe,
    )
    inliner = css_inline.CSSInliner(
        keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
    )
    return inliner.inline(html)


def _collapse_blank_lines(text: str) -> str:
    """Collapse blank lines and strip both ends."""
    return _BLANK.sub("\n\n", text).strip() + "\n"
