"""`briefing brief`, `briefing batch` and `briefing check`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from briefing.cli.options import (
    ApiKey,
    EndpointUrl,
    Extractive,
    HowLong,
    Model,
    PromptsFolder,
    Resume,
    ServerUrl,
    ThreadCount,
    WhichBackend,
    WhichDevice,
    WhichEngine,
    WhichVerifier,
    progress_bar,
)
from briefing.options import Format, Layout
from briefing.sections import Section

if TYPE_CHECKING:
    from briefing.article import Article
    from briefing.batch import Tally
    from briefing.briefer import Briefer
    from briefing.config import Settings


def brief_command(
    source: Annotated[str, typer.Argument(metavar="FILE|URL|-", help="The article.")] = "-",
    title: Annotated[
        str | None, typer.Option(help="Title of the article, if not in the text.")
    ] = None,
    subtitle: Annotated[str | None, typer.Option(help="Standfirst of the article.")] = None,
    section: Annotated[
        list[Section] | None, typer.Option(help="Only this section; repeatable.")
    ] = None,
    length: HowLong = None,
    format_: Annotated[Format, typer.Option("--format", help="Output format.")] = "text",
    sources: Annotated[
        bool, typer.Option("--sources", help="List the cited source sentences (text format).")
    ] = False,
    model: Model = None,
    endpoint: EndpointUrl = None,
    verifier: WhichVerifier = None,
    device: WhichDevice = None,
    backend: WhichBackend = None,
    threads: ThreadCount = None,
    prompts: PromptsFolder = None,
    extractive: Extractive = False,
    server: ServerUrl = None,
    api_key: ApiKey = None,
    output: Annotated[Path | None, typer.Option(help="Output file; default: stdout.")] = None,
) -> None:
    """Brief an article: a text, page or document, a URL or standard input."""
    from briefing.config import load_settings
    from briefing.rendering import render

    settings = load_settings(
        model=model,
        device=device,
        backend=backend,
        threads=threads,
        prompts=prompts,
        length=length,
        endpoint=endpoint,
        verifier=verifier,
    )
    article = _article(source, title, subtitle)
    wanted = section or list(Section)
    if server is not None:
        if any((model, endpoint, verifier, device, backend, threads, prompts)):
            raise typer.BadParameter("--server cannot be combined with options of a local model")
        from briefing.cli.client import brief_remotely

        result = brief_remotely(
            article,
            server,
            api_key=api_key,
            sections=wanted,
            length=settings.length,
            extractive=extractive,
        )
    else:
        briefer = _briefer(settings, extractive)
        result = briefer.brief(article, sections=wanted, length=settings.length)
    options: dict[str, Any] = {}
    if format_ == "text":
        options = {"width": _width(), "sources": sources}
    _write(render(result, format_, **options), output)


def batch_command(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="JSON Lines or Parquet: a file, folder or URL.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="A .jsonl or .parquet file, a folder or a URL.")
    ],
    resume: Resume = False,
    engine: WhichEngine = None,
    workers: Annotated[
        str | None, typer.Option(metavar="N|MIN..MAX", help="Workers, with --engine ray.")
    ] = None,
    gpus_per_worker: Annotated[
        float | None, typer.Option(min=0, help="With --engine ray; 0.25: four share a GPU.")
    ] = None,
    format_: Annotated[
        Layout | None, typer.Option("--format", help="Format of an output folder; default: as IN.")
    ] = None,
    shard_rows: Annotated[
        int | None, typer.Option(min=1, max=65536, help="Rows per file of an output folder.")
    ] = None,
    length: HowLong = None,
    model: Model = None,
    endpoint: EndpointUrl = None,
    verifier: WhichVerifier = None,
    device: WhichDevice = None,
    backend: WhichBackend = None,
    threads: ThreadCount = None,
    prompts: PromptsFolder = None,
    extractive: Extractive = False,
) -> None:
    """Brief many articles; a line or row is {"id", "title", "subtitle", "text"|"html"|"url"}."""
    from briefing.batch import brief_file
    from briefing.config import load_settings

    settings = load_settings(
        model=model,
        device=device,
        backend=backend,
        threads=threads,
        prompts=prompts,
        length=length,
        endpoint=endpoint,
        verifier=verifier,
        engine=engine,
        ray_workers=workers,
        gpus_per_worker=gpus_per_worker,
    )
    if settings.engine != "local" or not _unsharded(source, output, format_):
        tally = _brief_all(
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


def check_command(
    summary: Annotated[
        str | None, typer.Argument(metavar="SUMMARY|-", help="File of the text to check.")
    ] = None,
    against: Annotated[str | None, typer.Option(metavar="ARTICLE", help="File or URL.")] = None,
    batch: Annotated[
        Path | None,
        typer.Option(metavar="IN.jsonl", help='Check each line: {"id", "text", "claim"}.'),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Output file of --batch.")
    ] = None,
    resume: Resume = False,
    format_: Annotated[
        Literal["text", "json"], typer.Option("--format", help="Output format.")
    ] = "text",
    verifier: WhichVerifier = None,
    device: WhichDevice = None,
) -> None:
    """Check each claim of SUMMARY against ARTICLE. Exit code 1 if one is not supported."""
    from briefing.config import load_settings

    settings = load_settings(device=device, verifier=verifier)
    if batch is not None:
        _check_batch(batch, output, resume, settings)
        return
    if summary is None or against is None:
        raise typer.BadParameter("use SUMMARY --against ARTICLE, or --batch IN.jsonl -o OUT.jsonl")
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


def _check_one(summary: str, against: str, format_: str, settings: "Settings") -> None:
    import json

    from briefing.checker import check_sentences

    text = _raw_text(summary)
    sentences = [s.text for s in _article(against, None, None).sentences]
    report = check_sentences(text, sentences, settings.verifier, settings.device).to_dict()
    if format_ == "json":
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


def _unsharded(source: str, output: str, layout: Layout | None) -> bool:
    """Whether input and output are local JSON Lines files, which need no shards."""
    return layout != "parquet" and _line_file(source) and _line_file(output)


def _brief_all(
    settings: "Settings",
    source: str,
    output: str,
    *,
    layout: Layout | None,
    rows: int | None,
    resume: bool,
    extractive: bool,
) -> "Tally":
    """Run a batch on the configured engine; see `briefing.scale.brief_folder`."""
    from briefing.scale import BatchOrder, brief_folder, open_engine
    from briefing.scale.place import Place

    order = BatchOrder(Place.of(source), Place.of(output), layout, rows, resume, extractive)
    with open_engine(settings) as engine, progress_bar("Briefing") as progress:
        return brief_folder(engine, settings, order, progress)


def _line_file(location: str) -> bool:
    """Whether a location is a local file that is not Parquet."""
    path = Path(location)
    folder = location.endswith("/") or path.is_dir()
    return not ("://" in location or folder or path.suffix.lower() in (".parquet", ".pq"))


def _briefer(settings: "Settings", extractive: bool) -> "Briefer":
    from briefing.briefer import Briefer

    return Briefer.of(settings, extractive=extractive)


def _article(source: str, title: str | None, subtitle: str | None) -> "Article":
    from briefing.reading import read_location, read_stream

    if source == "-":
        return read_stream(sys.stdin.buffer, title=title, subtitle=subtitle)
    return read_location(source, title=title, subtitle=subtitle)


def _raw_text(source: str) -> str:
    from briefing.errors import EmptyInput, NotFound
    from briefing.reading import decode

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


@contextmanager
def _progress(source: Path, verb: str) -> Iterator[Callable[[int], None] | None]:
    """Show a progress bar of the lines of a file; yield None if stderr is not a terminal."""
    if not sys.stderr.isatty() or not source.is_file():
        yield None
        return
    from briefing.batch import count_lines

    total = count_lines(source)
    with progress_bar(verb) as progress:
        yield lambda count: progress(count, total) if progress else None


def _report(written: int, failed: int, resumed: int, what: str, output: Path | str) -> None:
    before = f", {resumed} of them from before" if resumed else ""
    print(f"{written} {what} in {output}{before}, {failed} failed", file=sys.stderr)
    if failed:
        raise typer.Exit(1)
