"""Files and folders on any fsspec file system: local paths, s3://, gs://, memory://."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from briefing.errors import BriefingError, MissingExtra, NotFound, OutputError

HIDDEN = ("_", ".")
"""Prefixes of the names that readers of folders (Spark, DuckDB, Arrow) ignore."""

_STORES = ("botocore", "s3fs", "gcsfs", "adlfs", "azure", "aiohttp", "google", "fsspec", "paramiko")
"""File system packages with exception types of their own."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file in a folder: its relative path, and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder by its URL; a plain path is made absolute."""

    url: str

    @classmethod
    def of(cls, location: str) -> "Place":
        """Return the place for a path or a URL."""
        if "://" in location or "::" in location:
            return cls(location.rstrip("/"))
        return cls(str(Path(location).absolute()))

    def __str__(self) -> str:
        return self.url

    @property
    def private(self) -> bool:
        """Whether it is visible to this process only."""
        return self.url.startswith("memory://")

    @property
    def suffix(self) -> str:
        """The file name's extension in lower case, such as ``.jsonl``, or an empty string."""
        name = self.url.rpartition("/")[2]
        return name[name.rindex(".") :].lower() if "." in name[1:] else ""

    def child(self, name: str) -> "Place":
        """Return a file or folder below this one."""
        return Place(f"{self.url}/{name}") if name else self

    def is_folder(self) -> bool:
        """Whether it is a folder; object stores have no empty folders."""
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            return bool(fs.isdir(path))

    def exists(self) -> bool:
        """Whether it exists."""
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            return bool(fs.exists(path))

    def files(self) -> list[Found]:
        """List the files in a folder and its subfolders, by name, without hidden ones.

        A file lists itself with the name ``""``.

        Raises:
            NotFound: it does not exist, or cannot be listed.
        """
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            fs.invalidate_cache()
            if fs.isfile(path):
                return [Found("", int(fs.size(path)))]
            entries = fs.find(path, detail=True)
            if not entries and not fs.isdir(path):
                raise NotFound(f"{self.url} does not exist; check the path")
        below = [Found(_below(path, name), int(info["size"])) for name, info in entries.items()]
        return sorted((f for f in below if not _hidden(f.name)), key=lambda f: f.name)

    def names(self) -> set[str]:
        """Return the names in a folder; none if it does not exist."""
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            fs.invalidate_cache()
            with suppress(FileNotFoundError):
                return {str(name).rstrip("/").rpartition("/")[2] for name in fs.ls(path, False)}
        return set()

    def read(self, start: int | None = None, end: int | None = None) -> bytes:
        """Read the file, or a range of its bytes.

        Raises:
            NotFound: it cannot be read.
        """
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            return bytes(fs.cat_file(path, start=start, end=end))

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """Open the file for reading; it is seekable. Raises NotFound."""
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            file = fs.open(path, "rb")
        with file, _failing(self.url, NotFound, "read"):
            yield file

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """Open the file for writing; it is replaced at the end of the block, unless that fails.

        Raises:
            OutputError: it cannot be written.
        """
        with reaching(self.url, OutputError, "write"):
            fs, path = self._opened()
            folder, _, name = path.rpartition("/")
            temporary = f"{folder}/_{name}.{uuid.uuid4().hex[:8]}"
            file = fs.open(temporary, "wb")
        with _failing(self.url, OutputError, "write"):
            try:
                with file:
                    yield file
                fs.mv(temporary, path)
            except BaseException:
                with suppress(Exception):
                    fs.rm_file(temporary)
                raise

    def make_folder(self) -> None:
        """Create the folder if it does not exist (no-op on object stores). Raises OutputError."""
        with reaching(self.url, OutputError, "write"):
            fs, path = self._opened()
            fs.makedirs(path, exist_ok=True)

    def write(self, data: bytes) -> None:
        """Write the file atomically. Raises OutputError."""
        with self.writing() as file:
            file.write(data)

    def remove(self) -> None:
        """Remove the file or folder, recursively, if it exists. Raises OutputError."""
        with reaching(self.url, OutputError, "remove"), suppress(FileNotFoundError):
            fs, path = self._opened()
            fs.rm(path, recursive=True)

    def _opened(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        fs, path = url_to_fs(self.url)
        return fs, str(path)


@contextmanager
def reaching(url: str, kind: type[BriefingError], act: str = "read") -> Iterator[None]:
    """Convert the errors of a file system to ``kind``, with the URL and what to do."""
    with _failing(url, kind, act):
        try:
            yield
        except ImportError as error:
            raise MissingExtra(f"{url} needs another package; install it ({error})") from error
        except ValueError as error:
            raise kind(f"cannot {act} {url}: {error}; check the URL") from error


@contextmanager
def _failing(url: str, kind: type[BriefingError], act: str) -> Iterator[None]:
    """Convert the errors of an open file, where a ValueError is not about the URL."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise kind(f"cannot {act} {url}: {reason}; check the path and permissions") from error
    except Exception as error:
        if not type(error).__module__.startswith(_STORES):
            raise
        raise kind(f"cannot {act} {url}: {error}; check the URL and your credentials") from error


def _below(folder: str, name: str) -> str:
    return name[len(folder.rstrip("/")) :].lstrip("/")


def _hidden(name: str) -> bool:
    return any(part.startswith(HIDDEN) for part in name.split("/"))
