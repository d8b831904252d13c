"""Where results are kept: in memory, or in a SQLite file that outlives the process.

Both are bounded in bytes and in time and forget what was used least recently. Beside results they
keep which request came first with each idempotency key.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cachetools import TTLCache

from briefing.errors import ConfigError

MOST_KEYS = 100_000
"""Idempotency keys that are remembered."""

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    key BLOB PRIMARY KEY, value BLOB NOT NULL, made REAL NOT NULL, used REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS results_used ON results (used);
CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY, request BLOB NOT NULL, made REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_made ON keys (made);
"""
_SIZE = "SELECT coalesce(sum(length(value)), 0) FROM results"
_OLDEST_TENTH = """
DELETE FROM results WHERE key IN
    (SELECT key FROM results ORDER BY used LIMIT max(1, (SELECT count(*) / 10 FROM results)))
"""
_SURPLUS_KEYS = """
DELETE FROM keys WHERE key IN (SELECT key FROM keys ORDER BY made DESC LIMIT -1 OFFSET ?)
"""


class Store(Protocol):
    """Results by their key, and requests by their idempotency key."""

    async def get(self, key: bytes) -> bytes | None:
        """The result kept under ``key``."""
        ...

    async def put(self, key: bytes, value: bytes) -> None:
        """Keep a result."""
        ...

    async def claim(self, key: str, request: bytes) -> bool:
        """Whether ``request`` (a digest) is the first to come with ``key``, or the same again."""
        ...

    async def close(self) -> None:
        """Write what is to be written."""
        ...


def open_store(path: Path | None, most_bytes: int, seconds: float) -> Store:
    """The store that the settings describe.

    Raises:
        ConfigError: the file cannot be used.
    """
    return SqliteStore(path, most_bytes, seconds) if path else MemoryStore(most_bytes, seconds)


class MemoryStore:
    """Results of this process, forgotten with it."""

    def __init__(self, most_bytes: int, seconds: float) -> None:
        self._results: TTLCache[bytes, bytes] = TTLCache(most_bytes, seconds, getsizeof=len)
        self._keys: TTLCache[str, bytes] = TTLCache(MOST_KEYS, seconds)

    async def get(self, key: bytes) -> bytes | None:
        """See :class:`Store`."""
        return self._results.get(key)

    async def put(self, key: bytes, value: bytes) -> None:
        """See :class:`Store`. A value larger than the whole is not kept."""
        if len(value) <= self._results.maxsize:
            self._results[key] = value

    async def claim(self, key: str, request: bytes) -> bool:
        """See :class:`Store`."""
        return self._keys.setdefault(key, request) == request

    async def close(self) -> None:
        """Nothing to do."""


class SqliteStore:
    """Results in a file, which several processes may share and none can damage by being killed.

    A file that fails later (a full disk) costs results, not requests: it is logged.
    """

    def __init__(self, path: Path, most_bytes: int, seconds: float) -> None:
        """Open or make the file.

        Raises:
            ConfigError: it cannot be used.
        """
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        try:
            self._base = sqlite3.connect(
                path, timeout=5, isolation_level=None, check_same_thread=False
            )
            # In WAL mode a killed process loses no transaction; NORMAL leaves fsync to the system.
            self._base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
            self._base.executescript(_SCHEMA)
            self._size = self._sum()
        except sqlite3.Error as error:
            raise ConfigError(
                f"cache_path {path} cannot be used: {error}; name a file in a folder that may be "
                "written, or none"
            ) from error

    async def get(self, key: bytes) -> bytes | None:
        """See :class:`Store`."""
        return await self._do(lambda: self._get(key), None)

    async def put(self, key: bytes, value: bytes) -> None:
        """See :class:`Store`."""
        await self._do(lambda: self._put(key, value), None)

    async def claim(self, key: str, request: bytes) -> bool:
        """See :class:`Store`."""
        return await self._do(lambda: self._claim(key, request), True)

    async def close(self) -> None:
        """Close the file once what was asked for is done."""
        await asyncio.to_thread(self._thread.shutdown)
        self._base.close()

    async def _do(self, job: Callable[[], _Result], otherwise: _Result) -> _Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, job)
        except sqlite3.Error as error:
            _log.error("the cache file cannot be used: %s", error)
            return otherwise

    def _get(self, key: bytes) -> bytes | None:
        now = time.time()
        found = self._one(
            "UPDATE results SET used = ? WHERE key = ? AND made > ? RETURNING value",
            (now, key, now - self._seconds),
        )
        return bytes(found[0]) if found else None

    def _put(self, key: bytes, value: bytes) -> None:
        if len(value) > self._most_bytes:
            return
        now = time.time()
        before = self._number(f"{_SIZE} WHERE key = ?", key)
        self._base.execute("REPLACE INTO results VALUES (?, ?, ?, ?)", (key, value, now, now))
        self._size += len(value) - before
        if self._size > self._most_bytes:
            self._shrink(now)

    def _shrink(self, now: float) -> None:
        """Down to nine tenths, counted anew: other processes write here too."""
        self._base.execute("DELETE FROM results WHERE made <= ?", (now - self._seconds,))
        while (size := self._sum()) > 0.9 * self._most_bytes:
            self._base.execute(_OLDEST_TENTH)
        self._size = size

    def _claim(self, key: str, request: bytes) -> bool:
        now = time.time()
        self._base.execute("DELETE FROM keys WHERE made <= ?", (now - self._seconds,))
        self._base.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", (key, request, now))
        self._base.execute(_SURPLUS_KEYS, (MOST_KEYS,))
        found = self._one("SELECT request FROM keys WHERE key = ?", (key,))
        return found is not None and bytes(found[0]) == request

    def _sum(self) -> int:
        return self._number(_SIZE)

    def _number(self, query: str, *values: object) -> int:
        found = self._one(query, values)
        return int(found[0]) if found else 0

    def _one(self, query: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        with closing(self._base.execute(query, values)) as rows:
            found: tuple[Any, ...] | None = rows.fetchone()
        return found
