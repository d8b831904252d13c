"""Queries on articles: the items of fetches become articles, some completed from their pages."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from briefing.digest import Item
from briefing.digest.sources.web import origin
from briefing.digest.store.editions import EditionRow, FetchedItems, add_warning
from briefing.digest.store.stories import keep_version
from briefing.digest.store.tables import (
    ITEM,
    TEXTS,
    articles,
    next_ids,
    revisions,
    sources_table,
)

CHANGES = timedelta(days=14)
"""How long after its time an article may change and be news again."""
REREAD = timedelta(days=3)
"""How long after its time an article's page is read again because its date changed."""
LATE = timedelta(hours=48)
"""How long after its date an article may arrive and still count as news."""
NEWEST_UNDATED = 5
"""How many entries without a date are news when their feed is read for the first time."""
_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page to fetch: its URL, and the article as its source delivered it."""

    url: str
    item: Item


def content_hash(item: Item) -> str:
    """SHA-256 of title and body, normalised in case, whitespace and Unicode form."""
    text = f"{item.title or ''}\n{item.body}"
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def take_in(
    connection: Connection, fetch: FetchedItems, edition: EditionRow, *, pages: int, keep: timedelta
) -> int:
    """Store a source's items as articles; return the number of new ones.

    A known article is one of the same guid, or of the same address where its old guid is gone. If
    the source gives another text for it, the old one is stored as a revision. Items older than
    ``keep`` are skipped: they would be pruned. Of recent teasers, new or changed, the pages of the
    newest ``pages`` are marked to be fetched.
    """
    items = [i for i in fetch.items if not i.published or i.published > edition.since - keep]
    known = _known(connection, fetch, items)
    newest = [item.guid for item in items if not item.published][:NEWEST_UNDATED]
    new = [_new_row(i, fetch, edition, newest) for i in items if i.guid not in known]
    changed = [
        (known[item.guid], values)
        for item in items
        if item.guid in known and (values := _changed(known[item.guid], item, edition))
    ]
    _want_pages(connection, [*new, *(values for _, values in changed)], fetch, edition, pages)
    for number, row in zip(next_ids(connection, "article", len(new)), new, strict=True):
        row["id"] = number
    if new:
        connection.execute(insert(articles), new)
    for old, values in changed:
        _revise(connection, old, values, edition)
    return len(new)


_ASKED = ("read", "failed", "useless")
"""What became of a page that was asked for: its host failed, or what it gave was no article."""
_COMPARED = ("guid", "url", *TEXTS, "published", "updated", "recording")


def _known(
    connection: Connection, fetch: FetchedItems, items: Sequence[Item]
) -> dict[str, RowMapping]:
    """The stored articles of these items, by the guid that the source gives now."""
    guids = [item.guid for item in items]
    rows = _stored_by(connection, fetch.source, "guid", guids)
    urls = Counter(item.url for item in items if item.url)
    others = {i.url: i for i in items if i.url and i.guid not in rows and urls[i.url] == 1}
    moved = _stored_by(connection, fetch.source, "url", list(others)) if not fetch.first else {}
    given = set(guids)
    rows.update((others[url].guid, row) for url, row in moved.items() if row["guid"] not in given)
    return rows


def _stored_by(
    connection: Connection, source: int, name: str, values: Sequence[Any]
) -> dict[Any, RowMapping]:
    """The articles of a source by one of their columns; several with one value are left out."""
    column = articles.c[name]
    columns = [articles.c[each] for each in ("id", "time", "page", "given_hash", *_COMPARED)]
    found: dict[Any, list[RowMapping]] = {}
    for start in range(0, len(values), _CHUNK):
        part = values[start : start + _CHUNK]
        query = select(*columns).where(articles.c.source_id == source, column.in_(part))
        for row in connection.execute(query).mappings():
            found.setdefault(row[name], []).append(row)
    return {value: rows[0] for value, rows in found.items() if len(rows) == 1}


def _changed(old: RowMapping, item: Item, edition: EditionRow) -> dict[str, Any] | None:
    """What a source gives for a known article, as columns; None if there is nothing new in it.

    A later date alone is a reason to read the page of a teaser once more.
    """
    given, known = content_hash(item), old["given_hash"]
    before = _version(old["updated"], old["published"])
    version = _version(item.updated, item.published)
    newer = version is not None and before is not None and version > before
    age = edition.made - old["time"]
    values = {
        "guid": item.guid,
        "url": item.url or old["url"],
        "updated": version if newer else old["updated"],
        "recording": item.recording or old["recording"],
        "given_hash": given,
    }
    if given == known or known is None:
        if newer and old["page"] in _ASKED and age < REREAD:
            return {**values, "extent": item.extent, "news": edition.made, "page": old["page"]}
        return None if known else values
    return {
        **values,
        **{name: getattr(item, name) for name in TEXTS},
        "content_hash": given,
        "signature": None,
        "news": edition.made if age < CHANGES else old["time"],
        "page": "none",
    }


def _version(updated: datetime | None, published: datetime | None) -> datetime | None:
    return max((time for time in (updated, published) if time), default=None)


def _want_pages(
    connection: Connection,
    rows: Sequence[dict[str, Any]],
    fetch: FetchedItems,
    edition: EditionRow,
    most: int,
) -> None:
    """Mark the pages of the newest teasers that are news; take over those that were fetched."""
    teasers = [
        row
        for row in rows
        if row.get("extent") == "teaser" and row["url"] and _in_window(row["news"], edition)
    ]
    teasers.sort(key=lambda row: row["news"], reverse=True)
    for row in teasers[:most]:
        full = _page_item(connection, row["url"]) if "source_id" in row else None
        row["page"] = "wanted"
        if full is not None:
            item = full_text(Item(**{name: row[name] for name in ITEM}), full)
            row |= {name: getattr(item, name) for name in ITEM if name != "topic"}
            row |= {"content_hash": content_hash(item), "page": "read"}
    if most and len(teasers) > most:
        add_warning(
            connection,
            fetch,
            f"{len(teasers):,} entries are only teasers, of which the newest {most:,} were read "
            "in full. To read more, raise fetch.most_pages",
        )


def _in_window(news: datetime, edition: EditionRow) -> bool:
    return edition.since < news <= edition.until


def _revise(
    connection: Connection, old: RowMapping, values: dict[str, Any], edition: EditionRow
) -> None:
    """Replace the text of an article; whether that is news is known once its page is read."""
    values.pop("news", None)
    if "extent" in values:
        keep_version(connection, old["id"], old, edition.made)
    connection.execute(update(articles).where(articles.c.id == old["id"]).values(**values))


def _new_row(
    item: Item, fetch: FetchedItems, edition: EditionRow, newest: Collection[str]
) -> dict[str, Any]:
    news = _news(item, fetch, edition, newest)
    given = content_hash(item)
    return {
        **{name: getattr(item, name) for name in ITEM},
        "source_id": fetch.source,
        "topic": item.topic or fetch.topic,
        "time": min(item.published or news, edition.made),
        "news": news,
        "first_seen": edition.made,
        "content_hash": given,
        "given_hash": given,
        "page": "none",
    }


def _news(
    item: Item, fetch: FetchedItems, edition: EditionRow, newest: Collection[str]
) -> datetime:
    """The time from which an article counts as news: its date, or its arrival if it is late.

    An article is late if its source was already being read but delivers it after the edition of
    its date, or if the source is read for the first time and the article is not older than what
    the edition covers of such sources: otherwise no edition would cover it. Of the undated ones
    of a feed's first read, only the ``newest`` (identifiers) are news.
    """
    published = item.published
    if published is None:
        old = fetch.first and fetch.kind == "feed" and item.guid not in newest
        return edition.since if old else edition.made
    from_first = fetch.first and (edition.first_since or edition.since) < published
    late = fetch.before and min(fetch.before, edition.since) - LATE < published
    if (from_first or late) and published <= edition.since:
        return edition.made
    return min(published, edition.made)


def _page_item(connection: Connection, url: str) -> Item | None:
    """The item of a page already fetched for another source's article."""
    query = select(*(articles.c[name] for name in ITEM)).where(
        articles.c.url == url, articles.c.page == "read"
    )
    row = connection.execute(query.order_by(articles.c.id).limit(1)).mappings().first()
    return Item(**row) if row else None


def full_text(item: Item, page: Item) -> Item:
    """Merge an item with its page: the page's text, and fields that the source lacks."""
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
        recording=item.recording or page.recording,
    )


def wanted_pages(connection: Connection) -> list[Wanted]:
    """Pages still to fetch, each URL once, in the articles' order."""
    query = (
        select(*(articles.c[name] for name in ITEM))
        .where(articles.c.page == "wanted")
        .order_by(articles.c.id)
    )
    pages: dict[str, Item] = {}
    for row in connection.execute(query).mappings():
        pages.setdefault(row["url"], Item(**row))
    return [Wanted(url, item) for url, item in pages.items()]


def failures_in_a_row(connection: Connection, made: datetime) -> Counter[str]:
    """How many of the pages of each host that a run read last have failed, one after the other."""
    revised = select(revisions.c.article_id).where(revisions.c.replaced == made)
    query = (
        select(articles.c.url, articles.c.page)
        .where(articles.c.page.in_(_ASKED))
        .where(or_(articles.c.first_seen == made, articles.c.id.in_(revised)))
        .order_by(articles.c.id)
    )
    failures: Counter[str] = Counter()
    for url, page in {row.url: row.page for row in connection.execute(query)}.items():
        failures[origin(url)] = failures[origin(url)] + 1 if page == "failed" else 0
    return failures


def record_page(
    connection: Connection, url: str, page: Item | None, error: str | None, *, given: bool = False
) -> None:
    """Complete the articles with this URL; if ``page`` is None, mark the page as failed.

    ``given``: its host gave the page, but it is not the article.
    """
    columns = (articles.c.id, *(articles.c[name] for name in ITEM))
    query = select(*columns).where(articles.c.url == url, articles.c.page == "wanted")
    for row in connection.execute(query).mappings().all():
        values: dict[str, Any] = {"page_error": error}
        values["page"] = "read" if page else "useless" if given else "failed"
        if page:
            item = full_text(Item(**{name: row[name] for name in ITEM}), page)
            values |= {name: getattr(item, name) for name in ITEM}
            values |= {"content_hash": content_hash(item), "signature": None}
        connection.execute(update(articles).where(articles.c.id == row["id"]).values(values))


def failed_pages(connection: Connection, edition: EditionRow) -> list[str]:
    """Per source, what became of the pages of the edition's news that give no article."""
    query = (
        select(sources_table.c.name, articles.c.title, articles.c.url, articles.c.page_error)
        .join(sources_table)
        .where(articles.c.page.in_(("failed", "useless")), articles.c.page_error.is_not(None))
        .where(articles.c.news > edition.since, articles.c.news <= edition.until)
        .order_by(sources_table.c.position, articles.c.id)
    )
    lines: list[str] = []
    for name, group in groupby(connection.execute(query).all(), key=lambda row: row.name):
        first, *others = group
        more = f" So it is with {len(others)} more of its pages." if others else ""
        error = first.page_error.rstrip(".")
        lines.append(
            f"{name}, “{first.title or first.url}”: the text of the source is told, not that of "
            f"the page. {error}.{more}"
        )
    return lines
