"""Is the process alive, and is its model warm?"""

from fastapi import APIRouter

from api.deps import Ready
from api.openapi import NOT_READY, problems

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process is alive")
async def healthz() -> dict[str, str]:
    """Always 200; says nothing about the model."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="The model is warm",
    responses=problems(*NOT_READY),
)
async def readyz(_service: Ready) -> dict[str, str]:
    """200 once the model is loaded; 503 before, and where it cannot be."""
    return {"status": "ready"}
