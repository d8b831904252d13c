"""Digest store: a database of sources, articles, stories, editions and deliveries.

`Store` opens SQLite or PostgreSQL, with its transactions, its migrations, read access, export and
pruning. Both databases behave alike, and their errors are mapped to `StoreError`. Opening a store
migrates its tables to the latest version.
"""

import base64
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    delete,
    event,
    inspect,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from briefing.config import private_file
from briefing.digest import Edition
from briefing.digest.store import tables
from briefing.digest.store.editions import edition_dates, edition_document, forget_sources, latest
from briefing.errors import StoreBusy, StoreError, StoreFull, StoreTooNew

__all__ = ["Store", "StoreBusy", "StoreError", "StoreFull", "StoreTooNew"]

# The tables are named by their module: `articles`, `editions` and `stories` are modules here.
_ROWS = 500


def export_store(connection: Connection, write: Callable[[str], object]) -> int:
    """Write one line per row, ``{"table": NAME, COLUMN: VALUE, ...}``, table by table.

    Times are ISO 8601 in UTC, bytes base64. Memory use is constant. Returns the number of lines.
    """
    count = 0
    for table in tables.metadata.sorted_tables:
        key = list(table.primary_key.columns)
        rows = connection.execution_options(yield_per=_ROWS).execute(select(table).order_by(*key))
        for row in rows.mappings():
            fields = {name: _plain(value) for name, value in row.items()}
            write(json.dumps({"table": table.name, **fields}, ensure_ascii=False) + "\n")
            count += 1
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


@dataclass(frozen=True, slots=True)
class Pruned:
    """Number of rows deleted from each table."""

    editions: int
    articles: int
    stories: int
    sources: int


def prune_store(connection: Connection, before: datetime, now: datetime) -> Pruned:
    """Delete data older than ``before``, and editions made after ``now`` (by a wrong clock).

    An undated article keeps its row without the text: its source may still list it, and it would
    be stored again as new. A dated one would be skipped for its age.
    """
    deleted_editions = connection.execute(
        delete(tables.editions).where(
            or_(tables.editions.c.made < before, tables.editions.c.made > now)
        )
    ).rowcount
    old = (tables.articles.c.time < before, tables.articles.c.news < before)
    deleted_articles = connection.execute(
        delete(tables.articles).where(*old, tables.articles.c.published.is_not(None))
    ).rowcount
    connection.execute(
        update(tables.articles)
        .where(*old, tables.articles.c.body != "")
        .values(body="", signature=None, duplicate_of=None, story_id=None)
    )
    connection.execute(delete(tables.revisions).where(tables.revisions.c.replaced < before))
    briefed = (
        select(tables.briefs.c.story_id)
        .where(tables.briefs.c.story_id == tables.stories.c.id)
        .exists()
    )
    member = (
        select(tables.articles.c.id)
        .where(tables.articles.c.story_id == tables.stories.c.id)
        .exists()
    )
    deleted_stories = connection.execute(delete(tables.stories).where(~briefed, ~member)).rowcount
    return Pruned(deleted_editions, deleted_articles, deleted_stories, forget_sources(connection))


WAIT = 30
"""Lock timeout of a transaction, in seconds."""
_FULL = ("disk is full", "no space left", "could not extend file", "disk full")
_BUSY = ("database is locked", "lock timeout", "database table is locked")


def database_url(place: str) -> URL:
    """The SQLAlchemy URL for a path, or for a ``sqlite://`` or ``postgresql://`` URL.

    Raises:
        StoreError: the URL is invalid, or of another kind.
    """
    if "://" not in place:
        return URL.create("sqlite", database=str(Path(place).expanduser()))
    try:
        url = make_url(place)
    except ArgumentError as error:
        raise StoreError(
            f"{place} is not a database URL: {error}; use a path, or a postgresql:// URL"
        ) from error
    kind = url.get_backend_name()
    if kind == "postgres":
        url, kind = url.set(drivername="postgresql"), "postgresql"
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite":
        return url
    raise StoreError(f"{kind} is not a supported database; use a path, or a postgresql:// URL")


def _shown(url: URL) -> str:
    """The URL or path for messages, without a password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "the in-memory store"
    return url.render_as_string(hide_password=True)


def _open_engine(url: URL) -> Engine:
    """Create an engine; transactions behave alike on both databases.

    Raises:
        StoreError: the driver is not installed, or the folder does not exist.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    try:
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": WAIT})
    except ModuleNotFoundError as error:
        raise StoreError(
            "PostgreSQL needs a driver: pip install 'briefing-local[postgres]', "
            "or use a path for SQLite"
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
        raise StoreError(f"{folder} is not a folder; create it, or use another path for the store")
    if url.database and url.database != ":memory:":
        private_file(Path(url.database))
    engine = create_engine(url, connect_args={"timeout": WAIT})

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: object) -> None:
        # `_begin` starts transactions: the driver's own BEGIN is late and cannot be IMMEDIATE.
        connection.isolation_level = None
        # In WAL mode a killed process loses no committed transaction; with FULL, neither does a
        # power failure, so that a sent message is not sent again.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


@contextmanager
def errors_of(url: URL) -> Iterator[None]:
    """Map database errors.

    Raises:
        StoreError: in place of SQLAlchemy's errors.
    """
    try:
        yield
    except DBAPIError as error:
        raise _store_error(str(error.orig or error), _shown(url)) from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store {_shown(url)} cannot be used: {error}") from error


def _store_error(message: str, store: str) -> StoreError:
    low = message.lower()
    if any(phrase in low for phrase in _FULL):
        return StoreFull(
            f"the disk of {store} is full; the current step was rolled back. Make room, then run "
            "again to resume"
        )
    if any(phrase in low for phrase in _BUSY):
        return StoreBusy(
            f"another program has locked {store} for more than {WAIT} seconds; wait until it ends, "
            "or stop it, then run again"
        )
    return StoreError(f"the store {store} cannot be used: {' '.join(message.split())}")


HEAD = "0003"
"""The latest migration; a test checks that."""
MIGRATIONS = Path(__file__).with_name("migrations")
_MIGRATION_LOCK_KEY = 7_310_465_001
"""Key of the PostgreSQL advisory lock that serialises migrations by concurrent processes."""


def version(connection: Connection) -> str | None:
    """The schema version; None if there are no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    number: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return number


def migrate(connection: Connection) -> None:
    """Migrate the tables to the latest version, in the connection's transaction.

    Raises:
        StoreTooNew: the tables are of a newer version.
    """
    # Imported here: loading Alembic takes longer than opening an up-to-date store.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK_KEY})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    current = version(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise StoreTooNew(
            f"the store's tables are of version {current}, newer than this program's {HEAD}; "
            "update Briefing, or use another store"
        )
    command.upgrade(config, "head")


class Store:
    """A digest's store; open it with `Store.open`. A context manager.

    Writers call the functions of this package inside ``with store.writing() as connection``: each
    block is atomic. Threads may share a store, but not a connection.
    """

    def __init__(self, engine: Engine, rehearsal: Connection | None = None) -> None:
        self._engine = engine
        self._rehearsal = rehearsal

    @classmethod
    def open(cls, place: str) -> Self:
        """Open or create the store at a path or a ``postgresql://`` URL, and migrate its tables.

        Raises:
            StoreError: it cannot be opened. StoreTooNew: a newer version created it.
        """
        url = database_url(place)
        engine = _open_engine(url)
        store = cls(engine)
        try:
            with store.reading() as connection:
                current = version(connection) == HEAD
            if not current:
                with store.writing() as connection:
                    migrate(connection)
        except BaseException:
            engine.dispose()
            raise
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @property
    def url(self) -> URL:
        """The database URL."""
        return self._engine.url

    @property
    def name(self) -> str:
        """The URL or path for messages, without a password."""
        return _shown(self.url)

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine."""
        return self._engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction: committed at the end, rolled back on any error.

        Raises:
            StoreFull, StoreBusy, StoreError: in place of the database's own errors.
        """
        with errors_of(self.url):
            if self._rehearsal is not None:
                with self._rehearsal.begin_nested():
                    yield self._rehearsal
                return
            with self._engine.execution_options(writing=True).begin() as connection:
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction with a consistent view of the store.

        Raises:
            StoreError: in place of the database's own errors.
        """
        with errors_of(self.url):
            if self._rehearsal is not None:
                yield self._rehearsal
                return
            with self._engine.begin() as connection:
                yield connection

    @contextmanager
    def rehearsal(self) -> Iterator["Store"]:
        """A writable view of this store that is rolled back at the end."""
        engine = self._engine.execution_options(writing=True)
        with errors_of(self.url), engine.connect() as one, one.begin() as outer:
            try:
                yield Store(self._engine, one)
            finally:
                outer.rollback()

    def editions(self) -> list[date]:
        """Dates of the composed editions, newest first."""
        with self.reading() as connection:
            return edition_dates(connection)

    def edition(self, day: date) -> Edition | None:
        """The edition of a date; None if there is none, or it is not composed yet."""
        with self.reading() as connection:
            return edition_document(connection, day)

    def latest(self, count: int) -> list[Edition]:
        """The newest editions, newest first."""
        with self.reading() as connection:
            return latest(connection, count)

    def export(self, write: Callable[[str], object]) -> int:
        """Write every row of every table as JSON Lines; return the number of lines."""
        with self.reading() as connection:
            return export_store(connection, write)

    def check(self) -> str:
        """Run SQLite's integrity check; return ``ok`` or the problems found."""
        if self.url.get_backend_name() != "sqlite":
            with self.reading() as connection:
                connection.execute(text("SELECT count(*) FROM editions"))
            return "ok"
        with self.reading() as connection:
            return str(connection.scalar(text("PRAGMA integrity_check")))
