"""API keys: create, revoke and look up keys, stored hashed in a file; and what each was used for.

A key is ``briefing_ID_SECRET``. The ID is public and selects the entry; only the SHA-256 of the
whole key is stored. Slow hashes (bcrypt, Argon2) protect passwords, which can be guessed from a
dictionary. A secret here is 256 random bits, which cannot be guessed at any speed, so a slow hash
would only cost time on every request.

Their use (when each was last used, and for how many articles today, in UTC) is in a SQLite file
beside the keys, shared by all workers and read by ``briefing keys list``. Where it cannot be
written, each process counts for itself.
"""

import hmac
import json
import logging
import math
import os
import re
import secrets
import sqlite3
import weakref
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from filelock import FileLock

from briefing.api.cache import open_database
from briefing.config import private_file, replace_file
from briefing.errors import ConfigError
from briefing.options import KeyScope

_KEY = re.compile(r"briefing_([0-9a-f]{8})_[\w-]{43}", re.ASCII)
_NAME = re.compile(r"[\w.@-]{1,64}", re.ASCII)
_NO_HASH = sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Key:
    """The stored entry of a key.

    ``hash`` is hexadecimal; ``rate`` is in articles per minute, ``concurrency`` in simultaneous
    requests; None means the service's setting. ``expires`` is a time (ISO 8601), ``daily`` the
    number of articles per day (UTC); None means no limit.
    """

    id: str
    name: str
    hash: str
    scopes: tuple[KeyScope, ...]
    created: str
    revoked: str | None = None
    rate: float | None = None
    concurrency: int | None = None
    expires: str | None = None
    daily: int | None = None

    @property
    def expired(self) -> bool:
        """Whether the key's time is over."""
        return bool(self.expires) and datetime.fromisoformat(str(self.expires)) <= datetime.now(UTC)

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Self:
        """Return the key of an entry in the file."""
        key = cls(**{**entry, "scopes": tuple(map(KeyScope, entry["scopes"]))})
        _ = key.expired  # raises if its time is none
        return key


class KeyFile:
    """API keys in a file that only its owner can read; a missing file has no keys.

    Writers take a lock and replace the file atomically; readers check for changes on each access.
    ``mark`` is a file that says that there are keys, and stays if theirs is lost.

    Every access raises ConfigError if the file is damaged or writable by others.
    """

    def __init__(self, path: Path, mark: Path | None = None) -> None:
        self.path = path
        self._mark = mark
        self._marked = False
        self._version: tuple[int, ...] | None = None
        self._keys: dict[str, Key] = {}

    def all(self) -> list[Key]:
        """Return all keys, revoked ones included, oldest first."""
        self._reload()
        return list(self._keys.values())

    def in_use(self) -> bool:
        """Return whether there are keys, or there were when their file was lost."""
        if self.all():
            self._note()
            return True
        return self._mark is not None and os.path.exists(self._mark)

    @property
    def lost(self) -> str:
        """What to do if there were keys and their file is missing; "" if it is not."""
        if os.path.exists(self.path) or not self.in_use():
            return ""
        return (
            f"there were API keys, and their file {self.path} is missing; restore it, or create "
            f"others with `briefing keys add NAME`; to serve without keys, delete {self._mark}"
        )

    def _note(self) -> None:
        """Write the mark; where that is not possible, only this process knows of the keys."""
        if self._mark and not self._marked:
            self._marked = True
            with suppress(OSError):
                self._mark.touch(mode=0o600)

    def find(self, secret: str) -> Key | None:
        """Return the key that ``secret`` belongs to, None if unknown or revoked; it may be expired.

        The comparison takes constant time, against timing attacks.
        """
        self._reload()
        match = _KEY.fullmatch(secret)
        key = self._keys.get(match[1]) if match else None
        same = hmac.compare_digest(_hash(secret), key.hash if key else _NO_HASH)
        return key if key and same and not key.revoked else None

    def add(
        self,
        name: str,
        scopes: Iterable[KeyScope],
        rate: float | None = None,
        concurrency: int | None = None,
        expires: datetime | None = None,
        daily: int | None = None,
    ) -> str:
        """Create a key and return its secret, which is not stored.

        Raises:
            ConfigError: the name is taken or invalid, the rate is not finite, or the file cannot be
                written.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError("a key's name must be 1 to 64 letters, digits or any of . _ @ -")
        if rate is not None and not math.isfinite(rate):
            raise ConfigError(f"a key's rate must be a number, not {rate}; use 0 for no limit")
        key = Key(
            id=secrets.token_hex(4),
            name=name,
            hash="",
            scopes=tuple(dict.fromkeys(scopes)),
            created=_now(),
            rate=rate,
            concurrency=concurrency,
            expires=expires.isoformat(timespec="seconds") if expires else None,
            daily=daily,
        )
        secret = f"briefing_{key.id}_{secrets.token_urlsafe(32)}"

        def append(keys: list[Key]) -> list[Key]:
            if any(_in_use(each, name) for each in keys):
                raise ConfigError(f"key {name!r} exists already; revoke it, or use another name")
            return [*keys, replace(key, hash=_hash(secret))]

        self._change(append)
        return secret

    def revoke(self, name: str) -> None:
        """Revoke a key; it stays in the list.

        Raises:
            ConfigError: no active key has this name, or the file cannot be written.
        """

        def mark(keys: list[Key]) -> list[Key]:
            if not any(_in_use(key, name) for key in keys):
                raise ConfigError(f"no active key is named {name!r}; see `briefing keys list`")
            return [replace(key, revoked=_now()) if _in_use(key, name) else key for key in keys]

        self._change(mark)

    def _reload(self) -> None:
        """Read the file if it has changed since it was last read."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            self._version, self._keys = None, {}
            return
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        version = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        if version == self._version:
            return
        if os.name == "posix" and stat.st_mode & 0o022:
            raise self._unusable(f"it is writable by others; run chmod 600 {self.path}")
        self._keys = {key.id: key for key in self._read()}
        self._version = version

    def _read(self) -> list[Key]:
        try:
            return [Key.of(entry) for entry in json.loads(self.path.read_bytes())["keys"]]
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._unusable("it is damaged; restore it, or delete it and add keys") from error

    def _change(self, change: Callable[[list[Key]], list[Key]]) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", mode=0o600):
                keys = [asdict(key) for key in change(self.all())]
                replace_file(self.path, json.dumps({"keys": keys}, indent=1).encode(), 0o600)
            self._note()
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error

    def _unusable(self, why: str) -> ConfigError:
        return ConfigError(f"cannot use the key file {self.path}: {why}")


def expiry(text: str) -> datetime:
    """Return the time that ``text`` names: 12h, 90d or 26w from now, or a date or time (ISO 8601).

    Raises:
        ConfigError: it names none, or one that has passed.
    """
    if match := re.fullmatch(r"([1-9]\d{0,4})([hdw])", text, re.ASCII):
        return datetime.now(UTC) + int(match[1]) * _UNITS[match[2]]
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no time; use one like 90d, 12h or 2027-03-31") from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if at <= datetime.now(UTC):
        raise ConfigError(f"{text} has passed; use a later time, or one like 90d")
    return at.astimezone(UTC)


_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def _in_use(key: Key, name: str) -> bool:
    return key.name == name and not key.revoked and not key.expired


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


_log = logging.getLogger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS use (
    key TEXT PRIMARY KEY, last TEXT NOT NULL, day TEXT NOT NULL, articles INTEGER NOT NULL
) WITHOUT ROWID
"""
_ADD = """
INSERT INTO use VALUES (:key, :last, :day, max(0, :articles)) ON CONFLICT (key) DO UPDATE SET
    last = :last, day = :day,
    articles = max(0, :articles + CASE day WHEN :day THEN articles ELSE 0 END)
WHERE :most IS NULL OR :articles + CASE day WHEN :day THEN articles ELSE 0 END <= :most
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

    def add(self, key: str, articles: int, most: int | None = None) -> bool:
        """Note that a key, by its id, was used for ``articles``; a negative number takes them back.

        Return false, and note nothing, if these would be more than ``most`` today.
        """
        if most is not None and articles > most:
            return False
        now = datetime.now(UTC)
        values = {
            "key": key,
            "last": now.isoformat(timespec="seconds"),
            "day": now.date().isoformat(),
            "articles": articles,
            "most": most,
        }
        try:
            return self._open().execute(_ADD, values).rowcount > 0
        except sqlite3.Error as error:
            _log.warning("the use of a key cannot be noted in %s: %s", self._path, error)
            return True

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
            private_file(path)
        # What a crash of the machine loses is a few counts.
        return open_database(path, _SCHEMA, synchronous="OFF", wait=_WAIT)


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
