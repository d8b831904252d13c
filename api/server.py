"""Run the service with uvicorn: listen, load the model, serve, drain.

A timeout on request heads, which uvicorn lacks, stops clients that send them slowly (Slowloris).
"""

import asyncio
import ipaddress
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from http import HTTPStatus
from types import FrameType
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from briefing.api.app import create_app
from briefing.api.keys import KeyFile
from briefing.api.logs import logging_to
from briefing.api.metrics import Observer
from briefing.api.problems import MEDIA_TYPE, ProblemResponse, problem
from briefing.api.service import Service
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.errors import BriefingError, ConfigError


class Connection(h11.Connection):
    """HTTP/1.1 state machine that takes targets in absolute form, and refuses ambiguous framing.

    ``ahead`` is how many bytes of the next response have been sent already; ``fault`` is what is
    wrong with a request, where that is known.
    """

    ahead = 0
    fault = "Invalid HTTP request received. Send an HTTP/1.1 request."

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return the next event.

        Raises:
            RemoteProtocolError: the request is not valid HTTP.
        """
        event = super().next_event()
        return self._checked(event) if isinstance(event, h11.Request) else event

    def send(self, event: h11.Event) -> bytes | None:  # type: ignore[override]
        """Return what is left to send of an event."""
        data = super().send(event)
        if data and self.ahead:
            data, self.ahead = data[self.ahead :], 0
        return data

    def _checked(self, request: h11.Request) -> h11.Request:
        names = [name for name, _ in request.headers]
        if b"transfer-encoding" in names and b"content-length" in names:
            # One of the two is a lie, perhaps a smuggled request (RFC 9112, 6.1).
            self.fault = "Content-Length and Transfer-Encoding are both given: send one of them."
            raise h11.RemoteProtocolError(self.fault)
        match = _ABSOLUTE.match(request.target)
        if not match:
            return request
        # The target's authority goes before the header (RFC 9112, 3.2.2).
        authority, rest = match[1], request.target[match.end() :]
        others = [(name, value) for name, value in request.headers if name != b"host"]
        return h11.Request(
            method=request.method,
            headers=[(b"host", authority), *others],
            target=rest if rest.startswith(b"/") else b"/" + rest,
            http_version=request.http_version,
        )


_ABSOLUTE = re.compile(rb"https?://([^/?#]*)", re.I)
_STATUS_LINE = b"HTTP/1.1 "
"""How every response begins."""
_PROBES = (0.0, 0.25, 0.75, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds before each byte of `_STATUS_LINE` that is sent to a client that has closed its side."""


class Protocol(H11Protocol):
    """HTTP/1.1 connection with a head timeout; protocol errors are problem documents.

    A client may close its sending side after a request and still read the response. One that is
    gone looks the same until something is sent to it, which it resets: hence the beginning of the
    response, which is always the same, is sent byte by byte before the response is there.
    """

    head_seconds = 10.0
    observer = Observer()
    conn: Connection
    _timer: asyncio.TimerHandle | None = None
    _probe_timer: asyncio.TimerHandle | None = None
    _half_closed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = Connection(h11.SERVER)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout of the first request's head."""
        super().connection_made(transport)
        self._start_timer()

    def data_received(self, data: bytes) -> None:
        """Stop the timeout when the head is complete; start it when a new one begins."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_timer()
        elif self._timer is None and self._has_begun():
            self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeouts."""
        self._stop_timer()
        self._stop_probe()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection if the client has sent a whole request and may wait for it."""
        self._half_closed = self._owes_answer() and self.scheme == "http"
        if self._half_closed:
            self._stop_timer()
            self._probe(_PROBES)
        return self._half_closed

    def on_response_complete(self) -> None:
        """Go on with the next request; close after the last one of a client that sends no more."""
        super().on_response_complete()
        if self._half_closed and not self._owes_answer():
            self.transport.close()

    def _owes_answer(self) -> bool:
        return bool(self.cycle and not self.cycle.response_complete and not self.cycle.more_body)

    def _probe(self, seconds: Sequence[float]) -> None:
        if seconds:
            self._probe_timer = self.loop.call_later(seconds[0], self._send_ahead, seconds[1:])

    def _send_ahead(self, seconds: Sequence[float]) -> None:
        if self.cycle.response_started or self.transport.is_closing():
            return
        self.transport.write(_STATUS_LINE[self.conn.ahead : self.conn.ahead + 1])
        self.conn.ahead += 1
        self._probe(seconds)

    def _stop_probe(self) -> None:
        if self._probe_timer:
            self._probe_timer.cancel()
            self._probe_timer = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answer invalid HTTP."""
        self._refuse("bad-request", self.conn.fault)

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(self.head_seconds, self._timed_out)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _has_begun(self) -> bool:
        return bool(self.conn.trailing_data[0])

    def _timed_out(self) -> None:
        # Between requests, the keep-alive timeout applies instead.
        self._timer = None
        in_head = self.conn.their_state is h11.IDLE and (self.cycle is None or self._has_begun())
        if in_head and not self.transport.is_closing():
            detail = f"The request head was not complete after {self.head_seconds:g} seconds."
            self._refuse("head-too-slow", f"{detail} Send it again.")

    def _refuse(self, code: str, detail: str) -> None:
        response = ProblemResponse(problem(code, detail))
        status = HTTPStatus(response.status_code)
        self.observer.problem(code)
        fields = {"status": status.value, "client": (self.client or ("",))[0], "problem": code}
        _log.info("request refused", extra={"fields": fields})
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Content-Length: {len(response.body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write((head.encode("ascii") + bytes(response.body))[self.conn.ahead :])
        self.transport.close()


def protocol(head_seconds: float, observer: Observer) -> type[Protocol]:
    """Return a `Protocol` with a head timeout of ``head_seconds``."""
    attributes: dict[str, Any] = {"head_seconds": head_seconds, "observer": observer}
    return type("Protocol", (Protocol,), attributes)


_log = logging.getLogger(__name__)
BACKLOG = 1024
KEEP_ALIVE = 75
"""Keep-alive timeout in seconds, longer than that of clients and proxies (5 to 60), so that none
sends a request on a connection that is just being closed."""
_AFTER_GRACE = 5
"""Seconds after the grace period to answer requests that are still waiting."""


class ServerError(BriefingError):
    """The server cannot listen on its address."""

    code = "cannot-serve"
    exit_code = 3


class Server(uvicorn.Server):
    """Uvicorn server that drains on the first signal and exits on the second.

    For ``delay`` seconds it serves on, but is not ready.
    """

    service: Service
    delay = 0.0
    grace = 0.0
    stopping = False
    interrupted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Drain on the first SIGINT or SIGTERM; exit at once on the next."""
        if self.stopping:
            # The model's threads cannot be interrupted. No data is lost: the store writes in
            # transactions.
            os._exit(128 + sig)
        self.stopping = True
        self.interrupted = sig == signal.SIGINT
        self.service.leave()
        if self.delay and self.started:
            asyncio.get_running_loop().call_later(self.delay, self._drain)
        else:
            self._drain()

    def _drain(self) -> None:
        self.should_exit = True
        self.service.drain(self.grace)


BrieferMaker = Callable[[Settings], Briefer]
"""Creates the briefer for the settings; must be picklable, for worker processes."""


def run_server(settings: Settings, make: BrieferMaker = Briefer.of) -> None:
    """Serve until stopped, in ``settings.workers`` processes. ``make`` creates the briefer.

    Raises:
        ConfigError: the address is public and there are no API keys, or they cannot be read.
        ServerError: the address or port cannot be used.
        BriefingError: the model cannot be used.
        KeyboardInterrupt: stopped by the user, after requests in progress were answered.
    """
    public = settings.without_keys or bool(KeyFile(settings.keys_file).all())
    with listen(settings.host, settings.port, public=public) as listener:
        if settings.workers > 1:
            from briefing.api.workers import supervise

            supervise(settings, listener, make)
        else:
            serve_app(settings, listener, make)


def serve_app(
    settings: Settings,
    listener: socket.socket,
    make: BrieferMaker = Briefer.of,
    kind: type[Server] = Server,
    *,
    warm_first: bool = False,
) -> None:
    """Serve on ``listener`` in this process until stopped; raises what `run_server` does.

    With ``warm_first``, connections are accepted once the model is loaded.
    """
    app = create_app(settings, make(settings))
    app.state.warm_first = warm_first
    service: Service = app.state.service
    config = uvicorn.Config(
        app,
        http=protocol(settings.header_timeout, app.state.observer),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application itself believes `trusted_proxies`
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=int(settings.grace) + _AFTER_GRACE,
    )
    server = kind(config)
    server.service = service
    server.delay, server.grace = settings.drain_delay, settings.grace
    service.on_failure = lambda: setattr(server, "should_exit", True)
    with logging_to(sys.stderr, settings):
        _log.info("listening on %s", _url(listener))
        server.run(sockets=[listener])
    if service.failure:
        raise service.failure
    if server.interrupted:
        raise KeyboardInterrupt


def listen(host: str, port: int, *, public: bool = False) -> socket.socket:
    """Return a socket that listens on ``host``, a loopback address unless ``public`` is true.

    Raises:
        ConfigError: the address is not loopback and ``public`` is false.
        ServerError: the address or port cannot be used.
    """
    family, address = _resolve(host, port)
    if not public and not ipaddress.ip_address(address[0].partition("%")[0]).is_loopback:
        raise ConfigError(
            f"{host or 'every address'} is reachable from other machines, and there are no API "
            "keys; add one with `briefing keys add NAME`, or pass --without-keys to allow "
            "unauthenticated access"
        )
    try:
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise ServerError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; stop the process "
            "that uses the port, or choose another with --port (0 for any free port)"
        ) from error


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Resolve ``host`` to its first address; an empty host means all interfaces."""
    try:
        addresses = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise ServerError(f"cannot resolve host {host!r}; try --host 127.0.0.1") from error
    family, _, _, _, address = addresses[0]
    return family, (str(address[0]), int(address[1]))


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
