"""Serve the application: the socket first, then the model, then requests, then the end."""

import ipaddress
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn

from api.factory import create_app
from api.keys import KeyFile
from api.logs import logging_to
from api.protocol import protocol
from api.service import Service
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.errors import BriefingError, ConfigError

_log = logging.getLogger(__name__)
BACKLOG = 1024
KEEP_ALIVE = 75
"""Seconds that a connection may idle: longer than clients and proxies keep theirs (5 to 60), so
that none sends a request on one that is just being closed."""
_AFTER_GRACE = 5
"""Seconds for the answers that tell who still waits at the end of the grace time."""


class ServerError(BriefingError):
    """The server cannot listen where it should."""

    code = "cannot-serve"
    exit_code = 3


class Server(uvicorn.Server):
    """Uvicorn's server, with an end of its own: the first signal drains, the second ends it."""

    interrupted = False
    on_drain: Callable[[], None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Begin to shut down on SIGINT or SIGTERM; end at once on the next."""
        if self.should_exit:
            # Threads of the model cannot be interrupted. Nothing is lost: what is kept is kept
            # in transactions.
            os._exit(128 + sig)
        self.interrupted = sig == signal.SIGINT
        self.should_exit = True
        if self.on_drain:
            self.on_drain()


Make = Callable[[Settings], Briefer]
"""Makes the briefer that the settings describe; a worker process gets it by name."""


def run(settings: Settings, make: Make = Briefer.of) -> None:
    """Serve until stopped, in ``settings.workers`` processes. ``make`` makes the briefer.

    Raises:
        ConfigError: the address is public, which needs API keys; or they cannot be used.
        ServerError: the address or port cannot be used.
        BriefingError: the model cannot be used.
        KeyboardInterrupt: the user stopped it; requests in progress have been answered.
    """
    public = settings.without_keys or bool(KeyFile(settings.keys_file).all())
    with listen(settings.host, settings.port, public=public) as listener:
        if settings.workers > 1:
            from api.workers import supervise

            supervise(settings, listener, make)
        else:
            serve(settings, listener, make)


def serve(
    settings: Settings,
    listener: socket.socket,
    make: Make = Briefer.of,
    kind: type[Server] = Server,
) -> None:
    """Serve on ``listener`` in this process until stopped; see `run` for what it raises."""
    app = create_app(settings, make(settings))
    service: Service = app.state.service
    config = uvicorn.Config(
        app,
        http=protocol(settings.header_timeout),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
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
    """A socket that listens on ``host``: this machine's own address, unless it may be ``public``.

    Raises:
        ConfigError: it is public and may not be. ServerError: it cannot be used.
    """
    family, address = _resolve(host, port)
    if not public and not ipaddress.ip_address(address[0].partition("%")[0]).is_loopback:
        raise ConfigError(
            f"{host or 'every address'} can be reached from other machines, and there are no API "
            "keys; add one with `briefing keys add NAME`, or say --without-keys as well to let "
            "anybody in"
        )
    try:
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise ServerError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; stop what listens "
            "there, or choose another port with --port (0 for any free one)"
        ) from error


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """The first address of ``host``; an empty one means every address, as for a server."""
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise ServerError(f"there is no address {host!r}; try --host 127.0.0.1") from error
    family, _, _, _, address = found[0]
    return family, (str(address[0]), int(address[1]))


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
