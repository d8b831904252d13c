"""API keys: made, kept hashed in one small file, found again.

A key is ``briefing_ID_SECRET``. The ID is public and finds the entry; of the whole key only its
SHA-256 is kept. A slow hash (bcrypt, Argon2) protects passwords, of which one can try the likely
ones. A secret here is 256 random bits: there are no likely ones, and 2^256 tries are out of reach
however fast each is. What a slow hash would add is work for the server on every request.
"""

import hmac
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Self

from filelock import FileLock

from briefing.errors import ConfigError

_KEY = re.compile(r"briefing_([0-9a-f]{8})_[\w-]{43}", re.ASCII)
_NAME = re.compile(r"[\w.@-]{1,64}", re.ASCII)
_NO_HASH = sha256(b"").hexdigest()


class Scope(StrEnum):
    """What a key may be used for."""

    BRIEF = "brief"
    CHECK = "check"
    DIGEST = "digest"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key.

    ``hash`` is hexadecimal; ``rate`` is in articles a minute and ``concurrency`` in requests at
    once, None where the service's settings say it.
    """

    id: str
    name: str
    hash: str
    scopes: tuple[Scope, ...]
    created: str
    revoked: str | None = None
    rate: float | None = None
    concurrency: int | None = None

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Self:
        """The key of an entry in the file."""
        return cls(**{**entry, "scopes": tuple(map(Scope, entry["scopes"]))})


class KeyFile:
    """The keys in a file that only its owner may read; an absent file holds none.

    Writers take a lock and replace the file as a whole, so a reader never sees half of it, and
    sees a change at its next look.

    Raises, wherever it is read: ConfigError for a damaged file, or one that others may write.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, ...] | None = None
        self._keys: dict[str, Key] = {}

    def all(self) -> list[Key]:
        """All keys, revoked ones too, the oldest first."""
        self._look()
        return list(self._keys.values())

    def find(self, secret: str) -> Key | None:
        """The key that ``secret`` is, None for one that is unknown or revoked.

        The comparison takes as long for a wrong secret as for the right one, so how far it is
        right cannot be measured.
        """
        self._look()
        shape = _KEY.fullmatch(secret)
        key = self._keys.get(shape[1]) if shape else None
        same = hmac.compare_digest(_hash(secret), key.hash if key else _NO_HASH)
        return key if key and same and not key.revoked else None

    def add(
        self,
        name: str,
        scopes: Iterable[Scope],
        rate: float | None = None,
        concurrency: int | None = None,
    ) -> str:
        """Make a key; what is returned is the only copy of it.

        Raises:
            ConfigError: the name is taken, or cannot be one; the file cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise ConfigError("a key's name has 1 to 64 letters, digits and . _ @ - in it")
        made = Key(
            id=secrets.token_hex(4),
            name=name,
            hash="",
            scopes=tuple(dict.fromkeys(scopes)),
            created=_now(),
            rate=rate,
            concurrency=concurrency,
        )
        secret = f"briefing_{made.id}_{secrets.token_urlsafe(32)}"

        def added(keys: list[Key]) -> list[Key]:
            if any(key.name == name and not key.revoked for key in keys):
                raise ConfigError(f"there is a key {name!r} already; revoke it, or take another")
            return [*keys, replace(made, hash=_hash(secret))]

        self._change(added)
        return secret

    def revoke(self, name: str) -> None:
        """Take a key out of use; it stays in the list.

        Raises:
            ConfigError: no key in use has this name; the file cannot be written.
        """

        def without(keys: list[Key]) -> list[Key]:
            if not any(key.name == name and not key.revoked for key in keys):
                raise ConfigError(f"no key in use is named {name!r}; see `briefing keys list`")
            return [
                replace(key, revoked=_now()) if key.name == name and not key.revoked else key
                for key in keys
            ]

        self._change(without)

    def _look(self) -> None:
        """Read the file again where it has changed since the last look."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            self._seen, self._keys = None, {}
            return
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        seen = (found.st_mtime_ns, found.st_ino, found.st_size)
        if seen == self._seen:
            return
        if os.name == "posix" and found.st_mode & 0o022:
            raise self._unusable(f"others may write it; chmod 600 {self.path}")
        self._keys = {key.id: key for key in self._read()}
        self._seen = seen

    def _read(self) -> list[Key]:
        try:
            return [Key.of(entry) for entry in json.loads(self.path.read_bytes())["keys"]]
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._unusable("it is damaged; restore it, or remove it and add keys") from error

    def _change(self, change: Callable[[list[Key]], list[Key]]) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(f"{self.path}.lock", mode=0o600):
                self._write(change(self.all()))
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error

    def _write(self, keys: list[Key]) -> None:
        """Replace the file at once; a temporary file is its owner's alone from the beginning."""
        data = json.dumps({"keys": [asdict(key) for key in keys]}, indent=1)
        with NamedTemporaryFile("w", dir=self.path.parent, prefix=".keys", delete=False) as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(self.path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    def _unusable(self, why: str) -> ConfigError:
        return ConfigError(f"the keys in {self.path} cannot be used: {why}")


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
