"""What a worker does, wherever it runs: rows of a shard in, their results written out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from briefing.batch import Row, brief_rows
from briefing.batch import read_rows as read_lines
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.errors import BriefingError, DeviceError, InputError
from briefing.scale import parquet
from briefing.scale.folder import Done, Folder
from briefing.scale.place import Place
from briefing.scale.shards import Layout, Shard

Make = Callable[[Settings, bool], Briefer]
"""Makes the briefer that the settings describe, extractive or not; workers get it by name."""


@dataclass(frozen=True, slots=True)
class Job:
    """What all tasks of a run have in common; it goes to every worker."""

    source: Place
    layout: Layout
    folder: Folder
    settings: Settings
    extractive: bool
    many: bool
    """Whether the input is a folder: then a row without an id is named by its file as well."""


@dataclass(frozen=True, slots=True)
class Task:
    """Rows of a shard, counted from its first; all of them, or a span where that went wrong."""

    shard: Shard
    rows: range

    @property
    def whole(self) -> bool:
        """Whether it is the shard."""
        return len(self.rows) == self.shard.rows


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task. ``done`` is None for a span. ``fault`` says why it failed, to be tried
    again; ``fatal`` ends the run.
    """

    done: Done | None = None
    fault: BriefingError | None = None
    fatal: BriefingError | None = None


def make_briefer(settings: Settings, extractive: bool) -> Briefer:
    """The briefer of a worker, with its model loaded.

    Raises:
        ModelError, DeviceError: the model cannot be used.
    """
    briefer = Briefer.of(settings, extractive=extractive)
    briefer.warm()
    return briefer


class Worker:
    """One briefer, doing task after task."""

    def __init__(self, job: Job, make: Make = make_briefer) -> None:
        self._job = job
        self._failure: BriefingError | None = None
        try:
            self._briefer = make(job.settings, job.extractive)
        except BriefingError as error:  # told with the first task, so that nobody starts it again
            self._failure = error

    def __call__(self, task: Task) -> Outcome:
        """Do a task; it never raises what is to be expected."""
        if self._failure:
            return Outcome(fatal=self._failure)
        try:
            return Outcome(done=self._did(task))
        except (DeviceError, InputError) as error:
            return Outcome(fault=error)
        except BriefingError as error:
            return Outcome(fatal=error)

    def _did(self, task: Task) -> Done | None:
        rows = task_rows(self._job, task)
        results = list(brief_rows(self._briefer, rows, self._job.settings.length))
        if task.whole:
            return self._job.folder.write(task.shard, results)
        self._job.folder.write_span(task.shard, task.rows, results)
        return None


def task_rows(job: Job, task: Task) -> Iterator[Row]:
    """The rows of a task. Raises InputError where they cannot be read."""
    shard, place = task.shard, job.source.child(task.shard.file)
    if job.layout is Layout.PARQUET:
        rows = parquet.read_rows(place, shard.first + task.rows.start, len(task.rows))
    else:
        lines = place.read(shard.start, shard.end).split(b"\n")
        wanted = lines[task.rows.start : task.rows.stop]
        rows = read_lines(wanted, shard.first + task.rows.start + 1)
    return (_named(row, shard.file) for row in rows) if job.many else rows


def _named(row: Row, file: str) -> Row:
    """A row without an id of its own, named by file and number."""
    own: Any = row.data.get("id") if isinstance(row.data, dict) else None
    return row if own is not None else replace(row, name=f"{file}:{row.number}")
