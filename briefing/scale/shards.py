"""How an input is cut into shards: the same way every time, so that a run can be gone on with."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from briefing.errors import InputError, NotFound
from briefing.scale.parquet import measure
from briefing.scale.place import Found, Place

_ARTICLE = 4_000
"""Bytes of an article, about, from which the size of shards is guessed."""
_SHARDS = 64
_LEAST, _MOST = 32, 1024
_MOST_BYTES = 64_000_000
"""A shard is read at once."""
_PIECE = 1 << 24


class Layout(StrEnum):
    """What the files of an input or output are."""

    JSONL = "jsonl"
    PARQUET = "parquet"


_SUFFIXES = {
    ".jsonl": Layout.JSONL,
    ".ndjson": Layout.JSONL,
    ".json": Layout.JSONL,
    ".parquet": Layout.PARQUET,
    ".pq": Layout.PARQUET,
}


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows of one input file that are briefed and written together.

    ``first`` counts rows of the file from 0; ``start`` and ``end`` are their bytes in JSON Lines.
    """

    number: int
    file: str
    first: int
    rows: int
    start: int = 0
    end: int = 0

    @property
    def name(self) -> str:
        """The name of its output, without the suffix."""
        return f"part-{self.number:06d}"


@dataclass(frozen=True, slots=True)
class Measured:
    """An input file: a digest that changes with what is in it, and its shards, not numbered yet."""

    name: str
    digest: str
    shards: tuple[Shard, ...]


def layout_of(place: Place) -> Layout | None:
    """What a file's name says that it is."""
    return _SUFFIXES.get(place.suffix)


def input_files(source: Place) -> tuple[Layout, list[Found]]:
    """The files of an input, all of one layout.

    Raises:
        NotFound: there is nothing. InputError: files of both layouts.
    """
    found = source.files()
    if [f.name for f in found] == [""]:
        return layout_of(source) or Layout.JSONL, found
    known = [(kind, f) for f in found if (kind := layout_of(Place(f.name)))]
    if not known:
        raise NotFound(f"{source} has no .jsonl or .parquet files; check the path")
    kinds = {kind for kind, _ in known}
    if len(kinds) > 1:
        raise InputError(f"{source} has JSON Lines and Parquet files; give a folder with one kind")
    return kinds.pop(), [f for _, f in known]


def shard_rows(files: Iterable[Found]) -> int:
    """How many rows a shard has where nobody says: some dozens of shards, none too large."""
    rows = sum(f.size for f in files) // _ARTICLE
    return min(_MOST, max(_LEAST, rows // _SHARDS))


def measure_file(source: Place, name: str, layout: Layout, rows: int) -> Measured:
    """Cut one file into shards of at most ``rows`` rows.

    Raises:
        NotFound: it cannot be read. InputError: it is not what its name says.
    """
    place = source.child(name)
    if layout is Layout.PARQUET:
        count, digest = measure(place)
        firsts = range(0, count, rows)
        cut = tuple(Shard(0, name, first, min(rows, count - first)) for first in firsts)
        return Measured(name, digest, cut)
    return _lines(place, name, rows)


def numbered(files: Iterable[Measured]) -> list[Shard]:
    """The shards of all files, numbered in their order."""
    all_shards = (shard for file in files for shard in file.shards)
    return [
        Shard(number, s.file, s.first, s.rows, s.start, s.end)
        for number, s in enumerate(all_shards)
    ]


def _lines(place: Place, name: str, rows: int) -> Measured:
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
    """Where each line ends, its newline included; the last one may have none."""
    at = end = 0
    with place.reading() as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            found = piece.find(b"\n")
            while found >= 0:
                end = at + found + 1
                yield end
                found = piece.find(b"\n", found + 1)
            at += len(piece)
    if at > end:
        yield at


def spans(rows: range, parts: int) -> list[range]:
    """Rows in at most ``parts`` pieces of one size."""
    size = max(1, -(-len(rows) // parts))
    return [rows[at : at + size] for at in range(0, len(rows), size)]
