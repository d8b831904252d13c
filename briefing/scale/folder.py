"""A folder of output shards: each is there whole or not at all, and the folder says of what it is.

part-000000.jsonl      the results of the first shard's rows, in order
_manifest.json         the input, by its files' digests, the settings, and how it is cut
_done/000000-32-1      shard 0 is done: 32 rows, 1 of them an error
_spans/                results of parts of a shard, while it is done piece by piece
_SUCCESS               nothing is missing
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from briefing.batch import encode_line
from briefing.errors import NotFound, OutputError
from briefing.scale import parquet
from briefing.scale.place import Place
from briefing.scale.shards import Layout, Measured, Shard

SCHEMA = "briefing.shards/1"
Results = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Done:
    """A shard that is written: how many rows, and how many of them are errors."""

    number: int
    rows: int
    failed: int

    @property
    def name(self) -> str:
        """The name of its marker."""
        return f"{self.number:06d}-{self.rows}-{self.failed}"

    @classmethod
    def of(cls, name: str) -> "Done | None":
        """The shard that a marker tells of."""
        parts = name.split("-")
        return cls(*map(int, parts)) if len(parts) == 3 and all(map(str.isdigit, parts)) else None


@dataclass(frozen=True, slots=True)
class Made:
    """What an output is made from; two outputs of the same are the same."""

    settings: dict[str, Any]
    files: tuple[Measured, ...]

    def document(self) -> dict[str, Any]:
        """The manifest."""
        files = [
            {
                "name": file.name,
                "digest": file.digest,
                "shards": [[s.first, s.rows, s.start, s.end] for s in file.shards],
            }
            for file in self.files
        ]
        return {"schema": SCHEMA, "settings": self.settings, "files": files}


@dataclass(frozen=True, slots=True)
class Folder:
    """The shards of one output."""

    place: Place
    layout: Layout

    def begin(self, made: Made, *, resume: bool) -> dict[int, Done]:
        """Make the folder, or see what is done in it already.

        Raises:
            OutputError: it is there and ``resume`` is not given, or it is of another input or
                other settings; or it cannot be written.
        """
        wanted = json.dumps(made.document(), sort_keys=True)
        names = self.place.names()
        if "_manifest.json" in names:
            if not resume:
                raise OutputError(f"{self.place} exists; add --resume to go on, or remove it")
            self._compare(json.loads(self.place.child("_manifest.json").read()), json.loads(wanted))
            return self._done(names)
        if names:
            raise OutputError(f"{self.place} has files of something else; give an empty folder")
        for folder in ("", "_done", "_spans"):
            self.place.child(folder).make_folder()
        self.place.child("_manifest.json").write(wanted.encode())
        return {}

    def shard(self, shard: Shard) -> Place:
        """Where a shard's results are."""
        return self.place.child(f"{shard.name}.{self.layout.value}")

    def write(self, shard: Shard, results: Results) -> Done:
        """Write a shard's results, then the marker that says so. Raises OutputError."""
        if self.layout is Layout.PARQUET:
            parquet.write_rows(self.shard(shard), results)
        else:
            self.shard(shard).write(b"".join(map(encode_line, results)))
        done = Done(shard.number, len(results), sum("error" in result for result in results))
        self.place.child(f"_done/{done.name}").write(b"")
        return done

    def write_span(self, shard: Shard, rows: range, results: Results) -> None:
        """Keep the results of some of a shard's rows. Raises OutputError."""
        self._span(shard, rows).write(b"".join(map(encode_line, results)))

    def join(self, shard: Shard, pieces: Iterable[range]) -> Done:
        """Make a shard of the spans that it was done in. Raises NotFound, OutputError."""
        kept = [self._span(shard, rows) for rows in sorted(pieces, key=lambda rows: rows.start)]
        results = [json.loads(line) for place in kept for line in place.read().splitlines()]
        done = self.write(shard, results)
        for place in kept:
            place.remove()
        return done

    def finish(self) -> None:
        """Say that nothing is missing, and remove what was needed on the way."""
        self.place.child("_spans").remove()
        self.place.child("_SUCCESS").write(b"")

    def join_all(self, shards: Iterable[Shard], whole: Place) -> None:
        """Make one file of all shards, and remove the folder. Raises NotFound, OutputError."""
        places = (self.shard(shard) for shard in shards)
        if self.layout is Layout.PARQUET:
            parquet.join_files(places, whole)
        else:
            with whole.writing() as file:
                for place in places:
                    file.write(place.read())
        self.place.remove()

    def _span(self, shard: Shard, rows: range) -> Place:
        return self.place.child(f"_spans/{shard.name}.{rows.start}-{rows.stop}")

    def _done(self, names: set[str]) -> dict[int, Done]:
        found = (Done.of(name) for name in self.place.child("_done").names())
        suffix = self.layout.value
        return {
            done.number: done
            for done in found
            if done and f"part-{done.number:06d}.{suffix}" in names
        }

    def _compare(self, found: Any, wanted: Any) -> None:
        if not isinstance(found, dict) or found.get("schema") != SCHEMA:
            raise OutputError(f"{self.place} has a manifest that is not ours; give another output")
        for name, value in wanted["settings"].items():
            before = found["settings"].get(name)
            if before != value:
                raise OutputError(
                    f"{self.place} was begun with {name} {before!r}, not {value!r}; "
                    "give the same again, or another output"
                )
        if found["files"] != wanted["files"]:
            raise OutputError(
                f"{self.place} is not from this input (its files differ); "
                "give the input it was made from, or another output"
            )


def result_ids(place: Place, layout: Layout) -> Iterator[tuple[Any, bool]]:
    """The id of each result in a file, and whether it is an error. Raises NotFound."""
    if layout is Layout.PARQUET:
        yield from parquet.read_results(place)
        return
    with place.reading() as file:
        for line in file:
            try:
                result = json.loads(line)
            except ValueError as error:
                raise NotFound(f"{place} ends in a line that is not whole") from error
            yield result.get("id"), "error" in result
