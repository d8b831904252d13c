"""An entry of any feed format -> an item."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from briefing.digest.records import Item
from briefing.digest.sources.dates import usable
from briefing.digest.sources.markup import line_of, text_of
from briefing.digest.sources.teaser import is_cut_off, is_teaser
from briefing.digest.sources.urls import article_url
from briefing.read.clean import clean

MAX_SUBTITLE_WORDS = 60
MAX_TITLE = 500
"""Longest title that is kept, in code points."""
MAX_TEXT = 1_000_000
"""Longest text of one entry, in code points of markup."""
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_].*)?", re.I)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed says of one article, as it says it.

    ``title``, ``summary`` and ``content`` may hold markup, unless ``title_is_text``.
    """

    guid: str | None
    link: str | None
    title: str | None
    summary: str
    content: str
    published: datetime | None
    updated: datetime | None
    author: str | None = None
    language: str | None = None
    title_is_text: bool = False


def item_of(entry: Entry, base: str | None, now: datetime) -> Item | None:
    """The item that ``entry`` of the feed at ``base`` is; None for one that says nothing."""
    url = article_url(entry.link, base)
    title = (clean(entry.title or "") if entry.title_is_text else line_of(entry.title or ""))[
        :MAX_TITLE
    ]
    summary, content = text_of(entry.summary[:MAX_TEXT]), text_of(entry.content[:MAX_TEXT])
    body = content if len(content) >= len(summary) else summary
    if not (title or body or url):
        return None
    guid = _identifier(entry.guid) or url or content_id(title, body)
    return Item(
        guid=guid,
        url=url,
        title=title or None,
        subtitle=_standfirst(summary, title, body),
        body=body,
        published=usable(entry.published or entry.updated, now),
        updated=usable(entry.updated, now),
        language=language_code(entry.language),
        author=clean(entry.author or "")[:MAX_TITLE] or None,
        extent="teaser" if is_teaser(body) else "full",
    )


def _identifier(guid: str | None) -> str | None:
    """A feed's identifier; of one that is a URL, what does not change from version to version."""
    guid = clean(guid or "")[:MAX_TITLE]
    if guid.lower().startswith(("http://", "https://")):
        return article_url(guid) or guid
    return guid or None


def content_id(title: str | None, body: str) -> str:
    """An identifier made of the text itself."""
    return "sha256:" + sha256(f"{title or ''}\n{body}".encode("utf-8", "replace")).hexdigest()


def language_code(name: str | None) -> str | None:
    """The ISO 639 code in a language tag such as ``en-GB``."""
    found = _LANGUAGE.fullmatch((name or "").strip())
    return found[1].lower() if found else None


def distinct(items: Iterable[Item]) -> tuple[Item, ...]:
    """Items with identifiers that tell them apart, in the same order.

    Of several versions of one article (same identifier, and same URL or else title) the newest
    stays, in the place of the first. Where a feed gives one identifier to several articles, their
    URLs or texts take its place.
    """
    found: dict[tuple[str, str | None], Item] = {}
    for item in items:
        key = (item.guid, item.url or item.title)
        if key not in found or _version(item) > _version(found[key]):
            found[key] = item
    shared = Counter(guid for guid, _ in found)
    renamed = (
        replace(item, guid=item.url or content_id(item.title, item.body))
        if shared[item.guid] > 1
        else item
        for item in found.values()
    )
    return tuple(_first_of_each(renamed))


def _first_of_each(items: Iterable[Item]) -> Iterator[Item]:
    seen: set[str] = set()
    for item in items:
        if item.guid not in seen:
            seen.add(item.guid)
            yield item


def _version(item: Item) -> float:
    time = item.updated or item.published
    return time.timestamp() if time else 0.0


def _standfirst(summary: str, title: str, body: str) -> str | None:
    """A summary that adds something to title and body, in one line."""
    line = " ".join(summary.split())
    if not 4 <= len(line.split()) <= MAX_SUBTITLE_WORDS or is_cut_off(line):
        return None
    known = _key(f"{title} {body}")
    return None if _key(line) in known else line


def _key(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
