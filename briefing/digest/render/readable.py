"""An edition for people: a page, Markdown, plain text, and the HTML of a message."""

import base64
import hashlib
import re

import css_inline
from markupsafe import Markup

from briefing.digest.records import Edition
from briefing.digest.render.templates import Templates
from briefing.digest.render.view import view
from briefing.digest.settings import EditionTable
from briefing.render.layout import clean, web_url
from briefing.render.markdown import escape

_BLANK = re.compile(r"\n{3,}")


def to_html(edition: Edition, table: EditionTable, *, feed: str | None = None) -> str:
    """A page that stands alone: no script, no request. ``feed`` is the address of its feed."""
    templates = Templates(table.templates)
    style = templates.text("edition.css")
    return templates.fill(
        "page.html",
        edition=view(edition, clean, table.language),
        # Markup: the style sheet is ours or the user's, never an article's.
        style=Markup(style),  # noqa: S704
        policy=_policy(style),
        feed=feed,
    )


def page_policy(table: EditionTable) -> str:
    """The Content-Security-Policy of `to_html`'s page for a header, which can say more than the
    page can itself: that no other page may hold it in a frame.
    """
    return f"{_policy(Templates(table.templates).text('edition.css'))}; frame-ancestors 'none'"


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def to_markdown(edition: Edition, table: EditionTable) -> str:
    """Markdown, each sentence that is cited quoted below its article."""
    shown = view(edition, escape, table.language)
    return _tidy(Templates(table.templates).fill("edition.md", edition=shown))


def to_text(edition: Edition, table: EditionTable) -> str:
    """Plain text of at most 76 columns, but for long addresses."""
    shown = view(edition, clean, table.language)
    return _tidy(Templates(table.templates).fill("edition.txt", edition=shown))


def to_mail_html(
    edition: Edition, table: EditionTable, *, page: str | None, unsubscribe: str | None
) -> str:
    """The HTML of a message, its styles inlined; ``page`` and ``unsubscribe`` are addresses."""
    templates = Templates(table.templates)
    filled = templates.fill(
        "mail.html",
        edition=view(edition, clean, table.language),
        style=Markup(templates.text("mail.css")),  # noqa: S704
        page=web_url(page),
        unsubscribe=unsubscribe,
    )
    inliner = css_inline.CSSInliner(
        keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
    )
    return inliner.inline(filled)


def _tidy(text: str) -> str:
    """No more than one empty line at a time, none at either end."""
    return _BLANK.sub("\n\n", text).strip() + "\n"
