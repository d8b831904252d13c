"""``briefing batch`` beyond one file on one machine: folders, Parquet, URLs, a cluster."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from briefing.cli_progress import bar

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
    with open_engine(settings) as engine, bar("Briefing") as progress:
        return brief_folder(engine, settings, order, progress)


def _line_file(location: str) -> bool:
    """Whether it is a path of this machine that is no folder and no Parquet."""
    path = Path(location)
    folder = location.endswith("/") or path.is_dir()
    return not ("://" in location or folder or path.suffix.lower() in (".parquet", ".pq"))


Engine = typer.Option(help="ray: on the cluster of $RAY_ADDRESS, else on all cores here.")
"""The option of every command that knows engines."""
