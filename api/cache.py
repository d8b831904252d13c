"""Result cache, in memory or SQLite, with request coalescing; and the Idempotency-Key header.

`open_database` opens all of the service's SQLite files: results and idempotency keys, jobs, use of
API keys.

Both stores are bounded in bytes and age, and evict the least recently used results. A result that
is being made is shared by all requests for it.

An idempotency key (draft-ietf-httpapi-idempotency-key-header) is bound to the first request that
uses it. A retry of that request is answered from the cache or joins it in progress; any other
request with the key is refused. A request that is refused leaves its key free, so that it may be
mended and sent again.
"""

import asyncio
import logging
import re
import sqlite3
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from cachetools import TTLCache
from fastapi import Request

from briefing.api.metrics import Observer
from briefing.api.problems import BadHeader, KeyReused
from briefing.config import private_file
from briefing.errors import ConfigError


def open_database(
    path: Path | None,
    schema: str,
    *,
    synchronous: Literal["OFF", "NORMAL", "FULL"] = "FULL",
    wait: float = 5.0,
) -> sqlite3.Connection:
    """Open a file, or a database in memory, and create its tables; it may be used by any thread.

    In WAL mode a killed process loses no transaction. What a crash of the machine loses is said by
    ``synchronous``: nothing (FULL), the last transactions (NORMAL), or perhaps the file (OFF).
    ``wait`` is how many seconds another process's write is waited for.

    Raises:
        sqlite3.Error: the file cannot be used.
    """
    database = sqlite3.connect(
        path or ":memory:", timeout=wait, isolation_level=None, check_same_thread=False
    )
    try:
        database.executescript(
            f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; {schema}"
        )
    except sqlite3.Error:
        database.close()
        raise
    return database


MOST_KEYS = 100_000
"""Idempotency keys that are stored."""

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


class ResultStore(Protocol):
    """Stores results by cache key, and request digests by idempotency key."""

    async def get(self, key: bytes) -> bytes | None:
        """Return the result stored under ``key``, None if there is none."""
        ...

    async def put(self, key: bytes, value: bytes) -> None:
        """Store a result."""
        ...

    async def claim(self, key: str, request: bytes) -> bool:
        """Bind a free ``key`` to the digest ``request``; return whether it is bound to it."""
        ...

    async def release(self, key: str, request: bytes) -> None:
        """Make a ``key`` that is bound to the digest ``request`` free again."""
        ...

    async def close(self) -> None:
        """Finish pending writes and close."""
        ...


def open_store(path: Path | None, most_bytes: int, seconds: float) -> ResultStore:
    """Open a store in the file ``path``, or in memory if None.

    Raises:
        ConfigError: the file cannot be used.
    """
    return SqliteStore(path, most_bytes, seconds) if path else MemoryStore(most_bytes, seconds)


class MemoryStore:
    """Store in the memory of this process."""

    def __init__(self, most_bytes: int, seconds: float) -> None:
        self._results: TTLCache[bytes, bytes] = TTLCache(most_bytes, seconds, getsizeof=len)
        self._keys: TTLCache[str, bytes] = TTLCache(MOST_KEYS, seconds)

    async def get(self, key: bytes) -> bytes | None:
        """See :class:`ResultStore`."""
        return self._results.get(key)

    async def put(self, key: bytes, value: bytes) -> None:
        """See :class:`ResultStore`. A value larger than the store is not stored."""
        if len(value) <= self._results.maxsize:
            self._results[key] = value

    async def claim(self, key: str, request: bytes) -> bool:
        """See :class:`ResultStore`."""
        return self._keys.setdefault(key, request) == request

    async def release(self, key: str, request: bytes) -> None:
        """See :class:`ResultStore`."""
        if self._keys.get(key) == request:
            del self._keys[key]

    async def close(self) -> None:
        """Nothing to do."""


class DatabaseThread:
    """A database that is used in a thread of its own."""

    _db: sqlite3.Connection

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, job: Callable[..., _Result], *args: Any) -> _Result:
        """Run a method of this store in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(job, *args))

    async def close(self) -> None:
        """Finish pending writes, and close the file."""
        await asyncio.to_thread(self._thread.shutdown)
        self._db.close()


class SqliteStore(DatabaseThread):
    """Store in a SQLite file, shared by processes and safe against their being killed.

    Later failures of the file, such as a full disk, are logged and treated as cache misses.
    """

    def __init__(self, path: Path, most_bytes: int, seconds: float) -> None:
        """Open the file, or create it.

        Raises:
            ConfigError: the file cannot be used.
        """
        super().__init__("store")
        self._most_bytes = most_bytes
        self._seconds = seconds
        private_file(path)
        try:
            self._db = open_database(path, _SCHEMA, synchronous="NORMAL")
            self._size = self._sum()
        except sqlite3.Error as error:
            raise ConfigError(
                f"cannot use cache_path {path}: {error}; set it to a file in a writable folder, or "
                "unset it to cache in memory"
            ) from error

    async def get(self, key: bytes) -> bytes | None:
        """See :class:`ResultStore`."""
        return await self._run(lambda: self._get(key), None)

    async def put(self, key: bytes, value: bytes) -> None:
        """See :class:`ResultStore`."""
        await self._run(lambda: self._put(key, value), None)

    async def claim(self, key: str, request: bytes) -> bool:
        """See :class:`ResultStore`."""
        return await self._run(lambda: self._claim(key, request), True)

    async def release(self, key: str, request: bytes) -> None:
        """See :class:`ResultStore`."""
        await self._run(lambda: self._release(key, request), None)

    async def _run(self, job: Callable[[], _Result], default: _Result) -> _Result:
        try:
            return await self.run(job)
        except sqlite3.Error as error:
            _log.error("cannot use the cache file: %s", error)
            return default

    def _get(self, key: bytes) -> bytes | None:
        now = time.time()
        row = self._row(
            "UPDATE results SET used = ? WHERE key = ? AND made > ? RETURNING value",
            (now, key, now - self._seconds),
        )
        return bytes(row[0]) if row else None

    def _put(self, key: bytes, value: bytes) -> None:
        if len(value) > self._most_bytes:
            return
        now = time.time()
        replaced = self._number(f"{_SIZE} WHERE key = ?", key)
        self._db.execute("REPLACE INTO results VALUES (?, ?, ?, ?)", (key, value, now, now))
        self._size += len(value) - replaced
        if self._size > self._most_bytes:
            self._shrink(now)

    def _shrink(self, now: float) -> None:
        """Evict down to 90 % of the limit; the size is read again, as other processes write too."""
        self._db.execute("DELETE FROM results WHERE made <= ?", (now - self._seconds,))
        while (size := self._sum()) > 0.9 * self._most_bytes:
            self._db.execute(_OLDEST_TENTH)
        self._size = size

    def _claim(self, key: str, request: bytes) -> bool:
        now = time.time()
        self._db.execute("DELETE FROM keys WHERE made <= ?", (now - self._seconds,))
        self._db.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", (key, request, now))
        self._db.execute(_SURPLUS_KEYS, (MOST_KEYS,))
        row = self._row("SELECT request FROM keys WHERE key = ?", (key,))
        return row is not None and bytes(row[0]) == request

    def _release(self, key: str, request: bytes) -> None:
        self._db.execute("DELETE FROM keys WHERE key = ? AND request = ?", (key, request))

    def _sum(self) -> int:
        return self._number(_SIZE)

    def _number(self, query: str, *values: object) -> int:
        row = self._row(query, values)
        return int(row[0]) if row else 0

    def _row(self, query: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        with closing(self._db.execute(query, values)) as cursor:
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row


class Unkept(bytes):
    """A result that is given to those who wait for it, but not kept: it may be better next time."""


_Make = Callable[[], Awaitable[bytes]]


@dataclass(eq=False, slots=True)
class _Flight:
    """A result in progress, and the number of requests that wait for it."""

    task: "asyncio.Task[bytes]"
    waiting: int = 0


class ResultCache:
    """Caches results in a store; concurrent requests for a result share one computation."""

    def __init__(self, store: ResultStore, observer: Observer) -> None:
        self.store = store
        self._observer = observer
        self._flights: dict[bytes, _Flight] = {}

    async def get(self, key: bytes, make: _Make) -> bytes:
        """Return the result of ``key``, calling ``make`` if it is not cached.

        Exceptions of ``make`` are raised to all waiting requests and not cached. It is cancelled
        when all of these are.
        """
        flight = self._flights.get(key)
        if flight is None:
            if value := await self.store.get(key):
                self._observer.cache(hit=True)
                return value
            flight = self._flights.get(key)
        self._observer.cache(hit=flight is not None)
        return await self._wait(key, flight or self._start(key, make))

    def _start(self, key: bytes, make: _Make) -> _Flight:
        flight = _Flight(asyncio.create_task(self._make(key, make)))
        self._flights[key] = flight
        flight.task.add_done_callback(lambda _: self._landed(key, flight))
        return flight

    async def _make(self, key: bytes, make: _Make) -> bytes:
        value = await make()
        if not isinstance(value, Unkept):
            await self.store.put(key, value)
        return value

    async def _wait(self, key: bytes, flight: _Flight) -> bytes:
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                self._forget(key, flight)  # now: later requests must not join a cancelled task
                flight.task.cancel()

    def _landed(self, key: bytes, flight: _Flight) -> None:
        self._forget(key, flight)
        if not flight.task.cancelled():
            flight.task.exception()  # retrieve it, in case no request is left

    def _forget(self, key: bytes, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


IDEMPOTENCY_HEADER = "Idempotency-Key"
# A structured field string (RFC 9651), as in the draft, or unquoted, as many clients send it.
KEY = r'"([ !#-\[\]-~]{1,255})"|([!#-~]{1,255})'


def idempotency_key(request: Request) -> str | None:
    """Return the idempotency key of a request, None if it has none.

    Raises:
        BadHeader: the key is empty, too long, or has invalid characters.
    """
    value = request.headers.get(IDEMPOTENCY_HEADER)
    if value is None:
        return None
    match = re.fullmatch(KEY, value.strip())
    if not match:
        raise BadHeader(
            f"{IDEMPOTENCY_HEADER} must be 1 to 255 printable ASCII characters, such as a UUID."
        )
    return match[1] or match[2]


class KeyClaim:
    """The claim of a request to an idempotency key, which is scoped to the caller.

    ``parts`` are what makes up the request.
    """

    def __init__(self, store: ResultStore, key: str, caller: str, *parts: bytes) -> None:
        digest = sha256()
        for part in parts:
            digest.update(b"%d:" % len(part) + part)
        self._store = store
        self._key = f"{caller}\0{key}"
        self._request = digest.digest()

    async def bind(self) -> None:
        """Bind the key to the request.

        Raises:
            KeyReused: the key is bound to a different request.
        """
        if not await self._store.claim(self._key, self._request):
            raise KeyReused

    async def release(self) -> None:
        """Make the key free again if it is bound to this request."""
        await self._store.release(self._key, self._request)
