"""The store: one database, its transactions, and what readers ask of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from types import TracebackType
from typing import Self, TextIO

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL

from briefing.digest.records import Edition
from briefing.digest.store import editions
from briefing.digest.store.database import database_url, errors_of, open_engine, shown
from briefing.digest.store.export import export
from briefing.digest.store.migrate import HEAD, migrate, version


class Store:
    """A digest's store. Open it with `Store.open`; it is a context manager.

    Writers use the functions of this package inside ``with store.writing() as connection``: what
    one block does is kept whole or not at all. Threads may share a store, not a connection.
    """

    def __init__(self, engine: Engine, rehearsal: Connection | None = None) -> None:
        self._engine = engine
        self._rehearsal = rehearsal

    @classmethod
    def open(cls, place: str) -> Self:
        """Open, or make, the store at a path or a ``postgresql://`` URL; migrate its tables.

        Raises:
            StoreError: it cannot be opened. StoreTooNew: a newer version made it.
        """
        url = database_url(place)
        engine = open_engine(url)
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()

    @property
    def url(self) -> URL:
        """Where it is."""
        return self._engine.url

    @property
    def name(self) -> str:
        """Where it is, as messages show it: without a password."""
        return shown(self.url)

    @property
    def engine(self) -> Engine:
        """What opens its connections."""
        return self._engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: committed at the end, rolled back on any error.

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
        """A transaction that only reads, and sees one state of the store.

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
        """A store that can be written like this one, and of which nothing is kept."""
        engine = self._engine.execution_options(writing=True)
        with errors_of(self.url), engine.connect() as one, one.begin() as outer:
            try:
                yield Store(self._engine, one)
            finally:
                outer.rollback()

    def editions(self) -> list[date]:
        """Dates of the editions that are complete, newest first."""
        with self.reading() as connection:
            return editions.dates(connection)

    def edition(self, day: date) -> Edition | None:
        """The edition of a date; None where there is none, or it is not composed yet."""
        with self.reading() as connection:
            return editions.document(connection, day)

    def latest(self, count: int) -> list[Edition]:
        """The newest editions, newest first."""
        with self.reading() as connection:
            return editions.latest(connection, count)

    def export(self, out: TextIO) -> int:
        """Write every row of every table as JSON Lines; the number of lines."""
        with self.reading() as connection:
            return export(connection, out)

    def check(self) -> str:
        """``ok``, or what the database finds wrong with itself (SQLite's integrity check)."""
        if self.url.get_backend_name() != "sqlite":
            with self.reading() as connection:
                connection.execute(text("SELECT count(*) FROM editions"))
            return "ok"
        with self.reading() as connection:
            return str(connection.scalar(text("PRAGMA integrity_check")))
