"""Read articles from and write briefs to Parquet files; pyarrow is imported on first use."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from briefing.batch import BadLine, Row
from briefing.errors import InputError, MissingExtra
from briefing.scale.place import Place
from briefing.sections import Section

if TYPE_CHECKING:
    import pyarrow as pa

_LISTS = tuple(section.key for section in Section if section != Section.HEADLINE)
"""Columns with a list of lines."""
SOURCES = ("text", "html", "url")
"""Columns that may contain the article."""
_COLUMNS = ("id", "title", "subtitle", *SOURCES)
_READ = 64
"""Rows decoded at once."""
_WRITTEN = 1024
"""Rows written at once."""


def measure(place: Place) -> tuple[int, str]:
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


def _read_rows(place: Place, first: int, count: int) -> Iterator[Row]:
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


def write_rows(place: Place, results: Iterable[Mapping[str, Any]]) -> None:
    """Write results (`briefing.batch.brief_rows`) as one file.

    The columns: ``id`` (an id other than a string as JSON), ``headline``, ``key_points`` and
    ``context`` (lists of lines), ``brief`` (the whole document, JSON), ``error_code`` and
    ``error_message``.

    Raises:
        OutputError: it cannot be written.
    """
    pa, pq = _arrow(), _parquet_module()
    schema = _schema(pa)
    rows = map(_columns, results)
    with place.writing() as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while batch := list(islice(rows, _WRITTEN)):
            writer.write_table(pa.Table.from_pylist(batch, schema))


def join_files(parts: Iterable[Place], whole: Place) -> None:
    """Join files that `write_rows` wrote into one. Raises NotFound, OutputError."""
    pa, pq = _arrow(), _parquet_module()
    schema = _schema(pa)
    with whole.writing() as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for part in parts:
            with _parquet(part) as opened:
                for batch in opened.iter_batches():
                    writer.write_batch(batch)


def read_results(place: Place) -> Iterator[tuple[str | None, bool]]:
    """Yield the id of each result, and whether it is an error. Raises NotFound."""
    with _parquet(place) as file:
        for batch in file.iter_batches(columns=["id", "error_code"]):
            for row in batch.to_pylist():
                yield row["id"], row["error_code"] is not None


def _columns(result: Mapping[str, Any]) -> dict[str, Any]:
    """A result as a row."""
    name, error = name_of(result["id"]), result.get("error")
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


def name_of(value: Any) -> str:
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
    pa, pq = _arrow(), _parquet_module()
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


def _parquet_module() -> Any:
    _arrow()
    import pyarrow.parquet

    return pyarrow.parquet
