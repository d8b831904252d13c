"""Briefs of articles."""

from functools import partial

from fastapi import APIRouter, Request, Response

from api.answers import answer, preferred
from api.bodies import content_type, read_body
from api.deps import InForce, Ready
from api.openapi import BRIEF_ANSWER, BRIEF_BODY, problems
from api.orders import read_order

router = APIRouter(prefix="/v1", tags=["briefs"])
_PROBLEMS = problems(
    *("bad-request", "not-json", "not-acceptable", "body-too-large", "too-long"),
    *("unsupported-media-type", "not-text", "invalid-request", "url-input-off", "bad-input"),
    *("empty-input", "too-short", "no-article", "unsupported-language", "internal-error"),
    *("not-ready", "bad-model", "bad-prompt", "bad-device"),
)


@router.post(
    "/briefs",
    summary="Brief one article",
    response_class=Response,
    responses={200: BRIEF_ANSWER, **_PROBLEMS},
    openapi_extra={"requestBody": BRIEF_BODY},
)
async def create_brief(request: Request, service: Ready, settings: InForce) -> Response:
    """Send the article as JSON, plain text, HTML or PDF; the Accept header names the format."""
    media_type = preferred(request)
    kind = content_type(request)
    body = await read_body(request, settings.max_body)
    order = await service.read(partial(read_order, body, kind))
    length = order.length or settings.length
    brief = await service.brief(order.article, order.sections, length)
    return await service.read(partial(answer, brief, media_type))
