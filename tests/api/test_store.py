"""Kept results: bounded, in time too, and in a file as in memory."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from briefing.api.cache import MemoryStore, SqliteStore, open_store
from briefing.errors import ConfigError


@pytest.fixture(params=["memory", "sqlite"])
def opened(request, tmp_path: Path):
    """Opens a store of either kind; the file is the same each time."""

    def opened(most_bytes: int = 10_000, seconds: float = 60):
        path = tmp_path / "results.sqlite" if request.param == "sqlite" else None
        return open_store(path, most_bytes, seconds)

    return opened


def run(store, scenario):
    async def whole():
        try:
            return await scenario()
        finally:
            await store.close()

    return asyncio.run(whole())


def test_what_is_put_is_got(opened) -> None:
    store = opened()

    async def scenario() -> None:
        assert await store.get(b"k") is None
        await store.put(b"k", b"one")
        await store.put(b"k", b"two")
        assert await store.get(b"k") == b"two"

    run(store, scenario)


def test_the_size_is_bounded_and_what_was_used_last_stays(opened) -> None:
    store = opened(most_bytes=10_000)

    async def scenario() -> None:
        for n in range(100):
            await store.put(b"%d" % n, bytes(1_000))
            assert await store.get(b"0") is not None
        kept = [n for n in range(100) if await store.get(b"%d" % n)]
        assert len(kept) <= 10
        assert {0, 99} <= set(kept)
        await store.put(b"huge", bytes(10_001))
        assert await store.get(b"huge") is None
        assert await store.get(b"0") is not None

    run(store, scenario)


def test_a_size_of_0_keeps_nothing(opened) -> None:
    store = opened(most_bytes=0)

    async def scenario() -> None:
        await store.put(b"k", b"v")
        assert await store.get(b"k") is None

    run(store, scenario)


def test_time_is_bounded(opened) -> None:
    store = opened(seconds=0.05)

    async def scenario() -> None:
        await store.put(b"k", b"v")
        assert await store.claim("key", b"first")
        await asyncio.sleep(0.2)
        assert await store.get(b"k") is None
        assert await store.claim("key", b"second")

    run(store, scenario)


def test_a_key_belongs_to_the_first_request_that_claims_it(opened) -> None:
    store = opened()

    async def scenario() -> None:
        assert await store.claim("key", b"first")
        assert await store.claim("key", b"first")
        assert not await store.claim("key", b"second")
        assert await store.claim("other", b"second")

    run(store, scenario)


def test_a_file_outlives_its_process(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite"
    code = (
        "import asyncio, os, pathlib, sys; from briefing.api.cache import SqliteStore\n"
        "store = SqliteStore(pathlib.Path(sys.argv[1]), 10_000, 60)\n"
        "async def fill():\n"
        "    await store.put(b'k', b'v')\n"
        "    await store.claim('key', b'first')\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(fill())"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert ran.returncode == -9
    store = SqliteStore(path, 10_000, 60)

    async def scenario() -> None:
        assert await store.get(b"k") == b"v"
        assert not await store.claim("key", b"second")

    run(store, scenario)


def test_a_file_that_cannot_be_used_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database, but long enough to look like one" * 100)
    for path in (tmp_path, tmp_path / "text", tmp_path / "no" / "folder"):
        with pytest.raises(ConfigError, match="cache_path"):
            open_store(path, 1_000, 60)


def test_a_file_that_fails_later_costs_results_not_requests(tmp_path: Path, caplog) -> None:
    path = tmp_path / "results.sqlite"
    store = SqliteStore(path, 10_000, 60)
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE results")
        other.execute("DROP TABLE keys")
    other.close()

    async def scenario() -> None:
        await store.put(b"k", b"v")
        assert await store.get(b"k") is None
        assert await store.claim("key", b"first")

    run(store, scenario)
    assert "cache file" in caplog.text


def test_memory_store_is_the_default() -> None:
    assert isinstance(open_store(None, 1, 1), MemoryStore)


def test_the_file_is_for_its_owner_alone(tmp_path: Path, caplog) -> None:
    """So are the files beside it, which hold texts too; a wider one is told of."""
    path = tmp_path / "results.db"
    before = os.umask(0o022)
    try:
        store = SqliteStore(path, 1_000, 60)
        asyncio.run(store.put(b"a", b"text"))
        files = sorted(tmp_path.iterdir())
        assert len(files) == 3
        assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
        asyncio.run(store.close())
        assert not caplog.records
        path.chmod(0o644)
        asyncio.run(SqliteStore(path, 1_000, 60).close())
        assert f"chmod 600 {path}" in caplog.text
    finally:
        os.umask(before)
