"""Request bodies: their declared type, and their bytes up to a limit of size and time."""

import asyncio
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.deadline import Deadline
from api.errors import BadRequest, BodyTooLarge, BodyTooSlow, ClientGone, UnsupportedMediaType

JSON = "application/json"
ACCEPTED = (JSON, "text/plain", "text/html", "application/pdf")
"""Content types of an article."""
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]{1,40})", re.I)
_GZIP = ("gzip", "x-gzip")
_STEP = 1_000_000
"""Bytes that are decompressed before the event loop has its turn: a few milliseconds."""


@dataclass(frozen=True, slots=True)
class ContentType:
    """A content type that is read, and the declared character set."""

    name: str
    charset: str | None


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may be: ``most`` bytes, also once decompressed, within ``seconds``.

    ``hold`` counts the bytes that are kept and may refuse more.
    """

    most: int
    seconds: float
    deadline: Deadline
    hold: Callable[[int], None]


def content_type(request: Request, accepted: tuple[str, ...] = ACCEPTED) -> ContentType:
    """The declared type of the body.

    Raises:
        UnsupportedMediaType: names those that are read.
    """
    if (encoding := _encoding(request)) not in ("", "identity", *_GZIP):
        detail = f"Content-Encoding {encoding[:40]!r} is not read. Send gzip, or uncompressed."
        raise UnsupportedMediaType(detail, {"Accept-Encoding": "gzip, identity"})
    declared = request.headers.get("content-type", "")
    name = declared.partition(";")[0].strip().lower()
    if name not in accepted:
        said = f"Content-Type {name[:80]!r} is not read" if name else "There is no Content-Type"
        detail = f"{said}. Send {'one of ' * (len(accepted) > 1)}{', '.join(accepted)}."
        raise UnsupportedMediaType(detail, {"Accept": ", ".join(accepted)})
    charset = _CHARSET.search(declared)
    return ContentType(name, charset[1] if charset else None)


async def read_body(request: Request, limits: BodyLimits) -> bytes:
    """The body, decompressed; what is beyond the limits is not read to its end.

    Raises:
        BodyTooLarge: by its declared length, or once more than the limit has come.
        BodyTooSlow, DeadlinePassed: it took too long. QueueFull: too much is held already.
        BadRequest: it is no gzip where it says so. ClientGone: it ended before it was complete.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limits.most:
        raise _too_large(limits.most)
    try:
        async with asyncio.timeout(min(limits.seconds, limits.deadline.left)):
            return await _read(request, limits)
    except TimeoutError:
        if limits.deadline.left:
            raise BodyTooSlow(limits.seconds) from None
        raise limits.deadline.passed() from None
    except ClientDisconnect as error:
        raise ClientGone("The body ended before it was complete.") from error


async def _read(request: Request, limits: BodyLimits) -> bytes:
    body = bytearray()
    packed = _Gzip() if _encoding(request) in _GZIP else None
    async for chunk in request.stream():
        while True:
            part = packed.next(chunk) if packed else chunk
            if len(body) + len(part) > limits.most:
                raise _too_large(limits.most)
            limits.hold(len(part))
            body += part
            if not packed or not packed.rest:
                break
            chunk = b""
            await asyncio.sleep(0)
    if packed:
        packed.end()
    return bytes(body)


class _Gzip:
    """Decompresses step by step, so that a bomb is seen before it has gone off (RFC 1952)."""

    def __init__(self) -> None:
        self._member = self._new()
        self.rest = b""
        self._seen = False

    def next(self, chunk: bytes) -> bytes:
        """The next step of what ``rest`` and ``chunk`` hold; ``rest`` is left for another."""
        data = self.rest + chunk
        if data and self._member.eof:
            self._member = self._new()
        self._seen = self._seen or bool(data)
        try:
            part = self._member.decompress(data, _STEP)
        except zlib.error as error:
            raise _not_gzip() from error
        self.rest = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return part

    def end(self) -> None:
        """Raise BadRequest for a stream that was cut off."""
        if self._seen and not self._member.eof:
            raise _not_gzip()

    @staticmethod
    def _new() -> "zlib._Decompress":
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


def _encoding(request: Request) -> str:
    return request.headers.get("content-encoding", "").strip().lower()


def _not_gzip() -> BadRequest:
    return BadRequest("The body is declared as gzip and is none, or was cut off. Send it anew.")


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"The body is larger than {most:,} bytes. Send the article's text only, or raise "
        "BRIEFING_MAX_BODY on the server."
    )
