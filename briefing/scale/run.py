"""A run over a folder, Parquet or a cluster: measure, cut, do what is missing, join."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from briefing import __version__
from briefing.batch import Tally
from briefing.config import Settings
from briefing.errors import ConfigError, OutputError
from briefing.scale import parquet
from briefing.scale.engine import Engine
from briefing.scale.folder import Done, Folder, Made, result_ids
from briefing.scale.place import Place
from briefing.scale.rounds import Rounds
from briefing.scale.shards import (
    Layout,
    Measured,
    Shard,
    input_files,
    layout_of,
    measure_file,
    numbered,
    shard_rows,
)
from briefing.scale.work import Job, Task, task_rows

Progress = Callable[[int, int], None]
"""Told how many more rows are done, and of how many in all."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be briefed, and where the results go. ``rows`` are those of a shard."""

    source: Place
    output: Place
    layout: Layout | None = None
    rows: int | None = None
    resume: bool = False
    extractive: bool = False

    @property
    def single(self) -> bool:
        """Whether the output is one file, by its name."""
        return layout_of(self.output) is not None

    def output_layout(self, given: Layout) -> Layout:
        """What the output is: as asked for, by its name, or as the input.

        Raises:
            ConfigError: the name says another thing than what was asked for.
        """
        named = layout_of(self.output)
        if named and self.layout and named is not self.layout:
            raise ConfigError(
                f"{self.output} is named as {named.value}, but {self.layout.value} was asked for; "
                "change one of them"
            )
        return self.layout or named or given


def brief_folder(
    engine: Engine, settings: Settings, order: Order, progress: Progress | None = None
) -> Tally:
    """Brief every row of a file or folder: one result a row, in the order of files and rows.

    A row is a line of JSON Lines (see `briefing.batch`) or of Parquet (the same names as columns).
    The output is a folder of shards, or, where it is named as a file, one file that they are
    joined to. Killed at any moment and run again with ``resume``, it does what is missing.

    Raises:
        NotFound, InputError: the input is not there, or is nothing that can be read.
        OutputError: the output exists, is another input's, or cannot be written.
        ModelError, DeviceError, ClusterError: no worker can start.
        MissingExtra: a package is missing.
    """
    if engine.apart and (order.source.private or order.output.private):
        raise ConfigError("memory:// is in one process alone; use --engine local, or another place")
    layout, files = input_files(order.source)
    rows = order.rows or shard_rows(files)
    measure = partial(measure_file, order.source, layout=layout, rows=rows)
    measured = engine.each(measure, [file.name for file in files])
    kind = order.output_layout(layout)
    place = Place(f"{order.output}.parts") if order.single else order.output
    many = [file.name for file in files] != [""]
    folder = Folder(place, kind)
    job = Job(order.source, layout, folder, settings, order.extractive, many)
    shards = numbered(measured)
    if order.single and order.output.exists():
        if not order.resume:
            raise OutputError(f"{order.output} exists; add --resume to go on with it, or remove it")
        if not place.names():
            return _complete(job, shards, order.output)
    done = folder.begin(_made(settings, order, kind, rows, measured), resume=order.resume)
    tally = _settle(Rounds(engine, job), shards, done, progress)
    _check_all_there(folder, shards)
    folder.finish()
    if order.single:
        folder.join_all(shards, order.output)
    return tally


def _made(
    settings: Settings, order: Order, kind: Layout, rows: int, files: Sequence[Measured]
) -> Made:
    """What the output depends on: its manifest."""
    named = {
        "version": __version__,
        "model": None if order.extractive else settings.model,
        "prompts": str(settings.prompts_folder) if settings.prompts_folder else None,
        "length": settings.length,
        "extractive": order.extractive,
        "format": kind.value,
        "shard-rows": rows,
    }
    return Made(named, tuple(files))


def _settle(
    rounds: Rounds, shards: Sequence[Shard], done: dict[int, Done], progress: Progress | None
) -> Tally:
    total = sum(shard.rows for shard in shards)
    written = resumed = sum(each.rows for each in done.values())
    failed = sum(each.failed for each in done.values())
    if progress:
        progress(resumed, total)
    for each in rounds.settle([shard for shard in shards if shard.number not in done]):
        written += each.rows
        failed += each.failed
        if progress:
            progress(each.rows, total)
    return Tally(written, failed, resumed)


def _check_all_there(folder: Folder, shards: Sequence[Shard]) -> None:
    """Raise OutputError where workers wrote to a place that is not this one."""
    names = folder.place.names()
    missing = [shard for shard in shards if f"{shard.name}.{folder.layout.value}" not in names]
    if missing:
        raise OutputError(
            f"{len(missing)} shards that workers wrote are not in {folder.place}; "
            "give an output that all machines of the cluster share"
        )


def _complete(job: Job, shards: Sequence[Shard], output: Place) -> Tally:
    """The tally of an output that is there, where it is this input's and whole.

    Raises:
        OutputError: it is not.
    """
    layout = job.folder.layout
    names = (row.name for each in shards for row in task_rows(job, Task(each, range(each.rows))))
    if layout is Layout.PARQUET:
        names = (parquet.name_of(name) for name in names)
    count = failed = 0
    for name, error in result_ids(output, layout):
        if name != next(names, _NOTHING):
            raise OutputError(
                f"row {count + 1} of {output} is not from this input (its id differs); "
                "give the input it was made from, or another output"
            )
        count += 1
        failed += error
    if next(names, _NOTHING) is not _NOTHING:
        raise OutputError(
            f"{output} was begun by another engine or is not whole; go on with it by "
            "--engine local, or remove it"
        )
    return Tally(count, failed, count)


_NOTHING = object()
