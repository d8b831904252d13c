"""The application, made from settings and a briefer, and its ASGI middleware.

The middleware has the request id, HEAD, response headers, and errors as problem documents.
"""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from briefing import __version__
from briefing.api.auth import Gate
from briefing.api.jobs import Jobs
from briefing.api.logs import RequestLog, tracing
from briefing.api.metrics import Metrics, Observer, Observers
from briefing.api.openapi import install_openapi
from briefing.api.problems import (
    INTERNAL,
    Crowded,
    ProblemResponse,
    RequestError,
    plain_problem,
    problem,
    problem_of,
)
from briefing.api.routes import briefs, digests, page, system
from briefing.api.routes.digests import Digests
from briefing.api.scheduler import CLIENT
from briefing.api.service import Service
from briefing.briefer import Briefer
from briefing.config import Settings, load_settings
from briefing.errors import FRONT_END, BriefingError, InputError
from briefing.reading.guard import Guard

ID_HEADER = "X-Request-ID"
LINGER = 5.0
"""Seconds for which the rest of a refused body is read and discarded."""

_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)
_log = logging.getLogger(__name__)


class Envelope:
    """ASGI middleware: request id, request events."""

    def __init__(self, app: ASGIApp, observer: Observer) -> None:
        self._app = app
        self._observer = observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        exchange = _Exchange(scope, receive, send)
        scope.setdefault("state", {})["request_id"] = exchange.id
        headers = Headers(scope=scope)
        FRONT_END.set("service")
        CLIENT.set((scope.get("client") or ("",))[0])
        self._observer.began(method=scope["method"], id=exchange.id, headers=headers)
        scope["state"]["exchange"] = exchange
        crowded = scope["state"].get("crowded") and scope["path"] != "/healthz"
        app = _refuse_crowd if crowded else self._app
        try:
            await app(scope, exchange.receive, exchange.send)
        finally:
            state = scope["state"]
            client = (scope.get("client") or ("",))[0]
            self._observer.caller(client=client, key=state.get("key", ""))
            if code := state.get("problem"):
                self._observer.problem(code)
            self._observer.request(
                route=_route(scope),
                method=scope["method"],
                status=499 if exchange.gone else exchange.status,
                seconds=time.perf_counter() - start,
                id=exchange.id,
                received=exchange.received,
                sent=exchange.sent,
            )


async def _refuse_crowd(scope: Scope, receive: Receive, send: Send) -> None:
    response = problem_of(Crowded())
    scope["state"]["problem"] = Crowded.code
    await response(scope, receive, send)


class InternalErrors:
    """ASGI middleware: unexpected errors as problem documents, which `Envelope` counts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; a response that has begun is left incomplete, which clients see."""
        try:
            await self._app(scope, receive, send)
        except Exception:
            if scope["type"] != "http":
                raise
            exchange: _Exchange = scope["state"]["exchange"]
            if exchange.gone:
                return
            _log.exception("request %s failed", exchange.id)
            if not exchange.status:
                response = ProblemResponse(problem("internal-error", INTERNAL))
                await response(scope, receive, send)


class Heads:
    """ASGI middleware: HEAD is answered like GET, without the content (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        as_get = {**scope, "method": "GET"}
        try:
            await self._app(as_get, receive, send_head)
        finally:
            scope.update({name: as_get[name] for name in _ROUTED if name in as_get})


_ROUTED = ("route", "endpoint", "root_path")
"""What the router adds to a scope."""


class _Exchange:
    """One request and its response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        request_id = headers.get(ID_HEADER, "")
        self.id = request_id if _ID.fullmatch(request_id) else uuid4().hex
        self.status = 0
        self.gone = False
        self.received = 0
        self.sent = 0
        self._receive = receive
        self._send = send
        self._unread = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        self._awaits_continue = headers.get("expect", "").lower() == "100-continue"

    async def receive(self) -> Message:
        """Receive the next message, noting whether it ends the body."""
        self._awaits_continue = False
        message = await self._receive()
        self.received += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            self._unread = False
        return message

    async def send(self, message: Message) -> None:
        """Send a message of the response."""
        if message["type"] == "http.response.start":
            self._begin(message)
        last = message["type"] == "http.response.body" and not message.get("more_body")
        if last and self._unread:
            await self._pass_on({**message, "more_body": True})
            await self._linger()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._pass_on(message)

    def _begin(self, message: Message) -> None:
        self.status = message["status"]
        headers = MutableHeaders(scope=message)
        headers[ID_HEADER] = self.id
        if self._unread:
            headers["Connection"] = "close"

    async def _linger(self) -> None:
        """Discard the rest of the body for a while: closing the connection while the client
        still sends would reset it and lose the response (RFC 9112, 9.6). A client that waits for
        100 Continue sends nothing.
        """
        if self._awaits_continue:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while self._unread:
                    await self.receive()

    async def _pass_on(self, message: Message) -> None:
        await self._send(message)
        self.sent += len(message.get("body", b""))


def _route(scope: Scope) -> str:
    """Return the path template of the matched route or mount, "" if there is none."""
    path: str = getattr(scope.get("route"), "path", "")
    if path or "endpoint" not in scope:
        return path
    return scope.get("root_path") or str(scope["path"])


SECURITY = {
    # Responses are neither sniffed nor framed and load nothing; HTML pages set their own policy.
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Default security headers (OWASP Secure Headers Project). Strict-Transport-Security is left to
the proxy that terminates TLS, which knows whether its whole host uses it."""


_CORS_HEADERS = (
    *("Accept", "Authorization", "Content-Encoding", "Content-Type", "Idempotency-Key"),
    *("If-None-Match", "X-API-Key", "X-Request-ID", "X-Request-Timeout"),
)
"""Request headers that allowed origins may send (CORS)."""
SHOWN = ("ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID")
"""Response headers that allowed origins may read (CORS)."""


def install_headers(app: FastAPI, origins: Sequence[str]) -> None:
    """Answer HEAD, add the security headers, and CORS for ``origins``."""
    app.add_middleware(Heads)
    app.add_middleware(InternalErrors)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST", "DELETE"),
            allow_headers=_CORS_HEADERS,
            expose_headers=SHOWN,
        )
    app.add_middleware(PlainErrors)
    app.add_middleware(AnswerHeaders)


class PlainErrors:
    """ASGI middleware: errors that Starlette words in plain text, of Range and of CORS, as problem
    documents.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        text = b""

        async def send_problem(message: Message) -> None:
            nonlocal start, text
            if _is_plain_error(message):
                start = message
            elif not start:
                await send(message)
            else:
                text += message.get("body", b"")
                if not message.get("more_body"):
                    response = _worded(start, text.decode("utf-8", "replace"))
                    if scope["method"] == "HEAD":
                        response.body = b""
                    await response(scope, receive, send)

        await self._app(scope, receive, send_problem)


def _is_plain_error(message: Message) -> bool:
    if message["type"] != "http.response.start" or message["status"] < 400:
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")


def _worded(start: Message, text: str) -> Response:
    """Return the problem document for an error in plain text."""
    named = Headers(raw=start["headers"]).items()
    headers = {name: value for name, value in named if not name.startswith("content-")}
    if start["status"] == 400:
        said = f"{text.rstrip('.')}. " if text else ""
        return ProblemResponse(
            problem("bad-header", f"{said}Correct the headers of the request."), headers
        )
    if size := Headers(raw=start["headers"]).get("content-range"):
        headers["Content-Range"] = size
    return plain_problem(start["status"], headers)


class AnswerHeaders:
    """ASGI middleware that adds security and rate limit headers to responses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**SECURITY, **_quota(scope)}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with)


def _quota(scope: Scope) -> dict[str, str]:
    quota = scope.get("state", {}).get("quota")
    headers: dict[str, str] = quota.headers() if quota else {}
    return headers


def install_handlers(app: FastAPI) -> None:
    """Answer library and HTTP errors as problem documents; unexpected ones: `InternalErrors`."""
    app.add_exception_handler(BriefingError, _briefing_error)
    app.add_exception_handler(HTTPException, _http_error)


async def _briefing_error(request: Request, error: Any) -> Response:
    response = problem_of(error)
    if response.status_code >= 500 and not isinstance(error, (RequestError, InputError)):
        _log.error("%s %s: %s: %s", request.method, request.url.path, error.code, error)
    return response


async def _http_error(request: Request, error: Any) -> Response:
    if error.status_code == 404:
        detail = "There is no such path. See /docs for the API."
        return ProblemResponse(problem("not-found", detail), error.headers)
    if error.status_code == 405:
        allowed = _allowed(request) or (error.headers or {}).get("Allow", "")
        detail = f"{request.method} is not allowed here; use {allowed}."
        return ProblemResponse(problem("method-not-allowed", detail), {"Allow": allowed})
    return plain_problem(error.status_code, error.headers)


def _allowed(request: Request) -> str:
    """Return all methods of the path, for Allow (RFC 9110, 10.2.1)."""
    found = [
        method
        for method in ("GET", "POST", "DELETE")
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    ]
    with_head = [*found, *(["HEAD"] if "GET" in found else [])]
    return ", ".join(dict.fromkeys(with_head))


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
        briefs.jobs_router,
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
