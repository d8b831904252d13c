"""``briefing digest sources``: what an edition is made from."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from briefing.digest.records import Source
    from briefing.digest.settings import SourceTable

app = typer.Typer(
    name="sources",
    no_args_is_help=True,
    help="Feeds, pages, folders and files that an edition is made from.",
    rich_markup_mode=None,
)
Config = Annotated[
    Path, typer.Option("--config", "-c", dir_okay=False, help="The digest's settings.")
]
DEFAULT = Path("digest.toml")


class Kind(StrEnum):
    """What a location is."""

    FEED = "feed"
    PAGE = "page"
    FOLDER = "folder"
    JSONL = "jsonl"


@app.command()
def add(
    location: Annotated[
        str, typer.Argument(metavar="URL|PATH|-", help="A feed, folder or JSON Lines file.")
    ],
    config: Config = DEFAULT,
    name: Annotated[str | None, typer.Option(help="What readers see.")] = None,
    topic: Annotated[str | None, typer.Option(help="The section of its stories.")] = None,
    publisher: Annotated[
        str | None, typer.Option(help="Sources of one publisher count as one.")
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option("--as", help="What it is, where that cannot be seen.")
    ] = None,
) -> None:
    """Add a source to digest.toml; its comments and order stay."""
    from briefing.digest.sources import add_source

    kind = kind or _kind(location)
    added = add_source(config, _table(kind, location, name, topic, publisher))
    print(f"added {added.name}: {added.kind} {added.location}", file=sys.stderr)


@app.command(name="list")
def list_(config: Config = DEFAULT) -> None:
    """The sources, those of OPML files included: name, kind, location, topic."""
    from briefing.render.layout import clean

    for source in _sources(config):
        fields = (source.name, source.kind, source.location, source.topic or "")
        print("\t".join(map(clean, fields)).rstrip())


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The source's name.")], config: Config = DEFAULT
) -> None:
    """Take a source out of digest.toml."""
    from briefing.digest.sources import remove_source

    remove_source(config, name)
    print(f"removed {name}", file=sys.stderr)


@app.command()
def check(
    name: Annotated[str | None, typer.Argument(help="Only the source of this name.")] = None,
    config: Config = DEFAULT,
) -> None:
    """Read each source once and say how it is. Exit code 1 when one gives nothing."""
    from briefing.digest.settings import load_settings
    from briefing.digest.sources import check_source
    from briefing.errors import NotFound
    from briefing.render.layout import clean

    fetch = load_settings(config).fetch
    wanted = [source for source in _sources(config) if name in (None, source.name)]
    if not wanted:
        said = f"no source is called {name!r}" if name else "there are no sources"
        raise NotFound(f"{said}; see: briefing digest sources list")
    bad = 0
    for source in wanted:
        stdin = sys.stdin.buffer.read() if source.kind == "stdin" else None
        found = check_source(source, fetch, stdin=stdin)
        bad += not found.ok
        print(f"{'ok ' if found.ok else 'BAD'} {clean(source.name)}: {clean(found.message)}")
        for warning in found.warnings:
            print(f"    {clean(warning)}")
    if bad:
        raise typer.Exit(1)


@app.command(name="import")
def import_(
    outline: Annotated[Path, typer.Argument(metavar="OPML", help="An outline of feeds.")],
    config: Config = DEFAULT,
) -> None:
    """Add the feeds of an OPML file to digest.toml; its folders become topics."""
    from briefing.digest.sources import import_opml
    from briefing.errors import NotFound

    try:
        text = outline.read_bytes()
    except OSError as error:
        raise NotFound(f"cannot read {outline}: {error.strerror}; check the path") from error
    added = import_opml(config, text)
    print(f"added {len(added)} feeds", file=sys.stderr)


@app.command()
def export(
    outline: Annotated[
        Path | None, typer.Argument(metavar="OPML", help="Default: standard output.")
    ] = None,
    config: Config = DEFAULT,
) -> None:
    """The feeds as OPML, topics as its folders."""
    from briefing.digest.render import write_whole
    from briefing.digest.sources import export_opml

    text = export_opml(_sources(config))
    if outline is None:
        sys.stdout.buffer.write(text.encode())
    else:
        write_whole(outline, text.encode())


def _sources(config: Path) -> "list[Source]":
    from briefing.digest.settings import load_settings
    from briefing.digest.sources import configured_sources

    return configured_sources(load_settings(config))


def _kind(location: str) -> Kind:
    if "://" in location:
        return Kind.FEED
    return Kind.FOLDER if Path(location).is_dir() else Kind.JSONL


def _table(
    kind: Kind, location: str, name: str | None, topic: str | None, publisher: str | None
) -> "SourceTable":
    from pydantic import ValidationError

    from briefing.digest.settings import SourceTable

    place = location
    if kind in (Kind.FOLDER, Kind.JSONL) and location != "-":
        # Relative to where the command runs, which digest.toml need not be.
        place = str(Path(location).absolute())
    found = {"name": name, kind.value: place, "topic": topic, "publisher": publisher}
    try:
        return SourceTable.model_validate(found)
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"]) from error
