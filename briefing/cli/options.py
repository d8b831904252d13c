"""Options shared by the commands, and a progress bar."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from briefing.options import BackendName, Device, EngineName, checked_length

Model = Annotated[
    str | None,
    typer.Option(help="bundled, a model folder, a cached Hugging Face name, or openai:NAME."),
]
EndpointUrl = Annotated[
    str | None, typer.Option("--endpoint", metavar="URL", help="Base URL of openai:NAME's server.")
]
WhichVerifier = Annotated[
    str | None,
    typer.Option("--verifier", help="bundled, or a folder or cached name of an entailment model."),
]
WhichDevice = Annotated[Device | None, typer.Option(help="Inference device.")]
WhichBackend = Annotated[BackendName | None, typer.Option(help="Inference back end.")]


def _known_length(length: str | None) -> str | None:
    try:
        return length if length is None else checked_length(length)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


HowLong = Annotated[
    str | None,
    typer.Option(
        metavar="short|standard|long|N sentences|N words|N%",
        callback=_known_length,
        help="Length of the brief; a number is the most that key points and context have.",
    ),
]
ThreadCount = Annotated[int | None, typer.Option(min=1, help="CPU threads; default: all cores.")]
PromptsFolder = Annotated[
    Path | None, typer.Option(file_okay=False, help="Folder of custom prompt families.")
]
Extractive = Annotated[
    bool, typer.Option("--extractive", help="Use article sentences, without a model.")
]
ServerUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", envvar="BRIEFING_SERVER", help="Use a running Briefing service."),
]
ApiKey = Annotated[
    str | None,
    typer.Option(metavar="KEY", envvar="BRIEFING_API_KEY", help="API key of the service."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an existing output.")]
WhichEngine = Annotated[
    EngineName | None,
    typer.Option(help="ray: the cluster at $RAY_ADDRESS, or all local cores."),
]
DigestConfig = Annotated[
    Path, typer.Option("--config", "-c", dir_okay=False, help="Settings file of the digest.")
]
DIGEST_TOML = Path("digest.toml")


_Progress = Callable[[int, int], None]
"""A callback: the number of items just completed, the total number."""


@contextmanager
def progress_bar(verb: str, *, of_bytes: bool = False) -> Iterator[_Progress | None]:
    """Show a progress bar of items, or ``of_bytes``; yield None if stderr is not a terminal."""
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
    with progress.Progress(*columns, progress.TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(verb, total=None)
        yield lambda count, total: bar.update(task, total=total, advance=count)
