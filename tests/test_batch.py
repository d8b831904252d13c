"""batch: one line out for each line in, in order, resumable after any death."""

import json
import signal
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from briefing.batch import brief_file, check_file, holds_articles
from briefing.briefer import Briefer
from briefing.errors import NotFound, OutputError
from briefing.writing import choose_family
from tests.fakes import FakeBackend, echo

pytestmark = pytest.mark.slow

TEXT = (
    "The council of Port Alder met on Monday. It voted 5 to 2 for a new bridge over the sound. "
    "The bridge will cost $12 million, Mayor Ines Calder said. A first plan failed in 2015."
)


def briefer() -> Briefer:
    return Briefer.over(FakeBackend(echo), choose_family("bundled", "bart"))


def write_lines(path: Path, rows: list[Any]) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def read_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def inputs(count: int) -> list[dict[str, Any]]:
    return [
        {"id": f"a{i}", "title": f"Vote {i}", "text": f"{TEXT} It was vote {i}."}
        for i in range(count)
    ]


def test_bad_lines_become_errors_and_the_rest_goes_on(tmp_path: Path) -> None:
    rows = [
        {"id": "good", "text": TEXT},
        "{not json",
        "[1, 2]",
        "",
        {"id": "empty", "text": ""},
        {"id": "none"},
        {"id": "three", "text": "Only three words"},
        {"id": "type", "text": 5},
        {"id": "both", "text": TEXT, "html": "<p>x</p>"},
        {"id": "noise", "html": "<html><body></body></html>"},
        {"id": "wire", "url": "ftp://example.org/a"},
        {"text": TEXT},
        {"id": {"nested": [1]}, "text": TEXT},
    ]
    source, output = write_lines(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"
    tally = brief_file(briefer(), source, output)
    found = read_lines(output)
    assert [row["id"] for row in found] == [
        "good", 2, 3, "empty", "none", "three", "type", "both", "noise", "wire", 12,
        {"nested": [1]},
    ]  # fmt: skip
    assert ["error" in row for row in found] == [False] + [True] * 9 + [False] * 2
    assert all(row["error"]["message"] and row["error"]["code"] for row in found[1:10])
    assert (tally.written, tally.failed, tally.resumed) == (12, 9, 0)
    assert found[0]["schema"] == "briefing.brief/1"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (json.dumps(inputs(2)), "'.[]'"),
        (json.dumps(inputs(2), indent=1), "'.[]'"),
        ("\ufeff" + json.dumps(inputs(2), indent=1), "'.[]'"),
        ("[" + ",\n".join(map(json.dumps, inputs(2))) + "]\n", "'.[]'"),
        ("\n" + json.dumps(inputs(1)[0], indent=2), "."),
    ],
)
def test_json_that_is_not_in_lines_is_told_once(tmp_path: Path, text: str, query: str) -> None:
    source, output = tmp_path / "in.json", tmp_path / "out.jsonl"
    source.write_text(text, encoding="utf-8")
    brief_file(briefer(), source, output)
    messages = [row["error"]["message"] for row in read_lines(output) if "error" in row]
    advice = f"one object a line; convert it with jq -c {query} IN > OUT.jsonl"
    assert [advice in message for message in messages].count(True) == 1


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-be", "latin-1", "cp1251"]
)
def test_an_encoding_other_than_utf8_is_told(tmp_path: Path, encoding: str) -> None:
    name = "Кафе" if encoding == "cp1251" else "Café"
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    text = "".join(f'{{"id": "{i}", "title": "{name}", "text": "{TEXT}"}}\n' for i in "ab")
    source.write_bytes(text.encode(encoding))
    brief_file(briefer(), source, output)
    messages = [row["error"]["message"] for row in read_lines(output)]
    assert len(messages) >= 2
    assert all("save the file as UTF-8" in message for message in messages)


def test_one_line_in_another_encoding_fails_alone(tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    line = f'{{"id": "Café", "text": "{TEXT}"}}\n'
    source.write_bytes(line.encode("utf-8-sig") + line.encode("cp1252") + b"{not json}\n")
    brief_file(briefer(), source, output)
    first, second, third = read_lines(output)
    assert (first["id"], "error" in first) == ("Café", False)
    assert "line 2 is not in UTF-8 (byte 12 of the line)" in second["error"]["message"]
    assert third["error"]["message"] == "line 3 is not valid JSON"


def test_an_output_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    source, output = write_lines(tmp_path / "in.jsonl", inputs(1)), tmp_path / "out.jsonl"
    output.write_text("precious\n")
    with pytest.raises(OutputError, match="--resume"):
        brief_file(briefer(), source, output)
    assert output.read_text() == "precious\n"


def test_resume_refuses_the_output_of_another_input(tmp_path: Path) -> None:
    source, output = write_lines(tmp_path / "in.jsonl", inputs(3)), tmp_path / "out.jsonl"
    brief_file(briefer(), source, output)
    other = write_lines(tmp_path / "other.jsonl", [{"id": "z", "text": TEXT}])
    with pytest.raises(OutputError, match="not from this input"):
        brief_file(briefer(), other, output, resume=True)
    assert len(read_lines(output)) == 3


@pytest.mark.parametrize(
    "text", ["precious\n", "precious", "[1]\n", '"a"\n', '{"id": "a0"}\nprecious notes', "{notes"]
)
def test_resume_leaves_a_file_alone_that_is_no_output(tmp_path: Path, text: str) -> None:
    source, output = write_lines(tmp_path / "in.jsonl", inputs(3)), tmp_path / "notes.txt"
    output.write_text(text)
    with pytest.raises(OutputError, match="not from this input"):
        brief_file(briefer(), source, output, resume=True)
    assert output.read_text() == text


def test_resume_refuses_what_was_made_of_another_text_or_otherwise(tmp_path: Path) -> None:
    one = [{"text": f"{TEXT} It was vote {n}."} for n in range(3)]
    other = [
        {"text": f"The ferry to Kell has sailed {n} times since May. It is late."} for n in "ab"
    ]
    source, output = write_lines(tmp_path / "one.jsonl", one), tmp_path / "out.jsonl"
    brief_file(briefer(), source, output)
    made = output.read_bytes()
    elsewhere = write_lines(tmp_path / "two.jsonl", [*other, *one, *other])
    with pytest.raises(OutputError, match=r"line 1 of .* \(its text differs\)"):
        brief_file(briefer(), elsewhere, output, resume=True)
    with pytest.raises(OutputError, match="by the model 'fake'"):
        brief_file(briefer().extractive(), source, output, resume=True)
    with pytest.raises(OutputError, match="no line of this command"):
        check_file(source, output, resume=True)
    assert output.read_bytes() == made


def test_resume_refuses_the_checks_of_other_claims(tmp_path: Path) -> None:
    claims = [{"text": TEXT, "claim": claim} for claim in ("The bridge costs $12 million.", "No.")]
    source, output = write_lines(tmp_path / "one.jsonl", claims), tmp_path / "out.jsonl"
    check_file(source, output)
    check_file(source, output, resume=True)
    claims[0]["claim"] = "The bridge costs $15 million."
    write_lines(source, claims)
    with pytest.raises(OutputError, match="its claim differs"):
        check_file(source, output, resume=True)


def test_an_output_in_the_folder_of_the_input_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, "utf-8")
    with pytest.raises(OutputError, match="in the folder of the input"):
        brief_file(briefer(), tmp_path, tmp_path / "sub" / ".." / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


def test_any_id_can_be_resumed(tmp_path: Path) -> None:
    ids = ["a", None, 7, 1.5, [1, {"b": None}], "\ud800", "é"]
    rows = [{"id": name, "text": TEXT} for name in ids]
    source, output = write_lines(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"
    brief_file(briefer(), source, output)
    whole = output.read_bytes()
    output.write_bytes(whole[:-40])
    assert brief_file(briefer(), source, output, resume=True).resumed == len(ids) - 1
    assert output.read_bytes() == whole
    assert [row["id"] for row in read_lines(output)][:3] == ["a", 2, 7]


def test_what_is_no_json_is_no_id(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", ['{"id": NaN, "text": "The council met."}'])
    output = tmp_path / "out.jsonl"
    brief_file(briefer(), source, output)
    (row,) = read_lines(output)
    assert (row["id"], row["error"]["code"]) == (1, "bad-line")


@pytest.mark.parametrize("link", [False, True])
def test_the_input_is_no_output(tmp_path: Path, link: bool) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": "a", "text": TEXT}))  # no line end: a torn output line
    output = tmp_path / "out.jsonl" if link else source
    if link:
        output.symlink_to(source)
    for run in (partial(brief_file, briefer()), check_file):
        with pytest.raises(OutputError, match="is the input"):
            run(source, output, resume=True)
    assert json.loads(source.read_text())["id"] == "a"


def test_a_file_of_the_input_folder_is_no_output(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "b.txt").write_text(TEXT)
    with pytest.raises(OutputError, match="in the folder of the input"):
        brief_file(briefer(), tmp_path, tmp_path / "b.txt", resume=True)
    assert (tmp_path / "b.txt").read_text() == TEXT


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_resume_after_a_torn_line_gives_the_undisturbed_output(tmp_path: Path, cut: int) -> None:
    source = write_lines(tmp_path / "in.jsonl", inputs(5))
    whole, torn = tmp_path / "whole.jsonl", tmp_path / "torn.jsonl"
    brief_file(briefer(), source, whole)
    torn.write_bytes(whole.read_bytes()[:-cut])
    tally = brief_file(briefer(), source, torn, resume=True)
    assert torn.read_bytes() == whole.read_bytes()
    assert tally.resumed == 4


def test_resume_of_a_finished_output_changes_nothing(tmp_path: Path) -> None:
    source, output = write_lines(tmp_path / "in.jsonl", inputs(2)), tmp_path / "out.jsonl"
    brief_file(briefer(), source, output)
    before = output.read_bytes()
    assert brief_file(briefer(), source, output, resume=True).resumed == 2
    assert output.read_bytes() == before


def test_missing_input_and_unwritable_output_are_named(tmp_path: Path) -> None:
    for name in ("nowhere.jsonl", "nowhere.txt", "nowhere.pdf"):
        with pytest.raises(NotFound, match=f"cannot read .*{name}.*check the path"):
            brief_file(briefer(), tmp_path / name, tmp_path / "out.jsonl")
        assert not (tmp_path / "out.jsonl").exists()
    source = write_lines(tmp_path / "in.jsonl", inputs(1))
    with pytest.raises(OutputError, match="cannot write"):
        brief_file(briefer(), source, tmp_path / "no" / "folder.jsonl")


def test_checks_of_many_claims(tmp_path: Path) -> None:
    rows = [
        {
            "id": 1,
            "text": TEXT,
            "claim": "Mayor Ines Calder said the bridge will cost $12 million.",
        },
        {
            "id": 2,
            "text": TEXT,
            "claim": "Mayor Ines Calder said the bridge will cost $15 million.",
        },
        {"id": 3, "text": TEXT},
    ]
    source, output = write_lines(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"
    tally = check_file(source, output)
    good, bad, error = read_lines(output)
    assert good["supported"] is True
    assert bad["supported"] is False
    assert any(c["kind"] == "number" and not c["supported"] for c in bad["claims"])
    assert 0 <= bad["score"] < good["score"] <= 1
    assert error["error"]["code"] == "bad-line"
    assert tally.failed == 1


def test_sigkill_in_mid_batch_loses_and_repeats_nothing(tmp_path: Path, command: str) -> None:
    """Killed as it starts to write, and again when it goes on."""
    source, output = write_lines(tmp_path / "in.jsonl", inputs(48)), tmp_path / "out.jsonl"
    call = [command, "batch", str(source), "-o", str(output)]
    for more, options in ((1, []), (12, ["--resume"])):
        wanted = _size(output) + more
        running = subprocess.Popen([*call, *options], stderr=subprocess.DEVNULL)
        while _size(output) < wanted and running.poll() is None:
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        assert running.wait() in (-signal.SIGKILL, 0)
    done = subprocess.run([*call, "--resume"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [row["id"] for row in read_lines(output)] == [f"a{i}" for i in range(48)]


def _size(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_an_input_in_a_folder_that_is_closed_is_told(monkeypatch) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", closed)
    with pytest.raises(NotFound, match=r"cannot read closed/in\.jsonl: Permission denied"):
        holds_articles(Path("closed/in.jsonl"))
