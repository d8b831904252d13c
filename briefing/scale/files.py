"""Files and folders on any fsspec file system (local paths, s3://, gs://, memory://), and Parquet.

Articles are read from and briefs written to Parquet files; pyarrow is imported on first use.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefing.batch import Row
from briefing.errors import BadLine, BriefingError, InputError, MissingExtra, NotFound, OutputError
from briefing.sections import LISTS, Section

if TYPE_CHECKING:
    import pyarrow as pa

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


_LISTS = tuple(section.key for section in LISTS)
"""Columns with a list of lines."""
SOURCES = ("text", "html", "url")
"""Columns that may contain the article."""
_COLUMNS = ("id", "title", "subtitle", *SOURCES)
_READ = 64
"""Rows decoded at once."""
_WRITTEN = 1024
"""Rows written at once."""


def measure_parquet(place: Place) -> tuple[int, str]:
    """Return the number of rows, and a digest of the footer: sizes and statistics of all columns.

    Raises:
        NotFound: it cannot be read. InputError: it is not Parquet, or has no article column.
    """
    with _parquet(place) as file:
        names = set(file.schema_arrow.names)
        if not names & set(SOURCES):
            raise InputError(
                f"{place} has no column 'text', 'html' or 'url'; its columns are "
                f"{', '.join(sorted(names)) or 'none'}"
            )
        metadata = file.metadata
        groups = [metadata.row_group(i).to_dict() for i in range(metadata.num_row_groups)]
        footer = json.dumps([metadata.num_rows, groups], default=str, sort_keys=True)
        return metadata.num_rows, hashlib.blake2b(footer.encode(), digest_size=16).hexdigest()


def parquet_rows(place: Place, first: int, count: int) -> Iterator[Row]:
    """Read ``count`` rows from ``first`` (from 0); rows that cannot be decoded are errors."""
    done = 0
    try:
        for values in _values(place, first, count):
            number = first + done + 1
            yield Row(number, _plain(values.get("id"), number), values)
            done += 1
    except _arrow().ArrowInvalid as error:
        for number in range(first + done + 1, first + count + 1):
            yield Row(number, number, BadLine(f"row {number} cannot be decoded: {error}"))


def write_parquet(place: Place, results: Iterable[Mapping[str, Any]]) -> None:
    """Write results (`briefing.batch.brief_rows`) as one file.

    The columns: ``id`` (an id other than a string as JSON), ``headline``, ``key_points``,
    ``context`` and further sections (lists of lines), ``brief`` (the whole document, JSON),
    ``error_code`` and ``error_message``.

    Raises:
        OutputError: it cannot be written.
    """
    pa, pq = _arrow(), _pyarrow_parquet()
    schema = _schema(pa)
    rows = map(_columns, results)
    with place.writing() as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while batch := list(islice(rows, _WRITTEN)):
            writer.write_table(pa.Table.from_pylist(batch, schema))


def join_parquet(parts: Iterable[Place], whole: Place) -> None:
    """Join files that `write_parquet` wrote into one. Raises NotFound, OutputError."""
    pa, pq = _arrow(), _pyarrow_parquet()
    schema = _schema(pa)
    with whole.writing() as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for part in parts:
            with _parquet(part) as opened:
                for batch in opened.iter_batches():
                    writer.write_batch(batch)


def parquet_results(place: Place) -> Iterator[tuple[str | None, bool]]:
    """Yield the id of each result, and whether it is an error. Raises NotFound."""
    with _parquet(place) as file:
        for batch in file.iter_batches(columns=["id", "error_code"]):
            for row in batch.to_pylist():
                yield row["id"], row["error_code"] is not None


def _columns(result: Mapping[str, Any]) -> dict[str, Any]:
    """A result as a row."""
    name, error = id_text(result["id"]), result.get("error")
    if error is not None:
        return {"id": name, "error_code": error["code"], "error_message": _clean(error["message"])}
    document = {key: value for key, value in result.items() if key != "id"}
    headline = result[Section.HEADLINE.key]
    return {
        "id": name,
        Section.HEADLINE.key: _clean(headline["text"]) if headline else None,
        **{key: [_clean(line["text"]) for line in result[key]] for key in _LISTS},
        "brief": _clean(json.dumps(document, ensure_ascii=False)),
    }


def id_text(value: Any) -> str:
    """Return an id as a string for the ``id`` column."""
    return _clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _clean(text: str) -> str:
    """Replace lone surrogates, which UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _schema(pa: Any) -> "pa.Schema":
    lines = pa.list_(pa.string())
    return pa.schema(
        [
            *(pa.field(name, pa.string()) for name in ("id", Section.HEADLINE.key)),
            *(pa.field(key, lines) for key in _LISTS),
            *(pa.field(name, pa.string()) for name in ("brief", "error_code", "error_message")),
        ]
    )


def _values(place: Place, first: int, count: int) -> Iterator[dict[str, Any]]:
    """The columns of each row."""
    with _parquet(place) as file:
        wanted = [name for name in _COLUMNS if name in file.schema_arrow.names]
        groups, skip = _groups(file.metadata, first, count)
        left = count
        for batch in file.iter_batches(_READ, row_groups=groups, columns=wanted):
            if skip >= batch.num_rows:
                skip -= batch.num_rows
                continue
            rows = batch.slice(skip, left).to_pylist()
            skip, left = 0, left - len(rows)
            yield from rows
            if not left:
                return


def _groups(metadata: Any, first: int, count: int) -> tuple[list[int], int]:
    """The row groups with the rows, and the number of rows to skip in the first one."""
    groups: list[int] = []
    skip = at = 0
    for index in range(metadata.num_row_groups):
        rows = metadata.row_group(index).num_rows
        if at + rows > first and at < first + count:
            if not groups:
                skip = first - at
            groups.append(index)
        at += rows
    return groups, skip


def _plain(value: Any, number: int) -> Any:
    """The id as a JSON value; the row number if there is none."""
    if value is None:
        return number
    return value if isinstance(value, str | int | float) else str(value)


@contextmanager
def _parquet(place: Place) -> Iterator[Any]:
    """Open a Parquet file for reading. Raises NotFound, InputError."""
    pa, pq = _arrow(), _pyarrow_parquet()
    with place.reading() as opened:
        try:
            file = pq.ParquetFile(opened)
        except pa.ArrowInvalid as error:
            raise InputError(f"{place} is not a Parquet file: {error}") from error
        yield file


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingExtra(
            "Parquet needs pyarrow; install it with: pip install 'briefing-local[ray]'"
        ) from error
    return pyarrow


def _pyarrow_parquet() -> Any:
    _arrow()
    import pyarrow.parquet

    return pyarrow.parquet
