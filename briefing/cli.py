"""The command line: a thin skin over the library. Heavy imports wait for who needs them."""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from briefing import __version__
from briefing.cli_digest import app as digest_app
from briefing.cli_keys import app as keys_app
from briefing.cli_models import app as models_app
from briefing.cli_prompts import app as prompts_app
from briefing.cli_scale import Engine as EngineOption
from briefing.cli_scale import EngineName, LayoutName, brief_all, plain
from briefing.errors import BriefingError

if TYPE_CHECKING:
    from rich.console import Console

    from briefing.article import Article
    from briefing.briefer import Briefer
    from briefing.config import Settings

app = typer.Typer(
    name="briefing",
    help="Checked briefs of articles, written on this machine: headline, key points, context.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(digest_app, name="digest")
app.add_typer(models_app, name="models")
app.add_typer(prompts_app, name="prompts")
app.add_typer(keys_app, name="keys")


class SectionName(StrEnum):
    """Sections a brief can be asked for."""

    HEADLINE = "headline"
    KEY_POINTS = "key-points"
    CONTEXT = "context"


class LengthName(StrEnum):
    """How much to write."""

    SHORT = "short"
    STANDARD = "standard"
    LONG = "long"


class FormatName(StrEnum):
    """Output formats."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


class DeviceName(StrEnum):
    """Devices a model can run on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class BackendChoice(StrEnum):
    """Back ends a model can run under."""

    AUTO = "auto"
    CTRANSLATE2 = "ctranslate2"
    TRANSFORMERS = "transformers"


Model = Annotated[
    str | None,
    typer.Option(help="bundled, a model folder, a cached Hugging Face name, or openai:NAME."),
]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint", metavar="URL", help="Where openai:NAME is served.")
]
VerifierOption = Annotated[
    str | None,
    typer.Option("--verifier", help="bundled, or a folder or cached name of an entailment model."),
]
DeviceOption = Annotated[DeviceName | None, typer.Option(help="Where the model runs.")]
BackendOption = Annotated[BackendChoice | None, typer.Option(help="What the model runs under.")]
LengthOption = Annotated[LengthName | None, typer.Option(help="How much to write.")]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads; default: all cores.")]
Prompts = Annotated[
    Path | None, typer.Option(file_okay=False, help="Folder with prompt families of your own.")
]
Extractive = Annotated[
    bool, typer.Option("--extractive", help="No model: the article's own sentences, any language.")
]
Server = Annotated[
    str | None,
    typer.Option(metavar="URL", envvar="BRIEFING_SERVER", help="Use this running service's model."),
]
ApiKey = Annotated[
    str | None,
    typer.Option(metavar="KEY", envvar="BRIEFING_API_KEY", help="The key that it asks for."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an output that is there.")]


GARBAGE = (20_000, 20, 50)
"""When the garbage collector looks (see ``gc.set_threshold``): planning and checking make many
small objects and few cycles, and took a tenth longer with Python's own figures."""


def main() -> None:
    """Run the command line and end with its exit code: 0, 1, 2, 3 or 130."""
    gc.set_threshold(*GARBAGE)
    try:
        app()
    except BriefingError as error:
        _stop(str(error), error.exit_code)
    except Exception as error:
        _stop(f"internal error: {type(error).__name__}: {error}; please report it", 3)


def _stop(message: str, code: int) -> NoReturn:
    line = " ".join(message.split())
    print(f"briefing: {line}", file=sys.stderr)
    sys.exit(code)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Checked briefs of articles, written on this machine: headline, key points, context."""
    if version:
        print(__version__)
        raise typer.Exit


@app.command()
def brief(
    source: Annotated[str, typer.Argument(metavar="FILE|URL|-", help="The article.")] = "-",
    title: Annotated[
        str | None, typer.Option(help="The article's title, if not in the text.")
    ] = None,
    subtitle: Annotated[str | None, typer.Option(help="The article's standfirst.")] = None,
    section: Annotated[
        list[SectionName] | None, typer.Option(help="Only this section; may be repeated.")
    ] = None,
    length: LengthOption = None,
    format_: Annotated[
        FormatName, typer.Option("--format", help="Output format.")
    ] = FormatName.TEXT,
    sources: Annotated[
        bool, typer.Option("--sources", help="List the cited source sentences (text format).")
    ] = False,
    model: Model = None,
    endpoint: EndpointOption = None,
    verifier: VerifierOption = None,
    device: DeviceOption = None,
    backend: BackendOption = None,
    threads: Threads = None,
    prompts: Prompts = None,
    extractive: Extractive = False,
    server: Server = None,
    api_key: ApiKey = None,
    output: Annotated[Path | None, typer.Option(help="Write to this file, not to stdout.")] = None,
) -> None:
    """Brief one article: a file (text, HTML, PDF), a URL, or standard input."""
    from briefing.brief import Section
    from briefing.render import render

    settings = _settings(
        model, device, backend, threads, prompts, length, endpoint=endpoint, verifier=verifier
    )
    article = _article(source, title, subtitle)
    wanted = [Section(name.value) for name in section or []] or list(Section)
    if server is not None:
        if extractive or any((model, endpoint, verifier, device, backend, threads, prompts)):
            raise typer.BadParameter("the server has a model of its own; give --server alone")
        from briefing.client import brief_remotely

        result = brief_remotely(
            article, server, api_key=api_key, sections=wanted, length=settings.length
        )
    else:
        briefer = _briefer(settings, extractive)
        result = briefer.brief(article, sections=wanted, length=settings.length)
    options: dict[str, Any] = {}
    if format_ is FormatName.TEXT:
        options = {"width": _width(), "sources": sources}
    _write(render(result, format_.value, **options), output)


@app.command()
def batch(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="JSON Lines or Parquet: a file, folder or URL.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="A .jsonl or .parquet file, or a folder; or URL.")
    ],
    resume: Resume = False,
    engine: Annotated[EngineName | None, EngineOption] = None,
    workers: Annotated[
        str | None, typer.Option(metavar="N|MIN..MAX", help="Workers of --engine ray.")
    ] = None,
    gpus_per_worker: Annotated[
        float | None, typer.Option(min=0, help="With --engine ray; 0.25: four share a GPU.")
    ] = None,
    format_: Annotated[
        LayoutName | None, typer.Option("--format", help="Of an output folder; default: as IN.")
    ] = None,
    shard_rows: Annotated[
        int | None, typer.Option(min=1, max=65536, help="Rows of a file in an output folder.")
    ] = None,
    length: LengthOption = None,
    model: Model = None,
    endpoint: EndpointOption = None,
    verifier: VerifierOption = None,
    device: DeviceOption = None,
    backend: BackendOption = None,
    threads: Threads = None,
    prompts: Prompts = None,
    extractive: Extractive = False,
) -> None:
    """Brief many articles: {"id", "title", "subtitle", "text" | "html" | "url"} a line or row."""
    from briefing.batch import brief_file

    settings = _settings(
        model,
        device,
        backend,
        threads,
        prompts,
        length,
        endpoint=endpoint,
        verifier=verifier,
        engine=engine and engine.value,
        ray_workers=workers,
        gpus_per_worker=gpus_per_worker,
    )
    if settings.engine != "local" or not plain(source, output, format_):
        tally = brief_all(
            settings,
            source,
            output,
            layout=format_,
            rows=shard_rows,
            resume=resume,
            extractive=extractive,
        )
    else:
        briefer = _briefer(settings, extractive)
        with _progress(Path(source), "Briefing") as progress:
            tally = brief_file(
                briefer,
                Path(source),
                Path(output),
                resume=resume,
                length=settings.length,
                progress=progress,
            )
    _report(tally.written, tally.failed, tally.resumed, "briefs", output)


@app.command()
def check(
    summary: Annotated[
        str | None, typer.Argument(metavar="SUMMARY|-", help="File with the text to check.")
    ] = None,
    against: Annotated[str | None, typer.Option(metavar="ARTICLE", help="File or URL.")] = None,
    batch: Annotated[
        Path | None, typer.Option(metavar="IN.jsonl", help='{"id", "text", "claim"} a line.')
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="With --batch.")] = None,
    resume: Resume = False,
    format_: Annotated[
        FormatName, typer.Option("--format", help="text or json.")
    ] = FormatName.TEXT,
    verifier: VerifierOption = None,
    device: DeviceOption = None,
) -> None:
    """Is SUMMARY supported by ARTICLE, claim by claim? Exit code 1 when something is not."""
    settings = _settings(None, device, None, None, None, None, verifier=verifier)
    if batch is not None:
        _check_batch(batch, output, resume, settings)
        return
    if summary is None or against is None:
        raise typer.BadParameter("give SUMMARY --against ARTICLE, or --batch IN.jsonl -o OUT.jsonl")
    if format_ not in (FormatName.TEXT, FormatName.JSON):
        raise typer.BadParameter("check prints text or json")
    _check_one(summary, against, format_, settings)


def _check_batch(source: Path, output: Path | None, resume: bool, settings: "Settings") -> None:
    from briefing.batch import check_file

    if output is None:
        raise typer.BadParameter("--batch needs -o OUT.jsonl")
    with _progress(source, "Checking") as progress:
        tally = check_file(
            source,
            output,
            resume=resume,
            progress=progress,
            verifier=settings.verifier,
            device=settings.device,
        )
    _report(tally.written, tally.failed, tally.resumed, "checks", output)


def _check_one(summary: str, against: str, format_: FormatName, settings: "Settings") -> None:
    import json

    from briefing.batch import report_object

    text = _raw_text(summary)
    sentences = [s.text for s in _article(against, None, None).sentences]
    report = report_object(text, sentences, settings.verifier, settings.device)
    if format_ is FormatName.JSON:
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        for line in _report_lines(report, sentences):
            print(line)
    if not report["supported"]:
        raise typer.Exit(1)


def _report_lines(report: dict[str, Any], sentences: list[str]) -> Iterator[str]:
    for claim in report["claims"]:
        mark = "ok " if claim["supported"] else "NOT"
        indent = "" if claim["kind"] == "sentence" else "    "
        why = f"  ({claim['reason']})" if claim["reason"] else ""
        yield f"{mark} {indent}{claim['kind']}: {claim['text']}{why}"
        if claim["kind"] == "sentence":
            yield from (f"        [{i}] {sentences[i]}" for i in claim["evidence"])
    yield f"{'supported' if report['supported'] else 'not supported'}, score {report['score']:.2f}"


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that serve, with a model each.")
    ] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Let anybody in, also from other machines.")
    ] = False,
    model: Model = None,
    endpoint: EndpointOption = None,
    verifier: VerifierOption = None,
    device: DeviceOption = None,
    backend: BackendOption = None,
    threads: Threads = None,
    prompts: Prompts = None,
) -> None:
    """Serve briefs over HTTP."""
    from api.server import run

    settings = _settings(
        model,
        device,
        backend,
        threads,
        prompts,
        None,
        endpoint=endpoint,
        verifier=verifier,
        host=host,
        port=port,
        workers=workers,
        without_keys=without_keys or None,
    )
    run(settings)


@app.command()
def doctor(
    model: Model = None,
    endpoint: EndpointOption = None,
    verifier: VerifierOption = None,
    device: DeviceOption = None,
    backend: BackendOption = None,
) -> None:
    """Versions, devices, the model, and a self-test. Exit code 3 when something is wrong."""
    from briefing.doctor import examine

    settings = _settings(
        model, device, backend, None, None, None, endpoint=endpoint, verifier=verifier
    )
    bad = 0
    for finding in examine(_briefer(settings, extractive=False)):
        mark = {True: "ok ", False: "BAD", None: "   "}[finding.ok]
        print(f"{mark} {finding.name}: {finding.value}")
        bad += finding.ok is False
    if bad:
        raise typer.Exit(3)


def _settings(
    model: str | None,
    device: DeviceName | None,
    backend: BackendChoice | None,
    threads: int | None,
    prompts: Path | None,
    length: LengthName | None,
    **more: Any,
) -> "Settings":
    from briefing.config import load_settings

    flags = {"device": device, "backend": backend, "length": length}
    named = {name: flag.value for name, flag in flags.items() if flag is not None}
    return load_settings(model=model, threads=threads, prompts=prompts, **named, **more)


def _briefer(settings: "Settings", extractive: bool) -> "Briefer":
    from briefing.briefer import Briefer

    return Briefer.of(settings, extractive=extractive)


def _article(source: str, title: str | None, subtitle: str | None) -> "Article":
    from briefing.read import read, read_stream

    if source == "-":
        return read_stream(sys.stdin.buffer, title=title, subtitle=subtitle)
    return read(source, title=title, subtitle=subtitle)


def _raw_text(source: str) -> str:
    from briefing.errors import EmptyInput, NotFound
    from briefing.read import decode

    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise NotFound(f"cannot read {source}: {error.strerror}; check the path") from error
    text = decode(data).text
    if not text.strip():
        raise EmptyInput(f"{source} is empty; nothing to check")
    return text


def _write(text: str, output: Path | None) -> None:
    from briefing.errors import OutputError

    if output is None:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write {output}: {error.strerror}; check the path") from error


def _width() -> int:
    import shutil

    return min(100, shutil.get_terminal_size((80, 24)).columns) if sys.stdout.isatty() else 80


def _console() -> "Console":
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def _progress(source: Path, verb: str) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on standard error, on a terminal only."""
    if not sys.stderr.isatty() or not source.is_file():
        yield None
        return
    from rich.progress import Progress, TimeRemainingColumn

    from briefing.batch import count_lines

    columns = (*Progress.get_default_columns()[:-1], TimeRemainingColumn())
    with Progress(*columns, console=_console()) as bar:
        task = bar.add_task(verb, total=count_lines(source))
        yield lambda count: bar.advance(task, count)


def _report(written: int, failed: int, resumed: int, what: str, output: Path | str) -> None:
    before = f", {resumed} of them from before" if resumed else ""
    print(f"{written} {what} in {output}{before}, {failed} failed", file=sys.stderr)
    if failed:
        raise typer.Exit(1)
