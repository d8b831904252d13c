"""Queries on articles: the items of fetches become articles, or new versions of them."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from briefing.digest import Item
from briefing.digest.store.editions import EditionRow, FetchedItems
from briefing.digest.store.stories import keep_version
from briefing.digest.store.tables import ITEM, TEXTS, articles, next_ids

CHANGES = timedelta(days=14)
"""How long after its time an article may change and be news again."""
REREAD = timedelta(days=3)
"""How long after its time an article's page is read again because its date changed."""
LATE = timedelta(hours=48)
"""How long after its date an article may arrive and still count as news."""
NEWEST_UNDATED = 5
"""How many entries without a date are news when their feed is read for the first time."""
_CHUNK = 400


def content_hash(item: Item) -> str:
    """SHA-256 of title and body, normalised in case, whitespace and Unicode form."""
    text = f"{item.title or ''}\n{item.body}"
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def take_in(
    connection: Connection, fetch: FetchedItems, edition: EditionRow, *, keep: timedelta
) -> int:
    """Store a source's items as articles; return the number of new ones.

    A known article is one of the same guid, or of the same address where its old guid is gone. If
    the source gives another text for it, the old one is stored as a revision. Items older than
    ``keep`` are skipped: they would be pruned.
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
    for number, row in zip(next_ids(connection, "article", len(new)), new, strict=True):
        row["id"] = number
    if new:
        connection.execute(insert(articles), new)
    for old, values in changed:
        _revise(connection, old, values, edition)
    return len(new)


ASKED = ("read", "failed", "useless")
"""What became of a page that was asked for. ``failed``: its host failed, for the moment perhaps;
``useless``: it answered, but with no page, or one that is not the article."""
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
        if newer and old["page"] in ASKED and age < REREAD:
            return {**values, "extent": item.extent}
        return None if known else values
    return {
        **values,
        **{name: getattr(item, name) for name in TEXTS},
        "content_hash": given,
        "signature": None,
        "page": "none",
    }


def _version(updated: datetime | None, published: datetime | None) -> datetime | None:
    return max((time for time in (updated, published) if time), default=None)


def _revise(
    connection: Connection, old: RowMapping, values: dict[str, Any], edition: EditionRow
) -> None:
    """Replace the text of an article; whether that is news is known once its page is read."""
    if "extent" in values:
        keep_version(connection, old["id"], old, edition.made)
    connection.execute(update(articles).where(articles.c.id == old["id"]).values(**values))


def _new_row(
    item: Item, fetch: FetchedItems, edition: EditionRow, newest: Collection[str]
) -> dict[str, Any]:
    news = news_of(item, fetch, edition, newest)
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


def news_of(
    item: Item, fetch: FetchedItems, edition: EditionRow, newest: Collection[str] = ()
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
