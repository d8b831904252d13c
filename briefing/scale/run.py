"""Batch runs over files and folders: split into shards, brief them, resume, join the output."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from briefing import __version__
from briefing.batch import Tally
from briefing.config import Settings
from briefing.errors import ConfigError, OutputError
from briefing.options import Layout
from briefing.scale import parquet
from briefing.scale.place import Place
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
)
from briefing.scale.work import Engine, Rounds, ShardJob, Task, task_rows

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
    if order.single and order.output.exists():
        if not order.resume:
            raise OutputError(f"{order.output} exists; add --resume to continue, or remove it")
        if not place.names():
            return _complete(job, shards, order.output)
    done = folder.begin(_origin(settings, order, kind, rows, measured), resume=order.resume)
    tally = _settle(Rounds(engine, job), shards, done, progress)
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
        names = (parquet.name_of(name) for name in names)
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
