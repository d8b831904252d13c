"""An edition for its readers: page, Markdown, text, JSON, Atom feed, book, message."""

from briefing.digest.render.atom import Links, feed
from briefing.digest.render.document import (
    from_document,
    schema,
    story_document,
    story_from_document,
    to_document,
    to_json,
)
from briefing.digest.render.errors import TemplateError
from briefing.digest.render.publish import SUFFIXES, publish, render, write_whole
from briefing.digest.render.readable import page_policy, to_mail_html

__all__ = [
    "SUFFIXES",
    "Links",
    "TemplateError",
    "feed",
    "from_document",
    "page_policy",
    "publish",
    "render",
    "schema",
    "story_document",
    "story_from_document",
    "to_document",
    "to_json",
    "to_mail_html",
    "write_whole",
]
