"""Request bodies (content type, gzip, size limit), deadlines, and cancellation."""

import asyncio
import re
import zlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from briefing.api.problems import (
    BadHeader,
    BadRequest,
    BodyTooLarge,
    BodyTooSlow,
    ClientGone,
    DeadlinePassed,
    Draining,
    UnsupportedMediaType,
)
from briefing.reading import MEDIA_TYPES

TIMEOUT_HEADER = "X-Request-Timeout"
SECONDS_PATTERN = r"[1-9][0-9]{0,5}(\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9][0-9]{0,2}"
"""Regular expression for a positive number of seconds."""
_Result = TypeVar("_Result")


class Deadline:
    """The deadline of a request, ``seconds`` after it was created."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = asyncio.get_running_loop().time() + seconds

    @property
    def left(self) -> float:
        """Remaining seconds, at least 0."""
        return max(0.0, self._end - asyncio.get_running_loop().time())

    def passed(self) -> DeadlinePassed:
        """Return the error of a request that has timed out."""
        return DeadlinePassed(self.seconds)


def deadline_of(request: Request, most: float) -> Deadline:
    """Return the deadline that the client asks for, at most ``most`` seconds.

    Raises:
        BadHeader: X-Request-Timeout is not a positive number of seconds.
    """
    value = request.headers.get(TIMEOUT_HEADER)
    if value is None:
        return Deadline(most)
    if not re.fullmatch(SECONDS_PATTERN, value):
        raise BadHeader(f"{TIMEOUT_HEADER} must be a number of seconds above 0, such as 2.5.")
    return Deadline(min(float(value), most))


class Pending:
    """Work of requests, cancelled at its deadline, when the client disconnects, or at shutdown."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._cut = False

    def cut(self) -> None:
        """Cancel all work; its requests get `Draining`."""
        self._cut = True
        for task in self._tasks:
            task.cancel()

    async def until(
        self, deadline: Deadline, request: Request | None, work: Coroutine[Any, Any, _Result]
    ) -> _Result:
        """Return the result of ``work``; cancel it if the client of ``request`` disconnects.

        The body of ``request`` must have been read.

        Raises:
            DeadlinePassed, ClientGone, Draining: the work was cancelled.
        """
        task = asyncio.create_task(work)
        gone = asyncio.create_task(_disconnected(request)) if request else None
        task.add_done_callback(_retrieve_exception)
        self._tasks.add(task)
        try:
            tasks: set[asyncio.Task[Any]] = {task, gone} if gone else {task}
            await asyncio.wait(tasks, timeout=deadline.left, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return self._result(task)
            if gone and gone.done():
                raise ClientGone("The client disconnected.")
            raise deadline.passed()
        finally:
            self._tasks.discard(task)
            task.cancel()
            if gone:
                gone.cancel()

    def _result(self, task: "asyncio.Task[_Result]") -> _Result:
        if task.cancelled() and self._cut:
            raise Draining
        return task.result()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _retrieve_exception(task: "asyncio.Task[Any]") -> None:
    """Retrieve the exception of a cancelled task, so that asyncio does not log it."""
    if not task.cancelled():
        task.exception()


JSON = "application/json"
ACCEPTED = (JSON, *MEDIA_TYPES)
"""Content types of an article."""
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]{1,40})", re.I)
_GZIP = ("gzip", "x-gzip")
_STEP = 1_000_000
"""Bytes decompressed before yielding to the event loop: a few milliseconds of work."""


@dataclass(frozen=True, slots=True)
class ContentType:
    """A supported content type, and the declared character set."""

    name: str
    charset: str | None


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Limits of a body: ``most`` bytes once decompressed, received within ``seconds``.

    ``hold`` is called with the size of each part kept, and may raise QueueFull.
    """

    most: int
    seconds: float
    deadline: Deadline
    hold: Callable[[int], None]


def content_type(request: Request, accepted: tuple[str, ...] = ACCEPTED) -> ContentType:
    """Return the declared content type of the body.

    Raises:
        UnsupportedMediaType: the type or the encoding is not supported.
    """
    if (encoding := _encoding(request)) not in ("", "identity", *_GZIP):
        detail = f"Content-Encoding {encoding[:40]!r} is not supported. Send gzip, or no encoding."
        raise UnsupportedMediaType(detail, {"Accept-Encoding": "gzip, identity"})
    declared = request.headers.get("content-type", "")
    name = declared.partition(";")[0].strip().lower()
    if name not in accepted:
        fault = (
            f"Content-Type {name[:80]!r} is not supported" if name else "Content-Type is missing"
        )
        detail = f"{fault}. Send {'one of ' * (len(accepted) > 1)}{', '.join(accepted)}."
        raise UnsupportedMediaType(detail, {"Accept": ", ".join(accepted)})
    charset = _CHARSET.search(declared)
    return ContentType(name, charset[1] if charset else None)


async def receive_body(request: Request, limits: BodyLimits) -> bytes:
    """Receive the body and decompress it, reading no further than the limits.

    Raises:
        BodyTooLarge: Content-Length or the decompressed body exceeds the limit.
        BodyTooSlow, DeadlinePassed: the body timed out.
        QueueFull: the service holds too many bytes of bodies.
        BadRequest: the body is declared as gzip and is not valid gzip.
        ClientGone: the client disconnected before the end of the body.
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
        raise ClientGone("The client disconnected before the end of the body.") from error


async def _read(request: Request, limits: BodyLimits) -> bytes:
    body = bytearray()
    gzip = _Gzip() if _encoding(request) in _GZIP else None
    async for chunk in request.stream():
        while True:
            part = gzip.next(chunk) if gzip else chunk
            if len(body) + len(part) > limits.most:
                raise _too_large(limits.most)
            limits.hold(len(part))
            body += part
            if not gzip or not gzip.rest:
                break
            chunk = b""
            await asyncio.sleep(0)
    if gzip:
        gzip.end()
    return bytes(body)


class _Gzip:
    """Incremental gzip decoder (RFC 1952), which bounds the output of decompression bombs."""

    def __init__(self) -> None:
        self._member = self._new()
        self.rest = b""
        self._seen = False

    def next(self, chunk: bytes) -> bytes:
        """Decompress up to ``_STEP`` bytes of ``rest`` and ``chunk``; the remainder is ``rest``."""
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
        """Raise BadRequest if the stream is truncated."""
        if self._seen and not self._member.eof:
            raise _not_gzip()

    @staticmethod
    def _new() -> "zlib._Decompress":
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


def _encoding(request: Request) -> str:
    return request.headers.get("content-encoding", "").strip().lower()


def _not_gzip() -> BadRequest:
    return BadRequest(
        "The body is declared as gzip, but it is invalid or truncated. Send it again."
    )


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(
        f"The body exceeds the limit of {most:,} bytes. Send only the article's text, or raise "
        "BRIEFING_MAX_BODY on the server."
    )
