"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/) -> entries."""

import json
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Any

from briefing.digest.sources.dates import parse_date
from briefing.digest.sources.entry import Entry
from briefing.digest.sources.errors import NotAFeed
from briefing.digest.sources.urls import shown


def json_entries(text: str, url: str, now: datetime) -> tuple[str | None, Iterator[Entry]]:
    """The feed's title and its entries; members of the wrong type are as if missing.

    Raises `NotAFeed` for JSON that is no JSON Feed.
    """
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAFeed(f"{shown(url)} is broken JSON. Try again later") from error
    items = feed.get("items")
    if not isinstance(items, list):
        raise NotAFeed(f"{shown(url)} is JSON, but no JSON Feed. Check the address")
    language = _text(feed, "language")
    entries = (_entry(each, language, now) for each in items if isinstance(each, dict))
    return _text(feed, "title"), entries


def _entry(item: dict[str, Any], language: str | None, now: datetime) -> Entry:
    plain = _text(item, "content_text")
    return Entry(
        guid=_identifier(item),
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        summary=escape(_text(item, "summary") or "", quote=False),
        # Plain text is made markup, so that all entries are read in one way.
        content=_text(item, "content_html") or _marked_up(plain or ""),
        published=parse_date(_text(item, "date_published"), now),
        updated=parse_date(_text(item, "date_modified"), now),
        author=_author(item),
        language=_text(item, "language") or language,
        title_is_text=True,
    )


def _text(item: dict[str, Any], name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) else None


def _identifier(item: dict[str, Any]) -> str | None:
    """The id; numbers, which the specification asks readers to take, as strings."""
    value = item.get("id")
    usable = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value) if usable else None


def _author(item: dict[str, Any]) -> str | None:
    """Names of ``authors`` (1.1), else of ``author`` (1.0)."""
    given = item.get("authors")
    authors = given if isinstance(given, list) else [item.get("author")]
    names = [_text(author, "name") for author in authors if isinstance(author, dict)]
    return ", ".join(name for name in names if name) or None


def _marked_up(text: str) -> str:
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in text.splitlines() if line)
