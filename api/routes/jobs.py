"""Routes for jobs: lists of articles that are briefed in the background."""

import json
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from briefing.api.bodies import JSON, content_type
from briefing.api.cache import idempotency_key
from briefing.api.intake import InForce, MayBrief, Ready, intake
from briefing.api.jobs import Job, Jobs
from briefing.api.openapi import BARRED, HEADERS, JOB_BODY, POSTED, problem_answers, secured
from briefing.api.requests import read_job
from briefing.api.schemas import JobDocument

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
        job = await jobs.submit(caller.name, order, idempotency_key(request))
        caller.count(order.total)
    headers = {"Location": f"/v1/jobs/{job.id}", "Retry-After": _RETRY_AFTER}
    return await _answer(jobs, job, 202, headers)


@jobs_router.get(
    "/{job}",
    summary="The progress of a job, and its results once it is done",
    response_model=JobDocument,
    responses=problem_answers(*BARRED, "no-job"),
    openapi_extra={"security": secured("brief")},
)
async def get_job(job: str, caller: MayBrief, jobs: Queue) -> Response:
    """Return the job; ``results`` is a list as of `/v1/briefs/batch`, once ``status`` is done."""
    found = await jobs.find(job, caller.name)
    headers = {} if found.finished else {"Retry-After": _RETRY_AFTER}
    return await _answer(jobs, found, 200, headers)


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
    found = await jobs.find(job, caller.name)
    await jobs.store.run(jobs.store.remove, found.id)
    return Response(status_code=204)


async def _answer(jobs: Jobs, job: Job, status: int, headers: dict[str, str]) -> Response:
    data = json.dumps(await jobs.document(job)).encode()
    if job.finished:
        lines = await jobs.store.run(jobs.store.lines, job.id)
        results = b", ".join(line.rstrip() for line in lines.values())
        data = data[:-1] + b', "results": [' + results + b"]}"
    headers = {"Cache-Control": "no-store", **headers}
    return Response(data, status, headers, media_type=JSON)
