"""Input shards, and the folder of output shards with its manifest and progress markers.

An input is always split in the same way, so that a run can be resumed. Output shards are written
atomically, and the manifest records the input and settings they are made from.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from briefing.batch import LAYOUTS, encode_line, result_of
from briefing.errors import InputError, NotFound, OutputError
from briefing.options import Layout
from briefing.scale.files import (
    Found,
    Place,
    join_parquet,
    measure_parquet,
    parquet_results,
    write_parquet,
)

_ARTICLE = 4_000
"""Approximate size of an article in bytes, to choose the size of shards."""
_SHARDS = 64
_LEAST, _MOST = 32, 1024
_MOST_BYTES = 64_000_000
"""Maximum size of a shard, which is read at once."""
_CHUNK = 1 << 24


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows of one input file that are briefed and written together.

    ``first`` is the index of the first row in the file, from 0; ``start`` and ``end`` are byte
    offsets (JSON Lines only).
    """

    number: int
    file: str
    first: int
    rows: int
    start: int = 0
    end: int = 0

    @property
    def name(self) -> str:
        """The name of the output file, without the extension."""
        return f"part-{self.number:06d}"


@dataclass(frozen=True, slots=True)
class Measured:
    """An input file: a digest of its content, and its shards, not yet numbered."""

    name: str
    digest: str
    shards: tuple[Shard, ...]


def layout_of(place: Place) -> Layout | None:
    """Return the layout by the file name's extension, or None."""
    return LAYOUTS.get(place.suffix)


def input_files(source: Place) -> tuple[Layout, list[Found]]:
    """Return the layout and the files of an input.

    Raises:
        NotFound: there are no files. InputError: there are files of both layouts.
    """
    files = source.files()
    if [f.name for f in files] == [""]:
        return layout_of(source) or "jsonl", files
    known = [(kind, f) for f in files if (kind := layout_of(Place(f.name)))]
    if not known:
        raise NotFound(f"{source} has no .jsonl or .parquet files; check the path")
    kinds = {kind for kind, _ in known}
    if len(kinds) > 1:
        raise InputError(f"{source} has JSON Lines and Parquet files; use a folder with one kind")
    return kinds.pop(), [f for _, f in known]


def shard_rows(files: Iterable[Found]) -> int:
    """Return the default number of rows per shard: some dozens of shards, none too large."""
    rows = sum(f.size for f in files) // _ARTICLE
    return min(_MOST, max(_LEAST, rows // _SHARDS))


def measure_file(source: Place, name: str, layout: Layout, rows: int) -> Measured:
    """Split one file into shards of at most ``rows`` rows.

    Raises:
        NotFound: it cannot be read. InputError: it does not have the layout.
    """
    place = source.child(name)
    if layout == "parquet":
        count, digest = measure_parquet(place)
        firsts = range(0, count, rows)
        shards = tuple(Shard(0, name, first, min(rows, count - first)) for first in firsts)
        return Measured(name, digest, shards)
    return _measure_lines(place, name, rows)


def numbered(files: Iterable[Measured]) -> list[Shard]:
    """Return the shards of all files, numbered in order."""
    shards = (shard for file in files for shard in file.shards)
    return [replace(shard, number=number) for number, shard in enumerate(shards)]


def _measure_lines(place: Place, name: str, rows: int) -> Measured:
    digest = hashlib.blake2b(digest_size=16)
    shards: list[Shard] = []
    first = row = start = end = 0
    for line_end in _line_ends(place, digest):
        row, end = row + 1, line_end
        if row - first == rows or end - start >= _MOST_BYTES:
            shards.append(Shard(0, name, first, row - first, start, end))
            first, start = row, end
    if row > first:
        shards.append(Shard(0, name, first, row - first, start, end))
    return Measured(name, digest.hexdigest(), tuple(shards))


def _line_ends(place: Place, digest: "hashlib.blake2b") -> Iterator[int]:
    """The end offset of each line, newline included; the last line may have none."""
    offset = end = 0
    with place.reading() as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            newline = chunk.find(b"\n")
            while newline >= 0:
                end = offset + newline + 1
                yield end
                newline = chunk.find(b"\n", newline + 1)
            offset += len(chunk)
    if offset > end:
        yield offset


def spans(rows: range, parts: int) -> list[range]:
    """Split rows into at most ``parts`` spans of equal size."""
    size = max(1, -(-len(rows) // parts))
    return [rows[at : at + size] for at in range(0, len(rows), size)]


_SCHEMA = "briefing.shards/1"
_OWN = ("_", "part-")
"""What the names in an output folder begin with."""
_Results = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ShardDone:
    """A finished shard: the number of its rows, and how many of them are errors."""

    number: int
    rows: int
    failed: int

    @property
    def name(self) -> str:
        """The name of the marker file."""
        return f"{self.number:06d}-{self.rows}-{self.failed}"

    @classmethod
    def of(cls, name: str) -> "ShardDone | None":
        """Parse the name of a marker file; None if it is not one."""
        parts = name.split("-")
        return cls(*map(int, parts)) if len(parts) == 3 and all(map(str.isdigit, parts)) else None


@dataclass(frozen=True, slots=True)
class OutputOrigin:
    """The settings and input files that determine an output."""

    settings: dict[str, Any]
    files: tuple[Measured, ...]

    def document(self) -> dict[str, Any]:
        """Return the manifest as JSON data."""
        files = [
            {
                "name": file.name,
                "digest": file.digest,
                "shards": [[s.first, s.rows, s.start, s.end] for s in file.shards],
            }
            for file in self.files
        ]
        return {"schema": _SCHEMA, "settings": self.settings, "files": files}


@dataclass(frozen=True, slots=True)
class OutputFolder:
    """The folder of output shards."""

    place: Place
    layout: Layout

    def begin(self, made: OutputOrigin, *, resume: bool) -> dict[int, ShardDone]:
        """Create the folder, or return the finished shards of an existing one.

        Raises:
            OutputError: it exists and ``resume`` is false, or is of another input or other
                settings; or it cannot be written.
        """
        names = self.place.names()
        if "_manifest.json" in names:
            if not resume:
                raise OutputError(f"{self.place} exists; add --resume to continue, or remove it")
            self._compare(made)
            return self._done(names)
        # A run that was killed as it began leaves folders, and part of a manifest.
        self._refuse_others({name for name in names if not name.startswith("_")})
        for folder in ("", "_done", "_spans"):
            self.place.child(folder).make_folder()
        self.place.child("_manifest.json").write(_manifest(made))
        return {}

    def shard(self, shard: Shard) -> Place:
        """Return the file of a shard's results."""
        return self.place.child(f"{shard.name}.{self.layout}")

    def write(self, shard: Shard, results: _Results) -> ShardDone:
        """Write a shard's results, then its marker. Raises OutputError."""
        if self.layout == "parquet":
            write_parquet(self.shard(shard), results)
        else:
            self.shard(shard).write(b"".join(map(encode_line, results)))
        done = ShardDone(shard.number, len(results), sum("error" in result for result in results))
        self.place.child(f"_done/{done.name}").write(b"")
        return done

    def write_span(self, shard: Shard, rows: range, results: _Results) -> None:
        """Write the results of a span of a shard's rows. Raises OutputError."""
        self._span(shard, rows).write(b"".join(map(encode_line, results)))

    def join(self, shard: Shard, pieces: Iterable[range]) -> ShardDone:
        """Join the spans of a shard. Raises NotFound, OutputError."""
        places = [self._span(shard, rows) for rows in sorted(pieces, key=lambda rows: rows.start)]
        results = [json.loads(line) for place in places for line in place.read().splitlines()]
        done = self.write(shard, results)
        for place in places:
            place.remove()
        return done

    def finish(self) -> None:
        """Remove temporary files and mark the output as complete."""
        self.place.child("_spans").remove()
        self.place.child("_SUCCESS").write(b"")

    def join_all(self, shards: Iterable[Shard], whole: Place) -> None:
        """Join all shards to one file, and remove the folder. Raises NotFound, OutputError."""
        places = (self.shard(shard) for shard in shards)
        if self.layout == "parquet":
            join_parquet(places, whole)
        else:
            with whole.writing() as file:
                for place in places:
                    file.write(place.read())
        self.place.remove()

    def clear(self) -> None:
        """Remove the folder if it has no results yet: the command that is mended may begin anew."""
        results = [name for name in self.place.names() if not name.startswith("_")]
        parts = (self.place.child(folder).names() for folder in ("_done", "_spans"))
        if not results and not any(parts):
            self.place.remove()

    def remove(self, made: OutputOrigin) -> None:
        """Remove the folder, or what is left of it, if it exists.

        Raises:
            OutputError: it is of another input or other settings, or has other files; or it cannot
                be removed.
        """
        names = self.place.names()
        if "_manifest.json" in names:
            self._compare(made)
        self._refuse_others({name for name in names if not name.startswith(_OWN)})
        self.place.remove()

    def _refuse_others(self, names: set[str]) -> None:
        if names:
            raise OutputError(f"{self.place} has other files; use an empty folder")

    def _span(self, shard: Shard, rows: range) -> Place:
        return self.place.child(f"_spans/{shard.name}.{rows.start}-{rows.stop}")

    def _done(self, names: set[str]) -> dict[int, ShardDone]:
        markers = map(ShardDone.of, self.place.child("_done").names())
        return {
            done.number: done
            for done in markers
            if done and f"part-{done.number:06d}.{self.layout}" in names
        }

    def _compare(self, made: OutputOrigin) -> None:
        """Raise OutputError if the manifest is not the one of ``made``."""
        manifest = json.loads(self.place.child("_manifest.json").read())
        wanted = json.loads(_manifest(made))
        if not isinstance(manifest, dict) or manifest.get("schema") != _SCHEMA:
            raise OutputError(f"{self.place} has an unknown manifest; use another output")
        for name, value in wanted["settings"].items():
            before = manifest["settings"].get(name)
            if before != value:
                raise OutputError(
                    f"{self.place} was started with {name} {before!r}, not {value!r}; "
                    "use the same setting, or another output"
                )
        if manifest["files"] != wanted["files"]:
            raise OutputError(
                f"{self.place} is not from this input (its files differ); "
                "use the original input, or another output"
            )


def _manifest(made: OutputOrigin) -> bytes:
    return json.dumps(made.document(), sort_keys=True).encode()


def result_ids(place: Place, layout: Layout) -> Iterator[tuple[Any, bool]]:
    """Yield the id of each result in a file, and whether it is an error. Raises NotFound."""
    if layout == "parquet":
        yield from parquet_results(place)
        return
    with place.reading() as file:
        for line in file:
            result = result_of(line)
            if result is None:
                raise NotFound(f"{place} has an incomplete line; remove the file and run again")
            yield result.get("id"), "error" in result
