"""What is served when: admission of requests, reading of their inputs, batches of their lines.

Admission counts slots and bytes of bodies, and says when to retry. Articles and large bodies are
read in processes with limits of time and memory; URLs are fetched where the guard allows it.

The lines of concurrent requests are batched for the model, fairly. The unit is the line, not the
article: flows (one per request) take turns of a few lines, round robin, so that neither a long
article nor a large batch delays the others. Scheduling runs in the event loop, model calls in
threads. An idle model starts at once; if other calls are running, lines are collected for a bounded
time. A brief can be written section by section, to be shown as it is written.
"""

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import TypeVar
from urllib.parse import urlsplit

from briefing.api.bodies import ContentType
from briefing.api.connections import Timer
from briefing.api.metrics import Observer
from briefing.api.problems import QueueFull, ReaderBusy
from briefing.api.requests import JsonSource, RawSource, UrlSource, read_order
from briefing.api.schemas import MOST_TITLE
from briefing.briefs import Article
from briefing.config import Settings
from briefing.drafts import Draft
from briefing.errors import InputError, Stalled, TooComplex
from briefing.models import Hypothesis
from briefing.reading import FetchLimits, fetch_async
from briefing.reading.fetch import is_web_url
from briefing.reading.guard import Guard
from briefing.reading.isolated import ADVICE, IsolatedReader, KillReason, ReadLimits
from briefing.sections import Section
from briefing.writing import LineRequest

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
LARGE = 100_000
"""Bytes of an input that may take a reader long: one such is read at a time, and of these one of
each client waits, so that neither they nor whoever sends many of them delay the others."""
LONGER = 4
"""A long article may be planned, or checked against, for so many times ``read_timeout``."""
MODEL_MEMORY = 1_000_000_000
"""Bytes that checking and planning may take beside ``read_memory``; a quick worker has half.
Loading the verifier reserves 360 MB, of which it touches 45; how much depends on the processor."""
FETCHES = 16
"""URLs fetched concurrently, each of at most ``max_body`` bytes."""
FETCHES_PER_HOST = 4
"""The same of one host, so that the service cannot be turned against it."""
CLIENT: ContextVar[str] = ContextVar("client", default="")
"""The client whose request is served, by address."""
_Result = TypeVar("_Result")


class _Turns:
    """Turns of those who share a name: at most ``most`` at a time have one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._shared: dict[Hashable, tuple[asyncio.Semaphore, list[None]]] = {}

    @asynccontextmanager
    async def turn(self, name: Hashable) -> AsyncIterator[None]:
        """Wait for a turn, and hold it."""
        free, users = self._shared.setdefault(name, (asyncio.Semaphore(self._most), []))
        users.append(None)
        try:
            async with free:
                yield
        finally:
            users.pop()
            if not users:
                del self._shared[name]


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
        longer = replace(
            limits, seconds=LONGER * limits.seconds, memory=limits.memory + MODEL_MEMORY
        )
        # With it comes its package, and so whatever runs here for the service.
        modules = [read_order.__module__]
        self._isolated = IsolatedReader(limits, READERS, preload=modules, on_kill=on_kill)
        self._planning = IsolatedReader(longer, preload=modules, on_kill=on_kill)
        self._large = asyncio.Semaphore(READERS - 1)
        self._clients, self._planners = _Turns(1), _Turns(1)
        self._limits = FetchLimits(seconds=settings.url_timeout, size=settings.max_body)
        self._guard = guard or Guard(frozenset(settings.url_ports))
        self._fetching = asyncio.Semaphore(FETCHES)
        self._hosts = _Turns(FETCHES_PER_HOST)

    def start(self) -> None:
        """Start a reader process in the background."""
        self._threads.submit(self._isolated.start)

    async def run(self, job: Callable[[], _Result], size: int = 0) -> _Result:
        """Run ``job``, which reads ``size`` bytes or characters, in a thread or a process.

        A job that is not small must be picklable.

        Raises:
            TooComplex: it takes too much time or memory. ReaderBusy: there is no time for it now.
            Whatever the job raises.
        """
        if size > SMALL:
            return await self._read(job, size, "Send a smaller body.")
        return await asyncio.get_running_loop().run_in_executor(self._threads, job)

    async def article(self, source: RawSource | JsonSource) -> Article:
        """Read the article of a source. Raises InputError."""
        advice = "Send a shorter text, or its parts one by one." if source.plain else ADVICE
        article = await self._read(source.job, source.size, advice)
        for name, part in (("title", article.title), ("standfirst", article.subtitle)):
            if part and len(part) > MOST_TITLE:
                raise InputError(
                    f"The article's {name} has {len(part):,} characters; the limit is "
                    f"{MOST_TITLE:,}. Send the article's text, with a shorter {name}."
                )
        return article

    async def plan(self, job: Callable[[], _Result]) -> _Result:
        """Run ``job``, which plans a long article or checks against it, in a process.

        There is one at a time; of each client one waits.

        Raises:
            TooComplex: it takes too much time or memory. ReaderBusy: there is no time for it now.
            Whatever the job raises.
        """
        try:
            async with self._planners.turn(CLIENT.get()):
                return await _unless_busy(self._planning.read(job, long=True))
        except TooComplex as error:
            raise TooComplex(
                "The article takes too much time or memory. Send a shorter one, or its parts one "
                "by one."
            ) from error

    async def judge(self, job: Callable[[], _Result], size: int) -> _Result:
        """Run ``job``, which checks against a text of this size, in a process: see `plan`."""
        if size > LARGE:
            return await self.plan(job)
        return await _unless_busy(self._planning.read(job))

    async def _read(self, job: Callable[[], _Result], size: int, advice: str) -> _Result:
        if size <= LARGE:
            return await _unless_busy(self._isolated.read(job, advice=advice))
        async with self._clients.turn(CLIENT.get()), self._large:
            return await _unless_busy(self._isolated.read(job, advice=advice))

    async def page(self, source: UrlSource) -> RawSource:
        """Fetch the page at a URL. Raises FetchError."""
        host = urlsplit(source.url).hostname if is_web_url(source.url.strip()) else None
        # Few at a time are fetched from one host.
        async with self._hosts.turn(host), self._fetching:
            page = await fetch_async(source.url, self._limits, guard=self._guard)
        kind = ContentType(page.content_type or "", page.charset)
        return RawSource(page.content, kind, page.url, source.title, source.subtitle)

    async def close(self) -> None:
        """Wait for the threads, and stop the processes."""
        for reader in (self._isolated, self._planning):
            await asyncio.to_thread(reader.close)
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)


async def _unless_busy(reading: Awaitable[_Result]) -> _Result:
    """Return what is read. Raises ReaderBusy if the machine is too busy."""
    try:
        return await reading
    except Stalled as error:
        raise ReaderBusy from error


TURN = 8
"""Lines per turn of a flow: about those of an article of usual length."""

WrittenLines = Sequence[Hypothesis]
Write = Callable[[Sequence[LineRequest]], Sequence[WrittenLines]]


@dataclass(eq=False, slots=True)
class _Article:
    """An article's requests; the first ``handed`` were given to the model."""

    requests: tuple[LineRequest, ...]
    done: asyncio.Future[list[WrittenLines]]
    since: float
    handed: int = 0
    results: dict[int, WrittenLines] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return len(self.requests) - self.handed

    def take(self, most: int) -> "list[_Line]":
        """Take the next ``most`` lines, and the rest of a section that would be split."""
        stop = min(len(self.requests), self.handed + most)
        while (
            0 < stop < len(self.requests)
            and self.requests[stop - 1].batch == self.requests[stop].batch
        ):
            stop += 1
        indices = range(self.handed, stop)
        self.handed = stop
        return [_Line(self, index) for index in indices]

    def settle(self, index: int, result: WrittenLines | Exception) -> None:
        if self.done.done():
            return
        if isinstance(result, Exception):
            self.done.set_exception(result)
            return
        self.results[index] = result
        if len(self.results) == len(self.requests):
            self.done.set_result([self.results[i] for i in range(len(self.requests))])


@dataclass(frozen=True, slots=True)
class _Line:
    article: _Article
    index: int


class Scheduler:
    """Runs up to ``calls`` model calls at a time, each on a batch of at most ``most`` lines.

    ``wait`` is how long, in seconds, lines are collected while other calls are running.
    """

    def __init__(
        self, write: Write, *, calls: int, most: int, wait: float, observer: Observer
    ) -> None:
        self._write = write
        self._calls = self._free = calls
        self._most = most
        self._wait = wait
        self._observer = observer
        self._pool = ThreadPoolExecutor(calls, thread_name_prefix="model")
        self._flows: OrderedDict[Hashable, deque[_Article]] = OrderedDict()
        self._timer = Timer()
        self._closed = False
        self.waiting = 0

    async def write(self, requests: Sequence[LineRequest], flow: Hashable) -> list[WrittenLines]:
        """Return the n-best lines of each request; cancelling removes them from the queue.

        Raises:
            DeviceError: the device ran out of memory even with the smallest batch.
        """
        if not requests:
            return []
        loop = asyncio.get_running_loop()
        article = _Article(tuple(requests), loop.create_future(), loop.time())
        self._flows.setdefault(flow, deque()).append(article)
        self.waiting += len(requests)
        self._start_or_wait(loop)
        try:
            return await article.done
        finally:
            self._drop(article, flow)

    async def close(self) -> None:
        """Wait for model calls in progress; queued lines are not written."""
        self._timer.stop()
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    def _start_or_wait(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._free:
            return
        if self._free == self._calls or self.waiting >= self._most:
            self._start()
        elif not self._timer:
            self._timer.start(loop, self._wait, self._start)

    def _start(self) -> None:
        """Start calls on the queued lines while there are free ones."""
        self._timer.stop()
        while self._free and self.waiting and not self._closed:
            self._call(self._take(min(self._most, self.waiting)))

    def _take(self, size: int) -> list[_Line]:
        """Take ``size`` lines, at most ``TURN`` per turn of a flow."""
        taken: list[_Line] = []
        while len(taken) < size and self._flows:
            flow, articles = next(iter(self._flows.items()))
            taken += articles[0].take(min(TURN, size - len(taken)))
            if not articles[0].left:
                articles.popleft()
            self._flows.move_to_end(flow)
            if not articles:
                del self._flows[flow]
        self.waiting -= len(taken)
        return taken

    def _drop(self, article: _Article, flow: Hashable) -> None:
        if article.left:
            self.waiting -= article.left
            self._flows[flow].remove(article)
            if not self._flows[flow]:
                del self._flows[flow]

    def _call(self, lines: list[_Line]) -> None:
        loop = asyncio.get_running_loop()
        self._free -= 1
        oldest = min(line.article.since for line in lines)
        self._observer.batch(lines=len(lines), waited=loop.time() - oldest, queued=self.waiting)
        future = loop.run_in_executor(self._pool, self._written, lines)
        future.add_done_callback(partial(self._called, lines))

    def _called(
        self, lines: Sequence[_Line], future: "asyncio.Future[list[WrittenLines | Exception]]"
    ) -> None:
        self._free += 1
        if not future.cancelled():
            for line, result in zip(lines, future.result(), strict=True):
                line.article.settle(line.index, result)
        self._start()

    def _written(self, lines: Sequence[_Line]) -> list[WrittenLines | Exception]:
        """Call the model, in a thread; if a batch fails, retry its articles separately, so that
        a faulty article does not fail the others.
        """
        requests = [line.article.requests[line.index] for line in lines]
        try:
            return list(self._write(requests))
        except Exception as error:
            parts = list(_by_article(lines))
            if len(parts) == 1:
                return [error] * len(lines)
            return [result for part in parts for result in self._written(part)]


def _by_article(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Group lines by article; those of one article are adjacent, as `_take` returns them."""
    for _, part in groupby(lines, key=lambda line: id(line.article)):
        yield list(part)


AsyncWrite = Callable[[Sequence[LineRequest]], Awaitable[list[WrittenLines]]]
_Done = Callable[[Sequence[WrittenLines], Sequence[Section]], Awaitable[None]]


async def write_sections(
    draft: Draft, sections: Sequence[Section], write: AsyncWrite, done: _Done
) -> list[WrittenLines]:
    """Return the n-best lines of each of ``draft.requests``, as ``write`` returns for all at once.

    After each of ``sections`` but the last, ``done`` receives the lines so far and the sections
    that are complete; requests of the others have no lines yet.
    """
    written: list[WrittenLines] = [()] * len(draft.requests)
    groups = [
        [i for i, request in enumerate(draft.requests) if request.section is s] for s in sections
    ]
    tasks = [asyncio.ensure_future(write([draft.requests[i] for i in group])) for group in groups]
    try:
        for count, (group, task) in enumerate(zip(groups, tasks, strict=True), 1):
            for index, lines in zip(group, await task, strict=True):
                written[index] = lines
            if count < len(tasks):
                await done(tuple(written), sections[:count])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return written
