"""Queries on sources, fetches and articles.

There is one fetch per source and edition; its items become articles, some completed from pages.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from briefing.digest.records import Item, Source, SourceProblem
from briefing.digest.sources.fetcher import FetchState, SourceResult
from briefing.digest.store.editions import EditionRow
from briefing.digest.store.tables import (
    articles,
    dump,
    fetches,
    load_record,
    next_ids,
    sources_table,
)

_STATE = [field for field in FetchState.__dataclass_fields__ if field != "location"]
_SOURCE = ("name", "kind", "location", "topic", "publisher")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with its id and fetch state."""

    id: int
    source: Source
    state: FetchState


@dataclass(frozen=True, slots=True)
class _Fetched:
    """The fetched items of a source that are not yet stored as articles.

    ``before`` is the time of the source's last success before that, else of its first failure;
    None for a new source.
    """

    source: int
    topic: str | None
    before: datetime | None
    items: tuple[Item, ...]


def keep_sources(connection: Connection, configured: Sequence[Source]) -> None:
    """Synchronise the store's sources with the configured ones, in their order.

    A removed source becomes inactive and keeps its articles.
    """
    connection.execute(update(sources_table).values(active=False))
    known = set(connection.scalars(select(sources_table.c.name)))
    for position, source in enumerate(configured):
        values = {**asdict(source), "position": position, "active": True}
        if source.name in known:
            connection.execute(
                update(sources_table).where(sources_table.c.name == source.name).values(values)
            )
        else:
            connection.execute(insert(sources_table).values(failures=0, **values))


def to_fetch(connection: Connection, edition: int) -> list[SourceRow]:
    """Active sources not yet fetched for the edition, in order."""
    asked = select(fetches.c.source_id).where(fetches.c.edition_id == edition)
    query = select(sources_table).where(sources_table.c.active, sources_table.c.id.not_in(asked))
    return [
        SourceRow(row["id"], Source(**{name: row[name] for name in _SOURCE}), _state(row))
        for row in connection.execute(query.order_by(sources_table.c.position)).mappings()
    ]


def _state(row: RowMapping) -> FetchState:
    return FetchState(location=row["read_location"], **{name: row[name] for name in _STATE})


def record_fetch(
    connection: Connection, edition: int, source: int, result: SourceResult, at: datetime
) -> None:
    """Store the items of a source together with the state that marks them as seen."""
    last_read = func.coalesce(sources_table.c.last_success, sources_table.c.failing_since)
    before = connection.scalar(select(last_read).where(sources_table.c.id == source))
    state = {name: getattr(result.state, name) for name in _STATE}
    connection.execute(
        update(sources_table)
        .where(sources_table.c.id == source)
        .values(read_location=result.state.location, **state)
    )
    connection.execute(
        insert(fetches).values(
            edition_id=edition,
            source_id=source,
            at=at,
            before=before,
            outcome=_outcome(result),
            items=len(result.items),
            document=dump(tuple[Item, ...], _storable(result.items)) if result.items else None,
            problem=dump(SourceProblem, result.problem) if result.problem else None,
        )
    )


def _storable(items: Iterable[Item]) -> tuple[Item, ...]:
    """Remove characters that databases reject: NUL and lone surrogates."""

    def clean(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return value.replace("\0", "").encode("utf-8", "replace").decode()

    return tuple(Item(**{name: clean(value) for name, value in asdict(i).items()}) for i in items)


def _outcome(result: SourceResult) -> str:
    if result.waiting:
        return "waiting"
    if result.error is not None:
        return "failed"
    return "unchanged" if result.unchanged else "read"


def fetched(connection: Connection, edition: int) -> Iterator[_Fetched]:
    """Yield fetched items by source, in order, with one source in memory at a time."""
    query = (
        select(fetches.c.id, fetches.c.source_id, fetches.c.before, sources_table.c.topic)
        .join(sources_table)
        .where(fetches.c.edition_id == edition, fetches.c.document.is_not(None))
        .order_by(sources_table.c.position)
    )
    for row in connection.execute(query).all():
        text = connection.scalar(select(fetches.c.document).where(fetches.c.id == row.id))
        items = load_record(tuple[Item, ...], text or "[]")
        yield _Fetched(row.source_id, row.topic, row.before, items)
        connection.execute(update(fetches).where(fetches.c.id == row.id).values(document=None))


def source_problems(connection: Connection, edition: int) -> list[SourceProblem]:
    """Problems of the sources that failed in the edition, in order."""
    query = (
        select(fetches.c.problem)
        .join(sources_table)
        .where(fetches.c.edition_id == edition, fetches.c.problem.is_not(None))
        .order_by(sources_table.c.position)
    )
    return [load_record(SourceProblem, text) for text in connection.scalars(query)]


def forget_sources(connection: Connection) -> int:
    """Delete sources that are no longer configured and have neither articles nor fetches."""
    used = select(articles.c.source_id).where(articles.c.source_id == sources_table.c.id).exists()
    asked = select(fetches.c.source_id).where(fetches.c.source_id == sources_table.c.id).exists()
    return connection.execute(
        delete(sources_table).where(~sources_table.c.active, ~used, ~asked)
    ).rowcount


LATE = timedelta(hours=48)
"""How long after its date an article may arrive and still count as news."""
_CHUNK = 400
_ITEM = tuple(field.name for field in fields(Item))


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
    connection: Connection, fetch: _Fetched, edition: EditionRow, *, pages: bool, keep: timedelta
) -> int:
    """Store a source's items as articles; return the number of new ones.

    A known article (by its guid) is updated only if the source gives a newer version with the full
    text. Items older than ``keep`` are skipped: they would be pruned. With ``pages``, recent
    teasers are marked for fetching their pages.
    """
    items = [i for i in fetch.items if not i.published or i.published > edition.since - keep]
    known = _known(connection, fetch.source, [item.guid for item in items])
    new_rows = []
    for item in items:
        if item.guid not in known:
            new_rows.append(_new_row(connection, item, fetch, edition, pages))
        else:
            _revise(connection, known[item.guid], item, edition)
    for number, row in zip(next_ids(connection, "article", len(new_rows)), new_rows, strict=True):
        row["id"] = number
    if new_rows:
        connection.execute(insert(articles), new_rows)
    return len(new_rows)


def _known(connection: Connection, source: int, guids: Sequence[str]) -> dict[str, RowMapping]:
    rows: dict[str, RowMapping] = {}
    columns = (articles.c.id, articles.c.guid, articles.c.updated, articles.c.content_hash)
    for start in range(0, len(guids), _CHUNK):
        part = guids[start : start + _CHUNK]
        query = select(*columns).where(articles.c.source_id == source, articles.c.guid.in_(part))
        rows.update((row["guid"], row) for row in connection.execute(query).mappings())
    return rows


def _new_row(
    connection: Connection, item: Item, fetch: _Fetched, edition: EditionRow, pages: bool
) -> dict[str, Any]:
    news = _news(item.published, fetch.before, edition)
    page = "none"
    if pages and item.url and item.extent == "teaser" and edition.since < news <= edition.until:
        page = "wanted"
        if (full := _page_item(connection, item.url)) is not None:
            item, page = full_text(item, full), "read"
    return {
        **{name: getattr(item, name) for name in _ITEM},
        "source_id": fetch.source,
        "topic": item.topic or fetch.topic,
        "time": min(item.published or edition.made, edition.made),
        "news": news,
        "first_seen": edition.made,
        "content_hash": content_hash(item),
        "page": page,
    }


def _news(published: datetime | None, before: datetime | None, edition: EditionRow) -> datetime:
    """The time from which an article counts as news: its date, or its arrival if it is late.

    An article is late if its source was already being read (``before``) but delivers it after the
    edition of its date: otherwise no edition would cover it.
    """
    if published is None:
        return edition.made
    if before and min(before, edition.since) - LATE < published <= edition.since:
        return edition.made
    return min(published, edition.made)


def _page_item(connection: Connection, url: str) -> Item | None:
    """The item of a page already fetched for another source's article."""
    query = select(*(articles.c[name] for name in _ITEM)).where(
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
    )


def _revise(connection: Connection, old: RowMapping, item: Item, edition: EditionRow) -> None:
    newer = item.updated and (old["updated"] is None or item.updated > old["updated"])
    new_hash = content_hash(item)
    if not newer or item.extent != "full" or new_hash == old["content_hash"]:
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
            content_hash=new_hash,
            news=edition.made,
            signature=None,
        )
    )


def wanted_pages(connection: Connection) -> list[Wanted]:
    """Pages still to fetch, each URL once, in the articles' order."""
    query = (
        select(*(articles.c[name] for name in _ITEM))
        .where(articles.c.page == "wanted")
        .order_by(articles.c.id)
    )
    pages: dict[str, Item] = {}
    for row in connection.execute(query).mappings():
        pages.setdefault(row["url"], Item(**row))
    return [Wanted(url, item) for url, item in pages.items()]


def record_page(connection: Connection, url: str, page: Item | None, error: str | None) -> None:
    """Complete the articles with this URL; if ``page`` is None, mark the page as failed."""
    columns = (articles.c.id, *(articles.c[name] for name in _ITEM))
    query = select(*columns).where(articles.c.url == url, articles.c.page == "wanted")
    for row in connection.execute(query).mappings().all():
        values: dict[str, Any] = {"page": "read" if page else "failed", "page_error": error}
        if page:
            item = full_text(Item(**{name: row[name] for name in _ITEM}), page)
            values |= {name: getattr(item, name) for name in _ITEM}
            values |= {"content_hash": content_hash(item), "signature": None}
        connection.execute(update(articles).where(articles.c.id == row["id"]).values(values))


def failed_pages(connection: Connection, edition: EditionRow) -> list[str]:
    """Per source, what became of the pages of the edition's news that give no article."""
    query = (
        select(sources_table.c.name, articles.c.title, articles.c.url, articles.c.page_error)
        .join(sources_table)
        .where(articles.c.page == "failed", articles.c.page_error.is_not(None))
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
