"""The application: settings and a briefer in, a FastAPI application out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from api.handlers import install_handlers
from api.openapi import install_openapi
from api.routes import briefs, health
from api.service import Service
from briefing import __version__
from briefing.briefer import Briefer
from briefing.config import Settings, load_settings

_DESCRIPTION = (
    "Checked briefs of articles: headline, key points, context. Every line names the source "
    "sentences that it rests on. Errors are RFC 9457 problem documents."
)


def create_app(settings: Settings | None = None, briefer: Briefer | None = None) -> FastAPI:
    """The service as an ASGI application.

    Settings are read from the environment where none are given; ``briefer`` replaces the one
    that they describe. The model is loaded in a worker thread once the application starts;
    until then ``/readyz`` and briefs answer 503.

    Raises:
        ConfigError: a setting in the environment or the settings file is wrong.
    """
    settings = settings or load_settings()
    app = FastAPI(
        title="Briefing",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.service = Service(briefer or Briefer.of(settings))
    install_handlers(app)
    app.include_router(health.router)
    app.include_router(briefs.router)
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
