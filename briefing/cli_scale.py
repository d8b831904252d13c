"""``briefing batch`` beyond one file on one machine: folders, Parquet, URLs, a cluster."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from briefing.batch import Tally
    from briefing.config import Settings


class EngineName(StrEnum):
    """What runs the work."""

    LOCAL = "local"
    RAY = "ray"


class LayoutName(StrEnum):
    """What the files of an output are."""

    JSONL = "jsonl"
    PARQUET = "parquet"


def plain(source: str, output: str, layout: LayoutName | None) -> bool:
    """Whether it is one local file of JSON Lines to another, which need no shards."""
    return layout is not LayoutName.PARQUET and _line_file(source) and _line_file(output)


def brief_all(
    settings: "Settings",
    source: str,
    output: str,
    *,
    layout: LayoutName | None,
    rows: int | None,
    resume: bool,
    extractive: bool,
) -> "Tally":
    """Run the order on the engine that the settings name; see `briefing.scale.brief_folder`."""
    from briefing.scale import Order, brief_folder, open_engine
    from briefing.scale.place import Place
    from briefing.scale.shards import Layout

    order = Order(
        Place.of(source),
        Place.of(output),
        Layout(layout.value) if layout else None,
        rows,
        resume,
        extractive,
    )
    with open_engine(settings) as engine, _bar() as progress:
        return brief_folder(engine, settings, order, progress)


def _line_file(location: str) -> bool:
    """Whether it is a path of this machine that is no folder and no Parquet."""
    path = Path(location)
    folder = location.endswith("/") or path.is_dir()
    return not ("://" in location or folder or path.suffix.lower() in (".parquet", ".pq"))


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:-1], TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("Briefing", total=None)

        def advance(count: int, total: int) -> None:
            bar.update(task, total=total, advance=count)

        yield advance


Engine = typer.Option(help="ray: on the cluster of $RAY_ADDRESS, else on all cores here.")
"""The option of every command that knows engines."""
