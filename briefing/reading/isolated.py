"""Read untrusted pages and PDFs in worker processes with time and memory limits.

A few kilobytes of PDF can unpack to gigabytes, and deep nesting can keep an HTML parser busy for
minutes. Unlike a thread, a process can be killed. This is not a sandbox: a worker has all
permissions of its user.
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
"""Bytes of mapped code and data files, which RLIMIT_DATA does not count."""
_TASKS = 500
"""Documents that a worker reads before it is replaced."""
_PRELOADED = "briefing.reading.preloaded"
_POLL = 0.2
"""Seconds between checks whether the start was abandoned."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits of reading one document: ``seconds``, and ``memory`` of the worker in bytes.

    The memory limit works on Linux only.
    """

    seconds: float = 4.0
    memory: int = 300_000_000


class IsolatedReader:
    """A pool of reader processes; starting it takes a second or two."""

    def __init__(self, limits: ReadLimits, processes: int = 2) -> None:
        self._limits = limits
        self._processes = processes
        self._pool = self._new()
        self._starting = threading.Lock()
        self._abandoned = threading.Event()
        self.started = False

    def start(self) -> None:
        """Start the workers once; block until one is ready, or until `abandon_start`."""
        with self._starting:
            if self.started:
                return
            first = self._pool.schedule(int)
            while not self._abandoned.is_set():
                with suppress(TimeoutError):
                    first.result(_POLL)
                    self.started = True
                    return

    def abandon_start(self) -> None:
        """Unblock a waiting `start`; call it before `close`, since a worker may never start."""
        self._abandoned.set()

    async def read(self, job: Callable[[], Article]) -> Article:
        """Run ``job``, a picklable call of a function of `briefing.reading`, in a worker.

        Cancelling this kills the worker.

        Raises:
            InputError: raised by the job. TooComplex: a limit was exceeded.
        """
        if not self._pool.active:
            self._pool = self._new()
        running = self._pool.schedule(job, timeout=self._limits.seconds)
        try:
            return await asyncio.wrap_future(running)
        except BrokenProcessPool as error:
            raise InternalError("The worker that read the document died. Try again.") from error
        except TimeoutError as error:
            raise TooComplex(
                f"The document was not read within {self._limits.seconds:g} seconds. {_ADVICE}"
            ) from error
        except (MemoryError, ProcessExpired) as error:
            raise TooComplex(f"The document takes too much memory to read. {_ADVICE}") from error

    def close(self) -> None:
        """Stop all workers."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _new(self) -> ProcessPool:
        # Forking this process is unsafe, since its threads may hold locks. The forkserver has
        # imported the extraction libraries already, so a killed worker is replaced quickly.
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
    """Initialise a worker: import the extraction libraries and limit the memory."""
    # SIGTERM must kill the worker immediately, even inside a parser.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    __import__(_PRELOADED)
    if sys.platform == "linux":
        import resource

        limit = memory - _FILES
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
