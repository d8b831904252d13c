"""Bytes of a feed (RSS, Atom, JSON Feed) -> items. Pure: safe to run in a process of its own."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

from briefing.digest.records import Item
from briefing.digest.sources.dates import from_parsed, parse_date
from briefing.digest.sources.entry import Entry, distinct, item_of
from briefing.digest.sources.errors import NotAFeed
from briefing.digest.sources.jsonfeed import json_entries
from briefing.digest.sources.urls import shown
from briefing.errors import NotText
from briefing.read.decode import decode

MAX_ITEMS = 5_000
"""Entries of one feed that are read, in the feed's order (mostly newest first)."""
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:-]{1,40})", re.I)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_HTML = re.compile(r"\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)
_OPML = re.compile(r"\s*(?:<[!?].{0,1000}?>\s*)*<opml\b", re.I | re.S)
_IS_LINK = re.compile(r"https?://|/", re.I)
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.I)
_ALTERNATE = re.compile(
    r"<link\b(?=[^>]*\brel\s*=\s*[\"']?alternate)(?=[^>]*\btype\s*=\s*[\"']?application/"
    r"(?:rss\+xml|atom\+xml|feed\+json))[^>]*\bhref\s*=\s*[\"']([^\"'>]{1,500})",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as read: its title, its items, and what was wrong with it."""

    title: str | None
    items: tuple[Item, ...]
    warnings: tuple[str, ...] = ()


def parse_feed(data: bytes, url: str, now: datetime, charset: str | None = None) -> Feed:
    """Read what came from ``url``; ``charset`` is what the sender declared.

    A feed that is broken gives the items that can be had, and a warning.

    Raises `NotAFeed` for anything else; the message says what it is and what to do.
    """
    text = _text(data, url, charset)
    if not text.strip():
        raise NotAFeed(f"{shown(url)} is empty. Check the address")
    if text.lstrip().startswith("{"):
        title, entries = json_entries(text, url, now)
        return _feed(title, entries, url, now, ())
    if _OPML.match(text[:5_000]):
        raise NotAFeed(
            f"{shown(url)} is a list of feeds (OPML). Name it in 'opml', or import it with: "
            "briefing digest sources import"
        )
    return _xml_feed(text, url, now)


def _text(data: bytes, url: str, charset: str | None) -> str:
    declared = _DECLARED.search(data[:1_000])
    try:
        text = decode(data, declared[1].decode("ascii") if declared else charset).text
    except NotText as error:
        raise NotAFeed(f"{shown(url)} is no feed: {error}") from error
    return _ILLEGAL.sub("", text)


def _xml_feed(text: str, url: str, now: datetime) -> Feed:
    import feedparser

    # The text is decoded already; what the feed says of its encoding may be a lie.
    data = b'<?xml version="1.0" encoding="utf-8"?>' + _DECLARATION.sub("", text).lstrip().encode()
    # Without the feed's address: identifiers would be resolved against it, and change with it.
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = feedparser.parse(
                BytesIO(data),
                response_headers=headers,
                sanitize_html=False,
                resolve_relative_uris=False,
            )
    except MemoryError:
        raise
    except Exception as error:  # the loose parser fails in many ways on hostile markup
        raise NotAFeed(f"{shown(url)} is damaged beyond reading. Try again later") from error
    if not parsed.entries and not parsed.version:
        raise NotAFeed(_no_feed(text, url))
    faults = (f"The feed is not well-formed: {_reason(parsed)}",) if parsed.bozo else ()
    feed = _feed(parsed.feed.get("title"), _entries(parsed, now), url, now, faults)
    if parsed.bozo and not feed.items:
        raise NotAFeed(f"{shown(url)} is a broken feed without a readable entry. Try again later")
    return feed


def _feed(
    title: str | None, entries: Iterator[Entry], base: str, now: datetime, faults: tuple[str, ...]
) -> Feed:
    items: list[Item] = []
    for number, entry in enumerate(entries):
        if number >= MAX_ITEMS:
            faults += (f"The feed has more than {MAX_ITEMS:,} entries; the rest was not read",)
            break
        if item := item_of(entry, base, now):
            items.append(item)
    return Feed(title, distinct(items), faults)


def _entries(parsed: Any, now: datetime) -> Iterator[Entry]:
    is_atom = str(parsed.version).startswith("atom")
    language = parsed.feed.get("language")
    for each in parsed.entries:
        # `get` of feedparser's own dictionaries gives 'published' for a missing 'updated'.
        raw: dict[str, Any] = dict(each.items())
        title: Any = raw.get("title_detail") or {}
        yield Entry(
            guid=raw.get("id"),
            link=_link(raw),
            title=raw.get("title"),
            summary=raw.get("summary") or "",
            content=_content(raw),
            published=_time(raw, "published", now),
            updated=_time(raw, "updated", now),
            author=raw.get("author"),
            language=title.get("language") or language,
            title_is_text=is_atom and title.get("type") == "text/plain",
        )


def _link(raw: dict[str, Any]) -> str | None:
    """Where the article is: the original's address if a service stands between, else the link."""
    links = raw.get("links") or []
    by_rel = {link.get("rel"): link.get("href") for link in reversed(links)}
    identifier = raw.get("id")
    if identifier and not _IS_LINK.match(identifier):
        # Where there is no link, feedparser takes the identifier for one.
        by_rel = {rel: link for rel, link in by_rel.items() if link != identifier}
        raw = {**raw, "link": None if raw.get("link") == identifier else raw.get("link")}
    candidates = (raw.get("feedburner_origlink"), raw.get("link"), by_rel.get("alternate"))
    for link in (*candidates, identifier if _IS_LINK.match(identifier or "") else None):
        if link and not _OTHER_SCHEME.match(link):
            return str(link)
    return None


def _content(raw: dict[str, Any]) -> str:
    """The longest of the contents that are text."""
    contents = (
        each.get("value") or ""
        for each in raw.get("content") or []
        if (each.get("type") or "text/html").startswith(("text/", "application/xhtml"))
    )
    return max(contents, key=len, default="")


def _time(raw: dict[str, Any], name: str, now: datetime) -> datetime | None:
    return from_parsed(raw.get(f"{name}_parsed")) or parse_date(raw.get(name), now)


def _reason(parsed: Any) -> str:
    return " ".join(str(parsed.get("bozo_exception", "")).split())[:200] or "unknown"


def _no_feed(text: str, url: str) -> str:
    """What came instead of a feed, and what to do."""
    if _HTML.match(text[:5_000]):
        if found := _ALTERNATE.search(text[:200_000]):
            feed = shown(urljoin(url, found[1]))
            return f"{shown(url)} is a web page, not a feed. Use the feed that it names: {feed}"
        return (
            f"{shown(url)} is a web page, not a feed. Look for its RSS address, or give it as a "
            "'page'"
        )
    return f"{shown(url)} is no RSS, Atom or JSON feed. Check the address"
