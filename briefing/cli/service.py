"""The HTTP service: `briefing serve` and `briefing keys`, and briefs by a running one (`--server`).

For those the article is read locally, and the model runs remotely. The result is a `Brief` like a
local one, and rendered in the same way. No model is loaded.
"""

import json
import logging
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from briefing.cli.options import (
    EndpointUrl,
    Model,
    PromptsFolder,
    ThreadCount,
    WhichBackend,
    WhichDevice,
    WhichVerifier,
    note,
)
from briefing.errors import BriefingError, ConfigError, InputError, UnsupportedLanguage
from briefing.options import KeyScope
from briefing.sections import Section

if TYPE_CHECKING:
    import httpx

    from briefing.api.keys import KeyFile
    from briefing.briefs import Article, Brief
    from briefing.options import Length


keys_app = typer.Typer(
    help="Manage the API keys of the service. Changes take effect immediately.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the key.")]


@keys_app.command("add")
def add_key(
    name: _Name,
    scope: Annotated[
        list[KeyScope] | None,
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
    from briefing.api.keys import expiry

    scopes = scope or (KeyScope.BRIEF, KeyScope.CHECK)
    until = expiry(expires) if expires else None
    print(_file().add(name, scopes, rate, concurrency, until, per_day))
    print("briefing: save this key; it is not shown again", file=sys.stderr)


@keys_app.command("list")
def list_keys() -> None:
    """List the keys: name, id, scopes, time of creation, status with expiry, and last use."""
    from briefing.api.keys import Usage
    from briefing.config import load_settings

    used = Usage(load_settings().usage_file).all()
    file = _file()
    if file.lost:
        note(file.lost, level=logging.WARNING)
    for key in file.all():
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

    settings = load_settings()
    return KeyFile(settings.keys_file, settings.keys_mark)


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


_SECONDS = 120.0
"""Response timeout; the service has its own request timeout."""
_CONNECT_SECONDS = 5.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ServerUnusable(BriefingError):
    """The server cannot be reached, is busy, or is not a Briefing service."""

    code = "server-unusable"
    exit_code = 3


class KeyRefused(BriefingError):
    """The server rejected the API key, or requires one."""

    code = "key-refused"
    exit_code = 2


class ArticleRefused(InputError):
    """The server rejected the article."""


def brief_remotely(
    article: "Article",
    server: str,
    *,
    api_key: str | None = None,
    sections: Collection[Section] = tuple(Section),
    length: "Length" = "standard",
    extractive: bool = False,
    transport: "httpx.BaseTransport | None" = None,
) -> "Brief":
    """Brief ``article`` by the service at ``server`` (its base URL).

    Raises:
        ConfigError: ``server`` is not a URL. KeyRefused: the API key is missing or invalid.
        ServerUnusable: the server cannot be reached, is busy, or is not a Briefing service.
        ArticleRefused: the server rejected the article.
    """
    body = {
        "title": article.title,
        "subtitle": article.subtitle,
        "text": article.body,
        "sections": [section.value for section in sections],
        "length": length,
        **({"extractive": True} if extractive else {}),
    }
    response = _post(server, api_key, body, transport)
    if response.status_code != 200:
        raise _error(response, server)
    brief = _read(response, server)
    return replace(
        brief,
        article=replace(brief.article, url=article.url, published=article.published),
        warnings=(*article.warnings, *brief.warnings),
    )


def _post(
    server: str,
    api_key: str | None,
    body: dict[str, Any],
    transport: "httpx.BaseTransport | None",
) -> "httpx.Response":
    import httpx

    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    try:
        with httpx.Client(
            timeout=httpx.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
            trust_env=_host(server) not in _LOOPBACK,  # a proxy cannot reach the loopback address
            transport=transport,
        ) as client:
            return client.post(
                f"{server.rstrip('/')}/v1/briefs",
                content=json.dumps(body).encode("ascii"),
                headers=headers,
            )
    except httpx.TimeoutException as error:
        raise ServerUnusable(
            f"{server} did not answer in time; try again, or omit --server to use a local model"
        ) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigError(
            f"--server {server!r} is not a valid URL ({error}); use one like http://127.0.0.1:8000"
        ) from error
    except httpx.HTTPError as error:
        raise ServerUnusable(
            f"{server} cannot be reached ({error}); start it with `briefing serve`, check "
            "--server, or omit it to use a local model"
        ) from error


def _host(server: str) -> str:
    """Return the host of the base URL. Raises ConfigError if there is none."""
    try:
        parts = urlsplit(server)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ConfigError(f"--server must be a URL like http://127.0.0.1:8000, not {server!r}")
    return host


def _error(response: "httpx.Response", server: str) -> BriefingError:
    """Convert a problem document (RFC 9457) to an error."""
    status, detail = response.status_code, _detail(response)
    if status == 422 and (refused := _unsupported(response)):
        return refused
    if detail is None:
        return ServerUnusable(
            f"{server} returned status {status} and is not a Briefing service; check --server"
        )
    if status in (401, 403):
        return KeyRefused(f"{server}: {detail} Set the key with --api-key or BRIEFING_API_KEY.")
    if status in (413, 415, 422):
        return ArticleRefused(detail)
    wait = response.headers.get("retry-after")
    hint = f" Try again in {wait} seconds." if wait and wait not in detail else ""
    return ServerUnusable(f"{server} cannot brief the article: {detail}{hint}")


def _unsupported(response: "httpx.Response") -> UnsupportedLanguage | None:
    """Return the error of an unsupported language, to be told in this front end's words."""
    try:
        document = response.json()
        return UnsupportedLanguage(document["language"], document["supported"])
    except (ValueError, KeyError, TypeError):
        return None


def _detail(response: "httpx.Response") -> str | None:
    try:
        document = response.json()
        return str(document["detail"] or document["title"])
    except (ValueError, KeyError, TypeError):
        return None


def _read(response: "httpx.Response", server: str) -> "Brief":
    from briefing.rendering import from_document

    try:
        return from_document(response.json())
    except (ValueError, InputError) as error:
        raise ServerUnusable(
            f"{server} did not return a valid brief ({error}); check --server, and that both sides "
            "run the same version"
        ) from error
