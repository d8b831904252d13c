"""Routes for briefs (one, a batch as JSON or NDJSON, a job in the background), and for checks."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from functools import partial
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from briefing.api.auth import Caller, QuotaExceeded
from briefing.api.bodies import (
    EVENT_STREAM,
    JSON,
    MEDIA_TYPES,
    NDJSON,
    Deadline,
    LineStream,
    answer,
    check_precondition,
    content_type,
    deadline_of,
    entity_tag,
    preferred,
    shown_while,
)
from briefing.api.cache import idempotency_key
from briefing.api.job_store import Job
from briefing.api.jobs import Jobs
from briefing.api.openapi import (
    BARRED,
    BATCH_ANSWER,
    BATCH_BODY,
    BRIEF_ANSWER,
    BRIEF_BODY,
    CHECK_ANSWER,
    CHECK_BODY,
    EXTRACTIVE,
    HEADERS,
    JOB_BODY,
    LENGTH,
    POSTED,
    problem_answers,
    secured,
)
from briefing.api.problems import INTERNAL, URN, known_error
from briefing.api.requests import (
    BriefOrder,
    flag_of,
    length_of,
    read_checks,
    read_job,
    read_order,
    read_orders,
)
from briefing.api.routes import InForce, MayBrief, MayCheck, Ready, intake
from briefing.api.schemas import CheckRequest, JobDocument
from briefing.api.service import Service
from briefing.briefs import Article, Brief
from briefing.config import Settings
from briefing.errors import BriefingError, InternalError
from briefing.rendering import from_document
from briefing.sections import Section

briefs_router = APIRouter(prefix="/v1")
_PROBLEMS = problem_answers(
    *POSTED,
    *("not-acceptable", "precondition-failed", "too-long", "not-text", "url-input-off"),
    *("url-refused", "fetch-failed", "too-complex"),
    *("bad-input", "too-short", "no-article", "unsupported-language"),
)


@briefs_router.post(
    "/briefs",
    tags=["briefs"],
    summary="Brief one article",
    response_class=Response,
    responses={200: BRIEF_ANSWER, **_PROBLEMS},
    openapi_extra={
        "requestBody": BRIEF_BODY,
        "parameters": [*HEADERS, EXTRACTIVE, LENGTH],
        "security": secured("brief"),
    },
)
async def create_brief(
    request: Request, caller: MayBrief, service: Ready, settings: InForce
) -> Response:
    """Send an article as JSON, text, a page or a document; set the format by Accept or ``format``.

    With `Accept: text/event-stream` each section is an event (`headline`, `key_points`,
    `context`) as soon as it is written; then comes `brief`, the whole, or `problem`.

    With ``extractive`` no model is used: the brief has only the article's own sentences, which may
    be in any language.
    """
    accepted = preferred(request, (*MEDIA_TYPES.values(), EVENT_STREAM))
    kind = content_type(request)
    extractive, length = flag_of(request, "extractive"), length_of(request)
    async with AsyncExitStack() as stack:
        incoming = await stack.enter_async_context(intake(request, service, settings, caller))
        read = partial(
            read_order, kind=kind, urls=settings.urls, extractive=extractive, length=length
        )
        order = await incoming.order(read, aside=kind.name == JSON)
        stack.enter_context(caller.counted(1))
        if accepted == EVENT_STREAM and not order.format:
            return await _stream(request, service, order, incoming.deadline, stack)
        work = _respond(request, service, order, accepted)
        return await service.work.until(incoming.deadline, request, work)


async def _respond(
    request: Request, service: Service, order: BriefOrder, accepted: str
) -> Response:
    media_type = MEDIA_TYPES[order.format] if order.format else accepted
    async with service.fetched(order, placed=False) as fetched:
        key = await service.key(fetched)
        etag = entity_tag(key, media_type)
        check_precondition(request, etag)
        data = await service.result(fetched, key, object(), placed=False)
        if media_type == "application/json":
            return answer(data, media_type, etag)
        return await service.run(partial(answer, data, media_type, etag))


async def _stream(
    request: Request,
    service: Service,
    order: BriefOrder,
    deadline: Deadline,
    stack: AsyncExitStack,
) -> Response:
    """Read the article, whose problems set the status; then send each section as an event."""
    stack.enter_context(service.admission.place())

    async def read() -> tuple[BriefOrder, Article]:
        fetched = await stack.enter_async_context(service.fetched(order, placed=True))
        return fetched, await service.article(fetched)

    fetched, article = await service.work.until(deadline, request, read())
    events = _events(service, fetched, article, deadline)
    headers = {**_HEADERS, "Cache-Control": "no-store"}
    return LineStream(events, stack.pop_all(), headers, EVENT_STREAM)


async def _events(
    service: Service, order: BriefOrder, article: Article, deadline: Deadline
) -> AsyncGenerator[bytes]:
    """Yield an event for each section, and one for the brief, or for the problem."""

    async def brief(show: Callable[[bytes], None]) -> None:
        seen: set[Section] = set()

        def report(part: Brief) -> None:
            document = part.to_dict()
            for section in set(part.sections) - seen:
                seen.add(section)
                show(_event(section.key, document[section.key]))

        key = await service.key(order)
        work = service.result(order, key, object(), placed=True, article=article, report=report)
        data = await service.work.until(deadline, None, work)
        document = json.loads(data)
        report(await service.run(lambda: from_document(document)))
        show(_event("brief", document))

    try:
        async for event in shown_while(brief, b": waiting\n\n"):
            yield event
    except Exception as error:
        yield _event("problem", service.problem_document(known_error(error, _log)))


def _event(name: str, document: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(document)}\n\n".encode()


BATCH_WINDOW = 24
"""Articles of one request in progress at once: more would not make batches any fuller."""

_log = logging.getLogger(__name__)
_START = b'{"index": '
_HEADERS = {"Vary": "Accept"}


@briefs_router.post(
    "/briefs/batch",
    tags=["briefs"],
    summary="Brief many articles",
    response_class=Response,
    responses={200: BATCH_ANSWER, **problem_answers(*POSTED, "not-acceptable")},
    openapi_extra={
        "requestBody": BATCH_BODY,
        "parameters": HEADERS,
        "security": secured("brief"),
    },
)
async def create_briefs(
    request: Request, caller: MayBrief, service: Ready, settings: InForce
) -> Response:
    """Send a list of articles. The response is a list in the same order, or NDJSON
    (`application/x-ndjson`) in order of completion, each line with its ``index``. An article that
    cannot be briefed has a ``problem`` instead of a ``brief``.
    """
    media_type = preferred(request, (JSON, NDJSON))
    content_type(request, (JSON,))
    async with AsyncExitStack() as stack:
        incoming = await stack.enter_async_context(intake(request, service, settings, caller))
        reader = partial(read_orders, most=settings.max_batch, urls=settings.urls)
        orders = await incoming.order(reader)
        stack.enter_context(caller.counted(len(orders)))
        stack.enter_context(service.admission.place(min(BATCH_WINDOW, settings.queue, len(orders))))
        lines = _lines(service, orders, incoming.deadline)
        if media_type == NDJSON:
            return LineStream(lines, stack.pop_all(), _HEADERS)
        # Each article has the deadline, and a status of 504 after it.
        deadline = Deadline(incoming.deadline.seconds + 10)
        data = await service.work.until(deadline, request, _as_list(lines))
        return Response(data, headers=_HEADERS, media_type=JSON)


async def _as_list(lines: AsyncGenerator[bytes]) -> bytes:
    """Join the lines into a JSON list, ordered by index."""
    async with aclosing(lines):
        items = [line async for line in lines]
    items.sort(key=lambda line: int(line[len(_START) : line.index(b",")]))
    return b"[" + b", ".join(line.rstrip() for line in items) + b"]"


async def _lines(
    service: Service,
    orders: Sequence[BriefOrder | BriefingError],
    deadline: Deadline,
) -> AsyncGenerator[bytes]:
    """Yield each order's line when it is done, with up to ``BATCH_WINDOW`` in progress."""
    flow = object()
    pending = iter(enumerate(orders))
    running: set[asyncio.Task[tuple[str | None, bytes]]] = set()
    try:
        while True:
            for index, order in islice(pending, BATCH_WINDOW - len(running)):
                line = _line(service, index, order, flow, deadline)
                running.add(asyncio.create_task(line))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()[1]
    finally:
        for task in running:
            task.cancel()


async def job_line(
    service: Service,
    settings: Settings,
    index: int,
    order: BriefOrder | BriefingError,
    flow: object,
) -> tuple[str | None, bytes]:
    """Return the problem and the line of an article of a job, which has the time of a batch."""
    return await _line(service, index, order, flow, Deadline(settings.batch_timeout))


async def _line(
    service: Service,
    index: int,
    order: BriefOrder | BriefingError,
    flow: object,
    deadline: Deadline,
) -> tuple[str | None, bytes]:
    """Return the code of the problem of one article, or None, and its line."""
    try:
        if isinstance(order, BriefingError):
            raise order
        work = _brief(service, order, flow)
        brief = (await service.work.until(deadline, None, work)).strip()
        return None, _START + b'%d, "status": 200, "brief": %b}\n' % (index, brief)
    except BriefingError as error:
        document = service.problem_document(error)
    except Exception:
        _log.exception("article %d of a batch failed", index)
        document = service.problem_document(InternalError(INTERNAL))
    return document["type"].removeprefix(URN), _failed(index, document)


async def _brief(service: Service, order: BriefOrder, flow: object) -> bytes:
    async with service.fetched(order, placed=True) as fetched:
        key = await service.key(fetched)
        return await service.result(fetched, key, flow, placed=True)


def _failed(index: int, document: dict[str, Any]) -> bytes:
    encoded = json.dumps(document).encode("ascii")
    return _START + b'%d, "status": %d, "problem": %b}\n' % (index, document["status"], encoded)


@briefs_router.post(
    "/check",
    tags=["check"],
    summary="Check a text against an article, claim by claim",
    response_model=None,
    responses={200: CHECK_ANSWER, **problem_answers(*POSTED, "too-long", "too-complex")},
    openapi_extra={
        "requestBody": CHECK_BODY,
        "parameters": HEADERS,
        "security": secured("check"),
    },
)
async def check_text_against(
    request: Request, caller: MayCheck, service: Ready, settings: InForce
) -> dict[str, Any] | Response:
    """Send the article as ``text`` and the text to check as ``claim``, or a list of such pairs; the
    answer then is a list in the same order, each with a ``check`` or a ``problem``.
    """
    content_type(request, (JSON,))
    async with intake(request, service, settings, caller) as incoming:
        asked = await incoming.order(partial(read_checks, most=settings.max_batch))
        count = 1 if isinstance(asked, CheckRequest) else len(asked)
        with caller.counted(count), service.admission.place():
            if isinstance(asked, CheckRequest):
                work = service.check(asked)
                return await service.work.until(incoming.deadline, request, work)
            deadline = deadline_of(request, settings.batch_timeout)
            many = _checked_all(service, asked)
            data = await service.work.until(deadline, request, many)
        return Response(data, media_type=JSON)


async def _checked_all(service: Service, asked: Sequence[CheckRequest | BriefingError]) -> bytes:
    """Check a list one by one, each in a turn of its own, and return a list of JSON."""
    results: list[dict[str, Any]] = []
    for index, each in enumerate(asked):
        try:
            if isinstance(each, BriefingError):
                raise each
            checked = await service.check(each)
            results.append({"index": index, "status": 200, "check": checked})
        except BriefingError as error:
            document = service.problem_document(error)
            results.append({"index": index, "status": document["status"], "problem": document})
    return await service.run(lambda: json.dumps(results).encode())


jobs_router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_RETRY_AFTER = "2"
"""Seconds after which a client should ask again for a job that is not done."""


async def jobs_of(request: Request) -> Jobs:
    """Return the application's jobs."""
    found: Jobs = request.app.state.jobs
    return found


Queue = Annotated[Jobs, Depends(jobs_of)]


@jobs_router.post(
    "",
    summary="Brief many articles in the background",
    status_code=202,
    response_model=JobDocument,
    responses=problem_answers(*POSTED, "webhook-refused"),
    openapi_extra={
        "requestBody": JOB_BODY,
        "parameters": HEADERS,
        "security": secured("brief"),
    },
)
async def create_job(
    request: Request, caller: MayBrief, service: Ready, settings: InForce, jobs: Queue
) -> Response:
    """Send ``articles``, a list as for `/v1/briefs/batch`. The answer, 202, names the job's URL in
    `Location`: ask there for its progress and results, or name a ``webhook`` that is called once it
    is done. Jobs outlive the service's process where it keeps them in a file.
    """
    content_type(request, (JSON,))
    async with intake(request, service, settings, caller) as incoming:
        reader = partial(read_job, most=settings.max_batch)
        order = await incoming.order(reader)
        job, new = await jobs.submit(caller.id, order, idempotency_key(request))
        if new:
            await _count(caller, jobs, job)
    headers = {"Location": f"/v1/jobs/{job.id}", "Retry-After": _RETRY_AFTER}
    return await _job_answer(jobs, job, 202, headers)


async def _count(caller: Caller, jobs: Jobs, job: Job) -> None:
    """Count a new job's articles, or remove it. One that was sent again counts once, and is not
    refused for what it has used itself, so that it has to be known before.

    Raises:
        QuotaExceeded: fewer are left of the day.
    """
    try:
        caller.count(job.total)
    except QuotaExceeded:
        await jobs.store.run(jobs.store.remove, job.id)
        raise


@jobs_router.get(
    "/{job}",
    summary="The progress of a job, and its results once it is done",
    response_model=JobDocument,
    responses=problem_answers(*BARRED, "no-job"),
    openapi_extra={"security": secured("brief")},
)
async def get_job(job: str, caller: MayBrief, jobs: Queue) -> Response:
    """Return the job; ``results`` is a list as of `/v1/briefs/batch`, once ``status`` is done."""
    found = await jobs.find(job, caller.id)
    headers = {} if found.finished else {"Retry-After": _RETRY_AFTER}
    return await _job_answer(jobs, found, 200, headers)


@jobs_router.delete(
    "/{job}",
    summary="Cancel a job, or delete its results",
    status_code=204,
    response_class=Response,
    responses=problem_answers(*BARRED, "no-job"),
    openapi_extra={"security": secured("brief")},
)
async def delete_job(job: str, caller: MayBrief, jobs: Queue) -> Response:
    """Forget the job; articles of it that are in progress may still be finished."""
    found = await jobs.find(job, caller.id)
    await jobs.store.run(jobs.store.remove, found.id)
    return Response(status_code=204)


async def _job_answer(jobs: Jobs, job: Job, status: int, headers: dict[str, str]) -> Response:
    data = json.dumps(await jobs.document(job)).encode()
    if job.finished:
        lines = await jobs.store.run(jobs.store.lines, job.id)
        results = b", ".join(line.rstrip() for line in lines.values())
        data = data[:-1] + b', "results": [' + results + b"]}"
    headers = {"Cache-Control": "no-store", **headers}
    return Response(data, status, headers, media_type=JSON)
