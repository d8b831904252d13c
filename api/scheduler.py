"""Lines of many requests in shared batches of the model.

The unit is the line, not the article: flows (one a request) take turns of a few lines, so that
neither a long article nor a request with a thousand of them holds back the others. It all happens
in the event loop; only the model's calls have threads. An idle model is given what there is at
once; while it is busy and has room, lines gather for a bounded time.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from api.observer import Observer
from briefing.models import Hypothesis
from briefing.write import Job

TURN = 8
"""Lines of one flow before the next one's: those of an article of the usual length."""

Lines = Sequence[Hypothesis]
Write = Callable[[Sequence[Job]], Sequence[Lines]]


@dataclass(eq=False, slots=True)
class _Article:
    """An article's lines on their way: ``handed`` of them are with the model or back."""

    jobs: tuple[Job, ...]
    done: asyncio.Future[list[Lines]]
    since: float
    handed: int = 0
    found: dict[int, Lines] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return len(self.jobs) - self.handed

    def take(self, most: int) -> "list[_Line]":
        """The next ``most`` lines, and the rest of a section that they would cut in two."""
        stop = min(len(self.jobs), self.handed + most)
        while 0 < stop < len(self.jobs) and self.jobs[stop - 1].batch == self.jobs[stop].batch:
            stop += 1
        indices = range(self.handed, stop)
        self.handed = stop
        return [_Line(self, index) for index in indices]

    def settle(self, index: int, result: Lines | Exception) -> None:
        if self.done.done():
            return
        if isinstance(result, Exception):
            self.done.set_exception(result)
            return
        self.found[index] = result
        if len(self.found) == len(self.jobs):
            self.done.set_result([self.found[i] for i in range(len(self.jobs))])


@dataclass(frozen=True, slots=True)
class _Line:
    article: _Article
    index: int


class Scheduler:
    """Hands waiting lines to the model, ``calls`` batches at a time of at most ``most`` lines.

    ``wait`` is how long (seconds) lines may gather while the model is busy with others.
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
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self.waiting = 0

    async def write(self, jobs: Sequence[Job], flow: Hashable) -> list[Lines]:
        """The n-best lines of each job. Cancelled, its lines leave the queue.

        Raises:
            DeviceError: the device ran out of memory even at the smallest batch.
        """
        if not jobs:
            return []
        loop = asyncio.get_running_loop()
        article = _Article(tuple(jobs), loop.create_future(), loop.time())
        self._flows.setdefault(flow, deque()).append(article)
        self.waiting += len(jobs)
        self._arrived(loop)
        try:
            return await article.done
        finally:
            self._drop(article, flow)

    async def close(self) -> None:
        """Wait for the model's calls in progress; what waits is left to whoever waits for it."""
        self._stop_timer()
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    def _arrived(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._free:
            return
        if self._free == self._calls or self.waiting >= self._most:
            self._start()
        elif self._timer is None:
            self._timer = loop.call_later(self._wait, self._start)

    def _start(self) -> None:
        """Give what waits to the calls that are free."""
        self._stop_timer()
        while self._free and self.waiting and not self._closed:
            self._call(self._take(min(self._most, self.waiting)))

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _take(self, size: int) -> list[_Line]:
        """The next ``size`` lines, at most ``TURN`` of each flow in its turn."""
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
        self, lines: Sequence[_Line], future: "asyncio.Future[list[Lines | Exception]]"
    ) -> None:
        self._free += 1
        if not future.cancelled():
            for line, result in zip(lines, future.result(), strict=True):
                line.article.settle(line.index, result)
        self._start()

    def _written(self, lines: Sequence[_Line]) -> list[Lines | Exception]:
        """In a model's thread. Where a call fails, each article has one of its own: the fault
        of one is not the others'.
        """
        jobs = [line.article.jobs[line.index] for line in lines]
        try:
            return list(self._write(jobs))
        except Exception as error:
            parts = list(_by_article(lines))
            if len(parts) == 1:
                return [error] * len(lines)
            return [result for part in parts for result in self._written(part)]


def _by_article(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Lines of an article stand together, since each flow takes its turn once or in a row."""
    for _, part in groupby(lines, key=lambda line: id(line.article)):
        yield list(part)
