"""``briefing digest``: the nightly edition, from its settings to its readers."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from briefing.cli_scale import Engine as EngineOption
from briefing.cli_scale import EngineName
from briefing.cli_sources import app as sources_app

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, timedelta

    from briefing.digest.records import Edition
    from briefing.digest.run import Outcome
    from briefing.digest.settings import DigestSettings
    from briefing.digest.store import Store

app = typer.Typer(
    name="digest",
    no_args_is_help=True,
    help="A page of news from your feeds, each story checked against its articles.",
    rich_markup_mode=None,
)
app.add_typer(sources_app, name="sources")


class EditionFormat(StrEnum):
    """What an edition can be shown as."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    ATOM = "atom"
    EPUB = "epub"


Config = Annotated[
    Path, typer.Option("--config", "-c", dir_okay=False, help="The digest's settings.")
]
Day = Annotated[str, typer.Argument(metavar="DATE", help="2026-03-02, or latest.")]
DEFAULT = Path("digest.toml")


@app.command()
def init(config: Config = DEFAULT) -> None:
    """Write a digest.toml with every setting explained."""
    from importlib.resources import files

    from briefing.errors import OutputError

    text = files("briefing.digest").joinpath("example.toml").read_text(encoding="utf-8")
    try:
        with config.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise OutputError(f"{config} is there already; it is left as it is") from error
    except OSError as error:
        raise OutputError(f"cannot write {config}: {error.strerror}; check the path") from error
    _say(f"wrote {config}; add sources with: briefing digest sources add URL --config {config}")


@app.command()
def run(
    config: Config = DEFAULT,
    since: Annotated[
        str | None,
        typer.Option(metavar="24h", help="Cover so long; default: since the last edition."),
    ] = None,
    date: Annotated[str | None, typer.Option(metavar="DATE", help="Cover this local day.")] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Keep and send nothing; print the edition, or see --output."
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Write here, not to the settings' folder; with --dry-run letters too, as .eml.",
        ),
    ] = None,
    extractive: Annotated[
        bool, typer.Option("--extractive", help="No model: the articles' own sentences.")
    ] = False,
    engine: Annotated[EngineName | None, EngineOption] = None,
) -> None:
    """Make today's edition: read the sources, group, brief, write, send. Killed? Run it again."""
    from briefing.digest.run import run as run_digest
    from briefing.digest.run.progress import reporting

    if since is not None and date is not None:
        raise typer.BadParameter("give --since or --date, not both")
    day, span = _date(date) if date else None, _span(since) if since else None
    settings = _settings(config)
    if output is not None and not dry_run:
        settings = settings.model_copy(update={"output": output.absolute()})
    with reporting() as progress:
        outcome = run_digest(
            settings,
            date=day,
            since=span,
            dry_run=dry_run,
            folder=output,
            extractive=extractive,
            engine=engine and engine.value,
            progress=progress,
            stdin=_stdin(settings),
        )
    _tell(outcome)
    if dry_run and output is None:
        _print(outcome.edition, settings)
    if outcome.failed_sources or outcome.failed_letters:
        raise typer.Exit(1)


@app.command(name="list")
def list_(config: Config = DEFAULT) -> None:
    """The editions in the store, newest first."""
    with _store(config) as store:
        for day in store.editions():
            if edition := store.edition(day):
                print(f"{day}  {_count(len(edition.stories), 'story', 'stories')}  {edition.title}")


@app.command()
def show(
    day: Day,
    config: Config = DEFAULT,
    format_: Annotated[
        EditionFormat, typer.Option("--format", help="What to show it as.")
    ] = EditionFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", dir_okay=False, help="Write to this file.")
    ] = None,
) -> None:
    """An edition, as text on the terminal or in another format."""
    from briefing.digest.render import render, write_whole

    settings = _settings(config)
    data = render(_edition(config, day), format_.value, settings)
    if output is not None:
        write_whole(output, data)
    elif format_ is EditionFormat.EPUB and sys.stdout.isatty():
        raise typer.BadParameter("a book is no text for a terminal; give --output FILE.epub")
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


@app.command()
def send(
    day: Day,
    config: Config = DEFAULT,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write .eml files to the output folder, send nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also to those who have it; receivers may drop it.")
    ] = False,
) -> None:
    """Send an edition to those recipients who do not have it yet."""
    from briefing.digest.run import send as send_edition

    settings = _settings(config)
    edition = _edition(config, day)
    count = send_edition(settings, edition.date, dry_run=dry_run, again=again)
    _say(f"{_count(count, 'letter', 'letters')} {'written' if dry_run else 'sent'}")


@app.command()
def prune(config: Config = DEFAULT) -> None:
    """Forget articles and editions that are older than keep_days."""
    from briefing.digest.run import prune as prune_store

    counts = prune_store(_settings(config))
    _say(", ".join(f"{number} {name}" for name, number in counts.items()) + " removed")


@app.command()
def export(
    config: Config = DEFAULT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", dir_okay=False, help="Write to this file.")
    ] = None,
) -> None:
    """Everything in the store as JSON Lines."""
    from briefing.errors import OutputError

    with _store(config) as store:
        if output is None:
            store.export(sys.stdout)
            return
        try:
            with output.open("w", encoding="utf-8") as file:
                count = store.export(file)
        except OSError as error:
            raise OutputError(f"cannot write {output}: {error.strerror}; check the path") from error
    _say(f"{_count(count, 'line', 'lines')} in {output}")


def _settings(config: Path) -> "DigestSettings":
    from briefing.digest.settings import load_settings

    return load_settings(config)


def _store(config: Path) -> "Store":
    from briefing.digest.store import Store

    return Store.open(_settings(config).store)


def _edition(config: Path, day: str) -> "Edition":
    """The edition of a date, or the latest."""
    from briefing.errors import NotFound

    with _store(config) as store:
        known = store.editions()
        wanted = _date(day) if day != "latest" else next(iter(known), None)
        found = store.edition(wanted) if wanted else None
    if found is None:
        there = f"the latest is of {known[0]}" if known else "make one with: briefing digest run"
        raise NotFound(f"there is no edition {'yet' if day == 'latest' else f'of {day}'}; {there}")
    return found


def _date(text: str) -> "date":
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        _bad(f"{text!r} is no date; write it as 2026-03-02")


def _span(text: str) -> "timedelta":
    """``24h``, ``90m``, ``2d`` or ``1w``."""
    import re
    from datetime import timedelta

    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    found = re.fullmatch(r"(\d{1,4})([mhdw])", text.strip())
    if not found or not int(found[1]):
        _bad(f"{text!r} is no time span; write it as 24h, 90m, 2d or 1w")
    return timedelta(**{units[found[2]]: int(found[1])})


def _bad(message: str) -> NoReturn:
    raise typer.BadParameter(message)


def _stdin(settings: "DigestSettings") -> bytes | None:
    """Standard input, where a source is read from it."""
    wanted = any(str(source.jsonl) == "-" for source in settings.sources)
    return sys.stdin.buffer.read() if wanted else None


def _tell(outcome: "Outcome") -> None:
    """Files on standard output; the rest for people alone, since a log has it all."""
    for path in outcome.files:
        print(path)
    if not sys.stderr.isatty():
        return
    edition = outcome.edition
    stories = _count(len(edition.stories), "story", "stories")
    articles = _count(edition.articles, "article", "articles")
    letters = _count(outcome.sent, "letter", "letters")
    resumed = ", resumed" if outcome.resumed else ""
    _say(f"{edition.date}: {stories} from {articles}{resumed}, {letters} sent")
    _warn(f"{each.source}: {each.message}" for each in edition.problems)
    _warn([*edition.failed, *outcome.unsent])


def _print(edition: "Edition", settings: "DigestSettings") -> None:
    from briefing.digest.render import render

    sys.stdout.buffer.write(render(edition, "text", settings))
    sys.stdout.buffer.flush()


def _warn(messages: "Iterable[str]") -> None:
    from briefing.render.layout import clean

    for message in messages:
        _say(clean(message))


def _say(message: str) -> None:
    print(message, file=sys.stderr)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
