"""Read pages and PDFs of strangers in processes whose time and memory are bounded.

A few kilobytes of PDF can unpack to gigabytes, and a page can be nested so that a parser takes
minutes. A thread cannot be stopped; a process can, and takes nothing else with it. This bounds
what reading costs. It is no sandbox: the process may do what its user may.
"""

import asyncio
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass

from pebble import ProcessExpired, ProcessPool

from briefing.article import Article
from briefing.errors import InternalError, TooComplex

_FILES = 40_000_000
"""Bytes of code and data files that a process maps, which its limit does not count."""
_TASKS = 500
"""Documents that one process reads before another takes its place."""
_PRELOADED = "briefing.read.preloaded"
_LOOK = 0.2
"""Seconds between looks whether a start is still wanted."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What reading one document may take: ``seconds``, and ``memory`` in bytes of one process.

    Memory is bounded where the system can (Linux); time is everywhere.
    """

    seconds: float = 4.0
    memory: int = 300_000_000


class IsolatedReader:
    """Processes that read; start them before the first use, which takes a second or two."""

    def __init__(self, limits: ReadLimits, processes: int = 2) -> None:
        self._limits = limits
        self._processes = processes
        self._pool = self._new()
        self._starting = threading.Lock()
        self._abandoned = threading.Event()
        self.started = False

    def start(self) -> None:
        """Start the processes, once; this blocks until one is ready, or nobody waits for it."""
        with self._starting:
            if self.started:
                return
            first = self._pool.schedule(int)
            while not self._abandoned.is_set():
                with suppress(TimeoutError):
                    first.result(_LOOK)
                    self.started = True
                    return

    def abandon_start(self) -> None:
        """End a `start` that still waits, before `close`: a process may never come up."""
        self._abandoned.set()

    async def read(self, job: Callable[[], Article]) -> Article:
        """What ``job`` returns: a function of `briefing.read` and its arguments, which are copied.

        Cancelled, the process is stopped.

        Raises:
            InputError: of the job. TooComplex: it took too much time or memory.
        """
        if not self._pool.active:
            self._pool = self._new()
        running = self._pool.schedule(job, timeout=self._limits.seconds)
        try:
            return await asyncio.wrap_future(running)
        except BrokenProcessPool as error:
            raise InternalError(
                "The process that read the document was lost. Try again."
            ) from error
        except TimeoutError as error:
            raise TooComplex(
                f"The document was not read within {self._limits.seconds:g} seconds. {_ADVICE}"
            ) from error
        except (MemoryError, ProcessExpired) as error:
            raise TooComplex(f"The document takes too much memory to read. {_ADVICE}") from error

    def close(self) -> None:
        """Stop what runs."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _new(self) -> ProcessPool:
        # Not forked from this process, whose threads may hold locks, but from a small one of its
        # own that has loaded what reading needs: one that was stopped is replaced in no time.
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        context.set_forkserver_preload([_PRELOADED])
        return ProcessPool(
            self._processes,
            max_tasks=_TASKS,
            initializer=_prepare,
            initargs=(self._limits.memory,),
            context=context,
        )


_ADVICE = "Send the article's text."


def _prepare(memory: int) -> None:
    """In the new process: load what reading needs, and bound its memory."""
    # Whoever stops it wants it stopped now, also in the middle of a parser.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    __import__(_PRELOADED)
    if sys.platform == "linux":
        import resource

        limit = memory - _FILES
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
