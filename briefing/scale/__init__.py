"""Batch runs over folders and Parquet files on any fsspec file system, locally or on Ray.

An input is split into tasks, which are briefed, resumed, and their output joined.

A worker that dies loses its task, and the cause would kill the next worker as well. So a failed
task is split, its failing pieces are split again, and an article that fails alone twice gets an
error as its result. The other articles of its shard are briefed, each once.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, TypeVar

from briefing import __version__
from briefing.batch import Row, Tally, brief_rows, error_object
from briefing.batch import read_rows as read_lines
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.errors import (
    BriefingError,
    ConfigError,
    DeviceError,
    InputError,
    OutputError,
    WorkerDied,
)
from briefing.options import Layout
from briefing.reading.text import text_limits
from briefing.scale.files import Place, id_text, parquet_rows
from briefing.scale.shards import (
    Measured,
    OutputFolder,
    OutputOrigin,
    Shard,
    ShardDone,
    input_files,
    layout_of,
    measure_file,
    numbered,
    result_ids,
    shard_rows,
    spans,
)

BriefersMaker = Callable[[Settings, bool], Briefer]
"""Creates a briefer from settings, extractive or not; workers import it by name."""


@dataclass(frozen=True, slots=True)
class ShardJob:
    """The parameters that all tasks of a run share; sent to every worker."""

    source: Place
    layout: Layout
    folder: OutputFolder
    settings: Settings
    extractive: bool
    many: bool
    """Whether the input is a folder; then the default id of a row includes its file name."""


@dataclass(frozen=True, slots=True)
class Task:
    """Rows of a shard, relative to its first row: all of them, or a span after a failure."""

    shard: Shard
    rows: range

    @property
    def whole(self) -> bool:
        """Whether it is all of the shard."""
        return len(self.rows) == self.shard.rows


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """The outcome of a task. ``done`` is None for a span. A ``fault`` is retried in smaller tasks;
    a ``fatal`` error ends the run.
    """

    done: ShardDone | None = None
    fault: BriefingError | None = None
    fatal: BriefingError | None = None


def make_briefer(settings: Settings, extractive: bool) -> Briefer:
    """Create the briefer of a worker and load its model.

    Raises:
        ModelError, DeviceError: the model cannot be used.
    """
    text_limits.characters = settings.max_characters
    briefer = Briefer.of(settings, extractive=extractive)
    briefer.warm()
    return briefer


class Worker:
    """Runs tasks with one briefer."""

    def __init__(self, job: ShardJob, make: BriefersMaker = make_briefer) -> None:
        self._job = job
        self._failure: BriefingError | None = None
        try:
            self._briefer = make(job.settings, job.extractive)
        except BriefingError as error:  # returned for the first task: Ray would restart the worker
            self._failure = error

    def __call__(self, task: Task) -> TaskOutcome:
        """Run a task; expected errors are returned, not raised."""
        if self._failure:
            return TaskOutcome(fatal=self._failure)
        try:
            return TaskOutcome(done=self._run(task))
        except (DeviceError, InputError) as error:
            return TaskOutcome(fault=error)
        except BriefingError as error:
            return TaskOutcome(fatal=error)

    def _run(self, task: Task) -> ShardDone | None:
        rows = task_rows(self._job, task)
        results = list(brief_rows(self._briefer, rows, self._job.settings.length))
        if task.whole:
            return self._job.folder.write(task.shard, results)
        self._job.folder.write_span(task.shard, task.rows, results)
        return None


def task_rows(job: ShardJob, task: Task) -> Iterator[Row]:
    """Return the rows of a task. Raises InputError if they cannot be read."""
    shard, place = task.shard, job.source.child(task.shard.file)
    if job.layout == "parquet":
        rows = parquet_rows(place, shard.first + task.rows.start, len(task.rows))
    else:
        lines = place.read(shard.start, shard.end).split(b"\n")
        wanted = lines[task.rows.start : task.rows.stop]
        rows = read_lines(wanted, shard.first + task.rows.start + 1)
    return (_named(row, shard.file) for row in rows) if job.many else rows


def _named(row: Row, file: str) -> Row:
    """Name a row without an id by file and number."""
    own: Any = row.data.get("id") if isinstance(row.data, dict) else None
    return row if own is not None else replace(row, name=f"{file}:{row.number}")


_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Engine(Protocol):
    """Runs tasks; ``apart`` says that it does so in other processes."""

    apart: bool

    def each(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item]
    ) -> Sequence[_Result]:
        """Apply a function to each item; return the results in order. Its errors are raised."""

    def run(
        self, job: ShardJob, tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, TaskOutcome | None]]:
        """Run each task once; yield it with its outcome, or None if its worker died.

        Raises:
            ClusterError: no worker can start.
        """


class LocalEngine:
    """Runs all tasks in this process, with one briefer."""

    apart = False

    def __init__(self, make: BriefersMaker = make_briefer) -> None:
        self._make = make
        self._worker: Worker | None = None

    def each(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item]
    ) -> Sequence[_Result]:
        """See `Engine`."""
        return [function(item) for item in items]

    def run(
        self, job: ShardJob, tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, TaskOutcome | None]]:
        """See `Engine`; a worker that dies ends this process."""
        self._worker = self._worker or Worker(job, self._make)
        for task in tasks:
            yield task, self._worker(task)


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """Open the configured engine; a Ray cluster started for it is shut down at the end.

    Raises:
        MissingExtra: Ray is not installed. ClusterError: the cluster cannot be reached.
    """
    if settings.engine == "local":
        yield LocalEngine()
        return
    from briefing.scale.cluster import RayEngine, quiet_cluster

    with quiet_cluster() as started:
        yield RayEngine(settings, own=started)


FAN = 32
"""Pieces that a failed task is split into: few rounds, and little work lost per dead worker."""
ALONE = 2
"""Attempts for one article, or one story, alone."""
_DIED = WorkerDied(
    f"the worker process died {ALONE} times while briefing this article alone, probably out of "
    "memory; give workers more memory, or leave the article out"
)


@dataclass(slots=True)
class Rounds:
    """Runs the tasks of a run in rounds, and tracks the shards that were split."""

    engine: Engine
    job: ShardJob
    _open: Counter[int] = field(default_factory=Counter)
    _pieces: dict[int, list[range]] = field(default_factory=dict)
    _alone: Counter[Task] = field(default_factory=Counter)

    def settle(self, shards: Sequence[Shard]) -> Iterator[ShardDone]:
        """Brief all shards; yield each one when it is written.

        Raises:
            ClusterError, ModelError, DeviceError: no worker can start. OutputError: it cannot be
                written.
        """
        tasks = [Task(shard, range(shard.rows)) for shard in shards]
        self._open.update(shard.number for shard in shards)
        while tasks:
            retries: list[Task] = []
            for task, outcome in self.engine.run(self.job, tasks):
                if outcome and outcome.fatal:
                    raise outcome.fatal
                if outcome and not outcome.fault:
                    yield from self._finish(task, outcome.done)
                elif pieces := self._retries(task):
                    retries += pieces
                else:
                    yield from self._give_up(task, outcome)
            tasks = retries

    def _retries(self, task: Task) -> list[Task]:
        """The tasks to run after a failure; none if the article's attempts are used up."""
        if len(task.rows) == 1:
            self._alone[task] += 1
            return [task] if self._alone[task] < ALONE else []
        pieces = [Task(task.shard, rows) for rows in spans(task.rows, FAN)]
        self._open[task.shard.number] += len(pieces) - 1
        return pieces

    def _give_up(self, task: Task, outcome: TaskOutcome | None) -> Iterator[ShardDone]:
        """Write an error as the result of one article."""
        error: BriefingError = (outcome.fault if outcome else None) or _DIED
        results = [{"id": self._name(task), **error_object(error)}]
        if task.whole:
            yield self.job.folder.write(task.shard, results)
        else:
            self.job.folder.write_span(task.shard, task.rows, results)
            yield from self._finish(task, None)

    def _name(self, task: Task) -> object:
        try:
            return next(task_rows(self.job, task)).name
        except InputError:
            return task.shard.first + task.rows.start + 1

    def _finish(self, task: Task, done: ShardDone | None) -> Iterator[ShardDone]:
        """Record a finished task; yield the shard if all of its pieces are finished."""
        if done:
            yield done
            return
        number = task.shard.number
        pieces = self._pieces.setdefault(number, [])
        pieces.append(task.rows)
        self._open[number] -= 1
        if not self._open[number]:
            yield self.job.folder.join(task.shard, self._pieces.pop(number))


_Progress = Callable[[int, int], None]
"""Called with the number of rows just finished, and the total."""


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """The input, output and options of a batch run; ``rows`` is the number per shard."""

    source: Place
    output: Place
    layout: Layout | None = None
    rows: int | None = None
    resume: bool = False
    extractive: bool = False

    @property
    def single(self) -> bool:
        """Whether the output is named as a file, not as a folder."""
        return layout_of(self.output) is not None

    def output_layout(self, given: Layout) -> Layout:
        """Return the output's layout: as set, else by its name, else that of the input.

        Raises:
            ConfigError: the name does not match the layout that is set.
        """
        named = layout_of(self.output)
        if named and self.layout and named is not self.layout:
            raise ConfigError(
                f"the name {self.output} means {named}, but the format is {self.layout}; "
                "change one of them"
            )
        return self.layout or named or given


def brief_folder(
    engine: Engine, settings: Settings, order: BatchOrder, progress: _Progress | None = None
) -> Tally:
    """Brief every row of a file or folder: one result per row, in the order of files and rows.

    A row is a line of JSON Lines (see `briefing.batch`) or a row of Parquet (the same names as
    columns). The output is a folder of shards or, if it is named as a file, the shards joined to
    one file. A run that was killed at any time can be resumed with ``resume``.

    Raises:
        NotFound, InputError: the input does not exist, or cannot be read.
        OutputError: the output exists, is of another input, or cannot be written.
        ModelError, DeviceError, ClusterError: no worker can start.
        MissingExtra: a package is missing.
    """
    if engine.apart and (order.source.private or order.output.private):
        raise ConfigError(
            "memory:// is not shared between processes; use --engine local, or another file system"
        )
    layout, files = input_files(order.source)
    rows = order.rows or shard_rows(files)
    measure = partial(measure_file, order.source, layout=layout, rows=rows)
    measured = engine.each(measure, [file.name for file in files])
    kind = order.output_layout(layout)
    place = Place(f"{order.output}.parts") if order.single else order.output
    many = [file.name for file in files] != [""]
    folder = OutputFolder(place, kind)
    job = ShardJob(order.source, layout, folder, settings, order.extractive, many)
    shards = numbered(measured)
    made = _origin(settings, order, kind, rows, measured)
    if order.single and order.output.exists():
        if not order.resume:
            raise OutputError(f"{order.output} exists; add --resume to continue, or remove it")
        # It was joined whole; a run that was killed then may have left some of its shards.
        tally = _complete(job, shards, order.output)
        folder.remove(made)
        return tally
    done = folder.begin(made, resume=order.resume)
    try:
        tally = _settle(Rounds(engine, job), shards, done, progress)
    except BriefingError:
        folder.clear()
        raise
    _check_all_exist(folder, shards)
    folder.finish()
    if order.single:
        folder.join_all(shards, order.output)
    return tally


def _origin(
    settings: Settings, order: BatchOrder, kind: Layout, rows: int, files: Sequence[Measured]
) -> OutputOrigin:
    """The input and settings that determine the output."""
    values = {
        "version": __version__,
        "model": None if order.extractive else settings.model,
        "prompts": str(settings.prompts_folder) if settings.prompts_folder else None,
        "length": settings.length,
        "extractive": order.extractive,
        "format": kind,
        "shard-rows": rows,
    }
    return OutputOrigin(values, tuple(files))


def _settle(
    rounds: Rounds, shards: Sequence[Shard], done: dict[int, ShardDone], progress: _Progress | None
) -> Tally:
    total = sum(shard.rows for shard in shards)
    written = resumed = sum(shard.rows for shard in done.values())
    failed = sum(shard.failed for shard in done.values())
    if progress:
        progress(resumed, total)
    for finished in rounds.settle([shard for shard in shards if shard.number not in done]):
        written += finished.rows
        failed += finished.failed
        if progress:
            progress(finished.rows, total)
    return Tally(written, failed, resumed)


def _check_all_exist(folder: OutputFolder, shards: Sequence[Shard]) -> None:
    """Raise OutputError if workers wrote to a file system that is not shared."""
    names = folder.place.names()
    missing = [shard for shard in shards if f"{shard.name}.{folder.layout}" not in names]
    if missing:
        raise OutputError(
            f"{len(missing)} shards that workers wrote are not in {folder.place}; "
            "use an output on a file system that all machines of the cluster share"
        )


def _complete(job: ShardJob, shards: Sequence[Shard], output: Place) -> Tally:
    """Return the tally of a finished output file.

    Raises:
        OutputError: it is incomplete, or of another input.
    """
    layout = job.folder.layout
    tasks = (Task(shard, range(shard.rows)) for shard in shards)
    names = (row.name for task in tasks for row in task_rows(job, task))
    if layout == "parquet":
        names = (id_text(name) for name in names)
    count = failed = 0
    for name, error in result_ids(output, layout):
        if name != next(names, _NOTHING):
            raise OutputError(
                f"row {count + 1} of {output} is not from this input (its id differs); "
                "use the original input, or another output"
            )
        count += 1
        failed += error
    if next(names, _NOTHING) is not _NOTHING:
        raise OutputError(
            f"{output} is incomplete, or was started with another engine; continue with "
            "--engine local, or remove it"
        )
    return Tally(count, failed, count)


_NOTHING = object()
