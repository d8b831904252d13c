"""`briefing serve` and `briefing keys`: the HTTP service and its API keys."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.options import (
    EndpointUrl,
    Model,
    PromptsFolder,
    ThreadCount,
    WhichBackend,
    WhichDevice,
    WhichVerifier,
)

if TYPE_CHECKING:
    from briefing.api.keys import KeyFile


keys_app = typer.Typer(
    help="Manage the API keys of the service. Changes take effect immediately.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class ScopeName(StrEnum):
    """Scope of an API key."""

    BRIEF = "brief"
    CHECK = "check"
    DIGEST = "digest"
    METRICS = "metrics"
    FEED = "feed"


_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the key.")]


@keys_app.command("add")
def add_key(
    name: _Name,
    scope: Annotated[
        list[ScopeName] | None,
        typer.Option(help="Scope of the key; repeatable. Default: brief and check."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=0, help="Articles per minute; 0: unlimited. Default: the setting."),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(min=0, help="Concurrent requests; 0: unlimited. Default: the setting."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="90d, 12h, 26w, or a date. Default: never."),
    ] = None,
    per_day: Annotated[
        int | None, typer.Option(min=0, help="Articles per day (UTC). Default: unlimited.")
    ] = None,
) -> None:
    """Create a key and print it. Only its hash is stored, so it cannot be shown again."""
    from briefing.api.keys import Scope, expiry

    scopes = [Scope(each.value) for each in scope or (ScopeName.BRIEF, ScopeName.CHECK)]
    until = expiry(expires) if expires else None
    print(_file().add(name, scopes, rate, concurrency, until, per_day))
    print("briefing: save this key; it is not shown again", file=sys.stderr)


@keys_app.command("list")
def list_keys() -> None:
    """List the keys: name, id, scopes, time of creation, status with expiry, and last use."""
    from briefing.api.keys import Usage
    from briefing.config import load_settings

    used = Usage(load_settings().usage_file).all()
    for key in _file().all():
        status = f"revoked {key.revoked}" if key.revoked else "in use"
        if key.expires and not key.revoked:
            status = f"{'expired' if key.expired else 'in use until'} {key.expires}"
        if use := used.get(key.id):
            status += f", last used {use.last}, {use.articles} articles today"
        print(key.name, key.id, ",".join(key.scopes), key.created, status, sep="\t")


@keys_app.command("revoke")
def revoke_key(name: _Name) -> None:
    """Revoke a key, effective immediately."""
    _file().revoke(name)
    print(f"briefing: the key {name!r} is revoked", file=sys.stderr)


def _file() -> "KeyFile":
    from briefing.api.keys import KeyFile
    from briefing.config import load_settings

    return KeyFile(load_settings().keys_file)


def serve_command(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
    uds: Annotated[
        Path | None, typer.Option(help="Unix socket to listen on, instead of host and port.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="PEM file of the TLS certificate and its chain.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="PEM file of its key, if it is not in --tls-cert.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Server processes, each with its own model.")
    ] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Require no API key, even from other machines.")
    ] = False,
    model: Model = None,
    endpoint: EndpointUrl = None,
    verifier: WhichVerifier = None,
    device: WhichDevice = None,
    backend: WhichBackend = None,
    threads: ThreadCount = None,
    prompts: PromptsFolder = None,
) -> None:
    """Serve briefs over HTTP."""
    from briefing.api.server import run_server
    from briefing.config import load_settings

    settings = load_settings(
        model=model,
        device=device,
        backend=backend,
        threads=threads,
        prompts=prompts,
        endpoint=endpoint,
        verifier=verifier,
        host=host,
        port=port,
        uds=uds,
        tls_cert=tls_cert,
        tls_key=tls_key,
        workers=workers,
        without_keys=without_keys or None,
    )
    run_server(settings)
