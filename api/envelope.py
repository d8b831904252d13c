"""Around every request: its id, its last resort, and a close that the client lives to see."""

import asyncio
import logging
import re
import time
from contextlib import suppress
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ClientGone
from api.observer import Observer
from api.problems import INTERNAL, ProblemResponse, problem

ID_HEADER = "X-Request-ID"
LINGER = 5.0
"""Seconds that the rest of a refused body is read and thrown away."""

_ID = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)
_log = logging.getLogger(__name__)


class Envelope:
    """ASGI middleware, outside of everything but the framework's own."""

    def __init__(self, app: ASGIApp, observer: Observer, send_timeout: float) -> None:
        self._app = app
        self._observer = observer
        self._send_timeout = send_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        exchange = _Exchange(scope, receive, send, self._send_timeout)
        scope.setdefault("state", {})["request_id"] = exchange.id
        headers = Headers(scope=scope)
        self._observer.began(method=scope["method"], id=exchange.id, headers=headers)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:
            if not exchange.gone:
                _log.exception("request %s failed", exchange.id)
                await self._apologise(exchange, scope)
        finally:
            self._observer.request(
                route=_route(scope),
                method=scope["method"],
                status=499 if exchange.gone else exchange.status,
                seconds=time.perf_counter() - began,
                id=exchange.id,
                received=exchange.received,
                sent=exchange.sent,
            )

    @staticmethod
    async def _apologise(exchange: "_Exchange", scope: Scope) -> None:
        """With a problem document; an answer that has begun is left unfinished, which shows."""
        if not exchange.status:
            answer = ProblemResponse(problem("internal-error", INTERNAL))
            await answer(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, send_timeout: float) -> None:
        headers = Headers(scope=scope)
        given = headers.get(ID_HEADER, "")
        self.id = given if _ID.fullmatch(given) else uuid4().hex
        self.status = 0
        self.gone = False
        self.received = 0
        self.sent = 0
        self._receive = receive
        self._send = send
        self._send_timeout = send_timeout
        self._unread = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        self._held_back = headers.get("expect", "").lower() == "100-continue"

    async def receive(self) -> Message:
        """The next part of the body, noting whether it was the last one."""
        self._held_back = False
        message = await self._receive()
        self.received += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            self._unread = False
        return message

    async def send(self, message: Message) -> None:
        """A part of the answer.

        Raises:
            ClientGone: the client reads nothing.
        """
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
        """Read on for a while: closing on a client that still sends would reset the connection,
        and it would never see the answer (RFC 9112, 9.6). One that waits to be told to go on
        sends nothing.
        """
        if self._held_back:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while self._unread:
                    await self.receive()

    async def _pass_on(self, message: Message) -> None:
        try:
            async with asyncio.timeout(self._send_timeout):
                await self._send(message)
            self.sent += len(message.get("body", b""))
        except TimeoutError as error:
            self.gone = True
            raise ClientGone("The client reads nothing.") from error


def _route(scope: Scope) -> str:
    """The path as the route names it, one name for all that lead nowhere."""
    return getattr(scope.get("route"), "path", "")
