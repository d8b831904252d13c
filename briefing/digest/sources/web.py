"""HTTP client for feeds and pages: rate limits, retries, redirects, size limits, robots.txt.

One request at a time per host with a delay between two, and a limit on concurrent hosts; robots.txt
(RFC 9309) is obeyed for pages. Bodies are decompressed incrementally within the size limit.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from time import time
from typing import Self
from urllib.parse import urlsplit

import httpx
import stamina
from protego import Protego

from briefing.digest.settings import FetchTable, Logins
from briefing.errors import FetchError, FetchRefused, Transient
from briefing.reading.fetch import (
    REDIRECTS,
    USER_AGENT,
    Failure,
    declared_type,
    failure_of,
    is_web_url,
    readable_url,
    unpack_body,
)
from briefing.reading.guard import Guard

MAX_DELAY = 10.0
"""Maximum Crawl-delay that is honoured, in seconds."""
MAX_FAILURES = 5
"""How often in a row a host may fail before a run asks it no more."""


class _Host:
    """Request slot of a host; ``free_at`` is in the event loop's time. ``failures`` counts the
    transient ones in a row.
    """

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.free_at = 0.0
        self.delay = 0.0
        self.failures = 0


class Hosts:
    """Rate limit per host: ``delay`` seconds between requests, ``most`` concurrent hosts."""

    def __init__(self, delay: float, most: int) -> None:
        self._delay = delay
        self._slots = asyncio.Semaphore(most)
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)

    def slow_down(self, url: str, delay: float) -> None:
        """Set the delay between requests to the host of ``url``, up to `MAX_DELAY` seconds."""
        self._hosts[origin(url)].delay = min(delay, MAX_DELAY)

    def rest(self, url: str, seconds: float) -> None:
        """Pause requests to the host of ``url`` for ``seconds``."""
        host = self._hosts[origin(url)]
        host.free_at = max(host.free_at, asyncio.get_running_loop().time() + seconds)

    def given_up(self, url: str) -> bool:
        """Whether the host of ``url`` failed too often to be asked again."""
        return self._hosts[origin(url)].failures >= MAX_FAILURES

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Hold the slot for one request to the host of ``url``.

        Raises:
            Transient: the host failed too often.
        """
        host = self._hosts[origin(url)]
        clock = asyncio.get_running_loop()
        async with host.lock:
            if self.given_up(url):
                raise Transient(
                    f"{readable_url(url)} was not asked for, because its host failed "
                    f"{host.failures} times in a row. Try again later"
                )
            # Sleep before taking a slot, so that a waiting host does not block others.
            await asyncio.sleep(max(0.0, host.free_at - clock.time()))
            try:
                async with self._slots:
                    yield
                host.failures = 0
            except Transient:
                host.failures += 1
                raise
            except FetchRefused:  # it was not asked
                raise
            except FetchError:  # it answers: the error is the page's own
                host.failures = 0
                raise
            finally:
                pause = max(self._delay, host.delay)
                host.free_at = max(host.free_at, clock.time() + pause)


def origin(url: str) -> str:
    """Host and port of a URL: the scope of rate limits and robots.txt (RFC 9309)."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    return f"{(parts.hostname or '').lower()}:{port}"


MAX_REDIRECTS = 8
MAX_WAIT = 30.0
"""Maximum delay before a retry within one run, in seconds."""
MAX_RETRY_AFTER = 7 * 86_400.0
"""Maximum Retry-After that is honoured, in seconds."""
_PERMANENT = frozenset({301, 308})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_ADVICE = {
    401: "It requires a login: set sources.user and sources.password_env, or sources.headers",
    403: "The site blocks programs: ask it for a feed, or set sources.agent",
    404: "Check the address, or remove the source",
    410: "It is gone permanently: remove the source",
    429: "Too many requests: raise fetch.delay, or try again later",
}
FEED_TYPES = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
logging.getLogger("stamina").addHandler(logging.NullHandler())  # no default output for retries
PAGE_TYPES = "text/html, application/xhtml+xml, application/pdf;q=0.9, text/plain;q=0.8, */*;q=0.3"


@dataclass(frozen=True, slots=True)
class Answer:
    """The final response to a request.

    ``url`` is the target of redirects; ``moved_to`` that of the leading permanent ones, or None.
    ``content_type`` is in lower case, without parameters. ``unchanged`` is true for a 304 response,
    which has no content. ``whole`` is false if the content broke off; it has no validators then.
    """

    url: str
    content: bytes = b""
    content_type: str | None = None
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    unchanged: bool = False
    whole: bool = True


class Web:
    """HTTP client of a run. An async context manager."""

    def __init__(self, settings: FetchTable, guard: Guard, logins: Logins | None = None) -> None:
        self._settings = settings
        self._logins = logins or Logins()
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

    async def __aexit__(self, *_exc: object) -> None:
        await self._client.aclose()

    async def get(
        self, url: str, limit: int, *, headers: Mapping[str, str] | None = None, cut: bool = False
    ) -> Answer:
        """GET ``url`` with a body of at most ``limit`` bytes (see `unpack_body` for ``cut``).

        Transient errors are retried with exponential backoff and the server's Retry-After, unless
        that is longer than `MAX_WAIT`.

        Raises:
            FetchRefused: the address guard blocked it. Transient: it may work later.
            FetchError: it failed permanently.
        """
        pause = max(self._settings.delay, 0.1)

        def wait(error: Exception) -> bool | float:
            if not isinstance(error, Transient) or self.hosts.given_up(url):
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
        """Follow redirects until there is an answer."""
        seen: set[str] = set()
        moved_to: str | None = None
        permanent = True
        while len(seen) <= MAX_REDIRECTS:
            seen.add(url)
            hop = await self._hop(_checked(url), limit, headers, cut)
            if isinstance(hop, Answer):
                return replace(hop, moved_to=moved_to)
            # A redirect from https to http may be an attack, and is not stored.
            downgrade = url.startswith("https:") and hop.to.startswith("http:")
            permanent = permanent and hop.permanent and not downgrade
            url = hop.to
            moved_to = url if permanent else moved_to
            if url in seen:
                raise FetchError(f"{readable_url(url)} redirects in a loop. Check the address")
        raise FetchError(
            f"{readable_url(url)}: more than {MAX_REDIRECTS} redirects. Check the address"
        )

    async def _hop(
        self, url: str, limit: int, headers: Mapping[str, str], cut: bool
    ) -> "Answer | _Redirect":
        """One rate-limited request with a timeout; maps errors to `FetchError`."""
        async with self.hosts.turn(url):
            try:
                async with asyncio.timeout(self._settings.timeout):
                    return await self._request(url, limit, headers, cut)
            except Transient as error:
                if error.wait and error.wait <= MAX_WAIT:
                    self.hosts.rest(url, error.wait)
                raise
            except TimeoutError as error:
                raise Transient(_timeout_message(url, self._settings.timeout)) from error
            except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
                raise FetchError(f"{readable_url(url)} is not a valid URL. Correct it") from error
            except httpx.HTTPError as error:
                raise _fetch_error(url, error, self._settings.timeout) from error

    async def _request(
        self, url: str, limit: int, headers: Mapping[str, str], cut: bool
    ) -> "Answer | _Redirect":
        own = self._logins.headers(url)
        async with self._client.stream("GET", url, headers={**headers, **own}) as response:
            status = response.status_code
            if status in REDIRECTS and "location" in response.headers:
                target = str(response.url.join(response.headers["location"]))
                return _Redirect(target.partition("#")[0], status in _PERMANENT)
            answer = _without_content(url, response)
            if status == 304 and ("If-None-Match" in headers or "If-Modified-Since" in headers):
                return replace(answer, unchanged=True)
            _check_status(url, response)
            try:
                encoding = response.headers.get("content-encoding", "")
                content, whole = await unpack_body(response.aiter_raw(), encoding, limit, cut=cut)
            except FetchError as error:
                raise FetchError(f"{readable_url(url)} {error}. Check the address") from error
            if not whole:  # with its validators, the rest would never be sent
                answer = replace(answer, etag=None, last_modified=None)
            return replace(answer, content=content, whole=whole)


@dataclass(frozen=True, slots=True)
class _Redirect:
    to: str
    permanent: bool


def _without_content(url: str, response: httpx.Response) -> Answer:
    """The answer with the response's headers only."""
    content_type, charset = declared_type(response.headers.get("content-type", ""))
    return Answer(
        url=url,
        content_type=content_type,
        charset=charset,
        etag=response.headers.get("etag"),
        last_modified=response.headers.get("last-modified"),
    )


def _check_status(url: str, response: httpx.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    advice = _ADVICE.get(status, "Try again later" if status >= 500 else "Check the address")
    message = f"{readable_url(url)} answered with status {status}. {advice}"
    if status in _TRANSIENT:
        raise Transient(message, _retry_after(response.headers.get("retry-after", "")))
    raise FetchError(message)


def _retry_after(value: str) -> float | None:
    """Parse a Retry-After header (RFC 9110, 10.2.3), seconds or a date, into seconds."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_RETRY_AFTER)
    try:
        seconds = parsedate_to_datetime(value).timestamp() - time()
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _checked(url: str) -> str:
    """Return ``url`` if it is a valid http(s) URL. Raises `FetchRefused`."""
    if not is_web_url(url):
        raise FetchRefused(
            f"{readable_url(url)} is not a web address. Use one that starts with http:// or https://"
        )
    return url


def _fetch_error(url: str, error: httpx.HTTPError, timeout: float) -> FetchError:
    """Map a transport error to a message with a remedy; `Transient` if it may be temporary."""
    host = urlsplit(url).hostname or url
    match failure_of(error):
        case Failure.NO_HOST:
            return Transient(f"The host {host} was not found. Check the address and the connection")
        case Failure.CERTIFICATE:
            return FetchError(f"The TLS certificate of {host} is not valid. Check the address")
        case Failure.TIMEOUT:
            return Transient(_timeout_message(url, timeout))
        case Failure.REFUSED:
            return Transient(f"Cannot connect to {host}. Check the address and the port")
    kind = type(error).__name__
    return Transient(f"The response of {readable_url(url)} failed ({kind}). Try again later")


def _timeout_message(url: str, timeout: float) -> str:
    return (
        f"{readable_url(url)} did not respond completely within {timeout:g} seconds. Try again "
        "later, or raise fetch.timeout"
    )


AGENT = "briefing"
"""Product token of this client in robots.txt."""
_MAX_BYTES = 512_000
"""Maximum size of robots.txt; RFC 9309 requires at least 500 KiB."""
_ALL = Protego.parse("")


class Robots:
    """robots.txt rules per site, each fetched once per run."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._rules: dict[str, asyncio.Task[Protego]] = {}

    async def allow(self, url: str) -> bool:
        """Whether robots.txt allows ``url``. Applies the site's Crawl-delay.

        Raises:
            FetchRefused: the guard blocks the address. Transient: the site cannot be asked now.
        """
        key = f"{urlsplit(url).scheme}://{origin(url)}"
        if key not in self._rules:
            self._rules[key] = asyncio.create_task(self._load(url))
        # Cancelling one caller must not cancel the shared task.
        rules = await asyncio.shield(self._rules[key])
        return bool(rules.can_fetch(url, AGENT))

    async def _load(self, url: str) -> Protego:
        parts = urlsplit(url)
        try:
            answer = await self._web.get(
                f"{parts.scheme}://{parts.netloc}/robots.txt", _MAX_BYTES, cut=True
            )
        except (FetchRefused, Transient):
            raise  # RFC 9309, 2.3.1.4: while it is unreachable, everything is disallowed
        except FetchError:
            return _ALL  # RFC 9309, 2.3.1.3: unavailable means that everything is allowed
        rules = Protego.parse(answer.content.decode("utf-8", "replace"))
        if delay := rules.crawl_delay(AGENT):
            self._web.hosts.slow_down(url, float(delay))
        return rules
