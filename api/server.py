"""Run the service with uvicorn: listen, load the model, serve, drain.

A timeout on request heads, which uvicorn lacks, stops clients that send them slowly (Slowloris).
"""

import asyncio
import ipaddress
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus
from types import FrameType
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from briefing.api.app import create_app
from briefing.api.keys import KeyFile
from briefing.api.logs import logging_to
from briefing.api.problems import MEDIA_TYPE, ProblemResponse, problem
from briefing.api.service import Service
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.errors import BriefingError, ConfigError


class Protocol(H11Protocol):
    """HTTP/1.1 connection with a head timeout; protocol errors are problem documents."""

    head_seconds = 10.0
    _timer: asyncio.TimerHandle | None = None

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
        """Stop the timeout."""
        self._stop_timer()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer invalid HTTP."""
        self._refuse("bad-request", f"{msg} Send an HTTP/1.1 request.")

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
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Content-Length: {len(response.body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + bytes(response.body))
        self.transport.close()


def protocol(head_seconds: float) -> type[Protocol]:
    """Return a `Protocol` with a head timeout of ``head_seconds``."""
    attributes: dict[str, Any] = {"head_seconds": head_seconds}
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
    """Uvicorn server that drains on the first signal and exits on the second."""

    interrupted = False
    on_drain: Callable[[], None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Drain on the first SIGINT or SIGTERM; exit at once on the next."""
        if self.should_exit:
            # The model's threads cannot be interrupted. No data is lost: the store writes in
            # transactions.
            os._exit(128 + sig)
        self.interrupted = sig == signal.SIGINT
        self.should_exit = True
        if self.on_drain:
            self.on_drain()


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
) -> None:
    """Serve on ``listener`` in this process until stopped; raises what `run_server` does."""
    app = create_app(settings, make(settings))
    service: Service = app.state.service
    config = uvicorn.Config(
        app,
        http=protocol(settings.header_timeout),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application itself believes `trusted_proxies`
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=int(settings.grace) + _AFTER_GRACE,
    )
    server = kind(config)
    server.on_drain = lambda: service.drain(settings.grace)
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
