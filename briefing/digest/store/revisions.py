"""Queries on revisions: versions of articles that their sources replaced.

A version is stored when the next one is taken in. It is undecided (``kind`` is null) until it is
known whether the new version says something new; if not, it is dropped.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from briefing.digest.records import ChangeKind, Item
from briefing.digest.store.tables import ITEM, TEXTS, articles, revisions


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
