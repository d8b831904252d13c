"""Sources and what reading them gave, one fetch a source and edition."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from briefing.digest.records import Item, Source, SourceProblem
from briefing.digest.sources.state import FetchState, SourceResult
from briefing.digest.store.documents import dump, load
from briefing.digest.store.tables import articles, fetches, sources

_STATE = [field for field in FetchState.__dataclass_fields__ if field != "location"]
_SOURCE = ("name", "kind", "location", "topic", "publisher")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with its id and what is remembered of it."""

    id: int
    source: Source
    state: FetchState


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one source gave an edition and is not yet taken in.

    ``before`` is when it was read last before that, or else was first asked in vain; None for a
    source that is new.
    """

    source: int
    topic: str | None
    before: datetime | None
    items: tuple[Item, ...]


def keep_sources(connection: Connection, configured: Sequence[Source]) -> None:
    """Make the store's sources those that are configured, in their order.

    One that is gone stays with its articles, no longer active.
    """
    connection.execute(update(sources).values(active=False))
    known = set(connection.scalars(select(sources.c.name)))
    for position, source in enumerate(configured):
        values = {**asdict(source), "position": position, "active": True}
        if source.name in known:
            connection.execute(update(sources).where(sources.c.name == source.name).values(values))
        else:
            connection.execute(insert(sources).values(failures=0, **values))


def to_fetch(connection: Connection, edition: int) -> list[SourceRow]:
    """Active sources that the edition has not asked yet, in order."""
    asked = select(fetches.c.source_id).where(fetches.c.edition_id == edition)
    query = select(sources).where(sources.c.active, sources.c.id.not_in(asked))
    return [
        SourceRow(row["id"], Source(**{name: row[name] for name in _SOURCE}), _state(row))
        for row in connection.execute(query.order_by(sources.c.position)).mappings()
    ]


def _state(row: RowMapping) -> FetchState:
    return FetchState(location=row["read_location"], **{name: row[name] for name in _STATE})


def record_fetch(
    connection: Connection, edition: int, source: int, result: SourceResult, at: datetime
) -> None:
    """Keep what a source gave, with the state that says that it was seen."""
    watched = func.coalesce(sources.c.last_success, sources.c.failing_since)
    before = connection.scalar(select(watched).where(sources.c.id == source))
    state = {name: getattr(result.state, name) for name in _STATE}
    connection.execute(
        update(sources)
        .where(sources.c.id == source)
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
    """Items without the characters that no database keeps: NUL, and halves of surrogate pairs."""

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


def fetched(connection: Connection, edition: int) -> Iterator[Fetched]:
    """What is to be taken in, in the sources' order, one source in memory at a time."""
    query = (
        select(fetches.c.id, fetches.c.source_id, fetches.c.before, sources.c.topic)
        .join(sources)
        .where(fetches.c.edition_id == edition, fetches.c.document.is_not(None))
        .order_by(sources.c.position)
    )
    for row in connection.execute(query).all():
        text = connection.scalar(select(fetches.c.document).where(fetches.c.id == row.id))
        items = load(tuple[Item, ...], text or "[]")
        yield Fetched(row.source_id, row.topic, row.before, items)
        connection.execute(update(fetches).where(fetches.c.id == row.id).values(document=None))


def problems(connection: Connection, edition: int) -> list[SourceProblem]:
    """Sources that gave the edition nothing, in order."""
    query = (
        select(fetches.c.problem)
        .join(sources)
        .where(fetches.c.edition_id == edition, fetches.c.problem.is_not(None))
        .order_by(sources.c.position)
    )
    return [load(SourceProblem, text) for text in connection.scalars(query)]


def forget_sources(connection: Connection) -> int:
    """Delete sources that are no longer configured and have neither articles nor fetches."""
    used = select(articles.c.source_id).where(articles.c.source_id == sources.c.id).exists()
    asked = select(fetches.c.source_id).where(fetches.c.source_id == sources.c.id).exists()
    return connection.execute(delete(sources).where(~sources.c.active, ~used, ~asked)).rowcount
