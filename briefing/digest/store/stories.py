"""Stories: which article tells which, and the stories that are news."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, bindparam, func, insert, select, update

from briefing.digest.records import Item, StoredArticle, Story
from briefing.digest.store.counters import next_ids
from briefing.digest.store.tables import articles, sources, stories

_CHUNK = 400
_ITEM = tuple(field.name for field in fields(Item))
_STORED = ("id", "time", "first_seen", "content_hash", "duplicate_of")


@dataclass(frozen=True, slots=True)
class Placed:
    """An article that has its story, as grouping knows it."""

    article: int
    story: int
    time: datetime
    publisher: str
    signature: bytes


def _articles() -> Select[tuple[object, ...]]:
    """All that a `StoredArticle` holds."""
    return select(articles, sources.c.name.label("source"), sources.c.publisher).join(sources)


def _stored(row: RowMapping) -> StoredArticle:
    return StoredArticle(
        **{name: row[name] for name in _STORED},
        source=row["source"],
        publisher=row["publisher"] or row["source"],
        story=row["story_id"],
        item=Item(**{name: row[name] for name in _ITEM}),
    )


def unsigned(
    connection: Connection, after: datetime, until: datetime, most: int
) -> list[StoredArticle]:
    """Articles with text, of that time and known by ``until``, that have no signature yet."""
    query = (
        _articles()
        .where(articles.c.signature.is_(None), articles.c.time > after)
        .where(articles.c.body != "", articles.c.news <= until)
        .order_by(articles.c.time, articles.c.id)
        .limit(most)
    )
    return [_stored(row) for row in connection.execute(query).mappings()]


def keep_signatures(connection: Connection, signatures: Mapping[int, bytes]) -> None:
    """Keep what grouping computed of articles, by their ids."""
    if signatures:
        connection.execute(
            update(articles)
            .where(articles.c.id == bindparam("article"))
            .values(signature=bindparam("value")),
            [{"article": key, "value": value} for key, value in signatures.items()],
        )


def drop_signatures(connection: Connection, ids: Sequence[int]) -> None:
    """Forget signatures that were made by another version."""
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        connection.execute(update(articles).where(articles.c.id.in_(part)).values(signature=None))


def unplaced(
    connection: Connection, after: datetime, until: datetime
) -> list[tuple[StoredArticle, bytes]]:
    """Articles with a signature and no story, of that time and known by ``until``."""
    query = (
        _articles()
        .where(articles.c.story_id.is_(None), articles.c.time > after)
        .where(articles.c.signature.is_not(None), articles.c.news <= until)
        .order_by(articles.c.time, articles.c.id)
    )
    return [(_stored(row), row["signature"]) for row in connection.execute(query).mappings()]


def placed(connection: Connection, after: datetime) -> Iterator[Placed]:
    """Articles with a story that are no copies, of that time, oldest first."""
    publisher = func.coalesce(sources.c.publisher, sources.c.name)
    query = (
        select(
            articles.c.id,
            articles.c.story_id,
            articles.c.time,
            publisher.label("publisher"),
            articles.c.signature,
        )
        .join(sources)
        .where(articles.c.time > after, articles.c.story_id.is_not(None))
        .where(articles.c.duplicate_of.is_(None), articles.c.signature.is_not(None))
        .order_by(articles.c.time, articles.c.id)
    )
    for row in connection.execute(query):
        yield Placed(*row)


def last_story(connection: Connection) -> int:
    """The id of the newest story; 0 where there is none."""
    return next_ids(connection, "story", 0).start - 1


def keep_placements(
    connection: Connection,
    opened: datetime,
    new: int,
    placements: Iterable[tuple[int, int | None, int]],
) -> None:
    """Open ``new`` stories, which follow `last_story`, and give articles their places.

    ``placements`` holds, for each article, what it is a copy of and its story.
    """
    numbers = next_ids(connection, "story", new)
    if new:
        connection.execute(insert(stories), [{"id": n, "opened": opened} for n in numbers])
    rows = [
        {"article": article, "copied": copied, "story": story}
        for article, copied, story in placements
    ]
    if rows:
        connection.execute(
            update(articles)
            .where(articles.c.id == bindparam("article"))
            .values(duplicate_of=bindparam("copied"), story_id=bindparam("story")),
            rows,
        )


def news_count(connection: Connection, since: datetime, until: datetime) -> int:
    """How many articles are news, copies included."""
    query = select(func.count()).where(articles.c.news > since, articles.c.news <= until)
    return connection.scalar(query) or 0


def stories_in_news(
    connection: Connection, since: datetime, until: datetime, after: datetime
) -> list[Story]:
    """Stories that have news, by id, each with its articles since ``after`` that are no copies."""
    ids = (
        select(articles.c.story_id)
        .where(articles.c.news > since, articles.c.news <= until)
        .where(articles.c.story_id.is_not(None), articles.c.duplicate_of.is_(None))
        .distinct()
    )
    return stories_of(connection, list(connection.scalars(ids)), after, until)


def stories_of(
    connection: Connection, ids: Iterable[int], after: datetime, until: datetime
) -> list[Story]:
    """The stories with these ids, in order of id."""
    told: dict[int, list[StoredArticle]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _CHUNK):
        query = (
            _articles()
            .where(articles.c.story_id.in_(wanted[start : start + _CHUNK]))
            .where(articles.c.duplicate_of.is_(None))
            .where(articles.c.time > after, articles.c.news <= until)
            .order_by(articles.c.story_id, articles.c.time, articles.c.id)
        )
        for row in connection.execute(query).mappings():
            told.setdefault(row["story_id"], []).append(_stored(row))
    return [Story(number, tuple(of), _topic(of)) for number, of in told.items()]


def _topic(of: Sequence[StoredArticle]) -> str | None:
    """The topic of most articles, of those that have one; the earliest of equals."""
    named = Counter(article.item.topic for article in of if article.item.topic)
    return named.most_common(1)[0][0] if named else None
