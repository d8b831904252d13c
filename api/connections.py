"""Connections: the sockets that the service listens on, and HTTP/1.1 on each connection.

The protocol is uvicorn's, with the limits that it lacks. A timeout on request heads stops clients
that send them slowly (Slowloris), and one on what is sent stops clients that read nothing.
"""

import asyncio
import ipaddress
import logging
import math
import os
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from errno import EADDRINUSE
from http import HTTPStatus
from pathlib import Path
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from briefing.api.keys import KeyFile
from briefing.api.metrics import Observer
from briefing.api.problems import MEDIA_TYPE, ProblemResponse, problem
from briefing.config import Settings
from briefing.errors import BriefingError, ConfigError

_log = logging.getLogger(__name__)
BACKLOG = 1024


class ServerError(BriefingError):
    """The server cannot listen on its address."""

    code = "cannot-serve"
    exit_code = 3


@contextmanager
def listener_of(settings: Settings) -> Iterator[socket.socket]:
    """Yield the socket to serve on: a Unix socket, or an address, public only with API keys.

    Raises:
        ConfigError: the file of the keys is lost. ConfigError, ServerError: see `listen` and
            `listen_unix`.
    """
    keys = KeyFile(settings.keys_file, settings.keys_mark)
    if keys.lost:
        raise ConfigError(keys.lost)
    if settings.uds:
        with listen_unix(settings.uds) as listener:
            yield listener
        return
    public = settings.without_keys or bool(keys.all())
    with listen(settings.host, settings.port, public=public) as listener:
        yield listener


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


def check_certificate(settings: Settings) -> None:
    """Check that the TLS files can be used.

    Raises:
        ConfigError: they cannot.
    """
    if settings.tls_key and not settings.tls_cert:
        raise ConfigError("tls_key is set without tls_cert; set both, or neither")
    if not settings.tls_cert:
        return
    import ssl

    try:
        # A key with a passphrase would be asked for on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.tls_cert, settings.tls_key, password=lambda: ""
        )
    except (OSError, ValueError) as error:
        key = f" with tls_key {settings.tls_key}" if settings.tls_key else ""
        raise ConfigError(
            f"cannot use tls_cert {settings.tls_cert}{key}: {error}; both must be PEM files that "
            "belong together and can be read, the key without a passphrase"
        ) from error


@contextmanager
def listen_unix(path: Path) -> Iterator[socket.socket]:
    """Yield a Unix socket that listens on ``path``, for owner and group; remove it afterwards.

    Raises:
        ServerError: the path cannot be used, or a server listens on it.
    """
    listener = socket.socket(socket.AF_UNIX)
    try:
        _remove_stale(path)
        before = os.umask(0o117)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ServerError(
            f"cannot listen on {path}: {error.strerror or error}; stop the process that uses it, "
            "or choose another path with --uds, in a folder that exists"
        ) from error
    try:
        with listener:
            yield listener
    finally:
        path.unlink(missing_ok=True)


def _remove_stale(path: Path) -> None:
    """Remove the socket of a server that was killed. Raises OSError if one listens on it."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(EADDRINUSE, os.strerror(EADDRINUSE))


def url_of(listener: socket.socket, scheme: str) -> str:
    """Return the URL of what is served on a socket, for the log."""
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


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


class Timer:
    """One call that is to come after some time, at most."""

    _handle: asyncio.TimerHandle | None = None

    def __bool__(self) -> bool:
        """Whether it was started, and not stopped since."""
        return self._handle is not None

    def start(
        self, loop: asyncio.AbstractEventLoop, seconds: float, call: Callable[..., None], *args: Any
    ) -> None:
        """Call after so many seconds; a call that was to come before must have been stopped."""
        self._handle = loop.call_later(seconds, call, *args)

    def stop(self) -> None:
        """Let the call not come."""
        if self._handle:
            self._handle.cancel()
            self._handle = None


class Protocol(H11Protocol):
    """HTTP/1.1 connection with timeouts of its head and of a client that reads nothing.

    Protocol errors are problem documents. Beyond ``most`` connections, further ones are refused.

    A client may close its sending side after a request and still read the response. One that is
    gone looks the same until something is sent to it, which it resets: hence the beginning of the
    response, which is always the same, is sent byte by byte before the response is there.
    """

    head_seconds = 10.0
    send_seconds = 60.0
    most = 1_000
    warned = -math.inf
    """When too many connections were last told of, in the event loop's time."""
    observer = Observer()
    conn: Connection
    _half_closed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = Connection(h11.SERVER)
        self._timer, self._unsent_timer, self._probe_timer = Timer(), Timer(), Timer()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout of the first request's head, unless there are too many connections."""
        super().connection_made(transport)
        if self.client is None and transport.get_extra_info("socket").family == socket.AF_UNIX:
            self.client = ("unix", 0)  # for the log, and for `trusted_proxies`
        # So that `pause_writing` is called as soon as anything is left that the client has not
        # taken, and `resume_writing` when it has taken everything. TLS transports pause at the
        # limit, not beyond it: at 0 they would when nothing is left, and go on after a write only.
        transport.set_write_buffer_limits(high=1 if self.scheme == "https" else 0, low=0)
        if len(self.connections) > self.most:
            self._be_crowded()
        self._start_timer()

    def data_received(self, data: bytes) -> None:
        """Stop the timeout when the head is complete; start it when a new one begins."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._timer.stop()
        elif not self._timer and self._has_begun():
            self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeouts."""
        for timer in (self._timer, self._unsent_timer, self._probe_timer):
            timer.stop()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the timeout of a client that reads nothing."""
        super().pause_writing()
        self._watch_unsent()

    def resume_writing(self) -> None:
        """Stop the timeout."""
        self._unsent_timer.stop()
        super().resume_writing()

    def _watch_unsent(self) -> None:
        unsent = self.transport.get_write_buffer_size()
        self._unsent_timer.start(self.loop, self.send_seconds, self._check_unsent, unsent)

    def _check_unsent(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._watch_unsent()
            return
        if exchange := self.cycle and self.cycle.scope["state"].get("exchange"):
            exchange.gone = True
        self.transport.abort()  # `close` would wait for the client

    def _be_crowded(self) -> None:
        """Answer 503, or close at once where there are far too many."""
        kind, now = type(self), self.loop.time()
        if now - kind.warned > _MINUTE:
            kind.warned = now
            _log.warning(
                "more than %d connections are open: further ones are refused; raise "
                "max_connections, or have a proxy limit them",
                self.most,
            )
        self.app_state = {**self.app_state, "crowded": True}
        if len(self.connections) > self.most + max(8, self.most // 10):
            self.transport.abort()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection if the client has sent a whole request and may wait for it."""
        self._half_closed = self._owes_answer() and self.scheme == "http"
        if self._half_closed:
            self._timer.stop()
            self._probe(_PROBES)
        return self._half_closed

    def on_response_complete(self) -> None:
        """Go on with the next request; close after the last one of a client that sends no more."""
        super().on_response_complete()
        if self._half_closed and not self._owes_answer():
            self.transport.close()

    def _should_upgrade(self) -> bool:
        """Go on in HTTP/1.1 whatever a client would rather speak (RFC 9110, 7.8)."""
        return False

    def _owes_answer(self) -> bool:
        return bool(self.cycle and not self.cycle.response_complete and not self.cycle.more_body)

    def _probe(self, seconds: Sequence[float]) -> None:
        if seconds:
            self._probe_timer.start(self.loop, seconds[0], self._send_ahead, seconds[1:])

    def _send_ahead(self, seconds: Sequence[float]) -> None:
        if self.cycle.response_started or self.transport.is_closing():
            return
        self.transport.write(_STATUS_LINE[self.conn.ahead : self.conn.ahead + 1])
        self.conn.ahead += 1
        self._probe(seconds)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answer invalid HTTP."""
        self._refuse("bad-request", self.conn.fault)

    def _start_timer(self) -> None:
        self._timer.start(self.loop, self.head_seconds, self._timed_out)

    def _has_begun(self) -> bool:
        return bool(self.conn.trailing_data[0])

    def _timed_out(self) -> None:
        # Between requests, the keep-alive timeout applies instead.
        self._timer.stop()
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


def protocol(settings: Settings, observer: Observer) -> type[Protocol]:
    """Return a `Protocol` with the timeouts and the most connections of ``settings``."""
    attributes: dict[str, Any] = {
        "head_seconds": settings.header_timeout,
        "send_seconds": settings.send_timeout,
        "most": _connections(settings.max_connections),
        "observer": observer,
    }
    return type("Protocol", (Protocol,), attributes)


_MINUTE = 60.0
_OWN_FILES = 128
"""Files that the service needs beside its connections: pipes, stores, pages that it fetches."""


def _connections(most: int) -> int:
    """Return how many connections there are file descriptors for, at most ``most``.

    The limit of this process is raised as far as it may be.
    """
    try:
        import resource
    except ImportError:  # Windows
        return most
    needed = most + most // 10 + _OWN_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return most
    least = max(soft - _OWN_FILES, soft // 2)
    fitting = least - least // 10
    _log.warning(
        "at most %d connections are accepted, not %d (max_connections): this process may open %d "
        "files; raise `ulimit -n`, or LimitNOFILE under systemd",
        *(fitting, most, soft),
    )
    return fitting
