"""Fetch a URL, with limits of time, size and redirects; decompress bodies incrementally."""

import re
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from briefing.errors import FetchError, FetchRefused
from briefing.reading.formats import ARTICLE_TYPES

if TYPE_CHECKING:
    import httpx

    from briefing.reading.guard import Guard


USER_AGENT = "Mozilla/5.0 (compatible; briefing)"
WEB_SCHEME = re.compile(r"https?://", re.I)
"""How a web address begins."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GZIP = b"\x1f\x8b"
"""How gzip begins."""
_SLICE = 256
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Limits of a fetch.

    ``seconds`` is the total timeout, ``size`` the maximum in bytes after decompression, ``types``
    are prefixes of the accepted content types; a missing content type is accepted.
    """

    seconds: float = 20.0
    size: int = 10_000_000
    redirects: int = 5
    types: tuple[str, ...] = (
        "text/",
        "application/xhtml",
        "application/octet-stream",
        *ARTICLE_TYPES,
    )


@dataclass(frozen=True, slots=True)
class Fetched:
    """A response.

    ``url`` is the final URL after redirects; ``content_type`` is in lower case, without parameters.
    """

    content: bytes
    content_type: str | None
    charset: str | None
    url: str


def fetch(url: str, limits: FetchLimits | None = None, *, guard: "Guard | None" = None) -> Fetched:
    """Get ``url``; see `fetch_async`. Not for use inside a running event loop."""
    import asyncio

    return asyncio.run(fetch_async(url, limits, guard=guard))


async def fetch_async(
    url: str, limits: FetchLimits | None = None, *, guard: "Guard | None" = None
) -> Fetched:
    """Get ``url`` over HTTP(S).

    With a ``guard``, the URL and its redirects must be on the public internet, and no proxy is
    used.

    Raises:
        FetchError: the URL cannot be fetched. FetchRefused: it is not allowed.
    """
    import asyncio

    limits = limits or FetchLimits()
    try:
        async with asyncio.timeout(limits.seconds):
            return await _follow(_checked_url(url), limits, guard)
    except TimeoutError as error:
        raise FetchError(
            f"{readable_url(url)} did not answer completely within {limits.seconds:g} seconds. "
            "Try again later, or save the page and use the file."
        ) from error


async def _follow(url: str, limits: FetchLimits, guard: "Guard | None") -> Fetched:
    """Follow redirects up to the content."""
    import asyncio

    import httpx

    from briefing.reading.guard import tls_context

    guarded = guard is not None
    tls = await asyncio.to_thread(tls_context, trust_env=not guarded)
    async with httpx.AsyncClient(
        follow_redirects=False,
        verify=guard.tls if guard and guard.tls else tls,
        timeout=httpx.Timeout(limits.seconds),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"},
        transport=guard.transport() if guard else None,
        trust_env=not guarded,
    ) as client:
        for _ in range(limits.redirects + 1):
            try:
                result = await _hop(client, url, limits)
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                raise FetchError(_reason(url, error)) from error
            if isinstance(result, Fetched):
                return result
            url = _checked_url(result)
    raise FetchError(
        f"{readable_url(url)}: more than {limits.redirects} redirects. Use the final URL."
    )


async def _hop(client: "httpx.AsyncClient", url: str, limits: FetchLimits) -> Fetched | str:
    """Make one request; return the content, or the URL that it redirects to."""
    async with client.stream("GET", url) as response:
        if response.status_code in REDIRECTS and "location" in response.headers:
            return str(response.url.join(response.headers["location"]))
        _check_status(url, response.status_code)
        content_type, charset = declared_type(response.headers.get("content-type", ""))
        _check_type(url, content_type, limits)
        content = await _content(url, response, limits.size)
        return Fetched(content, content_type, charset, str(response.url))


def declared_type(header: str) -> tuple[str | None, str | None]:
    """Return the type and the charset of a Content-Type header, in lower case and as given."""
    charset = _CHARSET.search(header)
    return header.partition(";")[0].strip().lower() or None, charset[1] if charset else None


async def _content(url: str, response: "httpx.Response", size: int) -> bytes:
    """Return the decompressed body; never hold more than ``size`` bytes."""
    try:
        encoding = response.headers.get("content-encoding", "")
        content, whole = await unpack_body(response.aiter_raw(), encoding, size, cut=False)
    except FetchError as error:
        raise FetchError(
            f"{readable_url(url)} {error}. Save the article's text and use that."
        ) from error
    if not whole:
        raise FetchError(
            f"{readable_url(url)} sent compressed data that is damaged or cut off. Try again, or "
            "save the page."
        )
    return content


async def unpack_body(
    chunks: AsyncIterator[bytes], encoding: str, limit: int, *, cut: bool
) -> tuple[bytes, bool]:
    """Read and decompress a body declared as ``encoding``; return it, and whether it is whole.

    Gzip is detected by its magic number and not by the header: servers err both ways. A body that
    breaks off, or is damaged further on, gives what came before. With ``cut``, a body of more than
    ``limit`` bytes (decompressed) is truncated.

    Raises:
        FetchError: too large, damaged from the start, or in an encoding that was not requested.
    """
    encoding = encoding.strip().lower()
    if encoding not in _ENCODINGS:
        raise FetchError(f"is compressed as {encoding[:40]!r}, which was not requested")
    content = bytearray()
    decompress: _Decompressor | None = None
    async for chunk in _with_magic(chunks):
        decompress = decompress or _decompressor(chunk, encoding)
        content += decompress(chunk, limit + 1 - len(content))
        if len(content) > limit:
            if cut:
                break
            raise FetchError(f"has more than {limit / 1e6:g} MB")
        if decompress.done:
            break
    return bytes(content[:limit]), decompress is None or not decompress.broken


async def _with_magic(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes, with a first chunk that is long enough for the magic number."""
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= len(_GZIP):
            yield head
            head = b""
            break
    async for chunk in chunks:
        yield chunk
    if head:
        yield head


def _decompressor(first: bytes, encoding: str) -> "_Decompressor":
    if first.startswith(_GZIP):
        return _Decompressor(zlib.decompressobj(wbits=31))
    if encoding == "deflate":
        return _Decompressor(_inflater(first))
    return _Decompressor(None)


def _inflater(first: bytes) -> "zlib._Decompress":
    """For the zlib format of HTTP, or the raw deflate that some servers send (RFC 9110)."""
    try:
        zlib.decompressobj().decompress(first, 1)
    except zlib.error:
        return zlib.decompressobj(wbits=-15)
    return zlib.decompressobj()


class _Decompressor:
    """Incremental decompression with bounded output; ``done`` at the end of the data.

    ``broken`` until the end of compressed data was seen.
    """

    def __init__(self, inflater: "zlib._Decompress | None") -> None:
        self._inflater = inflater
        self._any = False
        self.done = False
        self.broken = inflater is not None

    def __call__(self, chunk: bytes, limit: int) -> bytes:
        if self._inflater is None:
            return chunk
        out = bytearray()
        # In slices: zlib returns nothing of a chunk that is damaged further on.
        for start in range(0, len(chunk), _SLICE):
            try:
                self._decompress(chunk[start : start + _SLICE], out, limit)
            except zlib.error as error:
                if not (out or self._any):
                    raise FetchError("sent damaged compressed data") from error
                self.done = True
            if self.done:
                break
        self._any = self._any or bool(out)
        return bytes(out)

    def _decompress(self, data: bytes, out: bytearray, limit: int) -> None:
        """Decompress a slice; gzip data may have several members, and padding at its end."""
        assert self._inflater is not None
        while data:
            if self._inflater.eof:
                if not data.startswith(_GZIP[:1]):
                    self.done = True
                    return
                self._inflater, self.broken = zlib.decompressobj(wbits=31), True
            out += self._inflater.decompress(data, limit - len(out))
            if self._inflater.eof or len(out) >= limit:
                self.broken = False
            if len(out) >= limit:
                self.done = True
                return
            data = self._inflater.unused_data


def is_web_url(url: str) -> bool:
    """Whether ``url`` is an http or https URL with a host and, if any, a valid port."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)


def _checked_url(url: str) -> str:
    """Return the stripped URL; raise if it is malformed, or not http or https."""
    url = url.strip()
    if not is_web_url(url):
        raise FetchRefused(
            f"{readable_url(url)} is not a web address. Use one that starts with http:// or https://."
        )
    if not is_sendable_url(url):
        raise FetchRefused(f"{readable_url(url)} is not a valid address. Check it.")
    return url


def is_sendable_url(url: str) -> bool:
    """Whether ``url`` is a web URL that a request can be sent to: its host can be looked up."""
    import httpx

    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
        named = parsed.host and _HOST.fullmatch(host) and host.encode("idna")
        return is_web_url(url) and bool(named)
    except (httpx.InvalidURL, UnicodeError):
        return False


_HOST = re.compile(r"[\w.-]+|[\da-f:.]+(?:%25\w+)?", re.ASCII | re.I)
"""A host name (IDNA) or an IPv6 address, with or without a zone."""


def _check_status(url: str, status: int) -> None:
    if status < 300:
        return
    advice = {
        401: "It requires a login: save the page and use the file.",
        403: "The site blocks automated access: save the page and use the file.",
        404: "Check the address.",
        410: "The page was removed.",
        429: "Too many requests: try again later.",
    }.get(status, "Try again later." if status >= 500 else "Check the address.")
    raise FetchError(f"{readable_url(url)} answered with status {status}. {advice}")


def _check_type(url: str, content_type: str | None, limits: FetchLimits) -> None:
    if content_type is not None and not content_type.startswith(limits.types):
        raise FetchError(
            f"{readable_url(url)} is {content_type[:60]}, not an article. Use the URL of a web "
            "page, a text or a PDF."
        )


class Failure(Enum):
    """Why a request had no response."""

    NO_HOST = auto()
    REFUSED = auto()
    CERTIFICATE = auto()
    TIMEOUT = auto()
    ADDRESS = auto()
    OTHER = auto()


def failure_of(error: Exception) -> Failure:
    """Return why httpx had no response, from its error and the causes of that."""
    import socket

    import httpx

    chain = _causes(error)
    if any(isinstance(cause, socket.gaierror) for cause in chain) or "no address" in str(error):
        return Failure.NO_HOST
    if any("CERTIFICATE" in str(cause) for cause in chain):
        return Failure.CERTIFICATE
    if isinstance(error, httpx.TimeoutException):
        return Failure.TIMEOUT
    if isinstance(error, httpx.ConnectError):
        return Failure.REFUSED
    invalid = isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | UnicodeError)
    return Failure.ADDRESS if invalid else Failure.OTHER


def _reason(url: str, error: Exception) -> str:
    """Return the error message of a failed request."""
    host = urlsplit(url).hostname or url
    match failure_of(error):
        case Failure.NO_HOST:
            return f"The host {host} was not found. Check the address and the connection."
        case Failure.REFUSED:
            return f"{host} refused the connection. Check the address and the port."
        case Failure.CERTIFICATE:
            return f"{host} has no valid certificate. Check the address, or save the page."
        case Failure.TIMEOUT:
            return f"{host} did not answer in time. Try again later."
        case Failure.ADDRESS:
            return f"{readable_url(url)} is not a valid address. Check it."
    return f"{readable_url(url)} could not be read ({type(error).__name__}). Try again later."


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error with its causes and contexts, including the members of groups."""
    found: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo and len(found) < 50:
        if (current := todo.pop()) is None or current in found:
            continue
        found.append(current)
        todo += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            todo += current.exceptions
    return found


def without_login(url: str) -> str:
    """Return a URL without a user name and password."""
    return re.sub(r"//[^/?#@]*@", "//", url, count=1)


def readable_url(url: str) -> str:
    """Format a URL for messages: one line, truncated, without credentials."""
    shown = without_login("".join(c for c in url if c.isprintable()))
    return shown if len(shown) <= 200 else shown[:200] + "…"
