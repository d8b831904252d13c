"""Render editions: HTML, Markdown, plain text, JSON, Atom, EPUB, e-mail."""

from briefing.digest.rendering.formats import Links, feed, page_policy, to_mail_html
from briefing.digest.rendering.publish import (
    SUFFIXES,
    edition_from_document,
    edition_schema,
    edition_to_document,
    edition_to_json,
    publish,
    render_edition,
    story_document,
    story_from_document,
    write_whole,
)
from briefing.errors import TemplateError

__all__ = [
    "SUFFIXES",
    "Links",
    "TemplateError",
    "edition_from_document",
    "edition_schema",
    "edition_to_document",
    "edition_to_json",
    "feed",
    "page_policy",
    "publish",
    "render_edition",
    "story_document",
    "story_from_document",
    "to_mail_html",
    "write_whole",
]
