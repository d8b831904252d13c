"""Is a text supported by an article?"""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request

from api.bodies import JSON, content_type
from api.deps import InForce, MayCheck, Ready
from api.intake import intake
from api.openapi import CHECK_BODY, HEADERS, POSTED, problems, secured
from api.orders import read_check
from api.schemas import CheckAnswer, CheckRequest
from briefing.batch import report_object
from briefing.config import Settings
from briefing.read import sentence_texts

router = APIRouter(prefix="/v1", tags=["check"])


@router.post(
    "/check",
    summary="Check a text against an article, claim by claim",
    response_model=CheckAnswer,
    responses=problems(*POSTED),
    openapi_extra={
        "requestBody": CHECK_BODY,
        "parameters": HEADERS,
        "security": secured("check"),
    },
)
async def check(
    request: Request, caller: MayCheck, service: Ready, settings: InForce
) -> dict[str, Any]:
    """Send the article as ``text`` and what is to be checked as ``claim``."""
    content_type(request, (JSON,))
    with intake(request, service, settings, caller) as incoming:
        asked = await incoming.order(read_check)
        with service.admission.place():
            work = service.run(partial(_checked, asked, settings))
            return await service.work.until(incoming.deadline, request, work)


def _checked(asked: CheckRequest, settings: Settings) -> dict[str, Any]:
    sentences = sentence_texts(asked.text)
    report = report_object(asked.claim, sentences, settings.verifier, settings.device)
    return {**report, "sentences": sentences}
