"""Connections to SQLite and PostgreSQL that behave alike, and their errors in our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from briefing.digest.store.errors import StoreBusy, StoreError, StoreFull

WAIT = 30
"""Seconds that a transaction waits for another program's."""
_FULL = ("disk is full", "no space left", "could not extend file", "disk full")
_BUSY = ("database is locked", "lock timeout", "database table is locked")


def database_url(place: str) -> URL:
    """What SQLAlchemy opens for a path, or for a ``sqlite://`` or ``postgresql://`` URL.

    Raises:
        StoreError: some other kind of URL.
    """
    if "://" not in place:
        return URL.create("sqlite", database=str(Path(place).expanduser()))
    try:
        url = make_url(place)
    except ArgumentError as error:
        raise StoreError(f"{place} is not the URL of a database: {error}") from error
    kind = url.get_backend_name()
    if kind == "postgres":
        url, kind = url.set(drivername="postgresql"), "postgresql"
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite":
        return url
    raise StoreError(f"{kind} is no store that is known; give a path, or a postgresql:// URL")


def shown(url: URL) -> str:
    """The URL or path as messages show it, without a password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "the store in memory"
    return url.render_as_string(hide_password=True)


def open_engine(url: URL) -> Engine:
    """An engine whose transactions are the same on both databases.

    Raises:
        StoreError: the driver is not installed, or the folder does not exist.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    try:
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": WAIT})
    except ModuleNotFoundError as error:
        raise StoreError(
            "PostgreSQL needs a driver: pip install 'briefing[postgres]', or give a path for SQLite"
        ) from error

    @event.listens_for(engine, "connect")
    def _limit(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{WAIT}s'")
            cursor.execute("SET timezone = 'UTC'")
        connection.commit()

    return engine


def _sqlite(url: URL) -> Engine:
    folder = Path(url.database or ".").absolute().parent
    if not folder.is_dir():
        raise StoreError(f"{folder} is not a folder; make it, or give the store another path")
    engine = create_engine(url, connect_args={"timeout": WAIT})

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: object) -> None:
        # Transactions are begun by us: the driver's own begin comes late and cannot be IMMEDIATE.
        connection.isolation_level = None
        # A killed process loses no transaction in WAL mode; FULL keeps what is committed over a
        # loss of power too, and a message that was sent is not sent again.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


@contextmanager
def errors_of(url: URL) -> Iterator[None]:
    """Say what a database's error means for the user.

    Raises:
        StoreError: in place of SQLAlchemy's.
    """
    try:
        yield
    except DBAPIError as error:
        raise _meaning(str(error.orig or error), shown(url)) from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store {shown(url)} cannot be used: {error}") from error


def _meaning(said: str, store: str) -> StoreError:
    low = said.lower()
    if any(phrase in low for phrase in _FULL):
        return StoreFull(
            f"no room left on the disk of {store}; nothing of the last step was kept. Make room, "
            "then run again: it goes on where it was"
        )
    if any(phrase in low for phrase in _BUSY):
        return StoreBusy(
            f"another program holds {store} for more than {WAIT} seconds; wait for it, or end it, "
            "then run again"
        )
    reason = " ".join(said.split())
    return StoreError(f"the store {store} cannot be used: {reason}")
