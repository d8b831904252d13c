"""Use of API keys: when each was last used, and for how many articles today (UTC).

A SQLite file beside the keys is shared by all workers and read by ``briefing keys list``. Where it
cannot be written, each process counts for itself.
"""

import logging
import os
import sqlite3
import weakref
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from briefing.api.database import open_database

_log = logging.getLogger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS use (
    key TEXT PRIMARY KEY, last TEXT NOT NULL, day TEXT NOT NULL, articles INTEGER NOT NULL
) WITHOUT ROWID
"""
_ADD = """
INSERT INTO use VALUES (:key, :last, :day, :articles) ON CONFLICT (key) DO UPDATE SET
    last = :last, day = :day, articles = :articles + CASE day WHEN :day THEN articles ELSE 0 END
"""
_ALL = "SELECT key, last, CASE day WHEN ? THEN articles ELSE 0 END FROM use"
_TODAY = "SELECT articles FROM use WHERE key = ? AND day = ?"
_WAIT = 0.2
"""Seconds to wait for another process's write: requests wait for it."""


@dataclass(frozen=True, slots=True)
class Use:
    """When a key was last used (ISO 8601), and for how many articles today."""

    last: str
    articles: int


class Usage:
    """The use of all keys; the file is opened when the first key is used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None

    def add(self, key: str, articles: int) -> None:
        """Note that a key, by its id, was used for ``articles``."""
        now = datetime.now(UTC)
        values = {
            "key": key,
            "last": now.isoformat(timespec="seconds"),
            "day": now.date().isoformat(),
            "articles": articles,
        }
        try:
            self._open().execute(_ADD, values)
        except sqlite3.Error as error:
            _log.warning("the use of a key cannot be noted in %s: %s", self._path, error)

    def articles(self, key: str) -> int:
        """Return the number of articles of a key today."""
        try:
            found = self._open().execute(_TODAY, (key, _today())).fetchone()
        except sqlite3.Error:
            return 0
        return found[0] if found else 0

    def all(self) -> dict[str, Use]:
        """Return the use of each key, by its id; nothing is created."""
        if not self._path.is_file():
            return {}
        try:
            with closing(sqlite3.connect(self._path, timeout=_WAIT)) as db:
                rows = db.execute(_ALL, (_today(),)).fetchall()
        except sqlite3.Error:
            return {}
        return {key: Use(last, articles) for key, last, articles in rows}

    def close(self) -> None:
        """Close the file."""
        if self._db:
            self._db.close()
            self._db = None

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            try:
                self._db = self._connected(self._path)
            except (OSError, sqlite3.Error) as error:
                _log.warning(
                    "the use of keys is not kept in %s (%s); set usage_path to a file in a "
                    "writable folder",
                    self._path,
                    error,
                )
                self._db = self._connected(None)
            weakref.finalize(self, self._db.close)
        return self._db

    @staticmethod
    def _connected(path: Path | None) -> sqlite3.Connection:
        if path:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        # What a crash of the machine loses is a few counts.
        return open_database(path, _SCHEMA, synchronous="OFF", wait=_WAIT)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
