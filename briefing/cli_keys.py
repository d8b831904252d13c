"""``briefing keys``: who may use the service."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from api.keys import KeyFile

app = typer.Typer(
    help="API keys of the service; it sees a change at once.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class ScopeName(StrEnum):
    """What a key may be used for."""

    BRIEF = "brief"
    CHECK = "check"
    DIGEST = "digest"
    METRICS = "metrics"


Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is, or what for.")]


@app.command()
def add(
    name: Name,
    scope: Annotated[
        list[ScopeName] | None,
        typer.Option(help="What it may be used for; may be repeated. Default: brief and check."),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0, help="Articles a minute; 0: any. Default: as set.")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=0, help="Requests at once; 0: any. Default: as set.")
    ] = None,
) -> None:
    """Make a key and print it. It is kept only as a hash, and cannot be shown again."""
    from api.keys import Scope

    scopes = [Scope(each.value) for each in scope or (ScopeName.BRIEF, ScopeName.CHECK)]
    print(_file().add(name, scopes, rate, concurrency))
    print("briefing: keep this key now; it is not shown again", file=sys.stderr)


@app.command("list")
def list_() -> None:
    """The keys: name, id, scopes, since when, and until when where it is revoked."""
    for key in _file().all():
        until = f"revoked {key.revoked}" if key.revoked else "in use"
        print(key.name, key.id, ",".join(key.scopes), key.created, until, sep="\t")


@app.command()
def revoke(name: Name) -> None:
    """Take a key out of use, at once."""
    _file().revoke(name)
    print(f"briefing: the key {name!r} is revoked", file=sys.stderr)


def _file() -> "KeyFile":
    from api.keys import KeyFile
    from briefing.config import load_settings

    return KeyFile(load_settings().keys_file)
