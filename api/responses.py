"""Responses: content negotiation (RFC 9110, 12.5.1), entity tags, NDJSON streams."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from briefing.api.problems import NotAcceptable, PreconditionFailed
from briefing.options import Format
from briefing.rendering import from_document, render, style_hash

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
    """Return the response with the brief in JSON ``data``, rendered as ``media_type``."""
    form = _FORMATS[media_type]
    headers = {"Vary": "Accept", "ETag": etag}
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
            done, _ = await asyncio.wait(
                {item, task}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED
            )
            if item in done:
                yield item.result()
                continue
            item.cancel()
            if not done:
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
