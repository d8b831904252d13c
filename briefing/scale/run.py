"""A run over a folder, Parquet or a cluster: measure, cut, do what is missing, join."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from briefing.batch import Progress, Tally, error_object
from briefing.config import Settings
from briefing.errors import BriefingError, ConfigError, OutputError
from briefing.scale import parquet
from briefing.scale.engine import Engine
from briefing.scale.errors import WorkerDied
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
