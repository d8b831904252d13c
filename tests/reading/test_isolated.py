"""Documents that want too much end in an error, soon and small, and cost nobody else anything."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial

import psutil
import pytest

from briefing.errors import InputError, NoArticle, TooComplex
from briefing.reading import read_bytes
from briefing.reading.isolated import IsolatedReader, ReadLimits
from tests.reading.bombs import BOMBS, pdf_of_pages

pytestmark = pytest.mark.slow

PATIENCE = 60
"""Seconds more than the limit that a busy machine may take."""
MEMORY = 300_000_000


@pytest.fixture(scope="module")
def reader() -> Iterator[IsolatedReader]:
    reader = IsolatedReader(ReadLimits(seconds=4, memory=MEMORY))
    reader.start()
    yield reader
    reader.close()


def read(reader: IsolatedReader, data: bytes):
    return asyncio.run(reader.read(partial(read_bytes, data)))


def test_a_page_is_read_as_it_is_here(reader, page: str) -> None:
    assert read(reader, page.encode()) == read_bytes(page.encode())


def test_an_error_of_the_document_is_its_own(reader) -> None:
    with pytest.raises(NoArticle, match="No article was found"):
        read(reader, b"<html><body></body></html>")


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_over_soon_and_small(reader, page: str, name: str) -> None:
    data = BOMBS[name]()
    assert len(data) < 1_000_000
    peak = Peak()
    started = time.monotonic()
    try:
        article = asyncio.run(peak.during(reader.read(partial(read_bytes, data))))
    except InputError:
        pass
    else:
        assert len(article.body) < 100_000
    assert time.monotonic() - started < 5 + PATIENCE
    assert peak.memory < MEMORY
    assert read(reader, page.encode()).title


class Peak:
    """The largest of this process's readers while something runs, in bytes."""

    memory = 0

    async def during(self, work):
        task = asyncio.ensure_future(work)
        while not task.done():
            for process in psutil.Process().children(recursive=True):
                try:
                    self.memory = max(self.memory, process.memory_info().rss)
                except psutil.Error:
                    continue
            await asyncio.sleep(0.02)
        return task.result()


def test_time_is_bounded(reader, page: str) -> None:
    """Not by what the document says: a process is stopped, and another takes its place."""
    quick = IsolatedReader(ReadLimits(seconds=0.3))
    try:
        with pytest.raises(TooComplex, match=r"within 0\.3 seconds"):
            asyncio.run(quick.read(partial(time.sleep, 600)))
        with pytest.raises(TooComplex, match=r"within 0\.3 seconds"):
            read(quick, pdf_of_pages())
    finally:
        quick.close()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux")
def test_memory_is_bounded(reader) -> None:
    with pytest.raises(TooComplex, match="memory"):
        asyncio.run(reader.read(partial(bytearray, MEMORY)))


def test_a_process_that_is_lost_is_replaced(reader, page: str) -> None:
    with pytest.raises(TooComplex):
        asyncio.run(reader.read(_die))
    assert read(reader, page.encode()).title


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_is_cancelled_stops(reader, page: str) -> None:
    """More than there are processes: the page after them would wait for a minute."""

    async def cancelled() -> None:
        for _ in range(4):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(partial(time.sleep, 600)), 0.3)

    asyncio.run(cancelled())
    started = time.monotonic()
    assert read(reader, page.encode()).title
    assert time.monotonic() - started < PATIENCE
