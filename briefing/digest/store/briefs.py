"""Briefs: the stories chosen for an edition, in order, and how each was told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, insert, select, update

from briefing.digest.records import Story, StoryBrief
from briefing.digest.store.documents import dump, load
from briefing.digest.store.tables import briefs, editions

_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Told:
    """How a story was told last, and in the edition of which date."""

    brief: StoryBrief
    date: date


def choose(connection: Connection, edition: int, stories: Sequence[Story]) -> None:
    """Keep which stories the edition tells, best first, and under which topic."""
    rows = [
        {"edition_id": edition, "story_id": story.id, "rank": rank, "topic": story.topic}
        for rank, story in enumerate(stories)
    ]
    if rows:
        connection.execute(insert(briefs), rows)


def chosen(connection: Connection, edition: int) -> int:
    """How many stories the edition tells."""
    query = select(func.count()).where(briefs.c.edition_id == edition)
    return connection.scalar(query) or 0


def to_brief(connection: Connection, edition: int) -> dict[int, str | None]:
    """Chosen stories that are neither told nor failed, best first, each with its topic."""
    query = select(briefs.c.story_id, briefs.c.topic).where(
        briefs.c.edition_id == edition, briefs.c.document.is_(None), briefs.c.error.is_(None)
    )
    return {row.story_id: row.topic for row in connection.execute(query.order_by(briefs.c.rank))}


def record_brief(
    connection: Connection, edition: int, story: int, brief: StoryBrief | None, error: str | None
) -> None:
    """Keep how a story was told, or why it could not be."""
    connection.execute(
        update(briefs)
        .where(briefs.c.edition_id == edition, briefs.c.story_id == story)
        .values(document=dump(StoryBrief, brief) if brief else None, error=error)
    )


def briefs_of(connection: Connection, edition: int) -> list[StoryBrief]:
    """What the edition tells, best first."""
    query = (
        select(briefs.c.document)
        .where(briefs.c.edition_id == edition, briefs.c.document.is_not(None))
        .order_by(briefs.c.rank)
    )
    return [load(StoryBrief, text) for text in connection.scalars(query)]


def failures_of(connection: Connection, edition: int) -> list[str]:
    """Why chosen stories could not be told, best first."""
    query = (
        select(briefs.c.error)
        .where(briefs.c.edition_id == edition, briefs.c.error.is_not(None))
        .order_by(briefs.c.rank)
    )
    return [error for error in connection.scalars(query) if error]


def told_before(connection: Connection, stories: Iterable[int], day: date) -> dict[int, Told]:
    """How these stories were told last in an edition of a date before ``day``."""
    found: dict[int, Told] = {}
    wanted = sorted(stories)
    for start in range(0, len(wanted), _CHUNK):
        query = (
            select(briefs.c.story_id, briefs.c.document, editions.c.date)
            .join(editions)
            .where(briefs.c.story_id.in_(wanted[start : start + _CHUNK]))
            .where(briefs.c.document.is_not(None), editions.c.date < day)
            .where(editions.c.document.is_not(None))
            .order_by(editions.c.date.desc())
        )
        for story, text, told in connection.execute(query):
            if story not in found:
                found[story] = Told(load(StoryBrief, text), told)
    return found
