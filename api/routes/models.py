"""The model that briefs are written with."""

from dataclasses import asdict

from fastapi import APIRouter

from api.deps import Asking, Ready
from api.openapi import NOT_READY, problems
from api.schemas import ModelDocument, ModelsAnswer

router = APIRouter(prefix="/v1", tags=["models"])


@router.get("/models", summary="The models in use", responses=problems(*NOT_READY))
async def models(service: Ready, _caller: Asking) -> ModelsAnswer:
    """What writes the briefs, where it runs and why there."""
    info = asdict(service.model)
    return ModelsAnswer(models=[ModelDocument(**info, languages=list(service.languages))])
