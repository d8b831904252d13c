"""From a source to its article: text in threads, pages and PDFs in bounded processes, URLs."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from api.bodies import ContentType
from api.orders import JsonSource, RawSource, UrlSource
from briefing.article import Article
from briefing.config import Settings
from briefing.read import FetchLimits, fetch_async
from briefing.read.guard import Guard
from briefing.read.isolated import IsolatedReader, ReadLimits

READERS = 2
"""Inputs that are read at once: a slow PDF does not hold back the others."""
FETCHES = 16
"""URLs that are fetched at once, each up to the largest body."""

_Result = TypeVar("_Result")


class Reading:
    """What reads inputs. ``guard`` says where URLs may lead."""

    def __init__(self, settings: Settings, guard: Guard | None = None) -> None:
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        limits = ReadLimits(settings.read_timeout, settings.read_memory)
        self._isolated = IsolatedReader(limits, READERS)
        self._limits = FetchLimits(seconds=settings.url_timeout, size=settings.max_body)
        self._guard = guard or Guard(frozenset(settings.url_ports))
        self._fetching = asyncio.Semaphore(FETCHES)

    def start(self) -> None:
        """Begin to start the processes; nothing but a page or PDF waits for them."""
        self._threads.submit(self._isolated.start)

    async def run(self, job: Callable[[], _Result]) -> _Result:
        """Run ``job`` in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, job)

    async def article(self, source: RawSource | JsonSource) -> Article:
        """The article in it. Raises InputError."""
        if source.is_document:
            if not self._isolated.started:
                await self.run(self._isolated.start)
            return await self._isolated.read(source.job)
        return await self.run(source.job)

    async def page(self, source: UrlSource) -> RawSource:
        """The page at a URL. Raises FetchError."""
        async with self._fetching:
            page = await fetch_async(source.url, self._limits, guard=self._guard)
        kind = ContentType(page.content_type or "", page.charset)
        return RawSource(page.content, kind, page.url, source.title, source.subtitle)

    async def close(self) -> None:
        """Wait for the threads, stop the processes."""
        self._isolated.abandon_start()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        await asyncio.to_thread(self._isolated.close)
