"""What the commands share: options, a progress bar, and where results go.

Results go to standard output, a file or a folder, in the format of the file's ending.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.options import BackendName, Device, EngineName, Format, checked_length

if TYPE_CHECKING:
    from briefing.briefs import Brief

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
        help=(
            "Length of the brief; a number is the most that key points and context have, but one "
            "whole line is shown at least."
        ),
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


_ENDINGS: dict[str, Format] = {
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".jsonl": "json",
}
_SUFFIX: dict[Format, str] = {"text": ".txt", "markdown": ".md", "html": ".html", "json": ".json"}
_LONGEST_NAME = 100

CLOSED = "the output was closed before all was written"

_log = logging.getLogger("briefing.cli")


def _set_quiet(value: bool) -> bool:
    if value:
        _log.setLevel(logging.ERROR)
    return value


def _set_verbose(value: bool) -> bool:
    if value:
        _log.setLevel(logging.DEBUG)
    return value


Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", callback=_set_quiet, help="Print only results and errors."),
]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", callback=_set_verbose, help="Say what was read and how long."),
]


def note(message: str, *, level: int = logging.INFO) -> None:
    """Print a line on standard error, unless --quiet; one of level DEBUG only with --verbose."""
    if level >= (_log.level or logging.INFO):
        print(f"briefing: {' '.join(message.split())}", file=sys.stderr)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long the block took, with --verbose."""
    start = time.monotonic()
    yield
    note(f"{what} in {time.monotonic() - start:.2f} s", level=logging.DEBUG)


def hint_at_terminal(what: str = "article") -> None:
    """Say that the article, or what else, is read from the terminal, if standard input is one."""
    if sys.stdin is not None and sys.stdin.isatty():
        note(f"reading the {what} from the terminal; end it with Ctrl-D, or stop with Ctrl-C")


def write_standard(data: str | bytes) -> None:
    """Write to standard output; text as UTF-8, whatever the terminal has.

    Raises:
        OutputError: it is closed, or what it leads to is full. BrokenPipeError: nobody reads it.
    """
    from briefing.errors import OutputError

    if sys.stdout is None:
        raise OutputError("standard output is closed; name an output file")
    encoded = data.encode("utf-8", "replace") if isinstance(data, str) else data
    try:
        sys.stdout.flush()  # what was printed before stands before it
        sys.stdout.buffer.write(encoded)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        note(CLOSED, level=logging.ERROR)
        raise
    except OSError as error:
        # Nothing can be written at exit either.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        raise OutputError(f"cannot write standard output: {error.strerror}") from error


def write_file(text: str, path: Path, *, append: bool = False) -> None:
    """Write a file, or what comes after what is in it. Raises OutputError."""
    from briefing.errors import OutputError

    try:
        with path.open("a" if append else "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; check the path") from error


@dataclass
class Target:
    """The output of several sources: a folder with a file each, one file, or standard output.

    ``beside`` are inputs that have no result of their own; they are not written over either.
    """

    output: Path | None
    form: Format
    folder: bool
    sources: Sequence[str]
    beside: Sequence[str] = ()
    _count: int = 0
    _parts: Any = None

    @classmethod
    def of(
        cls,
        output: str | None,
        form: Format | None,
        sources: Sequence[str],
        beside: Sequence[str] = (),
    ) -> "Target":
        """Choose the output and its format: ``form``, or that of the file's ending, or text.

        Raises:
            BadParameter: HTML pages of several articles would be one stream, or no format has the
                ending of the file.
            OutputError: the output is one of the inputs.
        """
        path = None if output in (None, "-") else Path(output or "")
        many = len(sources) > 1
        folder = path is not None and (
            str(output).endswith(("/", os.sep)) or path.is_dir() or (many and not path.suffix)
        )
        chosen = form
        if path is not None and not folder and not form and path.suffix:
            chosen = _ENDINGS.get(path.suffix.lower())
            if chosen is None:
                raise typer.BadParameter(
                    f"no format has the ending {path.suffix}; use {', '.join(_ENDINGS)} or --format"
                )
        target = cls(path, chosen or "text", folder, sources, beside)
        if many and not folder and target.form == "html":
            raise typer.BadParameter("several HTML pages need --output FOLDER/")
        if path is not None and not folder:
            target._refuse_input(path)
        return target

    @property
    def many(self) -> bool:
        """Whether there are several sources."""
        return len(self.sources) > 1

    def _refuse_input(self, path: Path) -> None:
        """Refuse to write over one of the inputs, under whatever name."""
        from briefing.errors import OutputError

        for source in (*self.sources, *self.beside):
            with suppress(OSError, ValueError):
                if source != "-" and path.samefile(source):
                    raise OutputError(f"{source} is an input; choose another --output")

    def write(self, source: str, text: str, document: dict[str, Any] | None = None) -> None:
        """Write the rendered result of one source; ``document`` is its JSON.

        Raises:
            OutputError: it cannot be written.
        """
        if self.folder:
            self._write_into_folder(source, text)
            return
        if self.many and self.form == "json" and document is not None:
            text = json.dumps({"id": source, **document}, ensure_ascii=False) + "\n"
        elif self.many:
            text = self._between(source) + text
        self._count += 1
        if self.output is None:
            write_standard(text)
        else:
            write_file(text, self.output, append=self._count > 1)

    def _between(self, source: str) -> str:
        """What stands before the result of a source in a stream of several."""
        if self.form == "markdown":
            return "\n---\n\n" if self._count else ""
        return ("\n" if self._count else "") + f"==> {source} <==\n\n"

    def _write_into_folder(self, source: str, text: str) -> None:
        from briefing.errors import OutputError

        folder = self.output or Path()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder {folder}: {error.strerror}") from error
        self._parts = self._parts or set()
        stem = _stem(source)
        name = stem + _SUFFIX[self.form]
        number = 1
        while name in self._parts:
            number += 1
            name = f"{stem}-{number}{_SUFFIX[self.form]}"
        self._parts.add(name)
        path = folder / name
        self._refuse_input(path)
        write_file(text, path)


def _stem(source: str) -> str:
    """Return a file name for the result of a source: its own, or the last part of its URL."""
    if source == "-":
        return "stdin"
    name = source.split("#", maxsplit=1)[0].split("?", maxsplit=1)[0].rstrip("/").rpartition("/")[2]
    kept = "".join(c if c.isalnum() or c in " -_." else "_" for c in Path(name).stem)
    return kept.strip(" .")[:_LONGEST_NAME] or "brief"


def rendered(brief: "Brief", form: Format, sources: bool | None, *, to_terminal: bool) -> str:
    """Render a brief as text for the width of the terminal, or in another format.

    ``sources`` lists the cited sentences under text; by default only on a terminal.
    """
    from briefing.rendering import render

    if form != "text":
        return render(brief, form)
    listed = to_terminal if sources is None else sources
    return render(brief, form, width=_width(), sources=listed)


def _width() -> int:
    import shutil

    return min(100, shutil.get_terminal_size((80, 24)).columns) if on_terminal() else 80


def on_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()
