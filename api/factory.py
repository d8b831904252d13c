"""The application: settings and a briefer in, a FastAPI application out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from api.digests import Digests
from api.envelope import Envelope
from api.gate import Gate
from api.handlers import install_handlers
from api.headers import install_headers
from api.logs import RequestLog
from api.metrics import Metrics
from api.observer import Observer, Observers
from api.openapi import install_openapi
from api.routes import batch, briefs, check, digests, docs, health, metrics, models, page
from api.service import Service
from api.traces import tracing
from briefing import __version__
from briefing.briefer import Briefer
from briefing.config import Settings, load_settings
from briefing.read.guard import Guard

_DESCRIPTION = (
    "Checked briefs of articles: headline, key points, context. Every line names the source "
    "sentences that it rests on. Errors are RFC 9457 problem documents."
)


def create_app(
    settings: Settings | None = None,
    briefer: Briefer | None = None,
    observer: Observer | None = None,
    guard: Guard | None = None,
) -> FastAPI:
    """The service as an ASGI application.

    Settings are read from the environment where none are given; ``briefer`` replaces the one
    that they describe; ``observer`` is told what happens; ``guard`` says where URLs may lead. The
    model is loaded in a worker thread once the application starts; until then ``/readyz`` and
    briefs answer 503.

    Raises:
        ConfigError: a setting in the environment, the settings file or digest.toml is wrong.
    """
    settings = settings or load_settings()
    counted = Metrics(settings)
    watching = [counted, RequestLog(texts=settings.log_text), tracing(), observer]
    observer = Observers([each for each in watching if each])
    app = FastAPI(
        title="Briefing",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=_lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.metrics = counted
    app.state.gate = Gate(settings)
    app.state.digests = Digests.of(settings)
    app.state.service = Service(briefer or Briefer.of(settings), settings, observer, guard)
    app.add_middleware(Envelope, observer=observer, send_timeout=settings.send_timeout)
    install_headers(app, settings.cors_origins)
    install_handlers(app)
    for resource in (health, briefs, batch, check, models, digests, docs, metrics, page):
        app.include_router(resource.router)
    docs.mount_files(app)
    install_openapi(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    warming = asyncio.create_task(service.warm())
    try:
        yield
    finally:
        warming.cancel()
        with suppress(asyncio.CancelledError):
            await warming
        await service.close()
