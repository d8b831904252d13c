"""Articles: taken in from what sources gave, completed from their pages."""

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from briefing.digest.records import Item
from briefing.digest.store.counters import next_ids
from briefing.digest.store.editions import EditionRow
from briefing.digest.store.sources import Fetched
from briefing.digest.store.tables import articles

LATE = timedelta(hours=48)
"""How much later than its date a source may bring an article that still counts as news."""
_CHUNK = 400
_ITEM = tuple(field.name for field in fields(Item))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page to be read: its address, and the article as its source gave it."""

    url: str
    item: Item


def content_hash(item: Item) -> str:
    """SHA-256 of title and body, whatever their case, spacing and form of Unicode."""
    text = f"{item.title or ''}\n{item.body}"
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def take_in(
    connection: Connection, given: Fetched, edition: EditionRow, *, pages: bool, keep: timedelta
) -> int:
    """Make articles of a source's items; the number of new ones.

    A known one (by its guid) is left as it is, unless the source says that it was updated and
    gives the whole new text. Items older than ``keep`` are passed over: they would be pruned.
    With ``pages``, those that are only teasers and news are marked to be read in full.
    """
    items = [i for i in given.items if not i.published or i.published > edition.since - keep]
    known = _known(connection, given.source, [item.guid for item in items])
    fresh = []
    for item in items:
        if item.guid not in known:
            fresh.append(_new_row(connection, item, given, edition, pages))
        else:
            _revise(connection, known[item.guid], item, edition)
    for number, row in zip(next_ids(connection, "article", len(fresh)), fresh, strict=True):
        row["id"] = number
    if fresh:
        connection.execute(insert(articles), fresh)
    return len(fresh)


def _known(connection: Connection, source: int, guids: Sequence[str]) -> dict[str, RowMapping]:
    found: dict[str, RowMapping] = {}
    wanted = (articles.c.id, articles.c.guid, articles.c.updated, articles.c.content_hash)
    for start in range(0, len(guids), _CHUNK):
        part = guids[start : start + _CHUNK]
        query = select(*wanted).where(articles.c.source_id == source, articles.c.guid.in_(part))
        found.update((row["guid"], row) for row in connection.execute(query).mappings())
    return found


def _new_row(
    connection: Connection, item: Item, given: Fetched, edition: EditionRow, pages: bool
) -> dict[str, Any]:
    news = _news(item.published, given.before, edition)
    page = "none"
    if pages and item.url and item.extent == "teaser" and edition.since < news <= edition.until:
        page = "wanted"
        if (full := _read_before(connection, item.url)) is not None:
            item, page = full_text(item, full), "read"
    return {
        **{name: getattr(item, name) for name in _ITEM},
        "source_id": given.source,
        "topic": item.topic or given.topic,
        "time": min(item.published or edition.made, edition.made),
        "news": news,
        "first_seen": edition.made,
        "content_hash": content_hash(item),
        "page": page,
    }


def _news(published: datetime | None, before: datetime | None, edition: EditionRow) -> datetime:
    """From when on an article is news: its date; for one that comes late, when it came.

    Late is what a source that was read before (at ``before``) brings after the edition that its
    date belongs to: without this it would be in no edition.
    """
    if published is None:
        return edition.made
    if before and min(before, edition.since) - LATE < published <= edition.since:
        return edition.made
    return min(published, edition.made)


def _read_before(connection: Connection, url: str) -> Item | None:
    """The text of a page that another source's article was completed from."""
    query = select(*(articles.c[name] for name in _ITEM)).where(
        articles.c.url == url, articles.c.page == "read"
    )
    row = connection.execute(query.order_by(articles.c.id).limit(1)).mappings().first()
    return Item(**row) if row else None


def full_text(item: Item, page: Item) -> Item:
    """The article with its page's text, and what the page says that the source does not."""
    return Item(
        guid=item.guid,
        url=item.url,
        title=item.title or page.title,
        subtitle=item.subtitle or page.subtitle,
        body=page.body,
        published=item.published or page.published,
        updated=item.updated or page.updated,
        language=page.language or item.language,
        author=item.author or page.author,
        topic=item.topic,
        extent=page.extent,
    )


def _revise(connection: Connection, old: RowMapping, item: Item, edition: EditionRow) -> None:
    newer = item.updated and (old["updated"] is None or item.updated > old["updated"])
    changed = content_hash(item)
    if not newer or item.extent != "full" or changed == old["content_hash"]:
        return
    connection.execute(
        update(articles)
        .where(articles.c.id == old["id"])
        .values(
            title=item.title,
            subtitle=item.subtitle,
            body=item.body,
            updated=item.updated,
            extent=item.extent,
            content_hash=changed,
            news=edition.made,
            signature=None,
        )
    )


def wanted_pages(connection: Connection) -> list[Wanted]:
    """Pages that are still to be read, each address once, in the articles' order."""
    query = (
        select(*(articles.c[name] for name in _ITEM))
        .where(articles.c.page == "wanted")
        .order_by(articles.c.id)
    )
    found: dict[str, Item] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["url"], Item(**row))
    return [Wanted(url, item) for url, item in found.items()]


def record_page(connection: Connection, url: str, page: Item | None, error: str | None) -> None:
    """Complete the articles of an address; with None, leave them as they are for good."""
    for row in list(_of_page(connection, url)):
        values: dict[str, Any] = {"page": "read" if page else "failed", "page_error": error}
        if page:
            item = full_text(Item(**{name: row[name] for name in _ITEM}), page)
            values |= {name: getattr(item, name) for name in _ITEM}
            values |= {"content_hash": content_hash(item), "signature": None}
        connection.execute(update(articles).where(articles.c.id == row["id"]).values(values))


def _of_page(connection: Connection, url: str) -> Iterator[RowMapping]:
    columns = (articles.c.id, *(articles.c[name] for name in _ITEM))
    query = select(*columns).where(articles.c.url == url, articles.c.page == "wanted")
    yield from connection.execute(query).mappings()
