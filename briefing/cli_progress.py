"""A progress bar of work whose size is told on the way: on standard error, on a terminal only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Told how much more is done, and how much there is in all."""


@contextmanager
def bar(verb: str, *, of_bytes: bool = False) -> Iterator[Progress | None]:
    """A bar while the block lasts, of things or ``of_bytes``; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress
    from rich.console import Console

    columns = (
        (progress.BarColumn(), progress.DownloadColumn(), progress.TransferSpeedColumn())
        if of_bytes
        else progress.Progress.get_default_columns()[:-1]
    )
    console = Console(stderr=True)
    with progress.Progress(*columns, progress.TimeRemainingColumn(), console=console) as shown:
        task = shown.add_task(verb, total=None)
        yield lambda count, total: shown.update(task, total=total, advance=count)
