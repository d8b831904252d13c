"""Briefs of articles, one at a time."""

from functools import partial

from fastapi import APIRouter, Request, Response

from api.answers import MEDIA_TYPES, answer, check_precondition, entity_tag, preferred
from api.bodies import content_type
from api.deps import InForce, MayBrief, Ready
from api.intake import intake
from api.openapi import BRIEF_ANSWER, BRIEF_BODY, HEADERS, POSTED, problems, secured
from api.orders import Order, read_order
from api.service import Service

router = APIRouter(prefix="/v1", tags=["briefs"])
_PROBLEMS = problems(
    *POSTED,
    *("not-acceptable", "precondition-failed", "too-long", "not-text", "url-input-off"),
    *("url-refused", "fetch-failed", "too-complex"),
    *("bad-input", "too-short", "no-article", "unsupported-language"),
)


@router.post(
    "/briefs",
    summary="Brief one article",
    response_class=Response,
    responses={200: BRIEF_ANSWER, **_PROBLEMS},
    openapi_extra={
        "requestBody": BRIEF_BODY,
        "parameters": HEADERS,
        "security": secured("brief"),
    },
)
async def create_brief(
    request: Request, caller: MayBrief, service: Ready, settings: InForce
) -> Response:
    """Send the article as JSON, plain text, HTML or PDF; Accept or ``format`` name the format."""
    accepted = preferred(request)
    kind = content_type(request)
    with intake(request, service, settings, caller) as incoming:
        order = await incoming.order(partial(read_order, kind=kind, urls=settings.urls))
        work = _fetched(request, service, order, accepted)
        return await service.work.until(incoming.deadline, request, work)


async def _fetched(request: Request, service: Service, order: Order, accepted: str) -> Response:
    media_type = MEDIA_TYPES[order.format] if order.format else accepted
    async with service.fetched(order, placed=False) as whole:
        key = await service.key(whole)
        etag = entity_tag(key, media_type)
        check_precondition(request, etag)
        return await _answer(service, whole, key, media_type, etag)


async def _answer(
    service: Service, order: Order, key: bytes, media_type: str, etag: str
) -> Response:
    data = await service.result(order, key, object(), placed=False)
    if media_type == "application/json":
        return answer(data, media_type, etag)
    return await service.run(partial(answer, data, media_type, etag))
