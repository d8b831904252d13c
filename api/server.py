"""Run the service with uvicorn: listen, load the model, serve, drain; in one process or several.

Several worker processes serve on one socket, under a supervisor. The parent opens the socket, loads
no model, and replaces workers that die. It controls each worker over a pipe; when the pipe closes,
the worker knows that the parent is gone.
"""

import asyncio
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType

import uvicorn
from prometheus_client.multiprocess import mark_process_dead

from briefing.api.app import create_app
from briefing.api.connections import ServerError, check_certificate, listener_of, protocol, url_of
from briefing.api.logs import logging_to
from briefing.api.service import Service
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.errors import BriefingError
from briefing.models.backend import cores

_log = logging.getLogger(__name__)
KEEP_ALIVE = 75
"""Keep-alive timeout in seconds, longer than that of clients and proxies (5 to 60), so that none
sends a request on a connection that is just being closed."""
_AFTER_GRACE = 5
"""Seconds after the grace period to answer requests that are still waiting."""


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
    check_certificate(settings)
    with listener_of(settings) as listener:
        if settings.workers > 1:
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
    _return_large_buffers()
    sys.setswitchinterval(_TURN_OF_A_THREAD)
    app = create_app(settings, make(settings))
    app.state.warm_first = warm_first
    service: Service = app.state.service
    with logging_to(sys.stderr, settings):
        connection = protocol(settings, app.state.observer)
    config = uvicorn.Config(
        app,
        http=connection,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application itself believes `trusted_proxies`
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=int(settings.grace) + _AFTER_GRACE,
    )
    server = kind(config)
    server.service = service
    server.delay, server.grace = settings.drain_delay, settings.grace
    service.on_failure = lambda: setattr(server, "should_exit", True)
    with logging_to(sys.stderr, settings):
        _log.info("listening on %s", url_of(listener, "https" if settings.tls_cert else "http"))
        server.run(sockets=[listener])
    if service.failure:
        raise service.failure
    if server.interrupted:
        raise KeyboardInterrupt


def _return_large_buffers() -> None:
    """Have glibc give the memory of bodies back once they are freed.

    By default it keeps blocks of any size that was freed before, up to 32 MB, for later ones.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 4_000_000)


_TURN_OF_A_THREAD = 0.001
"""Seconds after which a thread that plans or checks lets the event loop go on: each step of every
request may wait for one, by default 5 ms."""
_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of malloc.h: the size from which a block is mapped on its own."""


_METRICS = "PROMETHEUS_MULTIPROC_DIR"
_DRAIN, _END = b"drain", b"end"
_EARLY_DEATH = 10.0
"""Seconds; workers that die sooner are replaced with exponential backoff."""
_REAP = 2.0
"""Seconds to wait for the exit code of a worker that has ended."""
_MAX_BACKOFF = 30.0
"""Seconds."""


def restart_pause(early: int) -> float:
    """Return the seconds before a worker is replaced, after ``early`` early deaths in a row."""
    doublings = min(early, int(_MAX_BACKOFF))  # a float ends at 1023
    return min(_MAX_BACKOFF, 2.0**doublings - 1)


@dataclass(eq=False, slots=True)
class _Worker:
    """A worker process, the pipe to it, and its start time."""

    process: BaseProcess
    pipe: Connection
    since: float = field(default_factory=time.monotonic)

    def send(self, command: bytes) -> None:
        """Send a command; the process may be gone."""
        with suppress(OSError):
            self.pipe.send_bytes(command)

    def error(self) -> BriefingError | None:
        """Return the error that the worker reported before it exited, if any."""
        with suppress(EOFError, OSError):
            if self.pipe.poll():
                error = self.pipe.recv()
                return error if isinstance(error, BriefingError) else None
        return None


def supervise(settings: Settings, listener: socket.socket, make: BrieferMaker) -> None:
    """Serve in ``settings.workers`` processes until stopped.

    Raises:
        BriefingError: a worker cannot start with this model or these settings.
        KeyboardInterrupt: stopped by the user, after requests in progress were answered.
    """
    with logging_to(sys.stderr, settings), _metrics_folder() as folder, _signals() as signals:
        if settings.cache_path is None:
            _log.warning(
                "each of the %d workers has its own result cache and idempotency keys; set "
                "cache_path to share them",
                settings.workers,
            )
        if settings.jobs_path is None and settings.cache_path is None:
            # Any worker may be asked for a job.
            settings = settings.model_copy(update={"jobs_path": Path(folder, "jobs.sqlite")})
        _Supervisor(settings, listener, make, folder, signals).run()


class _Supervisor:
    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        make: BrieferMaker,
        folder: str,
        signals: socket.socket,
    ) -> None:
        threads = settings.threads or max(1, cores() // settings.workers)
        self._settings = settings.model_copy(update={"threads": threads})
        self._listener = listener
        self._make = make
        self._folder = folder
        self._signals = signals
        self._workers: list[_Worker] = []
        self._due: list[float] = []
        self._early = 0
        self._stopping = False
        self._interrupted = False
        self._failure: BriefingError | None = None

    def run(self) -> None:
        self._due = [time.monotonic()] * self._settings.workers
        while self._workers or (self._due and not self._stopping):
            self._start_due()
            ready = wait(
                [self._signals, *(worker.process.sentinel for worker in self._workers)],
                timeout=self._until_due(),
            )
            if self._signals in ready:
                self._signalled(self._signals.recv(64))
            for worker in [each for each in self._workers if each.process.sentinel in ready]:
                self._died(worker)
        if self._failure:
            raise self._failure
        if self._interrupted:
            raise KeyboardInterrupt

    def _start_due(self) -> None:
        if self._stopping:
            self._due = []
            return
        now = time.monotonic()
        for _ in [due for due in self._due if due <= now]:
            self._workers.append(self._start())
        self._due = [due for due in self._due if due > now]

    def _until_due(self) -> float | None:
        return max(0.0, min(self._due) - time.monotonic()) if self._due else None

    def _start(self) -> _Worker:
        # Spawn, since forking a process with threads is unsafe.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_work, args=(self._settings, self._listener, self._make, theirs)
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _died(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.process.join(_REAP)  # its pipe is closed a moment before its exit code is known
        pid, code = worker.process.pid, worker.process.exitcode
        mark_process_dead(pid, self._folder)  # type: ignore[no-untyped-call]
        error = worker.error()
        worker.pipe.close()
        if self._stopping:
            return
        if error or code == ServerError.exit_code:
            self._failure = error or ServerError("a worker could not start; see its log")
            self._stop()
            return
        self._early = self._early + 1 if time.monotonic() - worker.since < _EARLY_DEATH else 0
        pause = restart_pause(self._early)
        _log.error("worker %s exited with code %s; restarting in %.0f s", pid, code, pause)
        self._due.append(time.monotonic() + pause)

    def _signalled(self, received: bytes) -> None:
        for number in received:
            if self._stopping:
                for worker in self._workers:
                    worker.send(_END)
                os._exit(128 + number)
            self._interrupted = number == signal.SIGINT
            self._stop()

    def _stop(self) -> None:
        self._stopping = True
        for worker in self._workers:
            worker.send(_DRAIN)


@contextmanager
def _metrics_folder() -> Iterator[str]:
    """Create the folder of prometheus_client's multiprocess mode, and set it in the environment.

    It has what the workers share, jobs without a file too: what killed services left is removed.
    """
    _remove_left_folders()
    folder = tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-")
    os.environ[_METRICS] = folder
    try:
        yield folder
    finally:
        del os.environ[_METRICS]
        shutil.rmtree(folder, ignore_errors=True)


_FOLDER = "briefing-metrics-"


def _remove_left_folders() -> None:
    """Remove the folders of services that are gone."""
    for path in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*-*"):
        pid = path.name.removeprefix(_FOLDER).partition("-")[0]
        with suppress(OSError, ValueError, OverflowError):
            try:
                os.kill(int(pid), 0)
            except ProcessLookupError:
                if path.stat().st_uid == os.getuid():
                    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Yield a socket that receives the number of each SIGINT and SIGTERM; handlers are replaced."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before = {sig: signal.signal(sig, _ignored) for sig in (signal.SIGINT, signal.SIGTERM)}
    previous = signal.set_wakeup_fd(theirs.fileno())
    try:
        yield ours
    finally:
        signal.set_wakeup_fd(previous)
        for sig, handler in before.items():
            signal.signal(sig, handler)
        ours.close()
        theirs.close()


def _ignored(*_: object) -> None:
    """Handle a signal by doing nothing, so that it reaches the wake-up socket."""


class _WorkerServer(Server):
    """A server that only the parent can end at once: signals to the process group drain it."""

    def handle_exit(self, sig: int, frame: object) -> None:  # noqa: ARG002
        """Drain, once."""
        if not self.stopping:
            super().handle_exit(signal.SIGTERM, None)


def _work(
    settings: Settings, listener: socket.socket, make: BrieferMaker, parent: Connection
) -> None:
    """Entry point of a worker: serve until the parent stops it or is gone."""
    threading.Thread(target=_follow_parent, args=(parent,), daemon=True, name="parent").start()
    try:
        # Its siblings accept what comes meanwhile.
        serve_app(settings, listener, make, _WorkerServer, warm_first=True)
    except BriefingError as error:
        with suppress(OSError):
            parent.send(error)
        raise SystemExit(error.exit_code) from None


def _follow_parent(parent: Connection) -> None:
    """Drain on command or when the parent is gone; exit at once on the end command."""
    command = b""
    while command != _END:
        try:
            command = parent.recv_bytes()
        except (EOFError, OSError):
            os.kill(os.getpid(), signal.SIGTERM)
            return
        if command == _DRAIN:
            os.kill(os.getpid(), signal.SIGTERM)
    os._exit(128 + signal.SIGTERM)
