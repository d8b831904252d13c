"""Digest runs, resumable from sources to a delivered edition; send and prune editions.

Each step commits its results and its completion in one transaction, so that a run that was killed
resumes after the last committed step or batch. The run's ``now`` is stored when the edition is
opened and used throughout: a resumed run makes the same edition.

A lock allows one run per store; it is released when its process ends.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import text

from briefing.digest import Edition
from briefing.digest.deliver import deliveries, messages, write_eml
from briefing.digest.edition import Window, edition_date, window
from briefing.digest.letters import Dispatch, address_letters
from briefing.digest.rendering import publish
from briefing.digest.settings import DigestSettings
from briefing.digest.sources import configured_sources, with_outlines
from briefing.digest.steps import (
    Progress,
    Silent,
    Work,
    choose_what_to_tell,
    compose_edition,
    fetch_sources,
    group_articles,
    log,
    read_pages,
    take_in_articles,
    tell_stories,
)
from briefing.digest.store import Store, StoreError, prune_store
from briefing.digest.store.editions import (
    EditionRow,
    Step,
    advance,
    covered,
    edition_document,
    find_edition,
    forget,
    keep_sources,
    last,
    latest,
    open_edition,
    source_problems,
    undelivered,
    unfinished,
)
from briefing.digest.telling import StoryBriefers
from briefing.errors import (
    ClockError,
    ConfigError,
    LockedError,
    NoEdition,
    NotSent,
    SourceError,
)

_LOCK_KEY = 7_310_465_002
"""Key of the PostgreSQL advisory lock held by a run."""
_LOCK_TIMEOUT, _LOCK_POLL = 8.0, 0.1
"""Seconds. A busy server may take a moment to notice that a killed run's session ended."""


@contextmanager
def run_lock(store: Store) -> Iterator[None]:
    """Hold the store's lock: a lock file beside SQLite's, or an advisory lock in PostgreSQL,
    which also excludes runs on other machines.

    Raises:
        LockedError: another run holds the lock. StoreError: the lock file cannot be written.
    """
    if store.url.get_backend_name() == "sqlite":
        with _file_lock(f"{store.url.database}.lock"):
            yield
    else:
        with _advisory_lock(store):
            yield


@contextmanager
def _file_lock(path: str) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(
            f"another run holds {path}; wait until it ends (its lock is released with it)"
        ) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}; check the folder") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory_lock(store: Store) -> Iterator[None]:
    # The session holds the lock, not a transaction: it needs a connection of its own.
    engine = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        until = time.monotonic() + _LOCK_TIMEOUT
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK_KEY}):
            if time.monotonic() >= until:
                raise LockedError(f"another run is using {store.name}; wait until it ends")
            time.sleep(_LOCK_POLL)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})


def send_edition(
    settings: DigestSettings,
    day: date,
    *,
    dry_run: bool = False,
    again: bool = False,
) -> int:
    """Send the edition of a date to the recipients who lack it; return the number of messages.

    ``again`` sends it to all recipients. ``dry_run`` writes the messages to the output folder
    instead of sending them.

    Raises:
        NoEdition: there is no edition of that date. NotSent: some messages were not sent.
        ConfigError: the settings name no delivery.
    """
    with Store.open(settings.store) as store, run_lock(store):
        with store.reading() as connection:
            row, edition = find_edition(connection, day), edition_document(connection, day)
        if row is None or edition is None:
            raise NoEdition(f"there is no edition of {day}; see: briefing digest list")
        if dry_run:
            return len([write_eml(each, settings.output) for each in messages(edition, settings)])
        if not deliveries(settings):
            raise ConfigError("digest.toml has no [mail] or [[push]] table; add one to send")
        address_letters(store, settings, edition, row.id)
        with store.writing() as connection:
            if again:
                forget(connection, row.id)
            missing = undelivered(connection, row.id)
        dispatch = Dispatch(store, settings, Silent(), datetime.now(UTC))
        done = dispatch.send([(row.id, edition, missing)], patient=True)
    if done.errors:
        first = done.errors[0]
        raise NotSent(f"{done.count} messages sent, {len(done.errors)} not sent: {first}")
    return done.count


def prune_editions(settings: DigestSettings, now: datetime | None = None) -> dict[str, int]:
    """Delete data older than ``keep_days``, and editions dated later than ``now``.

    Returns the number of rows deleted from each table.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    with Store.open(settings.store) as store, run_lock(store), store.writing() as connection:
        pruned = prune_store(connection, moment - timedelta(days=settings.keep_days), moment)
    counts = asdict(pruned)
    log("prune", **counts)
    return counts


AGAIN = "to make it again: briefing digest run --again"
RECENT = 30
"""Number of editions in the Atom feed."""
_CLOCK_DRIFT = timedelta(minutes=5)
"""Tolerated clock adjustment, such as by NTP."""
_STEPS: tuple[tuple[Step, Callable[[Work], None]], ...] = (
    (Step.FETCHED, fetch_sources),
    (Step.TAKEN, take_in_articles),
    (Step.READ, read_pages),
    (Step.GROUPED, group_articles),
    (Step.CHOSEN, choose_what_to_tell),
    (Step.BRIEFED, tell_stories),
    (Step.COMPOSED, compose_edition),
)


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The result of a run. ``unsent`` holds the error of each message that was not sent;
    ``resumed`` is true if an earlier run had opened the edition, ``complete`` if it had made it.
    """

    edition: Edition
    files: tuple[Path, ...]
    sent: int
    failed_sources: int
    resumed: bool
    unsent: tuple[str, ...] = ()
    complete: bool = False

    @property
    def failed_letters(self) -> int:
        """The number of messages that were not sent."""
        return len(self.unsent)


def run_digest(
    settings: DigestSettings,
    *,
    now: datetime | None = None,
    date: date | None = None,
    since: timedelta | None = None,
    again: bool = False,
    dry_run: bool = False,
    folder: Path | None = None,
    extractive: bool = False,
    engine: str | None = None,
    progress: Progress | None = None,
    stdin: bytes | None = None,
) -> RunOutcome:
    """Make and send the edition of ``date`` (default: today), resuming an interrupted run.

    The pending messages of the last days are sent first, and an unfinished earlier edition is
    finished. A complete edition is not made again: its files are rewritten and its unsent messages
    are sent.

    Args:
        settings: the contents of digest.toml.
        now: the time of the run (aware); default: the current time.
        date: the day to cover, in the edition's time zone.
        since: how far back to go; default: to the end of the last edition. An edition that goes
            back less far is made again.
        again: make the edition again, from what came up to now. Letters that were sent stay sent.
        dry_run: store and send nothing; write the edition and the messages to ``folder``, if
            given.
        folder: see ``dry_run``.
        extractive: use no model.
        engine: "local" or "ray", which runs the model; default: as in Briefing's settings.
        progress: receives progress updates.
        stdin: input of the source that is standard input.

    Raises:
        LockedError: another run is active. ClockError: the clock is behind the last edition.
        ConfigError: ``date`` has not come yet.
        SourceError: there are no sources, or they are not valid.
        StoreError: the store cannot be used, or its disk is full. ModelError: no model.
        MissingExtra, ClusterError: Ray is not installed, or its cluster cannot be used.
        OutputError: the files cannot be written. Completed steps are kept in all cases.
    """
    settings = with_outlines(settings)
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    today = edition_date(moment, settings.edition.zone)
    if date is not None and date > today:
        raise ConfigError(f"{date} has not come yet; give {today} or an earlier date")
    shown = progress or Silent()
    briefers = StoryBriefers(extractive=extractive, engine=engine)
    with Store.open(settings.store) as store, run_lock(store):
        if dry_run:
            with store.rehearsal() as stage:
                row, resumed = _find_or_open(
                    stage, settings, moment, date, since, again, exactly=True
                )
                work = Work(stage, settings, row, shown, briefers, stdin)
                return _dry_run(work, resumed, folder)
        dispatch = Dispatch(store, settings, shown, moment)
        earlier = dispatch.before(date or today)
        left_over = _unfinished_before(store, settings, moment, date)
        if left_over is not None:
            _finish(Work(store, settings, left_over, shown, briefers, stdin))
        row, resumed = _find_or_open(store, settings, moment, date, since, again)
        edition, files, failed = _finish(Work(store, settings, row, shown, briefers, stdin))
        sent = dispatch.after(row.id)
    count, complete = earlier.count + sent.count, row.step is Step.DONE
    unsent = earlier.refused + sent.errors  # What was only put off was tried again.
    log("done", date=str(edition.date), sent=count, unsent=len(unsent), failed_sources=failed)
    return RunOutcome(edition, files, count, failed, resumed, unsent, complete)


def _unfinished_before(
    store: Store, settings: DigestSettings, now: datetime, day: date | None
) -> EditionRow | None:
    """The edition that an earlier run left unfinished, unless it is the one to make now."""
    with store.reading() as connection:
        row = unfinished(connection)
    if row is None or row.day == (day or edition_date(now, settings.edition.zone)):
        return None
    log("resume", date=str(row.day), step=row.step.value)
    return row


def _find_or_open(
    store: Store,
    settings: DigestSettings,
    now: datetime,
    day: date | None,
    since: timedelta | None,
    again: bool,
    *,
    exactly: bool = False,
) -> tuple[EditionRow, bool]:
    """Find or open the edition to make; return it and whether it existed.

    ``exactly`` makes one again that goes back further than ``since``, too.
    """
    zone = settings.edition.zone
    with store.reading() as connection:
        newest = last(connection)
        today = day or edition_date(now, zone)
        row = find_edition(connection, today)
        end, days = covered(connection, today), settings.edition.days
        span = window(zone, now, date=day, since=since, last=end, days=days)
    if row is not None and not (
        _goes_back_otherwise(row, since, exactly) or (again and row.step is Step.DONE)
    ):
        if row.step is Step.DONE:
            log("complete", date=str(row.day), made=row.made.isoformat(), advice=AGAIN)
        else:
            log("resume", date=str(row.day), step=row.step.value)
        return row, True
    if newest is not None and now < newest.made - _CLOCK_DRIFT:
        raise ClockError(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, but the last edition was made at "
            f"{newest.made:%Y-%m-%d %H:%M} UTC; set the clock. If it was wrong then, remove that "
            "edition with: briefing digest prune"
        )
    if row is not None and day is None and since is None:
        span = replace(span, since=row.since, first_since=min(row.since, span.first_since))
    return _open(store, settings, span, now), False


def _goes_back_otherwise(row: EditionRow, since: timedelta | None, exactly: bool) -> bool:
    """Whether an edition goes back less far than ``since``, or, with ``exactly``, further."""
    if since is None:
        return False
    start = row.made - since
    return start < row.since or (exactly and start != row.since)


def _open(store: Store, settings: DigestSettings, span: Window, now: datetime) -> EditionRow:
    sources = configured_sources(settings)
    if not sources:
        raise SourceError(
            "there are no sources; add one with: briefing digest sources add "
            "https://news.example/feed.xml"
        )
    with store.writing() as connection:
        keep_sources(connection, sources)
        before = last(connection, before=span.date)
        row = open_edition(
            connection,
            span.date,
            zone=settings.edition.timezone,
            since=span.since,
            until=span.until,
            made=now,
            previous=before.day if before else None,
            first_since=span.first_since,
        )
    log("open", date=str(row.day), since=row.since.isoformat(), sources=len(sources))
    return row


def _run_steps(work: Work) -> Edition:
    """Run the remaining steps and return the composed edition."""
    for step, run in _STEPS:
        if work.edition.step.place < step.place:
            run(work)
    with work.store.reading() as connection:
        edition = edition_document(connection, work.edition.day)
    assert edition is not None, "a composed edition has its document"
    return edition


def _finish(work: Work) -> tuple[Edition, tuple[Path, ...], int]:
    """Compose the edition, write its files and address its letters.

    Returns it with its files and the number of sources that failed.
    """
    edition = _run_steps(work)
    recent, failed = _recent_and_failed(work)
    work.progress.step("files", None)
    files = publish(edition, work.settings, recent)
    address_letters(work.store, work.settings, edition, work.edition.id)
    with work.store.writing() as connection:
        advance(connection, work.edition.id, Step.DONE)
    return edition, tuple(files), failed


def _recent_and_failed(work: Work) -> tuple[list[Edition], int]:
    """The editions for the Atom feed and the number of failed sources."""
    with work.store.reading() as connection:
        recent = latest(connection, RECENT)
        return recent, len(source_problems(connection, work.edition.id))


def _dry_run(work: Work, resumed: bool, folder: Path | None) -> RunOutcome:
    """Compose the edition and write its files and messages to ``folder``, if given."""
    edition = _run_steps(work)
    recent, failed = _recent_and_failed(work)
    files: list[Path] = []
    if folder is not None:
        files += publish(edition, work.settings.model_copy(update={"output": folder}), recent)
        if work.settings.mail is not None:
            files += [write_eml(each, folder) for each in messages(edition, work.settings)]
    return RunOutcome(edition, tuple(files), 0, failed, resumed)
