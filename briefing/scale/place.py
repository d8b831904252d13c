"""Files and folders anywhere that fsspec reaches: local paths, s3://, gs://, memory://."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from briefing.errors import BriefingError, NotFound, OutputError
from briefing.scale.errors import MissingExtra

HIDDEN = ("_", ".")
"""First letters of names that readers of folders (Spark, DuckDB, Arrow) pass over."""

_STORES = ("botocore", "s3fs", "gcsfs", "adlfs", "azure", "aiohttp", "google", "fsspec", "paramiko")
"""Packages of file systems that raise errors of their own."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file below a folder: its path from there, and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder by its URL; a plain path is made absolute."""

    url: str

    @classmethod
    def of(cls, location: str) -> "Place":
        """The place that a user names by a path or a URL."""
        if "://" in location or "::" in location:
            return cls(location.rstrip("/"))
        return cls(str(Path(location).absolute()))

    def __str__(self) -> str:
        return self.url

    @property
    def local(self) -> bool:
        """Whether it is on the file system of this machine."""
        return "::" not in self.url and self.url.partition("://")[0] in (self.url, "file", "local")

    @property
    def private(self) -> bool:
        """Whether no other process can reach it."""
        return self.url.startswith("memory://")

    @property
    def suffix(self) -> str:
        """The end of its name, such as ``.jsonl``; empty where there is none."""
        name = self.url.rpartition("/")[2]
        return name[name.rindex(".") :].lower() if "." in name[1:] else ""

    def child(self, name: str) -> "Place":
        """A file or folder below this one."""
        return Place(f"{self.url}/{name}") if name else self

    def is_folder(self) -> bool:
        """Whether it is a folder with something in it, or an empty one of a file system."""
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            return bool(fs.isdir(path))

    def exists(self) -> bool:
        """Whether it is there."""
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            return bool(fs.exists(path))

    def files(self) -> list[Found]:
        """The files below a folder, by name; hidden ones left out. Of a file, itself as ``""``.

        Raises:
            NotFound: it is not there, or cannot be listed.
        """
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            fs.invalidate_cache()
            if fs.isfile(path):
                return [Found("", int(fs.size(path)))]
            found = fs.find(path, detail=True)
            if not found and not fs.isdir(path):
                raise NotFound(f"{self.url} does not exist; check the path")
        below = [Found(_below(path, name), int(info["size"])) for name, info in found.items()]
        return sorted((f for f in below if not _hidden(f.name)), key=lambda f: f.name)

    def names(self) -> set[str]:
        """The names directly in a folder; of one that is not there, none."""
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            fs.invalidate_cache()
            with suppress(FileNotFoundError):
                return {str(name).rstrip("/").rpartition("/")[2] for name in fs.ls(path, False)}
        return set()

    def read(self, start: int | None = None, end: int | None = None) -> bytes:
        """Its bytes, or those of a range.

        Raises:
            NotFound: it cannot be read.
        """
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            return bytes(fs.cat_file(path, start=start, end=end))

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """The file open for reading, with seeks. Raises NotFound."""
        with reaching(self.url, NotFound):
            fs, path = self._opened()
            file = fs.open(path, "rb")
        with file, _failing(self.url, NotFound, "read"):
            yield file

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """The file open for writing; it is there, whole, once the block ends well, or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        with reaching(self.url, OutputError, "write"):
            fs, path = self._opened()
            folder, _, name = path.rpartition("/")
            fresh = f"{folder}/_{name}.{uuid.uuid4().hex[:8]}"
            file = fs.open(fresh, "wb")
        with _failing(self.url, OutputError, "write"):
            try:
                with file:
                    yield file
                fs.mv(fresh, path)
            except BaseException:
                with suppress(Exception):
                    fs.rm_file(fresh)
                raise

    def make_folder(self) -> None:
        """Make the folder, where it is not there and folders are things. Raises OutputError."""
        with reaching(self.url, OutputError, "write"):
            fs, path = self._opened()
            fs.makedirs(path, exist_ok=True)

    def write(self, data: bytes) -> None:
        """Write it, whole or not at all. Raises OutputError."""
        with self.writing() as file:
            file.write(data)

    def remove(self) -> None:
        """Remove it, with all that is in it; it may be gone. Raises OutputError."""
        with reaching(self.url, OutputError, "remove"), suppress(FileNotFoundError):
            fs, path = self._opened()
            fs.rm(path, recursive=True)

    def _opened(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        fs, path = url_to_fs(self.url)
        return fs, str(path)


@contextmanager
def reaching(url: str, kind: type[BriefingError], act: str = "read") -> Iterator[None]:
    """Whatever a file system raises becomes one line that names the place and the remedy."""
    with _failing(url, kind, act):
        try:
            yield
        except ImportError as error:
            raise MissingExtra(f"{url} needs another package: {error}") from error
        except ValueError as error:
            raise kind(f"cannot {act} {url}: {error}; check the URL") from error


@contextmanager
def _failing(url: str, kind: type[BriefingError], act: str) -> Iterator[None]:
    """The same for an open file, about which a ValueError says nothing."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise kind(f"cannot {act} {url}: {reason}; check the path and your rights") from error
    except Exception as error:
        if not type(error).__module__.startswith(_STORES):
            raise
        raise kind(f"cannot {act} {url}: {error}; check the URL and your credentials") from error


def _below(folder: str, name: str) -> str:
    return name[len(folder.rstrip("/")) :].lstrip("/")


def _hidden(name: str) -> bool:
    return any(part.startswith(HIDDEN) for part in name.split("/"))
