"""The model that briefs are written with."""

from dataclasses import asdict

from fastapi import APIRouter

from api.deps import Known, Ready
from api.openapi import BARRED, NOT_READY, problems, secured
from api.schemas import ModelDocument, ModelsAnswer

router = APIRouter(prefix="/v1", tags=["models"])


@router.get(
    "/models",
    summary="The models in use",
    responses=problems(*BARRED, *NOT_READY),
    openapi_extra={"security": secured()},
)
async def models(_caller: Known, service: Ready) -> ModelsAnswer:
    """What writes the briefs, where it runs and why there."""
    info = asdict(service.model)
    return ModelsAnswer(models=[ModelDocument(**info, languages=list(service.languages))])
