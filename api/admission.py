"""Admission control (slots, body bytes, Retry-After), and reading of inputs.

Articles and large bodies are read in processes with limits of time and memory; URLs are fetched
where the guard allows it.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

from briefing.api.bodies import ContentType
from briefing.api.metrics import Observer
from briefing.api.problems import QueueFull
from briefing.api.requests import JsonSource, RawSource, UrlSource, read_order
from briefing.article import Article
from briefing.config import Settings
from briefing.reading import FetchLimits, fetch_async
from briefing.reading.fetch import is_web_url
from briefing.reading.guard import Guard
from briefing.reading.isolated import IsolatedReader, KillReason, ReadLimits

_RATE_WINDOW = 128
"""Articles over which the rate is measured."""
_MAX_RETRY_AFTER = 120
"""Seconds."""


class Admission:
    """Limits the articles in progress or queued, and the bytes of request bodies in memory.

    ``rate`` is in articles per second, measured over recent articles since the service was idle.
    """

    def __init__(
        self,
        places: int,
        most_bytes: int,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = places
        self._most_bytes = most_bytes
        self._observer = observer
        self._clock = clock
        self._finished: deque[float] = deque(maxlen=_RATE_WINDOW)
        self.rate = 1.0
        self.taken = 0
        self.bytes = 0

    def check(self) -> None:
        """Check for a free slot before the body is read.

        Raises:
            QueueFull: no slot is free.
        """
        if self.taken >= self._places:
            raise self._full()

    @contextmanager
    def place(self, count: int = 1) -> Iterator[None]:
        """Hold ``count`` slots.

        Raises:
            QueueFull: fewer are free.
        """
        if self.taken + count > self._places:
            raise self._full()
        if not self.taken:
            self._finished.clear()
            self._finished.append(self._clock())
        self._add_taken(count)
        try:
            yield
        finally:
            self._add_taken(-count)

    @contextmanager
    def body(self) -> Iterator["Held"]:
        """Yield a counter of body bytes, released when the context ends."""
        held = Held(self)
        try:
            yield held
        finally:
            self.bytes -= held.size

    def hold(self, size: int) -> None:
        """Count ``size`` more bytes. Raises QueueFull beyond the limit."""
        if self.bytes + size > self._most_bytes:
            raise self._full()
        self.bytes += size

    def finished(self) -> None:
        """Record a finished article, and update the rate."""
        self._finished.append(self._clock())
        if len(self._finished) > 1:
            seconds = self._finished[-1] - self._finished[0]
            self.rate = (len(self._finished) - 1) / max(seconds, 0.001)

    @property
    def retry_after(self) -> int:
        """Seconds until half of the slots should be free, so that clients return before all are."""
        return min(_MAX_RETRY_AFTER, max(1, math.ceil(self._places / 2 / self.rate)))

    def _add_taken(self, count: int) -> None:
        self.taken += count
        self._observer.places(self.taken)

    def _full(self) -> QueueFull:
        return QueueFull(self.retry_after)


class Held:
    """Counter of the bytes of one request."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.size = 0

    def add(self, size: int) -> None:
        """Count ``size`` more bytes. Raises QueueFull beyond the limit."""
        self._admission.hold(size)
        self.size += size


READERS = 2
"""Articles read concurrently; one more where these take long."""
SMALL = 20_000
"""Bytes of a body that takes no more than a few milliseconds to parse, whatever it is."""
FETCHES = 16
"""URLs fetched concurrently, each of at most ``max_body`` bytes."""
FETCHES_PER_HOST = 4
"""The same of one host, so that the service cannot be turned against it."""
_Result = TypeVar("_Result")


class _Turns:
    """Fetches from one host."""

    def __init__(self) -> None:
        self.users = 0
        self.free = asyncio.Semaphore(FETCHES_PER_HOST)


class SourceReader:
    """Reads inputs and fetches URLs; ``guard`` decides which URLs are allowed."""

    def __init__(
        self,
        settings: Settings,
        guard: Guard | None = None,
        on_kill: Callable[[KillReason], None] = lambda _: None,
    ) -> None:
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        limits = ReadLimits(settings.read_timeout, settings.read_memory, settings.max_characters)
        self._isolated = IsolatedReader(
            limits, READERS, preload=[read_order.__module__], on_kill=on_kill
        )
        self._limits = FetchLimits(seconds=settings.url_timeout, size=settings.max_body)
        self._guard = guard or Guard(frozenset(settings.url_ports))
        self._fetching = asyncio.Semaphore(FETCHES)
        self._turns: dict[str | None, _Turns] = {}

    def start(self) -> None:
        """Start a reader process in the background."""
        self._threads.submit(self._isolated.start)

    async def run(self, job: Callable[[], _Result], size: int = 0) -> _Result:
        """Run ``job``, which reads ``size`` bytes or characters, in a thread or a process.

        A job that is not small must be picklable.

        Raises:
            TooComplex: it takes too much time or memory. Whatever the job raises.
        """
        if size > SMALL:
            return await self._isolated.read(job)
        return await asyncio.get_running_loop().run_in_executor(self._threads, job)

    async def article(self, source: RawSource | JsonSource) -> Article:
        """Read the article of a source. Raises InputError."""
        return await self._isolated.read(source.job)

    async def page(self, source: UrlSource) -> RawSource:
        """Fetch the page at a URL. Raises FetchError."""
        async with self._turn(source.url), self._fetching:
            page = await fetch_async(source.url, self._limits, guard=self._guard)
        kind = ContentType(page.content_type or "", page.charset)
        return RawSource(page.content, kind, page.url, source.title, source.subtitle)

    @asynccontextmanager
    async def _turn(self, url: str) -> AsyncIterator[None]:
        """Wait until few others are fetched from the host of ``url``."""
        host = urlsplit(url).hostname if is_web_url(url.strip()) else None
        turns = self._turns.setdefault(host, _Turns())
        turns.users += 1
        try:
            async with turns.free:
                yield
        finally:
            turns.users -= 1
            if not turns.users:
                del self._turns[host]

    async def close(self) -> None:
        """Wait for the threads, and stop the processes."""
        await asyncio.to_thread(self._isolated.close)
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
