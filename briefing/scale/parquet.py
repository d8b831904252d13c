"""Parquet files of articles and of briefs. pyarrow is imported when the first one is met."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from briefing.batch import BadLine, Row
from briefing.errors import InputError
from briefing.scale.errors import MissingExtra
from briefing.scale.place import Place

if TYPE_CHECKING:
    import pyarrow as pa

SOURCES = ("text", "html", "url")
"""Columns that an article may come in."""
_COLUMNS = ("id", "title", "subtitle", *SOURCES)
_READ = 64
"""Rows that are decoded at once."""


def measure(place: Place) -> tuple[int, str]:
    """The rows of a file, and a digest of its footer: sizes and statistics of all columns.

    Raises:
        NotFound: it cannot be read. InputError: it is no Parquet, or has no column with articles.
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
        told = json.dumps([metadata.num_rows, groups], default=str, sort_keys=True)
        return metadata.num_rows, hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def read_rows(place: Place, first: int, count: int) -> Iterator[Row]:
    """``count`` rows from ``first`` (from 0) on; those that cannot be decoded are errors."""
    done = 0
    try:
        for values in _values(place, first, count):
            number = first + done + 1
            yield Row(number, _plain(values.get("id"), number), values)
            done += 1
    except _arrow().ArrowInvalid as error:
        for number in range(first + done + 1, first + count + 1):
            yield Row(number, number, BadLine(f"row {number} cannot be decoded: {error}"))


def write_rows(place: Place, results: Iterable[Mapping[str, Any]]) -> None:
    """Write results (`briefing.batch.brief_rows`) as one file.

    The columns: ``id`` (an id that is no string as JSON), ``headline``, ``key_points`` and
    ``context`` (lists of lines), ``brief`` (the whole document, JSON), ``error_code`` and
    ``error_message``.

    Raises:
        OutputError: it cannot be written.
    """
    pa, pq = _arrow(), _parquet_module()
    schema = _schema(pa)
    with place.writing() as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        waiting: list[dict[str, Any]] = []
        for result in results:
            waiting.append(columns(result))
            if len(waiting) == 1024:
                writer.write_table(pa.Table.from_pylist(waiting, schema))
                waiting.clear()
        if waiting:
            writer.write_table(pa.Table.from_pylist(waiting, schema))


def join_files(parts: Iterable[Place], whole: Place) -> None:
    """Make one file of several that `write_rows` wrote. Raises NotFound, OutputError."""
    pa, pq = _arrow(), _parquet_module()
    schema = _schema(pa)
    with whole.writing() as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for part in parts:
            with _parquet(part) as opened:
                for batch in opened.iter_batches():
                    writer.write_batch(batch)


def read_results(place: Place) -> Iterator[tuple[str | None, bool]]:
    """The id of each result in a file, and whether it is an error. Raises NotFound."""
    with _parquet(place) as file:
        for batch in file.iter_batches(columns=["id", "error_code"]):
            for row in batch.to_pylist():
                yield row["id"], row["error_code"] is not None


def columns(result: Mapping[str, Any]) -> dict[str, Any]:
    """A result as the columns of its row."""
    name, error = name_of(result["id"]), result.get("error")
    if error is not None:
        return {"id": name, "error_code": error["code"], "error_message": clean(error["message"])}
    document = {key: value for key, value in result.items() if key != "id"}
    headline = result["headline"]
    return {
        "id": name,
        "headline": clean(headline["text"]) if headline else None,
        "key_points": [clean(line["text"]) for line in result["key_points"]],
        "context": [clean(line["text"]) for line in result["context"]],
        "brief": clean(json.dumps(document, ensure_ascii=False)),
    }


def name_of(value: Any) -> str:
    """An id as the string that the column holds."""
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def clean(text: str) -> str:
    """Text without lone surrogates, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _schema(pa: Any) -> "pa.Schema":
    lines = pa.list_(pa.string())
    return pa.schema(
        [
            *(pa.field("id", pa.string()), pa.field("headline", pa.string())),
            *(pa.field("key_points", lines), pa.field("context", lines)),
            *(pa.field(name, pa.string()) for name in ("brief", "error_code", "error_message")),
        ]
    )


def _values(place: Place, first: int, count: int) -> Iterator[dict[str, Any]]:
    """The columns of each of the rows."""
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
    """The row groups that hold the rows, and how many rows of the first one come before them."""
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
    """An id as JSON can hold it; the row's number where there is none."""
    if value is None:
        return number
    return value if isinstance(value, str | int | float) else str(value)


@contextmanager
def _parquet(place: Place) -> Iterator[Any]:
    """A Parquet file, open. Raises NotFound, InputError."""
    pa, pq = _arrow(), _parquet_module()
    with place.reading() as opened:
        try:
            file = pq.ParquetFile(opened)
        except pa.ArrowInvalid as error:
            raise InputError(f"{place} is no Parquet file: {error}") from error
        yield file


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingExtra(
            "Parquet needs pyarrow; install it with: pip install 'briefing[ray]'"
        ) from error
    return pyarrow


def _parquet_module() -> Any:
    _arrow()
    import pyarrow.parquet

    return pyarrow.parquet
