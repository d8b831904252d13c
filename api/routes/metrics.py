"""What happens in the service, for Prometheus."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.deps import MayScrape
from api.metrics import Metrics
from api.openapi import BARRED, problems

router = APIRouter(tags=["health"])
_OPEN_METRICS = "application/openmetrics-text"
_ANSWER: dict[str, Any] = {
    "description": "Prometheus' text format, or OpenMetrics where Accept asks for it.",
    "content": {name: {"schema": {"type": "string"}} for name in ("text/plain", _OPEN_METRICS)},
}


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: _ANSWER, **problems(*BARRED)},
)
async def metrics(request: Request, _caller: MayScrape) -> Response:
    """Requests, queue, batches, stages, lines, cache and model. A key needs the scope `metrics`."""
    counted: Metrics = request.app.state.metrics
    data, content_type = counted.exposition(request.headers.get("accept", ""))
    return Response(data, headers={"Content-Type": content_type})
