"""URL -> bytes, within limits of time, size and redirects."""

import re
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from briefing.errors import FetchError, FetchRefused

if TYPE_CHECKING:
    import httpx

    from briefing.read.guard import Guard

USER_AGENT = "Mozilla/5.0 (compatible; briefing)"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a fetch may take.

    ``seconds`` is for everything together, ``size`` is in bytes after decompression, ``types``
    are beginnings of content types; a missing type is accepted.
    """

    seconds: float = 20.0
    size: int = 10_000_000
    redirects: int = 5
    types: tuple[str, ...] = (
        "text/",
        "application/xhtml",
        "application/pdf",
        "application/octet-stream",
    )


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back.

    ``url`` is where the last redirect led; ``content_type`` is in lower case, without parameters.
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

    With a ``guard``, neither the URL nor what it redirects to leads to any but the public
    internet, and no proxy is used. Raises `FetchError`, of which one is `FetchRefused`.
    """
    import asyncio

    limits = limits or FetchLimits()
    try:
        async with asyncio.timeout(limits.seconds):
            return await _follow(_checked_url(url), limits, guard)
    except TimeoutError as error:
        raise FetchError(
            f"{_shown(url)} did not answer completely within {limits.seconds:g} seconds. "
            "Try again later, or save the page and give the file."
        ) from error


async def _follow(url: str, limits: FetchLimits, guard: "Guard | None") -> Fetched:
    """Request one hop after another until there is content."""
    import httpx

    async with httpx.AsyncClient(
        follow_redirects=False,
        timeout=httpx.Timeout(limits.seconds),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"},
        transport=guard.transport() if guard else None,
        trust_env=guard is None,
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
        f"{_shown(url)}: more than {limits.redirects} redirects. Give the address they should "
        "lead to."
    )


async def _hop(client: "httpx.AsyncClient", url: str, limits: FetchLimits) -> Fetched | str:
    """One request: its content, or the address that it redirects to."""
    async with client.stream("GET", url) as response:
        if response.status_code in _REDIRECTS and "location" in response.headers:
            return str(response.url.join(response.headers["location"]))
        _check_status(url, response.status_code)
        declared = response.headers.get("content-type", "")
        content_type = declared.partition(";")[0].strip().lower() or None
        _check_type(url, content_type, limits)
        content = await _content(url, response, limits.size)
        charset = _CHARSET.search(declared)
        return Fetched(content, content_type, charset[1] if charset else None, str(response.url))


async def _content(url: str, response: "httpx.Response", size: int) -> bytes:
    """The body, decompressed; no more than ``size`` bytes are ever held."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
        raise FetchError(
            f"{_shown(url)} is compressed as {encoding[:40]!r}, which was not asked for. "
            "Save the page and give the file."
        )
    raw = response.aiter_raw()
    chunks = raw if encoding in {"identity", ""} else _inflated(url, raw, size)
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > size:
            raise FetchError(
                f"{_shown(url)} has more than {size / 1e6:g} MB. Save the article's text and "
                "give that."
            )
    return bytes(content)


async def _inflated(url: str, raw: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """Decompress gzip or deflate; a chunk never grows beyond ``size`` + 1 bytes."""
    inflater = zlib.decompressobj(wbits=47)
    first = True
    async for chunk in raw:
        try:
            yield inflater.decompress(chunk, size + 1)
        except zlib.error as error:
            if not first:
                raise FetchError(_damaged(url)) from error
            inflater = zlib.decompressobj(wbits=-15)  # deflate without its header
            try:
                yield inflater.decompress(chunk, size + 1)
            except zlib.error:
                raise FetchError(_damaged(url)) from error
        first = False


def _damaged(url: str) -> str:
    return f"{_shown(url)} sent damaged compressed data. Try again, or save the page."


def _checked_url(url: str) -> str:
    """The URL without white space around it; raise for any but http and https."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        raise FetchRefused(
            f"{_shown(url)} is not a web address. Give one that starts with http:// or https://."
        )
    return url


def _check_status(url: str, status: int) -> None:
    if status < 300:
        return
    advice = {
        401: "It needs a login: save the page and give the file.",
        403: "The site refuses programs: save the page and give the file.",
        404: "Check the address.",
        410: "The page is gone.",
        429: "The site wants fewer requests: try again later.",
    }.get(status, "Try again later." if status >= 500 else "Check the address.")
    raise FetchError(f"{_shown(url)} answered with status {status}. {advice}")


def _check_type(url: str, content_type: str | None, limits: FetchLimits) -> None:
    if content_type is not None and not content_type.startswith(limits.types):
        raise FetchError(
            f"{_shown(url)} is {content_type[:60]}, not an article. Give the address of a web "
            "page, a text or a PDF."
        )


def _reason(url: str, error: Exception) -> str:
    """What a failure of the connection means, and what to do."""
    import socket

    host = urlsplit(url).hostname or url
    causes = _causes(error)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"The host {host} was not found. Check the address and the connection."
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return f"{host} refused the connection. Check the address and the port."
    if any("CERTIFICATE" in str(cause) or "SSL" in type(cause).__name__ for cause in causes):
        return f"{host} has no valid certificate. Check the address, or save the page."
    if "timeout" in type(error).__name__.lower():
        return f"{host} did not answer in time. Try again later."
    if isinstance(error, UnicodeError) or type(error).__name__ == "InvalidURL":
        return f"{_shown(url)} is not a valid address. Check it."
    return f"{_shown(url)} could not be read ({type(error).__name__}). Try again later."


def _causes(error: BaseException) -> list[BaseException]:
    """An error, what it came from, and the members of groups among them."""
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


def _shown(url: str) -> str:
    """A URL for messages: one line, not too long, without a password."""
    shown = re.sub(r"//[^/@]*@", "//", "".join(c for c in url if c.isprintable()))
    return shown if len(shown) <= 200 else shown[:200] + "…"
