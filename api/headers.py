"""Headers that go with every answer: what a browser may do with it, and what the key has left."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY = {
    # An answer is shown as what it says it is, in no frame, and loads nothing; a page of ours
    # brings a policy of its own.
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Those that an answer has unless it says otherwise (OWASP Secure Headers Project). There is no
Strict-Transport-Security: TLS ends at the proxy, which knows whether all of its host has it."""


ASKED = (
    *("Accept", "Authorization", "Content-Encoding", "Content-Type", "Idempotency-Key"),
    *("If-None-Match", "X-API-Key", "X-Request-ID", "X-Request-Timeout"),
)
"""Headers that a page of another site may send, once its origin is let in."""
SHOWN = ("ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID")
"""Headers of the answer that it sees."""


def install_headers(app: FastAPI, origins: Sequence[str]) -> None:
    """Add the headers to every answer; pages of ``origins`` may ask, and of no other site."""
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=ASKED,
            expose_headers=SHOWN,
        )
    app.add_middleware(AnswerHeaders)


class AnswerHeaders:
    """ASGI middleware that adds them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
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
    found: dict[str, str] = quota.headers() if quota else {}
    return found
