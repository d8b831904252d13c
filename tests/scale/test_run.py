"""Shards on one machine: formats, places, order, resuming, refusing."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from briefing.batch import brief_file
from briefing.briefer import Briefer
from briefing.errors import BriefingError, ConfigError, InputError, NotFound, OutputError
from briefing.scale import BatchOrder, LocalEngine, Task, TaskOutcome, Worker, brief_folder
from briefing.scale.files import Place
from tests.scale.conftest import TEXT, article, read_folder, settings, write_lines
from tests.scale.fakes import GREEDY, modelless, mortal


def order(source: object, output: object, **more: Any) -> BatchOrder:
    return BatchOrder(Place.of(str(source)), Place.of(str(output)), extractive=True, **more)


def brief(source: object, output: object, **more: Any) -> tuple[int, int, int]:
    tally = brief_folder(LocalEngine(mortal), settings(), order(source, output, **more))
    return tally.written, tally.failed, tally.resumed


def parquet(path: Path, columns: dict[str, list[Any]], **more: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, **more)
    return path


class Interrupted(Exception):
    """A test ends a run."""


class Failing(LocalEngine):
    """Ends the run after so many tasks."""

    def __init__(self, after: int) -> None:
        super().__init__(mortal)
        self._after = after

    def run(self, job: Any, tasks: Any) -> Iterator[tuple[Task, TaskOutcome | None]]:
        worker = Worker(job, mortal)
        for number, task in enumerate(tasks):
            if number == self._after:
                raise Interrupted
            yield task, worker(task)


ODD = [
    article("a"),
    "{not json",
    "",
    {"text": TEXT},
    {"id": None, "text": TEXT},
    {"id": {"nested": [1]}, "text": TEXT},
    {"id": "type", "text": 5},
    article("a"),
    {"id": "surrogate", "text": TEXT + " \ud800"},
]


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_one_file_gives_what_the_plain_batch_gives(tmp_path: Path, rows: int) -> None:
    odd = [row for row in ODD if row != ""]  # a blank line is skipped there, an error in shards
    source = write_lines(tmp_path / "in.jsonl", odd)
    brief_file(Briefer(extractive=True), source, tmp_path / "plain.jsonl")
    assert brief(source, tmp_path / "out.jsonl", rows=rows) == (8, 2, 0)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "plain.jsonl").read_bytes()
    assert not (tmp_path / "out.jsonl.parts").exists()
    assert brief(source, tmp_path / "out.jsonl", rows=rows, resume=True) == (8, 2, 8)


def test_a_folder_keeps_its_order_and_names_rows_by_their_file(tmp_path: Path) -> None:
    write_lines(tmp_path / "in" / "b.jsonl", [article("x"), {"text": TEXT}, "{"])
    write_lines(tmp_path / "in" / "a" / "deep.ndjson", [article("y")])
    write_lines(tmp_path / "in" / "_hidden.jsonl", [article("z")])
    (tmp_path / "in" / "notes.txt").write_text("not an input")
    assert brief(tmp_path / "in", tmp_path / "out", rows=2) == (4, 1, 0)
    assert [row["id"] for row in read_folder(tmp_path / "out")] == [
        "y", "x", "b.jsonl:2", "b.jsonl:3",
    ]  # fmt: skip
    assert (tmp_path / "out" / "_SUCCESS").exists()
    assert len(list((tmp_path / "out").glob("part-*"))) == 3


def test_parquet_in_and_out(tmp_path: Path) -> None:
    rows = {
        "id": [1, 2, None, 4],
        "title": ["Vote", None, None, None],
        "text": [TEXT, None, TEXT, ""],
        "html": [None, f"<html><body><p>{TEXT * 3}</p></body></html>", None, None],
        "other": [1.0, 2.0, 3.0, 4.0],
    }
    source = parquet(tmp_path / "in.parquet", rows, row_group_size=3)
    assert brief(source, tmp_path / "out.parquet", rows=2) == (4, 1, 0)
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.schema.names == [
        "id", "headline", "key_points", "context", "brief", "error_code", "error_message",
    ]  # fmt: skip
    good, page, unnamed, empty = table.to_pylist()
    assert [row["id"] for row in (good, page, unnamed, empty)] == ["1", "2", "3", "4"]
    document = json.loads(good["brief"])
    assert document["schema"] == "briefing.brief/1"
    assert document["headline"]["text"] == good["headline"]
    assert [line["text"] for line in document["key_points"]] == good["key_points"]
    assert [line["text"] for line in document["context"]] == good["context"]
    assert good["error_code"] is None
    assert page["headline"]
    assert empty["error_code"] == "empty-input"
    assert empty["error_message"]
    assert empty["headline"] is empty["brief"] is None
    assert brief(source, tmp_path / "out.parquet", resume=True, rows=2) == (4, 1, 4)


def test_the_same_articles_give_the_same_briefs_in_both_formats(tmp_path: Path) -> None:
    rows = [article(f"a{n}") for n in range(5)]
    write_lines(tmp_path / "in" / "a.jsonl", rows)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    parquet(tmp_path / "pq" / "a.parquet", columns)
    brief(tmp_path / "in", tmp_path / "lines", layout="jsonl")
    brief(tmp_path / "in", tmp_path / "table", layout="parquet")
    brief(tmp_path / "pq", tmp_path / "again", layout="jsonl")
    lines = read_folder(tmp_path / "lines")
    assert read_folder(tmp_path / "again") == lines
    table = pq.read_table(tmp_path / "table" / "part-000000.parquet").to_pylist()
    assert [{"id": row["id"], **json.loads(row["brief"])} for row in table] == lines


@pytest.mark.slow
@pytest.mark.parametrize("output", ["out", "out.jsonl", "out.parquet"])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_run_that_ended_goes_on_where_it_was(tmp_path: Path, output: str, after: int) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(n) for n in range(10)] + ["{"])
    given = order(source, tmp_path / output, rows=3)
    with pytest.raises(Interrupted):
        brief_folder(Failing(after), settings(), given)
    with pytest.raises(OutputError, match="--resume"):
        brief(source, tmp_path / output, rows=3)
    seen: list[int] = []
    tally = brief_folder(
        LocalEngine(mortal),
        settings(),
        order(source, tmp_path / output, rows=3, resume=True),
        lambda count, total: seen.append(count),
    )
    assert (tally.written, tally.failed, tally.resumed) == (11, 1, after * 3)
    assert seen[0] == after * 3
    assert sum(seen) == 11
    assert brief(source, tmp_path / "whole" / output, rows=3) == (11, 1, 0)
    assert _bytes(tmp_path / output) == _bytes(tmp_path / "whole" / output)


def _bytes(path: Path) -> list[bytes]:
    files = sorted(path.glob("part-*")) if path.is_dir() else [path]
    return [file.read_bytes() for file in files]


def test_a_file_that_dies_half_written_is_not_there(tmp_path: Path) -> None:
    place = Place.of(str(tmp_path / "a.jsonl"))

    def torn() -> None:
        with place.writing() as file:
            file.write(b"half")
            raise Interrupted

    with pytest.raises(Interrupted):
        torn()
    assert list(tmp_path.iterdir()) == []


def test_another_inputs_output_and_other_settings_are_refused(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(n) for n in range(4)])
    other = write_lines(tmp_path / "other.jsonl", [article(n) for n in range(3, 7)])
    brief(source, tmp_path / "out", rows=2)
    with pytest.raises(OutputError, match="not from this input"):
        brief(other, tmp_path / "out", rows=2, resume=True)
    with pytest.raises(OutputError, match="shard-rows 2, not 3"):
        brief(source, tmp_path / "out", rows=3, resume=True)
    with pytest.raises(OutputError, match="length 'standard', not 'short'"):
        brief_folder(
            LocalEngine(mortal),
            settings(length="short"),
            order(source, tmp_path / "out", rows=2, resume=True),
        )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("precious")
    with pytest.raises(OutputError, match="other files"):
        brief(source, tmp_path / "mine", resume=True)
    brief(source, tmp_path / "out.jsonl")
    with pytest.raises(OutputError, match="not from this input"):
        brief(other, tmp_path / "out.jsonl", resume=True)
    short = tmp_path / "out.jsonl"
    short.write_bytes(short.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(OutputError, match="incomplete"):
        brief(source, short, resume=True)


@pytest.mark.parametrize("output", ["out.jsonl", "out.parquet"])
@pytest.mark.parametrize("gone", [(), ("_manifest.json",), ("_manifest.json", "part-000000")])
def test_a_run_that_was_killed_as_it_removed_its_shards_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, gone: tuple[str, ...]
) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(n) for n in range(5)] + ["{"])
    parts = tmp_path / f"{output}.parts"

    def killed(place: Place) -> None:
        if place.url == str(parts):
            for name in gone:
                next(parts.glob(f"{name}*")).unlink()
            raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(Place, "remove", killed)
        with pytest.raises(Interrupted):
            brief(source, tmp_path / output, rows=2)
    whole = _bytes(tmp_path / output)
    again = order(source, tmp_path / output, rows=2, resume=True)
    tally = brief_folder(LocalEngine(modelless), settings(), again)  # it briefs nothing
    assert (tally.written, tally.failed, tally.resumed) == (6, 1, 6)
    assert _bytes(tmp_path / output) == whole
    assert not parts.exists()


@pytest.mark.parametrize("resume", [True, False])
def test_a_run_that_was_killed_as_it_began_begins_again(tmp_path: Path, resume: bool) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(n) for n in range(3)])
    (tmp_path / "out" / "_done").mkdir(parents=True)
    (tmp_path / "out" / "__manifest.json.0123abcd").write_text('{"files": [')
    assert brief(source, tmp_path / "out", rows=2, resume=resume) == (3, 0, 0)
    assert (tmp_path / "out" / "_SUCCESS").exists()


def test_a_folder_of_somebody_else_beside_a_finished_file_is_kept(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(1)])
    brief(source, tmp_path / "out.jsonl")
    (tmp_path / "out.jsonl.parts").mkdir()
    (tmp_path / "out.jsonl.parts" / "letter.txt").write_text("precious")
    with pytest.raises(OutputError, match="other files"):
        brief(source, tmp_path / "out.jsonl", resume=True)
    assert (tmp_path / "out.jsonl.parts" / "letter.txt").exists()


def test_a_shard_that_somebody_removed_is_made_again(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(n) for n in range(6)])
    brief(source, tmp_path / "out", rows=2)
    whole = _bytes(tmp_path / "out")
    (tmp_path / "out" / "part-000001.jsonl").unlink()
    assert brief(source, tmp_path / "out", rows=2, resume=True) == (6, 0, 4)
    assert _bytes(tmp_path / "out") == whole


def test_a_device_that_runs_out_on_one_article_is_that_articles_error(tmp_path: Path) -> None:
    rows = [article(n, GREEDY if n == 5 else "") for n in range(40)]
    source = write_lines(tmp_path / "in.jsonl", rows)
    assert brief(source, tmp_path / "out") == (40, 1, 0)
    found = read_folder(tmp_path / "out")
    assert [row["id"] for row in found] == list(range(40))
    assert [row["id"] for row in found if "error" in row] == [5]


def test_a_model_that_cannot_be_used_is_told_as_it_is(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(1)])
    with pytest.raises(BriefingError, match="is not there; name another"):
        brief_folder(LocalEngine(modelless), settings(), order(source, tmp_path / "out"))


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        brief(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match=r"no \.jsonl or \.parquet"):
        brief(tmp_path / "empty", tmp_path / "out")
    write_lines(tmp_path / "both" / "a.jsonl", [article(1)])
    parquet(tmp_path / "both" / "b.parquet", {"text": [TEXT]})
    with pytest.raises(InputError, match="one kind"):
        brief(tmp_path / "both", tmp_path / "out")
    (tmp_path / "false.parquet").write_bytes(b"this is no Parquet" * 10)
    with pytest.raises(InputError, match="not a Parquet file"):
        brief(tmp_path / "false.parquet", tmp_path / "out")
    wrong = parquet(tmp_path / "wrong.parquet", {"body": [TEXT]})
    with pytest.raises(InputError, match="its columns are body"):
        brief(wrong, tmp_path / "out")
    with pytest.raises(NotFound, match="check the URL"):
        brief("nosuch://bucket/in", tmp_path / "out")
    with pytest.raises(ConfigError, match="change one of them"):
        brief(tmp_path / "both" / "a.jsonl", tmp_path / "out.jsonl", layout="parquet")
    assert not (tmp_path / "out").exists()


def test_columns_of_the_wrong_type_are_errors_in_their_rows(tmp_path: Path) -> None:
    source = parquet(tmp_path / "in.parquet", {"id": ["a", "b"], "text": [1, 2]})
    assert brief(source, tmp_path / "out.jsonl") == (2, 2, 0)
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["error"]["code"] for row in found] == ["bad-line"] * 2


def test_urls_of_fsspec(tmp_path: Path) -> None:
    base = f"memory://{uuid.uuid4().hex}"
    rows = "".join(json.dumps(article(n)) + "\n" for n in range(5))
    with fsspec.open(f"{base}/in/a.jsonl", "w") as file:
        file.write(rows)
    assert brief(f"{base}/in", f"{base}/out", rows=2) == (5, 0, 0)
    assert brief(f"{base}/in", f"{base}/out", rows=2, resume=True) == (5, 0, 5)
    assert brief(f"{base}/in/a.jsonl", f"{base}/one.parquet", rows=2) == (5, 0, 0)
    assert brief(f"{base}/in", (tmp_path / "out").as_uri(), rows=2) == (5, 0, 0)
    with fsspec.open(f"{base}/out/part-000002.jsonl") as file:
        last = file.read()
    assert last == (tmp_path / "out" / "part-000002.jsonl").read_bytes()


def test_empty_inputs_give_empty_outputs(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(b"")
    assert brief(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == (0, 0, 0)
    assert (tmp_path / "out.jsonl").read_bytes() == b""
    assert brief(tmp_path / "in.jsonl", tmp_path / "out") == (0, 0, 0)
    assert (tmp_path / "out" / "_SUCCESS").exists()


def test_a_last_line_needs_no_end(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(n) for n in range(3)])
    source.write_bytes(source.read_bytes().rstrip(b"\n"))
    assert brief(source, tmp_path / "out.jsonl", rows=2) == (3, 0, 0)
