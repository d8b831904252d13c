"""Bodies of requests and responses: type, encoding, size and deadline of what comes in; negotiation
(RFC 9110, 12.5.1), entity tags and NDJSON streams of what goes out.
"""

import asyncio
import json
import re
import zlib
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any, NamedTuple, TypeVar

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from briefing.api.cache import Unkept
from briefing.api.problems import (
    BadHeader,
    BadRequest,
    BodyTooLarge,
    BodyTooSlow,
    ClientGone,
    DeadlinePassed,
    Draining,
    NotAcceptable,
    PreconditionFailed,
    UnsupportedMediaType,
)
from briefing.options import Format
from briefing.reading import ARTICLE_TYPES
from briefing.rendering import from_document, render, style_hash

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
        """Cancel all work, and begin no other; its requests get `Draining`."""
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
        if self._cut:
            work.close()
            raise Draining
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
ACCEPTED = (JSON, *ARTICLE_TYPES)
"""Content types of an article."""
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]{1,40})", re.I)
_GZIP = ("gzip", "x-gzip")
_STEP = 64_000
"""Bytes decompressed before yielding to the event loop: well below a millisecond of work. Larger
steps need new memory each, for which a busy machine takes long."""


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
        raise BodyTooLarge(limits.most)
    left = limits.deadline.left  # an event loop may end a timeout a moment before its time
    try:
        async with asyncio.timeout(min(limits.seconds, left)):
            return await _read(request, limits)
    except TimeoutError:
        if limits.seconds < left:
            raise BodyTooSlow(limits.seconds) from None
        raise limits.deadline.passed() from None
    except ClientDisconnect as error:
        raise ClientGone("The client disconnected before the end of the body.") from error


async def _read(request: Request, limits: BodyLimits) -> bytes:
    body = BytesIO()  # gives its content away without a copy of it
    gzip = _Gzip() if _encoding(request) in _GZIP else None
    async for chunk in request.stream():
        while True:
            part = gzip.next(chunk) if gzip else chunk
            if body.tell() + len(part) > limits.most:
                raise BodyTooLarge(limits.most)
            limits.hold(len(part))
            body.write(part)
            if not gzip or not gzip.rest:
                break
            chunk = b""
            await asyncio.sleep(0)
    if gzip:
        gzip.end()
    return body.getvalue()


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


_RANGE = re.compile(r"\s*([\w!#$&^.+*-]+)/([\w!#$&^.+*-]+)\s*(?:;(.*))?", re.S)
_QUALITY = re.compile(r"(?:^|;)\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", re.I)


class _Range(NamedTuple):
    type: str
    subtype: str
    quality: float

    def fits(self, name: str) -> int:
        """Specificity of the match with a media type: 0 for none, 3 for the full name."""
        kind, _, subtype = name.partition("/")
        if self.type == "*" and self.subtype == "*":
            return 1
        if self.type != kind:
            return 0
        return {"*": 2, subtype: 3}.get(self.subtype, 0)


def best_type(accept: str, offered: Sequence[str]) -> str | None:
    """Return the media type of ``offered`` that the client prefers, the first of equal ones.

    None if it accepts none. A header without a valid media type accepts all.
    """
    ranges = list(_ranges(accept)) or [_Range("*", "*", 1.0)]
    qualities = {name: _quality(name, ranges) for name in offered}
    best = max(offered, key=lambda name: qualities[name])
    return best if qualities[best] > 0 else None


def _quality(name: str, ranges: Sequence[_Range]) -> float:
    """Return the quality of the most specific range that matches."""
    best = max(ranges, key=lambda each: (each.fits(name), each.quality))
    return best.quality if best.fits(name) else 0.0


def _ranges(accept: str) -> Iterator[_Range]:
    for part in accept.lower().split(","):
        if match := _RANGE.fullmatch(part):
            quality = _QUALITY.search(match[3] or "")
            yield _Range(match[1], match[2], min(float(quality[1]), 1.0) if quality else 1.0)


_FORMATS: dict[str, Format] = {
    "application/json": "json",
    "text/markdown": "markdown",
    "text/html": "html",
    "text/plain": "text",
}
"""Media types of a brief, the default first."""
MEDIA_TYPES: dict[Format, str] = {form: name for name, form in _FORMATS.items()}


def preferred(request: Request, offered: tuple[str, ...] = tuple(_FORMATS)) -> str:
    """Return the media type to respond with.

    Raises:
        NotAcceptable: the client accepts none of ``offered``.
    """
    media_type = best_type(", ".join(request.headers.getlist("accept")), offered)
    if media_type is None:
        raise NotAcceptable(f"Available formats: {', '.join(offered)}.", {"Vary": "Accept"})
    return media_type


def entity_tag(key: bytes, media_type: str) -> str:
    """Return the entity tag of the brief with cache key ``key`` in one format.

    It is weak (RFC 9110, 8.8.1), as the other lines in a model's batch may change the last digits
    of a score.
    """
    return f'W/"{sha256(key + media_type.encode()).hexdigest()[:32]}"'


def check_precondition(request: Request, etag: str) -> None:
    """Check If-None-Match before doing any work.

    Raises:
        PreconditionFailed: If-None-Match contains ``etag``; for POST the status is 412, not 304
            (RFC 9110, 13.1.2).
    """
    named = ",".join(request.headers.getlist("if-none-match"))
    bare = etag.removeprefix("W/")
    if bare in (each.strip().removeprefix("W/") for each in named.split(",")):
        raise PreconditionFailed(etag)


def answer(data: bytes, media_type: str, etag: str) -> Response:
    """Return the response with the brief in JSON ``data``, rendered as ``media_type``.

    One that is `Unkept` has no entity tag, so that its client asks for a better one.
    """
    form = _FORMATS[media_type]
    kept = {"Cache-Control": "no-store"} if isinstance(data, Unkept) else {"ETag": etag}
    headers = {"Vary": "Accept", **kept}
    if form == "html":
        headers["Content-Security-Policy"] = _policy()
    if form != "json":
        data = render(from_document(json.loads(data)), form).encode("utf-8", "replace")
    return Response(data, headers=headers, media_type=media_type)


def _policy() -> str:
    """Return a Content-Security-Policy that allows only the page's own style sheet."""
    return (
        f"default-src 'none'; style-src '{style_hash()}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"
"""Server-sent events (HTML standard, 9.2)."""
HEARTBEAT = 10.0
"""Seconds of silence after which a stream says that it lives."""
_Item = TypeVar("_Item")
_Start = Callable[[Callable[[_Item], None]], Coroutine[Any, Any, object]]


async def shown_while(start: _Start[_Item], idle: _Item) -> AsyncGenerator[_Item]:
    """Yield what a coroutine shows while it runs, and ``idle`` where it is silent for long.

    ``start`` creates the coroutine, which calls its argument with each item. It is cancelled when
    the generator is closed.

    Raises:
        Exception: whatever the coroutine raises, after its items.
    """
    items: asyncio.Queue[_Item] = asyncio.Queue()
    task = asyncio.create_task(start(items.put_nowait))
    try:
        while not task.done() or not items.empty():
            item = asyncio.ensure_future(items.get())
            try:
                done, _ = await asyncio.wait(
                    {item, task}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                item.cancel()  # if it is not done, also where the wait itself is cancelled
            if item in done:
                yield item.result()
            elif not done:
                yield idle
        task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class LineStream(StreamingResponse):
    """Stream with back-pressure, of NDJSON unless ``media_type`` says otherwise; closes its
    generator when the client disconnects.

    ``stack`` holds the request's resources until the last line is sent.
    """

    def __init__(
        self,
        lines: AsyncGenerator[bytes],
        stack: AsyncExitStack,
        headers: Mapping[str, str],
        media_type: str = NDJSON,
    ) -> None:
        super().__init__(lines, headers=headers, media_type=media_type)
        self._lines = lines
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines."""
        async with self._stack, aclosing(self._lines):
            await super().__call__(scope, receive, send)
