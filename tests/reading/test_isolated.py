"""Documents that want too much end in an error, soon and small, and cost nobody else anything."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from briefing.errors import InputError, InternalError, NoArticle, Stalled, TooComplex, Transient
from briefing.reading import isolated, read_bytes
from briefing.reading.isolated import IsolatedReader, ReadLimits
from tests.reading.bombs import BOMBS, pdf_of_pages

pytestmark = pytest.mark.slow

PATIENCE = 60
"""Seconds more than the limit that a busy machine may take."""
MEMORY = 200_000_000
LIBRARIES = 200_000_000
"""Bytes that a process has before it reads, most of them shared."""


@pytest.fixture(scope="module")
def reader() -> Iterator[IsolatedReader]:
    reader = IsolatedReader(ReadLimits(seconds=4, memory=MEMORY))
    reader.start()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def impatient() -> Iterator[IsolatedReader]:
    """A bomb takes all the time that there is."""
    reader = IsolatedReader(ReadLimits(seconds=1, memory=MEMORY))
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
def test_a_bomb_is_over_soon_and_small(impatient, page: str, name: str) -> None:
    data = BOMBS[name]()
    assert len(data) < 1_000_000
    peak = Peak()
    started = time.monotonic()
    try:
        article = asyncio.run(peak.during(impatient.read(partial(read_bytes, data))))
    except InputError:
        pass
    else:
        assert len(article.body) < 100_000
    assert time.monotonic() - started < 2 + PATIENCE
    assert peak.memory < max(LIBRARIES, peak.before) + MEMORY
    assert read(impatient, page.encode()).title


class Peak:
    """The largest of this process's readers before and while something runs, in bytes.

    They may have loaded more than they need: tests of a process share one forkserver.
    """

    before = memory = 0

    async def during(self, work):
        self.before = _largest_child()
        task = asyncio.ensure_future(work)
        while not task.done():
            self.memory = max(self.memory, _largest_child())
            await asyncio.sleep(0.02)
        return task.result()


def _largest_child() -> int:
    largest = 0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            largest = max(largest, process.memory_info().rss)
    return largest


def test_time_is_bounded(reader, page: str) -> None:
    """Not by what the document says: a process is stopped, and another takes its place."""
    quick = IsolatedReader(ReadLimits(seconds=0.3))
    try:
        with pytest.raises(TooComplex, match=r"within 0\.3 seconds of processor time"):
            asyncio.run(quick.read(_work_on))
        with pytest.raises(TooComplex, match=r"Shorten it\."):
            asyncio.run(quick.read(partial(read_bytes, pdf_of_pages()), advice="Shorten it."))
    finally:
        quick.close()


def test_what_waits_for_the_machine_is_no_fault_of_the_document(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has longer than its processor time, and then may be sent again."""
    monkeypatch.setattr(isolated, "_LEAST_WALL", 3.0)
    kills: list[str] = []
    reader = IsolatedReader(ReadLimits(seconds=0.2), on_kill=kills.append)
    try:
        assert asyncio.run(reader.read(partial(time.sleep, 1.0))) is None
        assert not kills
        with pytest.raises(Stalled, match="too busy"):
            asyncio.run(reader.read(partial(time.sleep, 600)))
        assert kills == ["stalled", "stalled"]
        assert read(reader, page.encode()).title
    finally:
        reader.close()


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


def test_the_innocent_are_read_again(page: str, tmp_path: Path) -> None:
    """Whose process dies for a reason that is not theirs, or is one that others used up."""
    kills: list[str] = []
    reader = IsolatedReader(ReadLimits(seconds=30, memory=MEMORY), on_kill=kills.append)
    try:
        assert asyncio.run(reader.read(partial(_die_once, tmp_path / "died"))) == "alive"
        assert kills == ["died"]
        with pytest.raises(TooComplex, match="memory"):
            asyncio.run(reader.read(partial(bytearray, MEMORY)))
        assert kills == ["died", "memory", "memory"]
        assert read(reader, page.encode()).title
    finally:
        reader.close()


def _die_once(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        _die()
    return "alive"


def test_a_slow_document_makes_way_for_others(page: str) -> None:
    """Four documents that take a minute, on two processes and one: a page is read meanwhile."""
    kills: list[str] = []
    reader = IsolatedReader(ReadLimits(seconds=PATIENCE), on_kill=kills.append)
    reader.start()

    async def scenario() -> None:
        slow = [asyncio.create_task(reader.read(_work_on)) for _ in range(4)]
        await asyncio.sleep(1)
        article = await asyncio.wait_for(reader.read(partial(read_bytes, page.encode())), PATIENCE)
        assert article.title
        assert not any(task.done() for task in slow)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)

    try:
        asyncio.run(scenario())
        assert kills.count("time") >= 2
        assert kills.count("cancelled") == 4
    finally:
        reader.close()


def _work_on() -> None:
    while True:
        pass


def test_deaths_beside_it_do_not_reach_a_page(page: str) -> None:
    reader = IsolatedReader(ReadLimits(seconds=PATIENCE))

    async def scenario() -> None:
        dying = [asyncio.create_task(reader.read(_die)) for _ in range(6)]
        pages = [reader.read(partial(read_bytes, page.encode())) for _ in range(6)]
        assert all(article.title for article in await asyncio.gather(*pages))
        errors = await asyncio.gather(*dying, return_exceptions=True)
        assert all(isinstance(error, TooComplex) for error in errors)

    try:
        asyncio.run(scenario())
    finally:
        reader.close()


def test_a_process_that_hangs_before_it_reads_its_document_is_killed() -> None:
    kills: list[str] = []
    reader = IsolatedReader(ReadLimits(seconds=1), on_kill=kills.append)
    reader.start()
    try:
        for process in psutil.Process().children(recursive=True):
            if "forkserver" in " ".join(process.cmdline()) and not process.children():
                process.suspend()
        size = asyncio.run(asyncio.wait_for(reader.read(partial(len, bytes(5_000_000))), PATIENCE))
        assert (size, kills) == (5_000_000, ["stalled"])
    finally:
        reader.close()


def test_errors_come_back_as_they_were_raised() -> None:
    reader = IsolatedReader(ReadLimits(seconds=PATIENCE))
    try:
        with pytest.raises(Transient, match="later") as caught:
            asyncio.run(reader.read(_refuse))
        assert caught.value.wait == 3.5
        with pytest.raises(InternalError, match="worker failed"):
            asyncio.run(reader.read(_unpicklable))
    finally:
        reader.close()
    with pytest.raises(TooComplex):
        asyncio.run(reader.read(int))


def _refuse() -> None:
    raise Transient("Try again later.", 3.5)


def _unpicklable() -> None:
    raise ValueError(lambda: None)


def test_what_is_cancelled_stops(reader, page: str) -> None:
    """More than there are processes: the page after them would wait for a minute."""

    async def cancelled() -> None:
        for _ in range(4):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(partial(time.sleep, 600)), 0.1)

    asyncio.run(cancelled())
    started = time.monotonic()
    assert read(reader, page.encode()).title
    assert time.monotonic() - started < PATIENCE
