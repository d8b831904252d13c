"""Briefs of many articles: a list in; a list out, or one line each as soon as it is there."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from functools import partial
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request, Response

from api.answers import preferred
from api.bodies import JSON, content_type
from api.deadline import Deadline
from api.deps import InForce, MayBrief, Ready
from api.intake import intake
from api.openapi import BATCH_ANSWER, BATCH_BODY, HEADERS, POSTED, problems, secured
from api.orders import Order, read_orders
from api.problems import INTERNAL, document_of, problem
from api.service import Service
from api.streams import NDJSON, LineStream
from briefing.errors import BriefingError

WINDOW = 24
"""Articles of one request in the works at once: more gives the model no fuller batches."""

router = APIRouter(prefix="/v1", tags=["briefs"])
_log = logging.getLogger(__name__)
_START = b'{"index": '
_HEADERS = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}


@router.post(
    "/briefs/batch",
    summary="Brief many articles",
    response_class=Response,
    responses={200: BATCH_ANSWER, **problems(*POSTED, "not-acceptable")},
    openapi_extra={
        "requestBody": BATCH_BODY,
        "parameters": HEADERS,
        "security": secured("brief"),
    },
)
async def create_briefs(
    request: Request, caller: MayBrief, service: Ready, settings: InForce
) -> Response:
    """Send a list of articles. The answer is a list in its order, or lines of JSON
    (`application/x-ndjson`), each with its ``index``, in the order they are done. An article that
    cannot be briefed has a ``problem`` in place of its ``brief``.
    """
    media_type = preferred(request, (JSON, NDJSON))
    content_type(request, (JSON,))
    async with AsyncExitStack() as stack:
        incoming = stack.enter_context(intake(request, service, settings, caller))
        reader = partial(read_orders, most=settings.max_batch, urls=settings.urls)
        orders = await incoming.order(reader)
        caller.count(len(orders))
        stack.enter_context(service.admission.place(min(WINDOW, settings.queue, len(orders))))
        lines = _lines(service, orders, incoming.deadline)
        if media_type == NDJSON:
            return LineStream(lines, stack.pop_all(), _HEADERS)
        # Each line has the deadline, and is a 504 of its own beyond it.
        time = Deadline(incoming.deadline.seconds + 10)
        data = await service.work.until(time, request, _whole(lines))
        return Response(data, headers=_HEADERS, media_type=JSON)


async def _whole(lines: AsyncGenerator[bytes]) -> bytes:
    """The lines as one list, by their index."""
    async with aclosing(lines):
        found = [line async for line in lines]
    found.sort(key=lambda line: int(line[len(_START) : line.index(b",")]))
    return b"[" + b", ".join(line.rstrip() for line in found) + b"]"


async def _lines(
    service: Service, orders: Sequence[Order | BriefingError], deadline: Deadline
) -> AsyncGenerator[bytes]:
    """Each order's line when it is done; no more than a window of them in the works."""
    flow = object()
    left = iter(enumerate(orders))
    running: set[asyncio.Task[bytes]] = set()
    try:
        while True:
            for index, order in islice(left, WINDOW - len(running)):
                work = _line(service, index, order, flow, deadline)
                running.add(asyncio.create_task(work))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()


async def _line(
    service: Service,
    index: int,
    order: Order | BriefingError,
    flow: object,
    deadline: Deadline,
) -> bytes:
    try:
        if isinstance(order, BriefingError):
            raise order
        work = _brief(service, order, flow)
        brief = (await service.work.until(deadline, None, work)).strip()
        return _START + b'%d, "status": 200, "brief": %b}\n' % (index, brief)
    except BriefingError as error:
        return _failed(index, document_of(error))
    except Exception:
        _log.exception("article %d of a batch failed", index)
        return _failed(index, problem("internal-error", INTERNAL))


async def _brief(service: Service, order: Order, flow: object) -> bytes:
    async with service.fetched(order, placed=True) as whole:
        key = await service.key(whole)
        return await service.result(whole, key, flow, placed=True)


def _failed(index: int, document: dict[str, Any]) -> bytes:
    status = document["status"]
    return _START + b'%d, "status": %d, "problem": %b}\n' % (
        index,
        status,
        json.dumps(document).encode("ascii"),
    )
