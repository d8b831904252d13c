"""One run at a time on a store; the lock of a process that is gone is gone with it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import text

from briefing.digest.run.errors import LockedError
from briefing.digest.store import Store, StoreError

_KEY = 7_310_465_002
"""PostgreSQL's advisory lock of a run."""
_PATIENCE, _POLL = 3.0, 0.1
"""Seconds: a busy server may take a moment to see that a killed run's session is gone."""


@contextmanager
def run_lock(store: Store) -> Iterator[None]:
    """Hold the store's lock: the system's on a file beside SQLite's, or PostgreSQL's own, which
    keeps runs on different machines apart too.

    Raises:
        LockedError: another run holds it. StoreError: it cannot be taken.
    """
    if store.url.get_backend_name() == "sqlite":
        with _file_lock(f"{store.url.database}.lock"):
            yield
    else:
        with _advisory_lock(store):
            yield


@contextmanager
def _file_lock(path: str) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(
            f"another run holds {path}; wait until it ends (the lock ends with its process)"
        ) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}; check its folder") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory_lock(store: Store) -> Iterator[None]:
    # Held by the session, not by a transaction: a connection of its own, idle while the run works.
    engine = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        until = time.monotonic() + _PATIENCE
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY}):
            if time.monotonic() >= until:
                raise LockedError(f"another run works on {store.name}; wait until it ends")
            time.sleep(_POLL)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _KEY})
