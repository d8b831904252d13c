"""Read untrusted documents in worker processes with limits of time and memory.

A few kilobytes of PDF can unpack to gigabytes, and deep nesting can keep an HTML parser busy for
minutes. Unlike a thread, a process can be killed. This is not a sandbox: a worker has all
permissions of its user.

A document is read by a quick worker first. If that takes much processor time, or the worker dies
for whatever reason, the document is read once more in a new process of lower priority, and all
other documents go on: a queue with two levels, as in operating systems.

What is bounded is processor time, which is the document's own. How long that takes by the clock
depends on what else the machine does: a longer bound ends what waits for too long, and says so.
"""

import asyncio
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, TypeVar

from briefing.errors import InternalError, Stalled, TooComplex
from briefing.options import MAX_CHARACTERS
from briefing.reading.text import text_limits

_TASKS = 500
"""Documents that a worker reads before it is replaced."""
_HEAVY = 2 / 3
"""A worker that took this share of its memory is replaced: its heap stays large."""
_QUICK = 0.5
"""Seconds of processor time after which a document waits for the patient worker."""
_NICE = {"quick": 2, "patient": 15}
"""Priorities of workers, below that of the process that waits for them and runs the model."""
_GRACE = 2.0
"""Seconds after which a worker that should have stopped itself is killed."""
_START = 60.0
"""Seconds for a worker to start."""
_POLL = 0.2
"""Seconds between checks whether a worker that starts is still wanted."""
_PRELOADED = "briefing.reading.preloaded"
_WALL, _LEAST_WALL = 5, 20.0
"""Seconds by the clock for each of processor time that the patient worker may take, and how many it
has at least; a quick one has half of them."""
ADVICE = "Send the article's text."
"""What helps, if a document that is no plain text is too much."""
_starting = threading.Lock()
"""Held while a process starts, so that no other process inherits its pipe."""

KillReason = Literal["time", "stalled", "memory", "died", "cancelled"]
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits of reading one document.

    ``seconds`` of processor time, ``memory`` in bytes beyond that of the libraries (on Linux only),
    and ``characters`` of the article.
    """

    seconds: float = 4.0
    memory: int = 200_000_000
    characters: int = MAX_CHARACTERS


class IsolatedReader:
    """Worker processes that read documents.

    ``processes`` quick workers, and one patient worker for what is too much for those. ``preload``
    names modules that jobs need. ``on_kill`` is called in the event loop for each worker that was
    killed or died.
    """

    def __init__(
        self,
        limits: ReadLimits,
        processes: int = 2,
        *,
        preload: Sequence[str] = (),
        on_kill: Callable[[KillReason], None] = lambda _: None,
    ) -> None:
        self._limits = limits
        self._on_kill = on_kill
        # Forking this process is unsafe, since its threads may hold locks. The forkserver has
        # imported the extraction libraries already, so a killed worker is replaced quickly.
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        modules = (_PRELOADED, *preload)
        context.set_forkserver_preload(list(modules))
        half = replace(limits, memory=limits.memory // 2)
        wall = _wall(limits.seconds)
        quick = _Task(half, modules, nice=_NICE["quick"], wall=wall / 2, cpu=_QUICK)
        patient = _Task(
            limits, modules, nice=_NICE["patient"], wall=wall, cpu=limits.seconds, once=True
        )
        self._quick = _Lane(context, quick, processes)
        self._patient = _Lane(context, patient, 1)

    def start(self) -> None:
        """Start a worker, so that the first document need not wait a second or two for it."""
        with suppress(_StoppedError):
            self._quick.start()

    async def read(
        self, job: Callable[[], _Result], *, long: bool = False, advice: str = ADVICE
    ) -> _Result:
        """Run ``job``, a picklable call of a function, in a worker; a ``long`` one in the patient
        worker at once. ``advice`` says what helps if it is too much.

        Cancelling this kills the worker.

        Raises:
            InputError: raised by the job. TooComplex: a limit was exceeded. Stalled: the machine
                was too busy.
        """
        reason: KillReason = "died"
        for lane in (self._patient,) if long else (self._quick, self._patient):
            try:
                result: _Result = await lane.run(job)
            except _StoppedError as stopped:
                reason = stopped.reason
                self._on_kill(reason)
            except asyncio.CancelledError:
                self._on_kill("cancelled")
                raise
            else:
                return result
        if reason == "time":
            seconds = f"{self._limits.seconds:g} seconds of processor time"
            raise TooComplex(f"The document was not read within {seconds}. {advice}")
        if reason == "stalled":
            raise Stalled("The machine is too busy to read the document. Try again later.")
        raise TooComplex(f"The document takes too much memory to read. {advice}")

    def close(self) -> None:
        """Kill all workers; `read` raises TooComplex from now on."""
        for lane in (self._quick, self._patient):
            lane.close()


def _wall(seconds: float) -> float:
    """Return the seconds by the clock for so many of processor time; the same where those cannot be
    bounded.
    """
    return max(_WALL * seconds, _LEAST_WALL) if hasattr(signal, "setitimer") else seconds


class _StoppedError(Exception):
    """The worker died, or was killed."""

    def __init__(self, reason: KillReason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Task:
    """What the workers of a lane are started with.

    ``nice`` lowers their priority; ``cpu`` is the processor time for one document, and ``wall`` the
    time by the clock, in seconds; a worker that works ``once`` is new for each document.
    """

    limits: ReadLimits
    modules: tuple[str, ...]
    nice: int
    wall: float
    cpu: float
    once: bool = False


class _Lane:
    """Workers of one kind, each used by one thread at a time, and the queue for them."""

    def __init__(self, context: Any, task: _Task, processes: int) -> None:
        self._context = context
        self._task = task
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="isolated")
        self._idle: list[_Worker] = []
        self._closed = threading.Event()

    def start(self) -> None:
        """Start a worker. Raises _StoppedError."""
        self._idle.append(self._worker(_Attempt(self._closed)))

    async def run(self, job: Callable[[], Any]) -> Any:
        """Run ``job`` in a worker that is free. Raises _StoppedError, and whatever ``job`` does."""
        attempt = _Attempt(self._closed)
        try:
            future = self._threads.submit(self._attempt, attempt, job)
            return await asyncio.wrap_future(future)
        except RuntimeError as error:  # the threads are shut down
            if not self._closed.is_set():
                raise
            raise _StoppedError("died") from error
        finally:
            attempt.end()

    def close(self) -> None:
        """Kill the workers, and wait for the threads."""
        self._closed.set()
        self._threads.shutdown(cancel_futures=True)
        while self._idle:
            self._idle.pop().kill()

    def _attempt(self, attempt: "_Attempt", job: Callable[[], Any]) -> Any:
        worker = self._worker(attempt)
        try:
            done, value = worker.run(job, attempt)
        except BaseException:
            worker.kill()
            raise
        if worker.left and attempt.release():
            self._idle.append(worker)
        else:
            worker.kill()
        if done:
            return value
        raise value

    def _worker(self, attempt: "_Attempt") -> "_Worker":
        """Return an idle worker, or a new one."""
        while self._idle:
            if (worker := self._idle.pop()).alive:
                return worker
        try:
            return _Worker(self._context, self._task, attempt)
        except (OSError, EOFError) as error:
            raise _StoppedError("died") from error


class _Attempt:
    """One attempt to read a document, which can be given up from another thread."""

    def __init__(self, closed: threading.Event) -> None:
        self._closed = closed
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._ended = False

    @property
    def unwanted(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._ended or self._closed.is_set()

    def hold(self, worker: "_Worker") -> None:
        """Kill ``worker`` when this attempt is ended."""
        with self._lock:
            self._worker = worker
            if self._ended:
                worker.kill()

    def release(self) -> bool:
        """Let the worker live on; return whether it was not killed."""
        with self._lock:
            self._worker = None
            return not self._ended

    def end(self) -> None:
        """Kill the worker, if there is one still."""
        with self._lock:
            self._ended = True
            if self._worker:
                self._worker.kill()


class _Worker:
    """A process that reads documents, one after another."""

    def __init__(self, context: Any, task: _Task, attempt: _Attempt) -> None:
        """Start it. Raises _StoppedError, EOFError or OSError if that fails."""
        self._seconds = task.wall
        self._late = False
        self.left = 1 if task.once else _TASKS
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, task), daemon=True)
        with _starting:
            self._process.start()
            theirs.close()
        waited = 0.0
        while not self._pipe.poll(_POLL):
            waited += _POLL
            if waited > _START or attempt.unwanted:
                self.kill()
                raise _StoppedError("died")
        self._pipe.recv_bytes()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return bool(self._process.is_alive())

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def _expire(self) -> None:
        self._late = True
        self.kill()

    def run(self, job: Callable[[], Any], attempt: _Attempt) -> tuple[bool, Any]:
        """Run ``job``; return whether it succeeded, and its result or the exception it raised.

        Raises:
            _StoppedError: the process died, was killed, or has no memory left.
        """
        timer = threading.Timer(self._seconds, self._expire)
        timer.daemon = True
        timer.start()
        attempt.hold(self)
        try:
            self._pipe.send_bytes(pickle.dumps(job))
            done, value, spent = pickle.loads(self._pipe.recv_bytes())  # noqa: S301 our own process
        except (EOFError, OSError) as error:
            self._process.join(_GRACE)
            raise _StoppedError(self._reason()) from error
        finally:
            timer.cancel()
        if isinstance(value, MemoryError) and not done:
            raise _StoppedError("memory")
        self.left = 0 if spent else self.left - 1
        return done, value

    def _reason(self) -> KillReason:
        """Why the process has died."""
        if self._late:
            return "stalled" if hasattr(signal, "setitimer") else "time"
        used_up = self._process.exitcode == -getattr(signal, "SIGPROF", 0)
        return "time" if used_up else "died"


def _serve(pipe: Connection, task: _Task) -> None:
    """Entry point of a worker: run jobs until the pipe is closed."""
    _prepare(task)
    most = _peak() + int(_HEAVY * task.limits.memory)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # whoever asked is gone
        pipe.send_bytes(b"ready")
        _run_jobs(pipe, task, most)


def _run_jobs(pipe: Connection, task: _Task, most: int) -> None:
    while True:
        data = pipe.recv_bytes()
        # Without a handler the signal ends the process, even inside a parser.
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, task.cpu)
        answer = _answer(data, most)
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)
        del data
        pipe.send_bytes(answer)


def _answer(data: bytes, most: int) -> bytes:
    """Run the pickled job; return whether it succeeded, its result, and whether `_peak` has passed
    ``most``.
    """
    try:
        return pickle.dumps((True, pickle.loads(data)(), _peak() > most))  # noqa: S301
    except Exception as error:
        error.__traceback__ = None
        try:
            return pickle.dumps((False, error, _peak() > most))
        except Exception:
            failure = InternalError(f"The worker failed: {type(error).__name__}.")
            return pickle.dumps((False, failure, True))


def _peak() -> int:
    """Return the most memory that this process has used, in bytes; 0 where it is not known."""
    if sys.platform != "linux":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _prepare(task: _Task) -> None:
    """Initialise a worker: import what jobs need, and set the limits."""
    # SIGTERM must kill the worker immediately; Ctrl+C is for the parent, which may drain.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in task.modules:
        __import__(module)
    text_limits.characters = task.limits.characters
    if hasattr(os, "nice"):
        with suppress(OSError):  # not allowed here, as in some containers
            os.nice(task.nice)
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[5])
        limit = pages * resource.getpagesize() + task.limits.memory
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
