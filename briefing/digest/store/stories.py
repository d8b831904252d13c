"""Queries on stories: versions of their articles, signatures, clustering, selection, briefs.

A version of an article that its source replaced is stored when the next one is taken in. It is
undecided (``kind`` is null) until it is known whether the new version says something new; if not,
it is dropped.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from briefing.digest import ChangeKind, Item, StoredArticle, Story, StoryBrief
from briefing.digest.store.tables import (
    ITEM,
    TEXTS,
    articles,
    briefs,
    dump,
    editions,
    load_record,
    next_ids,
    revisions,
    sources_table,
    stories,
)


@dataclass(frozen=True, slots=True)
class Revision:
    """An article whose source replaced ``old`` by ``new`` at ``replaced``; ``time`` is its own."""

    id: int
    article: int
    source: int
    time: datetime
    replaced: datetime
    old: Item
    new: Item


def keep_version(connection: Connection, article: int, old: RowMapping, at: datetime) -> None:
    """Store the version of an article that is replaced at ``at``; the first one of a run counts."""
    key = (revisions.c.article_id == article, revisions.c.replaced == at)
    if connection.scalar(select(revisions.c.id).where(*key)) is not None:
        connection.execute(update(revisions).where(*key).values(kind=None))
        return
    texts = {name: old[name] for name in TEXTS}
    connection.execute(insert(revisions).values(article_id=article, replaced=at, **texts))


def undecided(connection: Connection) -> list[Revision]:
    """The revisions of which it is not known whether they say something new, by article."""
    query = (
        select(
            revisions.c.id.label("revision"),
            revisions.c.replaced,
            *(revisions.c[name].label(f"old_{name}") for name in TEXTS),
            articles.c.id,
            articles.c.source_id,
            articles.c.time,
            *(articles.c[name] for name in ITEM),
        )
        .join(articles)
        .where(revisions.c.kind.is_(None))
        .order_by(articles.c.id, revisions.c.replaced)
    )
    return [
        Revision(
            row["revision"],
            row["id"],
            row["source_id"],
            row["time"],
            row["replaced"],
            replace(new, **{name: row[f"old_{name}"] for name in TEXTS}),
            new,
        )
        for row in connection.execute(query).mappings()
        for new in (Item(**{name: row[name] for name in ITEM}),)
    ]


def decide_news(connection: Connection, revision: Revision, kind: ChangeKind, new: bool) -> None:
    """Record that a revision says something new: its article is news again.

    ``new`` means that hardly anything of the old version is left: the article is placed in a story
    again as if it had just come.
    """
    updated = revision.new.updated
    time = updated if updated and updated > revision.time else revision.replaced
    values: dict[str, Any] = {
        "news": revision.replaced,
        "time": min(time, revision.replaced),
    }
    if new:
        values |= {"story_id": None, "duplicate_of": None}
    connection.execute(update(revisions).where(revisions.c.id == revision.id).values(kind=kind))
    connection.execute(update(articles).where(articles.c.id == revision.article).values(**values))


def decide_nothing_new(connection: Connection, revision: Revision, old_hash: str) -> None:
    """Drop a revision that says nothing new; a teaser does not take the place of the full text.

    ``old_hash`` is the content hash of the old version.
    """
    connection.execute(delete(revisions).where(revisions.c.id == revision.id))
    if revision.old.extent == "full" and revision.new.extent != "full":
        values = {name: getattr(revision.old, name) for name in TEXTS}
        connection.execute(
            update(articles)
            .where(articles.c.id == revision.article)
            .values(content_hash=old_hash, signature=None, **values)
        )


_CHUNK = 400
_STORED = ("id", "time", "first_seen", "content_hash", "duplicate_of")


@dataclass(frozen=True, slots=True)
class Placed:
    """A clustered article with its signature."""

    article: int
    story: int
    time: datetime
    publisher: str
    signature: bytes


def _articles() -> Select[tuple[object, ...]]:
    """Select the columns of a `StoredArticle`."""
    return select(articles, sources_table.c.name.label("source"), sources_table.c.publisher).join(
        sources_table
    )


def _stored(row: RowMapping) -> StoredArticle:
    return StoredArticle(
        **{name: row[name] for name in _STORED},
        source=row["source"],
        publisher=row["publisher"] or row["source"],
        story=row["story_id"],
        item=Item(**{name: row[name] for name in ITEM}),
    )


def unsigned(
    connection: Connection, after: datetime, until: datetime, most: int
) -> list[StoredArticle]:
    """Articles with text but no signature, dated after ``after`` and news by ``until``."""
    query = (
        _articles()
        .where(articles.c.signature.is_(None), articles.c.time > after)
        .where(articles.c.body != "", articles.c.news <= until)
        .order_by(articles.c.time, articles.c.id)
        .limit(most)
    )
    return [_stored(row) for row in connection.execute(query).mappings()]


def keep_signatures(connection: Connection, signatures: Mapping[int, bytes]) -> None:
    """Store signatures by article id."""
    if signatures:
        connection.execute(
            update(articles)
            .where(articles.c.id == bindparam("article"))
            .values(signature=bindparam("value")),
            [{"article": key, "value": value} for key, value in signatures.items()],
        )


def drop_signatures(connection: Connection, ids: Sequence[int]) -> None:
    """Delete the signatures of these articles."""
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        connection.execute(update(articles).where(articles.c.id.in_(part)).values(signature=None))


def unplaced(
    connection: Connection, after: datetime, until: datetime
) -> list[tuple[StoredArticle, bytes]]:
    """Articles with a signature but no story, dated after ``after`` and news by ``until``."""
    query = (
        _articles()
        .where(articles.c.story_id.is_(None), articles.c.time > after)
        .where(articles.c.signature.is_not(None), articles.c.news <= until)
        .order_by(articles.c.time, articles.c.id)
    )
    return [(_stored(row), row["signature"]) for row in connection.execute(query).mappings()]


def revised(
    connection: Connection, since: datetime, until: datetime
) -> list[tuple[StoredArticle, bytes]]:
    """Articles with a story that are news because they have changed."""
    changed = select(revisions.c.id).where(
        revisions.c.article_id == articles.c.id,
        revisions.c.replaced == articles.c.news,
        revisions.c.kind.is_not(None),
    )
    query = (
        _articles()
        .where(articles.c.news > since, articles.c.news <= until, changed.exists())
        .where(articles.c.story_id.is_not(None), articles.c.signature.is_not(None))
        .order_by(articles.c.time, articles.c.id)
    )
    return [(_stored(row), row["signature"]) for row in connection.execute(query).mappings()]


def placed(connection: Connection, after: datetime) -> Iterator[Placed]:
    """Articles with a story that are not duplicates, dated after ``after``, oldest first."""
    publisher = func.coalesce(sources_table.c.publisher, sources_table.c.name)
    query = (
        select(
            articles.c.id,
            articles.c.story_id,
            articles.c.time,
            publisher.label("publisher"),
            articles.c.signature,
        )
        .join(sources_table)
        .where(articles.c.time > after, articles.c.story_id.is_not(None))
        .where(articles.c.duplicate_of.is_(None), articles.c.signature.is_not(None))
        .order_by(articles.c.time, articles.c.id)
    )
    for row in connection.execute(query):
        yield Placed(*row)


def last_story(connection: Connection) -> int:
    """The id of the newest story; 0 if there is none."""
    return next_ids(connection, "story", 0).start - 1


def keep_placements(
    connection: Connection,
    opened: datetime,
    new: int,
    placements: Iterable[tuple[int, int | None, int]],
) -> None:
    """Insert ``new`` stories, with ids following `last_story`, and store the placements.

    ``placements`` holds the article, the original that it duplicates, and the story.
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
    """The number of articles that are news, including duplicates."""
    query = select(func.count()).where(articles.c.news > since, articles.c.news <= until)
    return connection.scalar(query) or 0


def stories_in_news(
    connection: Connection, since: datetime, until: datetime, after: datetime
) -> list[Story]:
    """Stories with news, by id, each with its articles since ``after`` without duplicates."""
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
    """The stories with these ids, by id, with their articles as in `stories_in_news`."""
    members: dict[int, list[StoredArticle]] = {}
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
            members.setdefault(row["story_id"], []).append(_stored(row))
    return [Story(number, tuple(each), _topic(each)) for number, each in members.items()]


def _topic(members: Sequence[StoredArticle]) -> str | None:
    """The most frequent topic of the articles; the first of equals."""
    counts = Counter(article.item.topic for article in members if article.item.topic)
    return counts.most_common(1)[0][0] if counts else None


@dataclass(frozen=True, slots=True)
class LastStory:
    """The last brief of a story, the date of its edition and when that was made."""

    brief: StoryBrief
    date: date
    made: datetime


def record_choice(connection: Connection, edition: int, stories: Sequence[Story]) -> None:
    """Store the stories selected for the edition, best first, with their topics."""
    rows = [
        {"edition_id": edition, "story_id": story.id, "rank": rank, "topic": story.topic}
        for rank, story in enumerate(stories)
    ]
    if rows:
        connection.execute(insert(briefs), rows)


def to_brief(connection: Connection, edition: int) -> dict[int, str | None]:
    """Selected stories without a brief or error, best first, with their topics."""
    query = select(briefs.c.story_id, briefs.c.topic).where(
        briefs.c.edition_id == edition, briefs.c.document.is_(None), briefs.c.error.is_(None)
    )
    return {row.story_id: row.topic for row in connection.execute(query.order_by(briefs.c.rank))}


def record_brief(
    connection: Connection, edition: int, story: int, brief: StoryBrief | None, error: str | None
) -> None:
    """Store the brief of a story, or the error."""
    connection.execute(
        update(briefs)
        .where(briefs.c.edition_id == edition, briefs.c.story_id == story)
        .values(document=dump(StoryBrief, brief) if brief else None, error=error)
    )


def briefs_of(connection: Connection, edition: int) -> list[StoryBrief]:
    """The briefs of the edition, best first."""
    query = (
        select(briefs.c.document)
        .where(briefs.c.edition_id == edition, briefs.c.document.is_not(None))
        .order_by(briefs.c.rank)
    )
    return [load_record(StoryBrief, text) for text in connection.scalars(query)]


def failures_of(connection: Connection, edition: int) -> list[str]:
    """The errors of selected stories that could not be briefed, best first."""
    query = (
        select(briefs.c.error)
        .where(briefs.c.edition_id == edition, briefs.c.error.is_not(None))
        .order_by(briefs.c.rank)
    )
    return [error for error in connection.scalars(query) if error]


def told_before(connection: Connection, stories: Iterable[int], day: date) -> dict[int, LastStory]:
    """The last brief of each of these stories in an edition before ``day``."""
    briefed: dict[int, LastStory] = {}
    wanted = sorted(stories)
    for start in range(0, len(wanted), _CHUNK):
        query = (
            select(briefs.c.story_id, briefs.c.document, editions.c.date, editions.c.made)
            .join(editions)
            .where(briefs.c.story_id.in_(wanted[start : start + _CHUNK]))
            .where(briefs.c.document.is_not(None), editions.c.date < day)
            .where(editions.c.document.is_not(None))
            .order_by(editions.c.date.desc())
        )
        for story, text, edition_date, made in connection.execute(query):
            if story not in briefed:
                briefed[story] = LastStory(load_record(StoryBrief, text), edition_date, made)
    return briefed


def told_versions(
    connection: Connection, found: Sequence[Story], last: Mapping[int, LastStory]
) -> list[Story]:
    """The stories, each article with the version that was told, where that is another one."""
    known = [article.id for story in found if story.id in last for article in story.articles]
    versions: dict[int, list[RowMapping]] = {}
    for start in range(0, len(known), _CHUNK):
        query = (
            select(revisions)
            .where(revisions.c.article_id.in_(known[start : start + _CHUNK]))
            .where(revisions.c.kind.is_not(None))
            .order_by(revisions.c.article_id, revisions.c.replaced)
        )
        for row in connection.execute(query).mappings():
            versions.setdefault(row["article_id"], []).append(row)
    return [
        replace(
            story,
            articles=tuple(
                _with_told(article, versions[article.id], last[story.id].made)
                if article.id in versions
                else article
                for article in story.articles
            ),
        )
        for story in found
    ]


def _with_told(
    article: StoredArticle, versions: Sequence[RowMapping], made: datetime
) -> StoredArticle:
    """The article with its version as of ``made``: the first that was replaced after that."""
    version = next((row for row in versions if row["replaced"] > made), None)
    if version is None or article.first_seen > made:
        return article
    texts = {name: version[name] for name in TEXTS}
    return replace(article, told=replace(article.item, **texts))
