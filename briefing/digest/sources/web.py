"""GET for feeds and pages: polite, bounded, persistent; it follows redirects and remembers them."""

import asyncio
import logging
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from time import time
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import stamina

from briefing.digest.settings import FetchTable
from briefing.digest.sources.body import read_body
from briefing.digest.sources.errors import Transient
from briefing.digest.sources.hosts import Hosts
from briefing.digest.sources.urls import shown
from briefing.errors import FetchError, FetchRefused
from briefing.read.fetch import USER_AGENT
from briefing.read.guard import Guard

MAX_REDIRECTS = 8
MAX_WAIT = 30.0
"""Longest pause before another attempt within one run, in seconds."""
MAX_RETRY_AFTER = 7 * 86_400.0
"""Longest that a server may ask to be left alone, in seconds."""
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)
_ADVICE = {
    401: "It needs a login, which is not supported: remove the source",
    403: "The site refuses programs: ask it for a feed, or remove the source",
    404: "Check the address, or remove the source",
    410: "It is gone for good: remove the source",
    429: "The site wants fewer requests: raise fetch.delay, or try again later",
}
FEED_TYPES = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
logging.getLogger("stamina").addHandler(logging.NullHandler())  # tells of retries who listens
PAGE_TYPES = "text/html, application/xhtml+xml, application/pdf;q=0.9, text/plain;q=0.8, */*;q=0.3"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered in the end.

    ``url`` is where redirects led; ``moved_to`` the address that only permanent ones led to, None
    where there were none. ``content_type`` is in lower case, without parameters. ``unchanged``
    means that what the validators named is still what there is, and that there is no content.
    """

    url: str
    content: bytes = b""
    content_type: str | None = None
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    unchanged: bool = False


class Web:
    """One HTTP client for a run. An async context manager."""

    def __init__(self, settings: FetchTable, guard: Guard) -> None:
        self._settings = settings
        self.hosts = Hosts(settings.delay, settings.hosts)
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            timeout=httpx.Timeout(settings.timeout),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"},
            transport=guard.transport(),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def get(
        self, url: str, limit: int, *, headers: Mapping[str, str] | None = None, cut: bool = False
    ) -> Answer:
        """Get ``url``, at most ``limit`` bytes of it (see `read_body` for ``cut``).

        What may be a passing failure is tried again with growing pauses, each at least as long
        as the server asks for; a longer one than `MAX_WAIT` is not waited for.

        Raises:
            FetchRefused: the address guard forbids it. Transient: it may work later.
            FetchError: it will not.
        """
        pause = max(self._settings.delay, 0.1)

        def wait(error: Exception) -> bool | float:
            if not isinstance(error, Transient):
                return False
            return True if error.wait is None else error.wait <= MAX_WAIT and max(error.wait, 0.1)

        async for attempt in stamina.retry_context(
            on=wait,
            attempts=self._settings.retries + 1,
            timeout=None,
            wait_initial=pause,
            wait_max=MAX_WAIT,
            wait_jitter=pause,
        ):
            with attempt:
                return await self._follow(url, limit, headers or {}, cut)
        raise AssertionError("stamina returns or raises")

    async def _follow(self, url: str, limit: int, headers: Mapping[str, str], cut: bool) -> Answer:
        """Request one hop after another until there is an answer."""
        seen: set[str] = set()
        moved_to: str | None = None
        permanent = True
        while len(seen) <= MAX_REDIRECTS:
            seen.add(url)
            found = await self._hop(_checked(url), limit, headers, cut)
            if isinstance(found, Answer):
                return replace(found, moved_to=moved_to)
            permanent = permanent and found.permanent
            # A move from https to http may be an attacker's wish and is not remembered.
            permanent = permanent and not (url.startswith("https:") and found.to[:5] == "http:")
            url = found.to
            moved_to = url if permanent else moved_to
            if url in seen:
                raise FetchError(f"{shown(url)} redirects in a loop. Check the address")
        raise FetchError(f"{shown(url)}: more than {MAX_REDIRECTS} redirects. Check the address")

    async def _hop(
        self, url: str, limit: int, headers: Mapping[str, str], cut: bool
    ) -> "Answer | _Redirect":
        """One request, in its turn, within its time; every failure becomes one of ours."""
        async with self.hosts.turn(url):
            try:
                async with asyncio.timeout(self._settings.timeout):
                    return await self._request(url, limit, headers, cut)
            except Transient as error:
                if error.wait and error.wait <= MAX_WAIT:
                    self.hosts.rest(url, error.wait)
                raise
            except TimeoutError as error:
                raise Transient(_late(url, self._settings.timeout)) from error
            except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
                raise FetchError(f"{shown(url)} is not a valid address. Check it") from error
            except httpx.HTTPError as error:
                raise _failure(url, error, self._settings.timeout) from error

    async def _request(
        self, url: str, limit: int, headers: Mapping[str, str], cut: bool
    ) -> "Answer | _Redirect":
        async with self._client.stream("GET", url, headers=headers) as response:
            status = response.status_code
            if status in _REDIRECTS and "location" in response.headers:
                target = str(response.url.join(response.headers["location"]))
                return _Redirect(target.partition("#")[0], status in _PERMANENT)
            answer = _described(url, response)
            if status == 304 and ("If-None-Match" in headers or "If-Modified-Since" in headers):
                return replace(answer, unchanged=True)
            _check_status(url, response)
            try:
                encoding = response.headers.get("content-encoding", "")
                content = await read_body(response.aiter_raw(), encoding, limit, cut=cut)
            except FetchError as error:
                raise FetchError(f"{shown(url)} {error}. Check the address") from error
            return replace(answer, content=content)


@dataclass(frozen=True, slots=True)
class _Redirect:
    to: str
    permanent: bool


def _described(url: str, response: httpx.Response) -> Answer:
    """An answer by its headers."""
    declared = response.headers.get("content-type", "")
    charset = _CHARSET.search(declared)
    return Answer(
        url=url,
        content_type=declared.partition(";")[0].strip().lower() or None,
        charset=charset[1] if charset else None,
        etag=response.headers.get("etag"),
        last_modified=response.headers.get("last-modified"),
    )


def _check_status(url: str, response: httpx.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    advice = _ADVICE.get(status, "Try again later" if status >= 500 else "Check the address")
    message = f"{shown(url)} answered with status {status}. {advice}"
    if status in _TRANSIENT:
        raise Transient(message, _retry_after(response.headers.get("retry-after", "")))
    raise FetchError(message)


def _retry_after(value: str) -> float | None:
    """Seconds that the header asks to wait (RFC 9110, 10.2.3): a number of them, or a date."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_RETRY_AFTER)
    try:
        seconds = parsedate_to_datetime(value).timestamp() - time()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _checked(url: str) -> str:
    """The URL, if it is one of the web."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        raise FetchRefused(
            f"{shown(url)} is not a web address. Give one that starts with http:// or https://"
        )
    return url


def _failure(url: str, error: httpx.HTTPError, timeout: float) -> FetchError:
    """What a failure of the connection means, what to do, and whether it may pass."""
    host = urlsplit(url).hostname or url
    chain = list(_chain(error))
    if any(isinstance(cause, socket.gaierror) for cause in chain) or "no address" in str(error):
        return Transient(f"The host {host} was not found. Check the address and the connection")
    if any("CERTIFICATE" in str(cause) for cause in chain):
        return FetchError(f"{host} has no valid certificate. Check the address")
    if isinstance(error, httpx.TimeoutException):
        return Transient(_late(url, timeout))
    if any(isinstance(cause, ConnectionRefusedError) for cause in chain) or (
        isinstance(error, httpx.ConnectError)
    ):
        return Transient(f"{host} does not take connections. Check the address and the port")
    kind = type(error).__name__
    return Transient(f"{shown(url)} broke off its answer ({kind}). Try again later")


def _late(url: str, timeout: float) -> str:
    return (
        f"{shown(url)} did not answer completely within {timeout:g} seconds. Try again later, or "
        "raise fetch.timeout"
    )


def _chain(error: BaseException | None) -> "list[BaseException]":
    """An error and what it came from."""
    found: list[BaseException] = []
    while error is not None and error not in found and len(found) < 20:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
