"""Application factory: create the FastAPI application from settings and a briefer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from briefing import __version__
from briefing.api.auth import Gate
from briefing.api.jobs import Jobs
from briefing.api.logs import RequestLog, tracing
from briefing.api.metrics import Metrics, Observer, Observers
from briefing.api.middleware import Envelope, install_handlers, install_headers
from briefing.api.openapi import install_openapi
from briefing.api.routes import briefs, digests, jobs, page, system
from briefing.api.routes.digests import Digests
from briefing.api.service import Service
from briefing.briefer import Briefer
from briefing.config import Settings, load_settings
from briefing.reading.guard import Guard

_DESCRIPTION = (
    "Checked briefs of articles: headline, key points, context. Every line cites its source "
    "sentences. Errors are RFC 9457 problem documents."
)


def create_app(
    settings: Settings | None = None,
    briefer: Briefer | None = None,
    observer: Observer | None = None,
    guard: Guard | None = None,
) -> FastAPI:
    """Create the service as an ASGI application.

    ``settings`` default to those of the environment, ``briefer`` to the one they describe.
    ``observer`` receives service events; ``guard`` decides which URLs may be fetched. The model is
    loaded in a worker thread at startup; until then ``/readyz`` and briefs answer 503.

    Raises:
        ConfigError: a setting in the environment, the settings file or digest.toml is invalid.
    """
    settings = settings or load_settings()
    metrics = Metrics(settings)
    observers = [metrics, RequestLog(texts=settings.log_text), tracing(), observer]
    observer = Observers([each for each in observers if each])
    app = FastAPI(
        title="Briefing",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=_lifespan,
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.warm_first = False
    app.state.metrics = metrics
    app.state.gate = Gate(settings, observer)
    app.state.observer = observer
    app.state.digests = Digests.of(settings)
    service = Service(briefer or Briefer.of(settings), settings, observer, guard)
    app.state.service = service
    app.state.jobs = Jobs(service, settings, partial(briefs.job_line, service, settings))
    install_headers(app, settings.cors_origins)
    app.add_middleware(Envelope, observer=observer)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.trusted_proxies)
    install_handlers(app)
    routers = (
        briefs.briefs_router,
        jobs.jobs_router,
        digests.digests_router,
        system.system_router,
        page.page_router,
    )
    for router in routers:
        app.include_router(router)
    system.mount_files(app)
    install_openapi(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    warming = asyncio.create_task(service.warm())
    try:
        if app.state.warm_first:
            await asyncio.shield(warming)
        app.state.jobs.start()
        yield
    finally:
        await app.state.jobs.close()
        app.state.gate.usage.close()
        warming.cancel()
        with suppress(asyncio.CancelledError):
            await warming
        await service.close()
