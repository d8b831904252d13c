"""A run: from the sources to an edition in its readers' hands, in steps that the store records.

Each step keeps its results and the fact that it is complete in one transaction. A process that is
killed at any moment and started again goes on after the last step, or portion of one, that was
kept. The run's ``now`` is kept when the edition is opened and is used for everything after, so
that the run that goes on makes the edition that the first would have made.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from briefing.digest.deliver import messages, write_eml
from briefing.digest.edition import Window, window
from briefing.digest.records import Edition
from briefing.digest.render import publish
from briefing.digest.run.delivering import deliver
from briefing.digest.run.errors import ClockError
from briefing.digest.run.fetching import fetch_sources, read_pages, take_in_articles
from briefing.digest.run.grouping import group_articles
from briefing.digest.run.lock import run_lock
from briefing.digest.run.tellers import Tellers
from briefing.digest.run.telling import choose_what_to_tell, compose_edition, tell_stories
from briefing.digest.run.work import Progress, Silent, Work, log
from briefing.digest.settings import DigestSettings
from briefing.digest.sources import configured_sources
from briefing.digest.store import Store
from briefing.digest.store.editions import (
    EditionRow,
    Step,
    advance,
    document,
    find,
    last,
    latest,
    open_edition,
    unfinished,
)
from briefing.digest.store.sources import keep_sources, problems

RECENT = 30
"""Editions that the Atom feed holds."""
_DRIFT = timedelta(minutes=5)
"""How far a clock may be set back by those who keep it right."""
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
class Outcome:
    """How a run ended. ``unsent`` says for each letter that did not go out why; ``resumed`` that
    the edition had been begun, or was complete, before.
    """

    edition: Edition
    files: tuple[Path, ...]
    sent: int
    failed_sources: int
    resumed: bool
    unsent: tuple[str, ...] = ()

    @property
    def failed_letters(self) -> int:
        """How many letters did not go out."""
        return len(self.unsent)


def run(
    settings: DigestSettings,
    *,
    now: datetime | None = None,
    date: date | None = None,
    since: timedelta | None = None,
    dry_run: bool = False,
    folder: Path | None = None,
    extractive: bool = False,
    engine: str | None = None,
    progress: Progress | None = None,
    stdin: bytes | None = None,
) -> Outcome:
    """Make the edition of ``date`` (default: today's) and send it; go on where a run was killed.

    An edition that an earlier run began and did not end is ended first. One that is complete is
    not made again: its files are written and letters that did not go out are sent.

    Args:
        settings: digest.toml.
        now: the time of the run (aware); the clock's.
        date: the day to be covered, in the edition's zone.
        since: how far back to go; by default to the last edition.
        dry_run: keep nothing in the store, send nothing; the edition and the letters are written
            to ``folder``, where one is given.
        folder: see ``dry_run``.
        extractive: use no model.
        engine: "local" or "ray", what tells the stories; by default as Briefing's settings say.
        progress: who shows how far it is.
        stdin: what a source that is standard input reads.

    Raises:
        LockedError: another run is at work. ClockError: the clock is behind the last edition.
        StoreError: the store cannot be used, or its disk is full. ModelError: no model.
        MissingExtra, ClusterError: Ray is not installed, or its cluster cannot be used.
        OutputError: the files cannot be written. In all cases what was kept stays.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    shown = progress or Silent()
    tellers = Tellers(extractive=extractive, engine=engine)
    with Store.open(settings.store) as store, run_lock(store):
        if dry_run:
            with store.rehearsal() as stage:
                row, resumed = _opened(stage, settings, moment, date, since)
                work = Work(stage, settings, row, shown, tellers, stdin)
                return _rehearsed(work, _made(work), resumed, folder)
        for row in _left_over(store, settings, moment, date):
            _complete(Work(store, settings, row, shown, tellers, stdin), resumed=True)
        row, resumed = _opened(store, settings, moment, date, since)
        return _complete(Work(store, settings, row, shown, tellers, stdin), resumed=resumed)


def _left_over(
    store: Store, settings: DigestSettings, now: datetime, day: date | None
) -> Iterator[EditionRow]:
    """The edition that an earlier run left unfinished, if it is not the one to be made now."""
    with store.reading() as connection:
        row = unfinished(connection)
    wanted = day or window(settings.edition.zone, now).date
    if row is not None and row.day != wanted:
        log("resume", date=str(row.day), step=row.step.value)
        yield row


def _opened(
    store: Store,
    settings: DigestSettings,
    now: datetime,
    day: date | None,
    since: timedelta | None,
) -> tuple[EditionRow, bool]:
    """The edition to be made, opened where it is not; and whether it was."""
    zone = settings.edition.zone
    with store.reading() as connection:
        newest = last(connection)
        made = newest.made if newest else None
        span = window(zone, now, date=day, since=since, last=made)
        row = find(connection, span.date)
    if row is not None:
        log("resume", date=str(row.day), step=row.step.value)
        return row, True
    if made is not None and now < made - _DRIFT:
        raise ClockError(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, but the last edition was made at "
            f"{made:%Y-%m-%d %H:%M} UTC; set the clock. If it was wrong then, remove that edition "
            "with: briefing digest prune"
        )
    return _open(store, settings, span, now), False


def _open(store: Store, settings: DigestSettings, span: Window, now: datetime) -> EditionRow:
    sources = configured_sources(settings)
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
        )
    log("open", date=str(row.day), since=row.since.isoformat(), sources=len(sources))
    return row


def _made(work: Work) -> Edition:
    """Do what is left to do until the edition is composed."""
    for step, act in _STEPS:
        if work.edition.step.place < step.place:
            act(work)
    with work.store.reading() as connection:
        edition = document(connection, work.edition.day)
    assert edition is not None, "a composed edition has its document"
    return edition


def _complete(work: Work, *, resumed: bool) -> Outcome:
    """Make the edition, write its files, send its letters."""
    edition = _made(work)
    with work.store.reading() as connection:
        recent = latest(connection, RECENT)
        failed = len(problems(connection, work.edition.id))
    work.progress.step("files", None)
    files = publish(edition, work.settings, recent)
    sent, unsent = deliver(work.store, work.settings, edition, work.edition.id, work.progress)
    with work.store.writing() as connection:
        advance(connection, work.edition.id, Step.DONE)
    log("done", date=str(edition.date), sent=sent, unsent=len(unsent), failed_sources=failed)
    return Outcome(edition, tuple(files), sent, failed, resumed, tuple(unsent))


def _rehearsed(work: Work, edition: Edition, resumed: bool, folder: Path | None) -> Outcome:
    """The edition's files and letters in a folder of their own."""
    with work.store.reading() as connection:
        recent = latest(connection, RECENT)
        failed = len(problems(connection, work.edition.id))
    files: list[Path] = []
    if folder is not None:
        files += publish(edition, work.settings.model_copy(update={"output": folder}), recent)
        if work.settings.mail is not None:
            files += [write_eml(each, folder) for each in messages(edition, work.settings)]
    return Outcome(edition, tuple(files), 0, failed, resumed)
