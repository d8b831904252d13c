"""Briefs from a running service: the article is read here, the model runs there.

What comes back is a `Brief` as one made here would be, so that it is rendered in the same way.
Nothing is loaded for it but what reads the article.
"""

import json
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from briefing.article import Article
from briefing.brief import Brief, Section
from briefing.errors import BriefingError, ConfigError, InputError
from briefing.render import from_document

if TYPE_CHECKING:
    import httpx

    from briefing.plan import Length

SECONDS = 120.0
"""How long an answer may take; the service has a bound of its own."""
_CONNECT_SECONDS = 5.0
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class ServerUnusable(BriefingError):
    """The server is not there, is busy, or is none of ours."""

    code = "server-unusable"
    exit_code = 3


class KeyRefused(BriefingError):
    """The server asks for an API key, or for another one."""

    code = "key-refused"
    exit_code = 2


class ArticleRefused(InputError):
    """The server does not brief this article."""


def brief_remotely(
    article: Article,
    server: str,
    *,
    api_key: str | None = None,
    sections: Collection[Section] = tuple(Section),
    length: "Length" = "standard",
    transport: "httpx.BaseTransport | None" = None,
) -> Brief:
    """The brief that the service at ``server`` (its base URL) makes of ``article``.

    Raises:
        ConfigError: ``server`` is no URL. KeyRefused: it wants a key, or another one.
        ServerUnusable: it does not answer, is busy, or answers what no service of ours does.
        ArticleRefused: it does not brief the article.
    """
    asked = {
        "title": article.title,
        "subtitle": article.subtitle,
        "text": article.body,
        "sections": [section.value for section in sections],
        "length": length,
    }
    answer = _post(server, api_key, asked, transport)
    if answer.status_code != 200:
        raise _error(answer, server)
    brief = _read(answer, server)
    return replace(
        brief,
        article=replace(brief.article, url=article.url, published=article.published),
        warnings=(*article.warnings, *brief.warnings),
    )


def _post(
    server: str,
    api_key: str | None,
    asked: dict[str, Any],
    transport: "httpx.BaseTransport | None",
) -> "httpx.Response":
    import httpx

    own = _host(server) in _OWN_MACHINE
    headers = {"Accept": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    try:
        with httpx.Client(
            timeout=httpx.Timeout(SECONDS, connect=_CONNECT_SECONDS),
            trust_env=not own,  # a proxy does not lead back to this machine
            transport=transport,
        ) as client:
            return client.post(
                f"{server.rstrip('/')}/v1/briefs",
                content=json.dumps(asked).encode("ascii"),
                headers={**headers, "Content-Type": "application/json"},
            )
    except httpx.TimeoutException as error:
        raise ServerUnusable(
            f"{server} did not answer in time; try again, or leave --server out to brief here"
        ) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigError(f"--server {server!r} is no URL: {error}") from error
    except httpx.HTTPError as error:
        raise ServerUnusable(
            f"{server} cannot be reached ({error}); start one with `briefing serve`, check "
            "--server, or leave it out to brief here"
        ) from error


def _host(server: str) -> str:
    """The host of the base URL. Raises ConfigError where it is none."""
    try:
        parts = urlsplit(server)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ConfigError(f"--server must be like http://127.0.0.1:8000, not {server!r}")
    return host


def _error(answer: "httpx.Response", server: str) -> BriefingError:
    """What the problem document says (RFC 9457), as an error of ours."""
    status, detail = answer.status_code, _detail(answer)
    if detail is None:
        return ServerUnusable(
            f"{server} answered {status}, not as a Briefing service does; check --server"
        )
    if status in (401, 403):
        return KeyRefused(f"{server}: {detail} Here, give it with --api-key or BRIEFING_API_KEY.")
    if status in (413, 415, 422):
        return ArticleRefused(detail)
    wait = answer.headers.get("retry-after")
    hint = f" It says to ask again in {wait} seconds." if wait and wait not in detail else ""
    return ServerUnusable(f"{server} cannot brief it now: {detail}{hint}")


def _detail(answer: "httpx.Response") -> str | None:
    try:
        document = answer.json()
        return str(document["detail"] or document["title"])
    except (ValueError, KeyError, TypeError):
        return None


def _read(answer: "httpx.Response", server: str) -> Brief:
    try:
        return from_document(answer.json())
    except (ValueError, InputError) as error:
        raise ServerUnusable(
            f"{server} answered no brief that is understood here ({error}); check --server, and "
            "that both are of one version"
        ) from error
