"""``briefing digest sources``: manage the sources of a digest."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from briefing.cli.options import DIGEST_TOML, DigestConfig, write_standard

if TYPE_CHECKING:
    from briefing.digest import Source
    from briefing.digest.settings import SourceTable


sources_app = typer.Typer(
    name="sources",
    no_args_is_help=True,
    help="Manage the feeds, pages, folders and files of a digest.",
    rich_markup_mode=None,
)
_Kind = Literal["feed", "page", "folder", "jsonl"]


@sources_app.command("add")
def add_command(
    location: Annotated[
        str,
        typer.Argument(
            metavar="URL|PATH|-", help="A feed, a site that names one, a folder or JSON Lines file."
        ),
    ],
    config: DigestConfig = DIGEST_TOML,
    name: Annotated[str | None, typer.Option(help="Display name.")] = None,
    topic: Annotated[str | None, typer.Option(help="Topic of its stories.")] = None,
    publisher: Annotated[
        str | None, typer.Option(help="Sources of the same publisher count as one.")
    ] = None,
    kind: Annotated[
        _Kind | None, typer.Option("--as", help="Kind of source; default: detected.")
    ] = None,
    check: Annotated[
        bool, typer.Option(help="Ask for the feed, or look for the file, before it is added.")
    ] = True,
) -> None:
    """Add a source to digest.toml; comments and order are preserved.

    The feed at a web address is asked for; of a site, the feed that its page names is added.
    """
    from briefing.digest.settings import load_digest_settings
    from briefing.digest.sources import add_source, discover_feed
    from briefing.errors import NotFound

    if location.startswith("~"):
        location = str(Path(location).expanduser())
    kind = kind or _kind(location)
    if kind == "feed" and check:
        location = discover_feed(location, load_digest_settings(config).fetch)
    elif kind in ("folder", "jsonl") and check and location != "-":
        if not Path(location).exists():
            raise NotFound(f"there is no {location}; check the path, or add it with --no-check")
    added = add_source(config, _table(kind, location, name, topic, publisher))
    print(f"added {added.name}: {added.kind} {added.location}", file=sys.stderr)


@sources_app.command(name="list")
def list_sources(config: DigestConfig = DIGEST_TOML) -> None:
    """List the sources, including those of OPML files: name, kind, location, topic."""
    from briefing.rendering.text import inert

    for source in _sources(config):
        fields = (source.name, source.kind, source.location, source.topic or "")
        print("\t".join(map(inert, fields)).rstrip())


@sources_app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The source's name.")],
    config: DigestConfig = DIGEST_TOML,
) -> None:
    """Remove a source from digest.toml."""
    from briefing.digest.sources import remove_source

    remove_source(config, name)
    print(f"removed {name}", file=sys.stderr)


@sources_app.command("check")
def check_sources(
    name: Annotated[str | None, typer.Argument(help="Only the source with this name.")] = None,
    config: DigestConfig = DIGEST_TOML,
) -> None:
    """Read each source once and report its status. Exit code 1 if one yields no article."""
    from briefing.digest.settings import Logins, load_digest_settings
    from briefing.digest.sources import check_source, configured_sources, with_outlines
    from briefing.errors import NotFound
    from briefing.rendering.text import inert

    settings = with_outlines(load_digest_settings(config))
    logins = Logins(settings.sources)
    wanted = [source for source in configured_sources(settings) if name in (None, source.name)]
    if not wanted:
        problem = f"no source is named {name!r}" if name else "there are no sources"
        raise NotFound(f"{problem}; see: briefing digest sources list")
    failed = 0
    for source in wanted:
        stdin = sys.stdin.buffer.read() if source.kind == "stdin" else None
        status = check_source(source, settings.fetch, stdin=stdin, logins=logins)
        failed += not status.ok
        print(f"{'ok ' if status.ok else 'BAD'} {inert(source.name)}: {inert(status.message)}")
        for warning in status.warnings:
            print(f"    {inert(warning)}")
    if failed:
        raise typer.Exit(1)


@sources_app.command(name="import")
def import_(
    outline: Annotated[Path, typer.Argument(metavar="OPML", help="An OPML file.")],
    config: DigestConfig = DIGEST_TOML,
) -> None:
    """Add the feeds of an OPML file to digest.toml; folders become topics."""
    from briefing.digest.sources import import_opml
    from briefing.errors import NotFound

    try:
        text = outline.read_bytes()
    except OSError as error:
        raise NotFound(f"cannot read {outline}: {error.strerror}; check the path") from error
    added, left_out = import_opml(config, text)
    print(f"added {len(added)} feeds", file=sys.stderr)
    for reason in left_out:
        print(f"left out: {reason}", file=sys.stderr)


@sources_app.command("export")
def export_sources(
    outline: Annotated[
        Path | None, typer.Argument(metavar="OPML", help="Default: standard output.")
    ] = None,
    config: DigestConfig = DIGEST_TOML,
) -> None:
    """Export the feeds as OPML; topics become folders."""
    from briefing.digest.rendering import write_whole
    from briefing.digest.sources import export_opml

    text = export_opml(_sources(config))
    if outline is None:
        write_standard(text)
    else:
        write_whole(outline, text.encode())


def _sources(config: Path) -> "list[Source]":
    from briefing.digest.settings import load_digest_settings
    from briefing.digest.sources import configured_sources

    return configured_sources(load_digest_settings(config))


_NO_LINES = frozenset(".atom .htm .html .md .opml .pdf .rss .txt .xml".split())
"""Endings of files that hold a feed or one article."""


def _kind(location: str) -> _Kind:
    """The kind of source at a location; a bare host, such as ``example.org/feed``, is a feed's.

    Raises `NotFound` if there is nothing at a path that is no JSON Lines file, and `BadParameter`
    for a file that holds a feed or an article.
    """
    from briefing.digest.sources.entry import has_scheme, is_bare_address
    from briefing.errors import NotFound

    path = Path(location)
    if path.is_file() and path.suffix.lower() in _NO_LINES:
        raise typer.BadParameter(
            f"{location} is no JSON Lines file. Give the web address of a feed, or the folder in "
            "which article files are; feeds of an OPML file: briefing digest sources import"
        )
    if location == "-" or path.suffix == ".jsonl" or path.exists():
        return "folder" if path.is_dir() else "jsonl"
    if has_scheme(location) or is_bare_address(location):
        return "feed"
    raise NotFound(
        f"there is no file or folder {location[:200]}; check the path, or begin a web address with "
        "https://"
    )


def _table(
    kind: _Kind, location: str, name: str | None, topic: str | None, publisher: str | None
) -> "SourceTable":
    from pydantic import ValidationError

    from briefing.digest.settings import SourceTable

    if kind in ("folder", "jsonl") and location != "-":
        # A path is relative to the working directory, not to digest.toml.
        location = str(Path(location).absolute())
    table = {"name": name, kind: location, "topic": topic, "publisher": publisher}
    try:
        return SourceTable.model_validate(table)
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"]) from error
