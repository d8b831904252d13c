"""Several processes that serve on one socket, and the one that keeps them going.

The parent opens the socket, loads no model, and replaces a worker that dies. A pipe to each worker
carries what it is told, and tells it, by its end, that the parent is gone.
"""

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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from prometheus_client.multiprocess import mark_process_dead

from api.logs import logging_to
from api.server import Make, Server, ServerError, serve
from briefing.config import Settings
from briefing.errors import BriefingError
from briefing.models.ct2 import cores

_log = logging.getLogger(__name__)
_METRICS = "PROMETHEUS_MULTIPROC_DIR"
_DRAIN, _END = b"drain", b"end"
_YOUNG = 10.0
"""Seconds; a worker that dies younger is replaced after a while, each time a longer one."""
_LONGEST_WAIT = 30.0


@dataclass(eq=False, slots=True)
class _Worker:
    """A process, the pipe to it, and when it was started."""

    process: BaseProcess
    pipe: Connection
    since: float = field(default_factory=time.monotonic)

    def tell(self, what: bytes) -> None:
        """Send to it; it may be gone."""
        with suppress(OSError):
            self.pipe.send_bytes(what)

    def error(self) -> BriefingError | None:
        """What it died of, where it said so."""
        with suppress(EOFError, OSError):
            if self.pipe.poll():
                found = self.pipe.recv()
                return found if isinstance(found, BriefingError) else None
        return None


def supervise(settings: Settings, listener: socket.socket, make: Make) -> None:
    """Serve in ``settings.workers`` processes until stopped.

    Raises:
        BriefingError: a worker cannot start, because of the model or the settings.
        KeyboardInterrupt: the user stopped it; requests in progress have been answered.
    """
    with logging_to(sys.stderr, settings), _metrics_folder() as folder, _signals() as arrived:
        if settings.cache_path is None:
            _log.warning(
                "each of the %d workers keeps results and idempotency keys of its own; set "
                "cache_path to share them",
                settings.workers,
            )
        _Supervisor(settings, listener, make, folder, arrived).run()


class _Supervisor:
    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        make: Make,
        folder: str,
        arrived: socket.socket,
    ) -> None:
        threads = settings.threads or max(1, cores() // settings.workers)
        self._settings = settings.model_copy(update={"threads": threads})
        self._listener = listener
        self._make = make
        self._folder = folder
        self._arrived = arrived
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
                [self._arrived, *(worker.process.sentinel for worker in self._workers)],
                timeout=self._until_due(),
            )
            if self._arrived in ready:
                self._signalled(self._arrived.recv(64))
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
        # Not forked: this process has threads.
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
        pid, code = worker.process.pid, worker.process.exitcode
        mark_process_dead(pid, self._folder)  # type: ignore[no-untyped-call]
        error = worker.error()
        worker.pipe.close()
        if self._stopping:
            return
        if error or code == ServerError.exit_code:
            self._failure = error or ServerError("a worker could not start; its log says why")
            self._stop()
            return
        self._early = self._early + 1 if time.monotonic() - worker.since < _YOUNG else 0
        pause = min(_LONGEST_WAIT, 2.0**self._early - 1)
        _log.error("worker %s ended with %s; another starts in %.0f s", pid, code, pause)
        self._due.append(time.monotonic() + pause)

    def _signalled(self, received: bytes) -> None:
        for number in received:
            if self._stopping:
                for worker in self._workers:
                    worker.tell(_END)
                os._exit(128 + number)
            self._interrupted = number == signal.SIGINT
            self._stop()

    def _stop(self) -> None:
        self._stopping = True
        for worker in self._workers:
            worker.tell(_DRAIN)


@contextmanager
def _metrics_folder() -> Iterator[str]:
    """A folder for the metrics of all workers, named to them by the environment."""
    folder = tempfile.mkdtemp(prefix="briefing-metrics-")
    os.environ[_METRICS] = folder
    try:
        yield folder
    finally:
        del os.environ[_METRICS]
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket that gives the number of each SIGINT and SIGTERM, in place of their handlers."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before = {sig: signal.signal(sig, _ignored) for sig in (signal.SIGINT, signal.SIGTERM)}
    earlier = signal.set_wakeup_fd(theirs.fileno())
    try:
        yield ours
    finally:
        signal.set_wakeup_fd(earlier)
        for sig, handler in before.items():
            signal.signal(sig, handler)
        ours.close()
        theirs.close()


def _ignored(*_: object) -> None:
    """A handler, so that the signal reaches the wake-up socket."""


class _WorkerServer(Server):
    """A server whose end is the parent's to hasten: signals to the whole group only drain."""

    def handle_exit(self, sig: int, frame: object) -> None:  # noqa: ARG002
        """Begin to shut down, once."""
        if not self.should_exit:
            super().handle_exit(signal.SIGTERM, None)


def _work(settings: Settings, listener: socket.socket, make: Make, parent: Connection) -> None:
    """In the worker: serve until the parent says so or is gone."""
    threading.Thread(target=_obey, args=(parent,), daemon=True, name="parent").start()
    try:
        serve(settings, listener, make, _WorkerServer)
    except BriefingError as error:
        with suppress(OSError):
            parent.send(error)
        raise SystemExit(error.exit_code) from None


def _obey(parent: Connection) -> None:
    """Drain when told to, or when the parent is gone; end when told that."""
    told = b""
    while told != _END:
        try:
            told = parent.recv_bytes()
        except (EOFError, OSError):
            os.kill(os.getpid(), signal.SIGTERM)
            return
        if told == _DRAIN:
            os.kill(os.getpid(), signal.SIGTERM)
    os._exit(128 + signal.SIGTERM)
