"""Progress reporting: bars on a terminal, else one JSON object per line on standard error.

A quiet run reports unexpected errors only.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

from briefing.digest.run.steps import Progress, Silent

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


@contextmanager
def reporting(stream: TextIO | None = None, *, quiet: bool = False) -> Iterator[Progress]:
    """Yield a `Progress` for a run: bars on a terminal, else JSON log lines."""
    out = stream or sys.stderr
    if out.isatty() and not quiet:
        with _bars(out) as bars:
            yield bars
    else:
        with _logging(out, logging.ERROR if quiet else logging.INFO):
            yield Silent()


class JsonLines(logging.Formatter):
    """Format a record as a JSON object: time, level, event and the record's ``fields``."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


@contextmanager
def _logging(out: TextIO, level: int) -> Iterator[None]:
    logger = logging.getLogger("briefing")
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before


class _Bars:
    """One progress bar per step."""

    def __init__(self, bars: "Bars") -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def step(self, name: str, total: int | None) -> None:
        """See `Progress`."""
        self.end()
        self._task = self._bars.add_task(name.capitalize(), total=total)

    def advance(self, count: int = 1) -> None:
        """See `Progress`."""
        if self._task is not None:
            self._bars.advance(self._task, count)

    def end(self) -> None:
        """Complete the current bar; a step of unknown total ends at what was counted."""
        if self._task is not None:
            done = max(self._bars.tasks[self._task].completed, 1)
            self._bars.update(self._task, total=done, completed=done)


@contextmanager
def _bars(out: TextIO) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(file=out)) as bars:
        shown = _Bars(bars)
        yield shown
        shown.end()
