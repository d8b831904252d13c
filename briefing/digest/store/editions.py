"""Queries on editions (one row per date with the last complete step), on what is read for them and
what is sent of them: sources, fetches and deliveries.

There is one fetch per source and edition.

A message is marked ``sending`` before it is submitted and ``sent`` in the transaction after the
server accepted it. A process killed in between leaves ``sending``: the server may or may not have
the message, so the next run sends it again with the same Message-ID, by which mail programs
recognise a duplicate. This is the only case in which a message can be sent twice. A message that
was rejected for good is ``refused``; any other that was not accepted is ``pending`` again. One that
is too old to be tried again is ``given up``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    RowMapping,
    Select,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from briefing.digest import Edition, Item, Source, SourceKind, SourceProblem
from briefing.digest.sources.fetcher import FetchState, SourceResult
from briefing.digest.store.tables import (
    articles,
    briefs,
    deliveries_table,
    dump,
    editions,
    fetches,
    load_record,
    sources_table,
)


class Step(StrEnum):
    """Steps of a run in order; the store keeps the last complete one."""

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
        """The index in the order."""
        return list(Step).index(self)


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition in progress. It covers news after ``since`` (of sources read for the first time,
    after ``first_since``) and up to ``until``; ``made`` is the time of the run. ``left_out`` and
    ``articles`` are set once its stories are selected.
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
    first_since: datetime | None = None


_ROW = select(
    editions.c.date.label("day"), *(c for c in editions.c if c.name not in {"date", "document"})
)


def _row(row: Row[Any] | None) -> EditionRow | None:
    return None if row is None else EditionRow(**{**row._mapping, "step": Step(row.step)})


def find_edition(connection: Connection, day: date) -> EditionRow | None:
    """The edition of a date, whether complete or not."""
    return _row(connection.execute(_ROW.where(editions.c.date == day)).first())


def unfinished(connection: Connection) -> EditionRow | None:
    """The latest edition whose run is not complete."""
    query = _ROW.where(editions.c.step != Step.DONE).order_by(editions.c.made.desc()).limit(1)
    return _row(connection.execute(query).first())


def covered(connection: Connection, besides: date) -> datetime | None:
    """The latest end of an edition, apart from that of a date; None if there is no other."""
    end: datetime | None = connection.scalar(
        select(editions.c.until)
        .where(editions.c.date != besides)
        .order_by(editions.c.until.desc())
        .limit(1)
    )
    return end


def last(connection: Connection, before: date | None = None) -> EditionRow | None:
    """The edition made last; with ``before``, the one of the latest date before that."""
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
    first_since: datetime | None = None,
) -> EditionRow:
    """Open the edition of a date; one that is there is made again.

    Its files, its document and what was sent stay until the new ones replace them.
    """
    values = {
        "zone": zone,
        "since": since,
        "until": until,
        "made": made,
        "previous": previous,
        "step": Step.OPENED,
        "first_since": first_since,
    }
    known = find_edition(connection, day)
    if known is None:
        connection.execute(insert(editions).values(date=day, **values))
    else:
        for table in (briefs, fetches):
            connection.execute(delete(table).where(table.c.edition_id == known.id))
        connection.execute(update(editions).where(editions.c.id == known.id).values(**values))
    row = find_edition(connection, day)
    assert row is not None, "it was inserted"
    return row


def advance(connection: Connection, edition: int, step: Step, **values: int) -> None:
    """Record a completed step; call it in the transaction of its results."""
    connection.execute(update(editions).where(editions.c.id == edition).values(step=step, **values))


def keep_document(connection: Connection, edition: int, document: Edition) -> None:
    """Store the composed edition; it is final."""
    connection.execute(
        update(editions).where(editions.c.id == edition).values(document=dump(Edition, document))
    )


def edition_dates(connection: Connection) -> list[date]:
    """Dates of composed editions, newest first."""
    return list(connection.scalars(_composed(select(editions.c.date))))


def edition_document(connection: Connection, day: date) -> Edition | None:
    """The composed edition of a date."""
    document = connection.scalar(select(editions.c.document).where(editions.c.date == day))
    return load_record(Edition, document) if document else None


def latest(connection: Connection, count: int) -> list[Edition]:
    """The newest composed editions, newest first."""
    query = _composed(select(editions.c.document)).limit(count)
    return [load_record(Edition, document) for document in connection.scalars(query) if document]


def _composed(query: Select[Any]) -> Select[Any]:
    return query.where(editions.c.document.is_not(None)).order_by(editions.c.date.desc())


_STATE = [field for field in FetchState.__dataclass_fields__ if field != "location"]
_SOURCE = ("name", "kind", "location", "topic", "publisher")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with its id and fetch state."""

    id: int
    source: Source
    state: FetchState


@dataclass(frozen=True, slots=True)
class FetchedItems:
    """The fetched items of a source that are not yet stored as articles.

    ``before`` is the time of the source's last success before that, else of its first failure;
    None for a new source. ``first`` means that it was never read before.
    """

    id: int
    source: int
    kind: SourceKind
    topic: str | None
    before: datetime | None
    first: bool
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
    known = connection.execute(
        select(sources_table.c.last_success, sources_table.c.failing_since).where(
            sources_table.c.id == source
        )
    ).one()
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
            before=known.last_success or known.failing_since,
            first=known.last_success is None,
            outcome=_outcome(result),
            items=len(result.items),
            document=dump(tuple[Item, ...], _storable(result.items)) if result.items else None,
            problem=dump(SourceProblem, result.problem) if result.problem else None,
            warnings=dump(tuple[str, ...], result.warnings) if result.warnings else None,
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


_FETCH = select(
    fetches.c.id,
    fetches.c.source_id,
    sources_table.c.kind,
    sources_table.c.topic,
    fetches.c.before,
    fetches.c.first,
).join(sources_table)


def fetch_of(connection: Connection, edition: int, source: int) -> FetchedItems | None:
    """The fetch of a source for an edition, without items; None if there was none."""
    query = _FETCH.where(fetches.c.edition_id == edition, fetches.c.source_id == source)
    row = connection.execute(query).first()
    return FetchedItems(*row, items=()) if row else None


def fetched(connection: Connection, edition: int) -> Iterator[FetchedItems]:
    """Yield fetched items by source, in order, with one source in memory at a time."""
    query = _FETCH.where(fetches.c.edition_id == edition, fetches.c.document.is_not(None)).order_by(
        sources_table.c.position
    )
    for row in connection.execute(query).all():
        text = connection.scalar(select(fetches.c.document).where(fetches.c.id == row.id))
        items = load_record(tuple[Item, ...], text or "[]")
        yield FetchedItems(*row, items=items)
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


def add_warning(connection: Connection, edition: int, source: int, warning: str) -> None:
    """Add a warning to those of a source's fetch for an edition."""
    fetch = (fetches.c.edition_id == edition, fetches.c.source_id == source)
    known = connection.scalar(select(fetches.c.warnings).where(*fetch))
    warnings = load_record(tuple[str, ...], known) if known else ()
    connection.execute(
        update(fetches).where(*fetch).values(warnings=dump(tuple[str, ...], (*warnings, warning)))
    )


def source_warnings(connection: Connection, edition: int) -> list[str]:
    """What sources that could be read leave out, ``source: warning``, in order."""
    query = (
        select(sources_table.c.name, fetches.c.warnings)
        .join(sources_table)
        .where(fetches.c.edition_id == edition, fetches.c.warnings.is_not(None))
        .order_by(sources_table.c.position)
    )
    return [
        f"{row.name}: {warning}"
        for row in connection.execute(query)
        for warning in load_record(tuple[str, ...], row.warnings)
    ]


def forget_sources(connection: Connection) -> int:
    """Delete sources that are no longer configured and have neither articles nor fetches."""
    used = select(articles.c.source_id).where(articles.c.source_id == sources_table.c.id).exists()
    asked = select(fetches.c.source_id).where(fetches.c.source_id == sources_table.c.id).exists()
    return connection.execute(
        delete(sources_table).where(~sources_table.c.active, ~used, ~asked)
    ).rowcount


def address(
    connection: Connection, edition: int, letters: Sequence[tuple[str, str]], at: datetime
) -> None:
    """Add pending deliveries (recipient, Message-ID); existing ones are unchanged."""
    known = set(
        connection.scalars(
            select(deliveries_table.c.recipient).where(deliveries_table.c.edition_id == edition)
        )
    )
    rows = [
        {
            "edition_id": edition,
            "recipient": recipient,
            "message_id": message_id,
            "status": "pending",
            "changed": at,
        }
        for recipient, message_id in letters
        if recipient not in known
    ]
    if rows:
        connection.execute(insert(deliveries_table), rows)


def undelivered(connection: Connection, edition: int) -> set[str]:
    """Recipients to whom the edition was not sent."""
    query = select(deliveries_table.c.recipient).where(
        deliveries_table.c.edition_id == edition, deliveries_table.c.status != "sent"
    )
    return set(connection.scalars(query))


def pending_deliveries(
    connection: Connection, *, made: datetime, refused: datetime, edition: int = 0
) -> list[tuple[int, Edition, set[str]]]:
    """The editions to send to some recipients: id, edition, recipients; oldest first.

    These are ``edition`` and all made after ``made``. Refused messages count as pending if they
    were refused before ``refused``.
    """
    open_ = or_(
        deliveries_table.c.status.in_(("pending", "sending")),
        and_(deliveries_table.c.status == "refused", deliveries_table.c.changed <= refused),
    )
    rows = connection.execute(
        select(editions.c.id, editions.c.document, deliveries_table.c.recipient)
        .join(editions, editions.c.id == deliveries_table.c.edition_id)
        .where(open_, or_(editions.c.made > made, editions.c.id == edition))
        .order_by(editions.c.date, deliveries_table.c.id)
    )
    return [
        (number, load_record(Edition, document), {row.recipient for row in group})
        for (number, document), group in groupby(rows, key=lambda row: (row.id, row.document))
    ]


def given_up(
    connection: Connection, made: datetime, besides: date, recipients: Iterable[str], at: datetime
) -> list[tuple[date, str]]:
    """Mark unsent messages of editions made by ``made``, apart from that of a date, as given up.

    Returns date and recipient of each that is for ``recipients``, in order, and each only once.
    """
    query = (
        select(deliveries_table.c.id, editions.c.date, deliveries_table.c.recipient)
        .join(editions, editions.c.id == deliveries_table.c.edition_id)
        .where(deliveries_table.c.status.in_(("pending", "sending", "refused")))
        .where(editions.c.made <= made, editions.c.date != besides)
        .where(deliveries_table.c.recipient.in_(list(recipients)))
        .order_by(editions.c.date, deliveries_table.c.id)
    )
    found = connection.execute(query).all()
    for row in found:
        connection.execute(
            update(deliveries_table)
            .where(deliveries_table.c.id == row.id)
            .values(status="given up", changed=at)
        )
    return [(row.date, row.recipient) for row in found]


def mark(
    connection: Connection,
    edition: int,
    recipient: str,
    status: str,
    at: datetime,
    error: str | None = None,
) -> None:
    """Set the status and error of a delivery: ``pending``, ``sending``, ``sent``, ``refused``."""
    connection.execute(
        update(deliveries_table)
        .where(deliveries_table.c.edition_id == edition, deliveries_table.c.recipient == recipient)
        .values(status=status, changed=at, error=error)
    )


def forget(connection: Connection, edition: int) -> None:
    """Reset all deliveries of the edition to pending."""
    connection.execute(
        update(deliveries_table)
        .where(deliveries_table.c.edition_id == edition)
        .values(status="pending")
    )
