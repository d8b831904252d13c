"""`briefing brief`, `briefing read`, `briefing batch` and `briefing check`."""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from briefing.cli.options import (
    CLOSED,
    ApiKey,
    EndpointUrl,
    Extractive,
    HowLong,
    Model,
    PromptsFolder,
    Quiet,
    Resume,
    ServerUrl,
    Target,
    ThreadCount,
    Verbose,
    WhichBackend,
    WhichDevice,
    WhichEngine,
    WhichVerifier,
    hint_at_terminal,
    note,
    on_terminal,
    progress_bar,
    rendered,
    timed,
)
from briefing.errors import BriefingError, EmptyInput, NotFound
from briefing.options import Format, Layout
from briefing.sections import Section

if TYPE_CHECKING:
    from briefing.briefer import Briefer
    from briefing.briefs import Article, Brief
    from briefing.config import Settings


_Sources = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FILE|URL|-]...", help="Articles; default: standard input."),
]
_Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE|FOLDER/", help="Default: standard output."),
]
_Made = TypeVar("_Made")


def brief_command(
    sources: _Sources = None,
    title: Annotated[
        str | None, typer.Option(help="Title of the article, if not in the text.")
    ] = None,
    subtitle: Annotated[str | None, typer.Option(help="Standfirst of the article.")] = None,
    section: Annotated[
        list[Section] | None, typer.Option(help="Only this section; repeatable.")
    ] = None,
    length: HowLong = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="Output format; default: by the output's ending, or text."),
    ] = None,
    list_sources: Annotated[
        bool | None,
        typer.Option(
            "--sources/--no-sources",
            help="List the cited source sentences (text format); default: on a terminal.",
        ),
    ] = None,
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
    output: _Output = None,
    quiet: Quiet = False,  # noqa: ARG001
    verbose: Verbose = False,  # noqa: ARG001
) -> None:
    """Brief articles: texts, pages, documents, URLs or standard input.

    Several give one stream, or with --output FOLDER/ a file each.
    """
    from briefing.config import load_settings
    from briefing.rendering import to_document

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
    given = sources or ["-"]
    if len(given) > 1 and (title is not None or subtitle is not None):
        raise typer.BadParameter("--title and --subtitle are for one article")
    if server is not None and any((model, endpoint, verifier, device, backend, threads, prompts)):
        raise typer.BadParameter("--server cannot be combined with options of a local model")
    target = Target.of(output, format_, given)
    articles = _articles(given, title, subtitle)
    wanted = section or list(Section)
    failed: list[str] = []
    with timed(f"{len(given)} briefed"):
        if server is not None:
            from briefing.cli.service import brief_remotely

            post = partial(
                brief_remotely, server=server, api_key=api_key, sections=wanted,
                length=settings.length, extractive=extractive,
            )  # fmt: skip
            results = _remote(articles, post)
        else:
            briefer = _briefer(settings, extractive)
            results = briefer.brief_many(articles, sections=wanted, length=settings.length)
        for source, result in _made(given, results, failed):
            to_terminal = target.output is None and on_terminal()
            text = rendered(result, target.form, list_sources, to_terminal=to_terminal)
            target.write(source, text, to_document(result) if target.form == "json" else None)
    if server is None:
        _tell_of_trouble(briefer)
    if failed:
        note(f"{len(failed)} of {len(given)} articles failed")
        raise typer.Exit(1)


def _tell_of_trouble(briefer: "Briefer") -> None:
    """Say what requests to the model's server failed, and why the last one did."""
    if briefer.trouble:
        note(briefer.trouble, level=logging.ERROR)


@contextmanager
def _server_told() -> Iterator[None]:
    """Say why requests to the model's server fail, each reason once, while workers make briefs."""
    logger, handler = logging.getLogger("briefing.models.chat"), _Noting(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Noting(logging.Handler):
    """Says records on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        note(record.getMessage(), level=logging.ERROR)


def _made(
    sources: Sequence[str], results: "Iterable[_Made | BriefingError]", failed: list[str]
) -> Iterator[tuple[str, _Made]]:
    """Yield each source with its result; name those that failed, and add them to ``failed``.

    The error of the only source is raised.
    """
    for source, result in zip(sources, results, strict=True):
        if not isinstance(result, BriefingError):
            yield source, result
        elif len(sources) == 1:
            raise result
        else:
            note(f"{source}: {result}", level=logging.ERROR)
            failed.append(source)


def _articles(
    sources: Sequence[str], title: str | None, subtitle: str | None
) -> "Iterator[Article | BriefingError]":
    """Read each source when it is wanted; an error stands in its place."""
    for source in sources:
        try:
            yield _article(source, title, subtitle)
        except BriefingError as error:
            yield error


def _remote(
    articles: "Iterable[Article | BriefingError]", post: Callable[["Article"], "Brief"]
) -> "Iterator[Brief | BriefingError]":
    for article in articles:
        try:
            if isinstance(article, BriefingError):
                raise article
            yield post(article)
        except BriefingError as error:
            yield error


def read_command(
    sources: _Sources = None,
    format_: Annotated[
        Literal["text", "markdown", "json"] | None,
        typer.Option("--format", help="Output format; default: by the output's ending, or text."),
    ] = None,
    output: _Output = None,
    quiet: Quiet = False,  # noqa: ARG001
    verbose: Verbose = False,  # noqa: ARG001
) -> None:
    """Print the article of a page or document: title, standfirst and text, and nothing else."""
    from briefing.rendering import article_document, article_markdown, article_text

    given = sources or ["-"]
    target = Target.of(output, format_, given)
    if target.form == "html":
        raise typer.BadParameter("--output cannot be HTML; use .txt, .md or .json")
    failed: list[str] = []
    for source, article in _made(given, _articles(given, None, None), failed):
        for warning in article.warnings:
            note(f"{source}: {warning}")
        document = article_document(article)
        if target.form == "json":
            text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        else:
            text = (article_markdown if target.form == "markdown" else article_text)(article)
        target.write(source, text, document)
    if failed:
        raise typer.Exit(1)


def batch_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            help="JSON Lines or Parquet: a file, folder or URL; a folder of articles; or -.",
        ),
    ],
    output: Annotated[
        str,
        typer.Option("--output", "-o", help="A .jsonl or .parquet file, a folder, a URL, or -."),
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
    quiet: Quiet = False,  # noqa: ARG001
    verbose: Verbose = False,  # noqa: ARG001
) -> None:
    """Brief many articles; a line or row is {"id", "title", "subtitle", "text"|"html"|"url"}.

    Of a folder of articles each file is a row.
    """
    from briefing.batch import brief_file
    from briefing.config import load_settings

    _refuse_ending(output, ".jsonl", ".parquet")
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
        _refuse_shards(source, output)
        _tell_of_articles(source)
        from briefing.scale import BatchOrder, brief_folder, open_engine
        from briefing.scale.files import Place

        places = Place.of(source), Place.of(output)
        order = BatchOrder(*places, format_, shard_rows, resume, extractive)
        with _server_told(), open_engine(settings) as opened, progress_bar("Briefing") as bar:
            tally = brief_folder(opened, settings, order, bar)
    else:
        briefer = _briefer(settings, extractive)
        with _progress(Path(source), "Briefing") as progress:
            try:
                tally = brief_file(
                    briefer,
                    Path(source),
                    Path(output),
                    resume=resume,
                    length=settings.length,
                    progress=progress,
                )
            except BrokenPipeError:
                note(CLOSED, level=logging.ERROR)
                raise
        _tell_of_trouble(briefer)
    _report(tally.written, tally.failed, tally.resumed, "briefs", output)


def check_command(
    summary: Annotated[
        str | None,
        typer.Argument(
            metavar="SUMMARY|-", help="File of the text to check; default: standard input."
        ),
    ] = None,
    against: Annotated[str | None, typer.Option(metavar="ARTICLE", help="File or URL.")] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            metavar="IN.jsonl", help='Check each line: {"id", "text", "claim"}; needs -o.'
        ),
    ] = None,
    output: _Output = None,
    resume: Resume = False,
    format_: Annotated[
        Literal["text", "json"] | None,
        typer.Option(
            "--format",
            help="Output format; default: by the output's ending, or text; JSON Lines of --batch.",
        ),
    ] = None,
    verifier: WhichVerifier = None,
    device: WhichDevice = None,
    quiet: Quiet = False,  # noqa: ARG001
    verbose: Verbose = False,  # noqa: ARG001
) -> None:
    """Check each claim of SUMMARY against ARTICLE. Exit code 1 if one is not supported."""
    from briefing.config import load_settings

    settings = load_settings(device=device, verifier=verifier)
    if batch is not None:
        if summary is not None or against is not None:
            raise typer.BadParameter(
                "--batch takes texts and claims from its lines, not SUMMARY or --against"
            )
        if format_ == "text":
            raise typer.BadParameter("--batch writes JSON Lines; leave out --format text")
        _check_batch(batch, output, resume, settings)
        return
    if resume:
        raise typer.BadParameter("--resume is for --batch IN.jsonl -o OUT.jsonl")
    if against is None:
        raise typer.BadParameter("use SUMMARY --against ARTICLE, or --batch IN.jsonl -o OUT.jsonl")
    summary = "-" if summary is None else summary
    if summary == against == "-":
        raise typer.BadParameter("only one of SUMMARY and ARTICLE can be standard input")
    target = Target.of(output, format_, [summary], [against])
    if target.form not in ("text", "json"):
        raise typer.BadParameter("--output cannot be Markdown or HTML; use .txt or .json")
    _check_one(summary, against, target, settings)


def _check_batch(source: Path, output: str | None, resume: bool, settings: "Settings") -> None:
    from briefing.batch import check_file

    if output is None:
        raise typer.BadParameter("--batch needs -o OUT.jsonl")
    _refuse_ending(output, ".jsonl")
    with _progress(source, "Checking") as progress:
        tally = check_file(
            source,
            Path(output),
            resume=resume,
            progress=progress,
            verifier=settings.verifier,
            device=settings.device,
        )
    _report(tally.written, tally.failed, tally.resumed, "checks", output)


def _check_one(summary: str, against: str, target: Target, settings: "Settings") -> None:
    from briefing.checker import check_summary, source_of

    if summary == "-":
        hint_at_terminal("text to check")
    text = _raw_text(summary)
    article = _article(against, None, None)
    sentences = [sentence.text for sentence in article.sentences]
    source = source_of(article)
    report = check_summary(text, source, settings.verifier, settings.device).to_dict()
    report["sentences"] = sentences
    if target.form == "json":
        lines = [json.dumps(report, ensure_ascii=False, indent=2)]
    else:
        lines = list(_report_lines(report, sentences))
    target.write(summary, "".join(f"{line}\n" for line in lines), report)
    if not report["supported"]:
        raise typer.Exit(1)


_MARKS = {"supported": "ok", "refuted": "REFUTED", "not found": "NOT FOUND"}


def _report_lines(report: dict[str, Any], sentences: list[str]) -> Iterator[str]:
    for claim in report["claims"]:
        mark = f"{_MARKS[claim['finding']]:9}"
        indent = "" if claim["kind"] == "sentence" else "    "
        why = f"  ({claim['reason']})" if claim["reason"] else ""
        yield f"{mark} {indent}{claim['kind']}: {claim['text']}{why}"
        if claim["kind"] == "sentence":
            yield from (f"              [{i}] {sentences[i]}" for i in claim["evidence"])
    yield f"{'supported' if report['supported'] else 'not supported'}, score {report['score']:.2f}"


_NO_BATCHES = frozenset(
    ".doc .xls .xlsx .xlsm .ods .odp .ppt .pptx .yaml .yml .avro .orc .arrow .feather .pkl .sqlite "
    ".db .zip .gz .bz2 .xz .zst .7z".split()
)
"""Endings of other documents, tables and archives than articles have."""
_ANY_LINES = frozenset({".txt", ".text", ".json"})
"""Endings of articles that a file of JSON Lines may have as well."""


def _refuse_ending(output: str, *written: str) -> None:
    """Raise `typer.BadParameter` for a file whose ending names a format that is not written."""
    from briefing.batch import LAYOUTS
    from briefing.reading.formats import INPUT_FORMATS

    path = Path(output)
    ending = path.suffix.lower()
    articles = {suffix for each in INPUT_FORMATS for suffix in each.suffixes} - _ANY_LINES
    tables = {each for each, layout in LAYOUTS.items() if layout == "parquet"}
    others = articles | _NO_BATCHES | (set() if ".parquet" in written else tables)
    if ending in others and not (output.endswith(("/", os.sep)) or path.is_dir()):
        raise typer.BadParameter(
            f"a batch is not written as {ending}; end the name of --output in "
            f"{' or '.join(written)}"
        )


def _unsharded(source: str, output: str, layout: Layout | None) -> bool:
    """Whether input and output need no shards: local JSON Lines, articles, or streams."""
    if layout == "parquet" or not (output == "-" or _line_file(output)):
        return False
    return source == "-" or _line_file(source) or _articles_in(source)


def _refuse_shards(source: str, output: str) -> None:
    """Raise `typer.BadParameter` for streams and articles, which have no shards."""
    if output == "-":
        raise typer.BadParameter("only JSON Lines and articles are briefed to standard output")
    if source == "-" or _articles_in(source):
        raise typer.BadParameter(
            "--output must be a .jsonl file, or -, and the engine local; for a file for each "
            "article use `briefing brief FILE... -o FOLDER/`"
        )


def _tell_of_articles(source: str) -> None:
    """Say that the articles beside the batch files of a folder are not read."""
    from briefing.reading import article_files

    beside = article_files(Path(source)) if Path(source).is_dir() else []
    if beside:
        note(
            f"{source} has files of many articles, which are read; {beside[0].name} and other "
            "files of single articles are not: move them to a folder of their own"
        )


def _articles_in(source: str) -> bool:
    from briefing.batch import holds_articles

    return "://" not in source and holds_articles(Path(source))


def _line_file(location: str) -> bool:
    """Whether a location is a local file that is not Parquet."""
    from briefing.batch import LAYOUTS

    path = Path(location)
    folder = location.endswith("/") or path.is_dir()
    return not ("://" in location or folder or LAYOUTS.get(path.suffix.lower()) == "parquet")


def _briefer(settings: "Settings", extractive: bool) -> "Briefer":
    from briefing.briefer import Briefer

    return Briefer.of(settings, extractive=extractive)


def _article(source: str, title: str | None, subtitle: str | None) -> "Article":
    from briefing.reading import read_location, read_stream

    _check_named(source)
    with timed(f"{source} read"):
        if source == "-":
            hint_at_terminal()
            article = read_stream(sys.stdin.buffer, title=title, subtitle=subtitle)
        else:
            article = read_location(source, title=title, subtitle=subtitle)
    note(
        f"{source}: {article.title or 'no title'}; {article.words} words, "
        f"{len(article.sentences)} sentences, language {article.language}",
        level=logging.DEBUG,
    )
    return article


def _check_named(source: str) -> None:
    """Raise EmptyInput for a source without a name, such as a variable that is not set."""
    if not source.strip():
        raise EmptyInput("an input is empty: name a file or a URL, or use - for standard input")


def _raw_text(source: str) -> str:
    from briefing.reading import decode

    _check_named(source)
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise NotFound(f"cannot read {source}: {error.strerror}; check the path") from error
    text = decode(data).text
    if not text.strip():
        raise EmptyInput(f"{source} is empty; nothing to check")
    return text


@contextmanager
def _progress(source: Path, verb: str) -> Iterator[Callable[[int], None] | None]:
    """Show a progress bar of the rows of a source; yield None if stderr is not a terminal."""
    if not sys.stderr.isatty() or not source.exists():
        yield None
        return
    from briefing.batch import count_rows

    total = count_rows(source)
    with progress_bar(verb) as progress:
        yield lambda count: progress(count, total) if progress else None


def _report(written: int, failed: int, resumed: int, what: str, output: Path | str) -> None:
    before = f"; {resumed} of these {written} are from before" if resumed else ""
    where = "standard output" if str(output) == "-" else output
    made = written - failed
    noun = what if made != 1 else what.removesuffix("s")
    note(f"{made} {noun} in {where}, {failed} failed{before}")
    if failed:
        raise typer.Exit(1)
