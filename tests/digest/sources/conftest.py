"""The web of feeds, and what reads it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from briefing.digest import Source
from briefing.digest.settings import FetchTable
from briefing.digest.sources import Fetcher, FetchState, SourceResult
from tests.digest.feeds_server import Feeds, address, bomb, serving_feeds

NOW = datetime(2026, 11, 25, tzinfo=UTC)
HOSTS = 24
T = TypeVar("T")


class Reader:
    """Reads the server's feeds, each on a host of its own."""

    def __init__(self, url: str, feeds: Feeds) -> None:
        self.url = url
        self.feeds = feeds
        self.port = int(url.rpartition(":")[2])

    def settings(self, **changes) -> FetchTable:
        given = {"private": True, "ports": (self.port,), "delay": 0, "retries": 1, "timeout": 20}
        return FetchTable(**{**given, "max_feed": 1_000_000, **changes})

    def source(self, name: str, host: int = 1) -> Source:
        return Source(name, "feed", f"{address(self.url, host)}/feed/{name}")

    def run(self, job: Callable[[Fetcher], Awaitable[T]], now=NOW, stdin=None, **changes) -> T:
        async def run() -> T:
            async with Fetcher(
                self.settings(**changes), now=now, stdin=stdin, processes=1
            ) as fetcher:
                return await job(fetcher)

        return asyncio.run(run())

    def read(self, source: Source, state: FetchState | None = None, **changes) -> SourceResult:
        return self.run(lambda fetcher: fetcher.source(source, state), **changes)

    def read_all(self, names, **changes) -> dict[str, SourceResult]:
        async def job(fetcher: Fetcher) -> list[SourceResult]:
            sources = [self.source(name, host) for host, name in enumerate(names, 1)]
            return await asyncio.gather(*map(fetcher.source, sources))

        return {result.source.name: result for result in self.run(job, **changes)}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    bomb()
    with serving_feeds(4, hosts=HOSTS) as (url, feeds):
        yield Reader(url, feeds)
