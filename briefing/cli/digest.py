"""``briefing digest``: make, show, send and manage editions of a digest.

A run shows bars on a terminal, else logs one JSON object per line on standard error; a quiet run
logs unexpected errors only.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from briefing.cli.options import (
    DIGEST_TOML,
    DigestConfig,
    WhichEngine,
    on_terminal,
    write_standard,
)
from briefing.cli.sources import sources_app
from briefing.options import EditionFormat

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, timedelta

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from briefing.digest import Edition
    from briefing.digest.run import RunOutcome
    from briefing.digest.settings import DigestSettings
    from briefing.digest.steps import Progress
    from briefing.digest.store import Store

digest_app = typer.Typer(
    name="digest",
    no_args_is_help=True,
    help="Make a daily digest of your feeds; each story is checked against its articles.",
    rich_markup_mode=None,
)
digest_app.add_typer(sources_app, name="sources")


_Day = Annotated[str, typer.Argument(metavar="DATE", help="2026-03-02, or latest.")]


@digest_app.command("init")
def init(config: DigestConfig = DIGEST_TOML) -> None:
    """Write a digest.toml that documents every setting."""
    from importlib.resources import files

    from briefing.errors import OutputError

    text = files("briefing.digest").joinpath("example.toml").read_text(encoding="utf-8")
    try:
        with config.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise OutputError(f"{config} already exists; remove it or choose another path") from error
    except OSError as error:
        raise OutputError(f"cannot write {config}: {error.strerror}; check the path") from error
    _say(f"wrote {config}; add sources with: briefing digest sources add URL --config {config}")


@digest_app.command("run")
def run_command(
    config: DigestConfig = DIGEST_TOML,
    since: Annotated[
        str | None,
        typer.Option(metavar="24h", help="Period to cover; default: since the last edition's end."),
    ] = None,
    date: Annotated[str | None, typer.Option(metavar="DATE", help="Cover this local day.")] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Make an edition again that is made already."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Store and send nothing; print the edition, or write it to --output."
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Output folder, instead of the configured one; --dry-run also writes .eml files.",
        ),
    ] = None,
    extractive: Annotated[
        bool, typer.Option("--extractive", help="Use article sentences, without a model.")
    ] = False,
    engine: WhichEngine = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but errors, as cron mails it.")
    ] = False,
) -> None:
    """Make today's edition: read, group, brief, write, send. An interrupted run can be resumed."""
    from briefing.digest.run import run_digest

    if since is not None and date is not None:
        raise typer.BadParameter("use --since or --date, not both")
    day, span = _date(date) if date else None, _span(since) if since else None
    settings = _settings(config)
    if output is not None and not dry_run:
        settings = settings.model_copy(update={"output": output.absolute()})
    with reporting(quiet=quiet) as progress:
        outcome = run_digest(
            settings,
            date=day,
            since=span,
            again=again,
            dry_run=dry_run,
            folder=output,
            extractive=extractive,
            engine=engine,
            progress=progress,
            stdin=_stdin(settings),
        )
    if quiet:
        _warn(dict.fromkeys(outcome.unsent))
    else:
        _report(outcome)
    if dry_run and output is None:
        _print(outcome.edition, settings)
    if outcome.failed_letters:
        raise typer.Exit(3)
    if outcome.failed_sources:
        raise typer.Exit(1)


@digest_app.command(name="list")
def list_editions(config: DigestConfig = DIGEST_TOML) -> None:
    """List the editions in the store, newest first."""
    with _store(config) as store:
        for day in store.editions():
            if edition := store.edition(day):
                print(f"{day}  {_count(len(edition.stories), 'story', 'stories')}  {edition.title}")


@digest_app.command("show")
def show_edition(
    day: _Day,
    config: DigestConfig = DIGEST_TOML,
    format_: Annotated[EditionFormat, typer.Option("--format", help="Output format.")] = "text",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, help="Output file; default: stdout."),
    ] = None,
) -> None:
    """Show an edition as text or in another format."""
    from briefing.digest.rendering import render_edition, write_whole

    settings = _settings(config)
    data = render_edition(_edition(config, day), format_, settings)
    if output is not None:
        write_whole(output, data)
    elif format_ == "epub" and on_terminal():
        raise typer.BadParameter("EPUB is a binary format; use --output FILE.epub")
    else:
        write_standard(data)


@digest_app.command("send")
def send_command(
    day: _Day,
    config: DigestConfig = DIGEST_TOML,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write .eml files to the output folder, send nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Resend to all; mail servers may drop duplicates.")
    ] = False,
) -> None:
    """Send an edition to the recipients who have not received it."""
    from briefing.digest.run import send_edition

    settings = _settings(config)
    edition = _edition(config, day)
    count = send_edition(settings, edition.date, dry_run=dry_run, again=again)
    _say(f"{_count(count, 'letter', 'letters')} {'written' if dry_run else 'sent'}")


@digest_app.command("prune")
def prune_command(config: DigestConfig = DIGEST_TOML) -> None:
    """Delete articles and editions older than keep_days."""
    from briefing.digest.run import prune_editions

    counts = prune_editions(_settings(config))
    _say(", ".join(f"{number} {name}" for name, number in counts.items()) + " removed")


@digest_app.command("export")
def export_command(
    config: DigestConfig = DIGEST_TOML,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, help="Output file; default: stdout."),
    ] = None,
) -> None:
    """Export the store as JSON Lines."""
    from briefing.errors import OutputError

    with _store(config) as store:
        if output is None:
            store.export(write_standard)
            return
        try:
            with output.open("w", encoding="utf-8") as file:
                count = store.export(file.write)
        except OSError as error:
            raise OutputError(f"cannot write {output}: {error.strerror}; check the path") from error
    _say(f"{_count(count, 'line', 'lines')} in {output}")


def _settings(config: Path) -> "DigestSettings":
    from briefing.digest.settings import load_digest_settings

    return load_digest_settings(config)


def _store(config: Path) -> "Store":
    from briefing.digest.store import Store

    return Store.open(_settings(config).store)


def _edition(config: Path, day: str) -> "Edition":
    """Return the edition of a date, or the latest."""
    from briefing.errors import NotFound

    with _store(config) as store:
        dates = store.editions()
        wanted = _date(day) if day != "latest" else next(iter(dates), None)
        edition = store.edition(wanted) if wanted else None
    if edition is None:
        hint = f"the latest is of {dates[0]}" if dates else "make one with: briefing digest run"
        raise NotFound(f"there is no edition {'yet' if day == 'latest' else f'of {day}'}; {hint}")
    return edition


def _date(text: str) -> "date":
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        _bad(f"{text!r} is not a date; use the form 2026-03-02")


def _span(text: str) -> "timedelta":
    """Parse a time span such as ``24h``, ``90m``, ``2d`` or ``1w``."""
    import re
    from datetime import timedelta

    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    match = re.fullmatch(r"(\d{1,4})([mhdw])", text.strip())
    if not match or not int(match[1]):
        _bad(f"{text!r} is not a time span; use the form 24h, 90m, 2d or 1w")
    return timedelta(**{units[match[2]]: int(match[1])})


def _bad(message: str) -> NoReturn:
    raise typer.BadParameter(message)


def _stdin(settings: "DigestSettings") -> bytes | None:
    """Return standard input if it is a source, else None."""
    wanted = any(str(source.jsonl) == "-" for source in settings.sources)
    return sys.stdin.buffer.read() if wanted else None


def _report(outcome: "RunOutcome") -> None:
    """Print the files to stdout, and a summary to stderr if it is a terminal (a log has it)."""
    from zoneinfo import ZoneInfo

    from briefing.digest.run import AGAIN

    for path in outcome.files:
        print(path)
    if not sys.stderr.isatty():
        return
    edition = outcome.edition
    stories = _count(len(edition.stories), "story", "stories")
    articles = _count(edition.articles, "article", "articles")
    letters = f"{_count(outcome.sent, 'letter', 'letters')} sent"
    unsent = f", {outcome.failed_letters} not sent" if outcome.unsent else ""
    resumed = ", resumed" if outcome.resumed and not outcome.complete else ""
    _say(f"{edition.date}: {stories} from {articles}{resumed}, {letters}{unsent}")
    if outcome.complete:
        made = edition.made.astimezone(ZoneInfo(edition.zone))
        _say(f"the edition was made at {made:%H:%M} on {made:%Y-%m-%d}; {AGAIN}")
    _warn(f"{each.source}: {each.message}" for each in edition.problems)
    _warn([*edition.failed, *dict.fromkeys(outcome.unsent)])


def _print(edition: "Edition", settings: "DigestSettings") -> None:
    from briefing.digest.rendering import render_edition

    write_standard(render_edition(edition, "text", settings))


def _warn(messages: "Iterable[str]") -> None:
    from briefing.rendering.text import inert

    for message in messages:
        _say(inert(message))


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


@contextmanager
def reporting(stream: TextIO | None = None, *, quiet: bool = False) -> "Iterator[Progress]":
    """Yield a `Progress` for a run: bars on a terminal, else JSON log lines."""
    out = stream or sys.stderr
    if out.isatty() and not quiet:
        with _bars(out) as bars:
            yield bars
    else:
        from briefing.digest.steps import Silent

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
def _bars(out: TextIO) -> "Iterator[Progress]":
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
