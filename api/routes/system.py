"""Routes for health, metrics, models, and the API documentation (Swagger UI, served locally)."""

from dataclasses import asdict
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.staticfiles import StaticFiles

from briefing import __version__
from briefing.api.bodies import ACCEPTED, EVENT_STREAM, MEDIA_TYPES
from briefing.api.metrics import Metrics
from briefing.api.openapi import BARRED, NOT_READY, problem_answers, secured
from briefing.api.routes import AnyCaller, InForce, MayScrape, Ready
from briefing.api.schemas import InfoAnswer, InfoLimits, ModelDocument, ModelsAnswer
from briefing.api.service import Service
from briefing.options import LENGTHS
from briefing.sections import Section

system_router = APIRouter()
_OPEN_METRICS = "application/openmetrics-text"
_ANSWER: dict[str, Any] = {
    "description": "Prometheus text format, or OpenMetrics if Accept prefers it.",
    "content": {name: {"schema": {"type": "string"}} for name in ("text/plain", _OPEN_METRICS)},
}
_PAGE = files("briefing.api").joinpath("static/docs.html")
# Swagger UI needs inline styles and data URIs; no other host is contacted.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@system_router.get("/healthz", tags=["health"], summary="Liveness")
async def healthz() -> dict[str, str]:
    """Return 200 while the process runs, whatever the state of the model."""
    return {"status": "ok"}


@system_router.get(
    "/readyz",
    tags=["health"],
    summary="Readiness",
    responses=problem_answers(*NOT_READY),
)
async def readyz(service: Ready) -> dict[str, str]:
    """Return 200 once the model is loaded; 503 before, if it cannot be loaded, and before the
    service shuts down.
    """
    service.check_staying()
    return {"status": "ready"}


@system_router.get(
    "/metrics",
    tags=["health"],
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: _ANSWER, **problem_answers(*BARRED)},
)
async def metrics(request: Request, _caller: MayScrape) -> Response:
    """Return metrics of requests, queue, model and cache. Keys need the scope `metrics`."""
    collected: Metrics = request.app.state.metrics
    data, content_type = collected.exposition(request.headers.get("accept", ""))
    return Response(data, headers={"Content-Type": content_type})


@system_router.get(
    "/v1/models",
    tags=["models"],
    summary="The models in use",
    responses=problem_answers(*BARRED, *NOT_READY),
    openapi_extra={"security": secured()},
)
async def models(_caller: AnyCaller, service: Ready) -> ModelsAnswer:
    """Return the model that writes the briefs, and its back end and device."""
    info = asdict(service.model)
    return ModelsAnswer(models=[ModelDocument(**info, languages=list(service.languages))])


@system_router.get(
    "/v1/info",
    tags=["models"],
    summary="Version, limits and formats",
    responses=problem_answers(*BARRED),
    openapi_extra={"security": secured()},
)
async def info(request: Request, _caller: AnyCaller, settings: InForce) -> InfoAnswer:
    """Return what the service is and takes, also while the model is being loaded."""
    service: Service = request.app.state.service
    return InfoAnswer(
        version=__version__,
        ready=service.ready,
        model=service.model.name if service.ready else None,
        languages=list(service.languages),
        extractive=True,
        urls=settings.urls,
        webhooks=bool(settings.webhook_secret and settings.webhook_hosts),
        sections=list(Section),
        lengths=list(LENGTHS),
        length_forms=["5 sentences", "80 words", "20%"],
        inputs=list(ACCEPTED),
        outputs=[*MEDIA_TYPES.values(), EVENT_STREAM],
        limits=InfoLimits.model_validate(settings, from_attributes=True),
    )


@system_router.get("/docs", include_in_schema=False)
async def docs() -> Response:
    """Return Swagger UI for /openapi.json."""
    headers = {"Content-Security-Policy": _POLICY}
    return Response(_PAGE.read_bytes(), headers=headers, media_type="text/html")


def mount_files(app: FastAPI) -> None:
    """Serve the static files of this package and of fastapi_swagger."""
    app.mount("/docs/ui", StaticFiles(packages=[("fastapi_swagger", "resources")]))
    app.mount("/static", StaticFiles(packages=[("briefing.api", "static")]))
