"""Editions: one row a date, with the last step of its run that is complete."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from briefing.digest.records import Edition
from briefing.digest.store.documents import dump, load
from briefing.digest.store.tables import editions


class Step(StrEnum):
    """What a run does, in this order; the store keeps the last one that is complete."""

    OPENED = "opened"
    FETCHED = "fetched"
    TAKEN = "taken"
    READ = "read"
    GROUPED = "grouped"
    CHOSEN = "chosen"
    BRIEFED = "briefed"
    COMPOSED = "composed"
    DONE = "done"

    @property
    def place(self) -> int:
        """Its place in the order."""
        return list(Step).index(self)


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition on its way. It covers what is news after ``since`` and up to ``until``; ``made``
    is the run's now. ``left_out`` and ``articles`` are known once its stories are chosen.
    """

    id: int
    day: date
    zone: str
    since: datetime
    until: datetime
    made: datetime
    previous: date | None
    step: Step
    left_out: int
    articles: int


_ROW = select(
    editions.c.date.label("day"), *(c for c in editions.c if c.name not in {"date", "document"})
)


def _row(found: Row[Any] | None) -> EditionRow | None:
    if found is None:
        return None
    return EditionRow(**{**found._mapping, "step": Step(found.step)})


def find(connection: Connection, day: date) -> EditionRow | None:
    """The edition of a date, however far it is."""
    return _row(connection.execute(_ROW.where(editions.c.date == day)).first())


def unfinished(connection: Connection) -> EditionRow | None:
    """The latest edition whose run did not end."""
    return _row(
        connection.execute(
            _ROW.where(editions.c.step != Step.DONE).order_by(editions.c.made.desc()).limit(1)
        ).first()
    )


def last(connection: Connection, before: date | None = None) -> EditionRow | None:
    """The edition that was made last; with ``before``, the one of the latest date before it."""
    query = _ROW.order_by(editions.c.made.desc())
    if before is not None:
        query = _ROW.where(editions.c.date < before).order_by(editions.c.date.desc())
    return _row(connection.execute(query.limit(1)).first())


def open_edition(
    connection: Connection,
    day: date,
    *,
    zone: str,
    since: datetime,
    until: datetime,
    made: datetime,
    previous: date | None,
) -> EditionRow:
    """Begin the edition of a date that has none."""
    number: int = connection.execute(
        insert(editions)
        .values(
            date=day,
            zone=zone,
            since=since,
            until=until,
            made=made,
            previous=previous,
            step=Step.OPENED,
        )
        .returning(editions.c.id)
    ).scalar_one()
    return EditionRow(number, day, zone, since, until, made, previous, Step.OPENED, 0, 0)


def advance(connection: Connection, edition: int, step: Step, **values: int) -> None:
    """Record that a step is complete, in the transaction of its results."""
    connection.execute(update(editions).where(editions.c.id == edition).values(step=step, **values))


def keep_document(connection: Connection, edition: int, document: Edition) -> None:
    """Keep the composed edition; it is never changed again."""
    connection.execute(
        update(editions).where(editions.c.id == edition).values(document=dump(Edition, document))
    )


def dates(connection: Connection) -> list[date]:
    """Dates of composed editions, newest first."""
    return list(connection.scalars(_composed(select(editions.c.date))))


def document(connection: Connection, day: date) -> Edition | None:
    """The composed edition of a date."""
    found = connection.scalar(select(editions.c.document).where(editions.c.date == day))
    return load(Edition, found) if found else None


def latest(connection: Connection, count: int, before: date | None = None) -> list[Edition]:
    """The newest composed editions, newest first; with ``before``, those of dates before it."""
    query = _composed(select(editions.c.document)).limit(count)
    if before is not None:
        query = query.where(editions.c.date < before)
    return [load(Edition, found) for found in connection.scalars(query) if found]


def _composed(query: Select[Any]) -> Select[Any]:
    return query.where(editions.c.document.is_not(None)).order_by(editions.c.date.desc())
