"""Queries on pages: which are asked for, what became of them, articles completed from theirs."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, or_, select, update

from briefing.digest import Item
from briefing.digest.sources.web import origin
from briefing.digest.store.articles import ASKED, CHANGES, content_hash, news_of
from briefing.digest.store.editions import EditionRow, add_warning, fetch_of
from briefing.digest.store.tables import ITEM, articles, revisions, sources_table

RETRIED = timedelta(days=2)
"""How long before an edition's period an article may be news whose page failed and is asked for
again: by the editions of two nights, or the next weekly one."""
_OF_A_DAY = timedelta(hours=12)
"""How far the date of a page may be off: many name the day alone, which stands for its noon."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page to fetch: its URL, and the article as its source delivered it."""

    url: str
    item: Item


def want_pages(connection: Connection, edition: EditionRow, most: int) -> None:
    """Mark the pages to be read: of each source, those of its newest ``most`` teasers.

    These are news or have changed, whenever they came; then come those of the last editions whose
    pages failed for the moment. What was read for another source's article is taken over.
    """
    if not most:
        return
    for source, group in groupby(_teasers(connection, edition), key=lambda row: row["source_id"]):
        rows = list(group)
        for row in rows[:most]:
            if row["changed"] or row["page"] in {"none", "failed"}:
                _want(connection, row, edition)
        new = sum(row["changed"] or row["news"] > edition.since for row in rows)
        if new > most:
            add_warning(
                connection,
                edition.id,
                source,
                f"{new:,} entries are only teasers, and no more than the pages of the newest "
                f"{most:,} were asked for. To read more, raise fetch.most_pages",
            )


def _teasers(connection: Connection, edition: EditionRow) -> list[RowMapping]:
    """The articles that were given as teasers, by source, the newest first."""
    # No article is of after the run, so that none has changed for a day that is over.
    changed_since = edition.made - CHANGES if _up_to_now(edition) else edition.made
    changed = and_(articles.c.id.in_(_changed_in(edition)), articles.c.time > changed_since)
    news = articles.c.news
    failed = and_(news > _retried_from(edition), news <= edition.until, articles.c.page == "failed")
    teaser = or_(articles.c.extent == "teaser", articles.c.page.in_((*ASKED, "wanted")))
    columns = ("id", "source_id", "page", "news", *ITEM)
    query = (
        select(*(articles.c[name] for name in columns), changed.label("changed"))
        .join(sources_table)
        .where(sources_table.c.active, articles.c.url.is_not(None), teaser)
        .where(or_(and_(news > edition.since, news <= edition.until), failed, changed))
        .order_by(sources_table.c.position, changed.desc(), news.desc(), articles.c.id)
    )
    return list(connection.execute(query).mappings())


def _up_to_now(edition: EditionRow) -> bool:
    """Whether the edition is not of a day that is over."""
    return edition.made <= edition.until


def _retried_from(edition: EditionRow) -> Any:
    """From when on what was news has its page asked for again if that failed."""
    if not _up_to_now(edition):
        return edition.since
    return edition.since - max(RETRIED, edition.until - edition.since)


def _changed_in(edition: EditionRow) -> Any:
    """The ids of the articles that their sources have changed as of this edition."""
    return select(revisions.c.article_id).where(revisions.c.replaced == edition.made)


def _want(connection: Connection, row: RowMapping, edition: EditionRow) -> None:
    full = None if row["changed"] else _page_item(connection, row["url"])
    values = _completed(connection, row, full, edition) if full else {"page": "wanted"}
    connection.execute(update(articles).where(articles.c.id == row["id"]).values(**values))


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


def _completed(
    connection: Connection, row: RowMapping, page: Item, edition: EditionRow
) -> dict[str, Any]:
    """The columns of an article that is completed from its page."""
    given = Item(**{name: row[name] for name in ITEM})
    item = full_text(given, page)
    return {
        **{name: getattr(item, name) for name in ITEM},
        **_times(connection, row, item, edition),
        "content_hash": content_hash(item),
        "signature": None,
        "page": "read",
        "page_error": None,
    }


def _times(
    connection: Connection, row: RowMapping, item: Item, edition: EditionRow
) -> dict[str, Any]:
    """When an article is news once its page is read: if that failed before, now.

    What its page alone dates, to before the edition's period, is none.
    """
    values: dict[str, Any] = {}
    changed = _changed_in(edition).where(revisions.c.article_id == row["id"])
    if row["news"] <= edition.since and connection.scalar(changed) is None:
        values["news"] = edition.made  # of what has changed, that is found out later
    if row["published"] is None and item.published is not None:
        values["time"] = min(item.published, edition.made)
        if item.published + _OF_A_DAY <= edition.since:
            fetch = fetch_of(connection, edition.id, row["source_id"])
            values["news"] = news_of(item, fetch, edition) if fetch else item.published
    return values


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


def failures_in_a_row(connection: Connection, edition: EditionRow) -> Counter[str]:
    """How many of the pages of each host that a run read last have failed, one after the other.

    Only those of the articles that it took in or that changed are known to be of this run.
    """
    changed = articles.c.id.in_(_changed_in(edition))
    query = (
        select(articles.c.url, articles.c.page)
        .where(articles.c.page.in_(ASKED))
        .where(or_(articles.c.first_seen == edition.made, changed))
        .order_by(articles.c.id)
    )
    failures: Counter[str] = Counter()
    for url, page in {row.url: row.page for row in connection.execute(query)}.items():
        failures[origin(url)] = failures[origin(url)] + 1 if page == "failed" else 0
    return failures


def record_page(
    connection: Connection,
    url: str,
    page: Item | None,
    error: str | None,
    edition: EditionRow,
    *,
    answered: bool = False,
) -> None:
    """Complete the articles with this URL; if ``page`` is None, mark the page as failed.

    ``answered``: its host did not fail, but has no such page, or another text.
    """
    columns = ("id", "source_id", "news", *ITEM)
    query = select(*(articles.c[name] for name in columns)).where(
        articles.c.url == url, articles.c.page == "wanted"
    )
    failed = {"page": "useless" if answered else "failed", "page_error": error}
    for row in connection.execute(query).mappings().all():
        values = _completed(connection, row, page, edition) if page else failed
        connection.execute(update(articles).where(articles.c.id == row["id"]).values(**values))


_ADDRESS = re.compile(r"https?://\S+")


def failed_pages(connection: Connection, edition: EditionRow) -> list[str]:
    """What became of the pages of the edition's news that give no article, by source and reason."""
    columns = ("title", "url", "body", "page_error")
    query = (
        select(sources_table.c.name, *(articles.c[name] for name in columns))
        .join(sources_table)
        .where(articles.c.page.in_(("failed", "useless")), articles.c.page_error.is_not(None))
        .where(articles.c.news > edition.since, articles.c.news <= edition.until)
        .order_by(sources_table.c.position, articles.c.id)
    )
    alike: dict[tuple[str, bool, str], list[RowMapping]] = {}
    for row in connection.execute(query).mappings():
        reason = _ADDRESS.sub("", row["page_error"])
        alike.setdefault((row["name"], bool(row["body"].strip()), reason), []).append(row)
    return [_failed(name, has_text, rows) for (name, has_text, _), rows in alike.items()]


def _failed(source: str, has_text: bool, rows: Sequence[RowMapping]) -> str:
    first, *others = rows
    more = f" So it is with {len(others)} more of its pages." if others else ""
    said = (
        "the text of the source is told, not that of the page"
        if has_text
        else "it is not told, as the source gives its title alone"
    )
    error = first["page_error"].rstrip(".")
    return f"{source}, “{first['title'] or first['url']}”: {said}. {error}.{more}"
