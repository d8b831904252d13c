"""The command: results on stdout, everything else on stderr, the right exit codes.

Most calls are in this process; those that claim something about the process have one of their own.
"""

import io
import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from errno import EINVAL
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from briefing import cli
from briefing.cli.options import Target, write_standard
from briefing.errors import OutputError
from briefing.rendering import schema
from tests.commands import call_here

pytestmark = pytest.mark.slow

Run = Any


@pytest.fixture
def environment() -> dict[str, str]:
    """An empty configuration."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("BRIEFING_")}
    return clean | {"BRIEFING_CONFIG": os.devnull, "HF_HUB_OFFLINE": "1"}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run the command in this process, in an empty folder."""

    def call(
        *arguments: object, stdin: bytes = b"", **extra: str
    ) -> subprocess.CompletedProcess[str]:
        return said(
            call_here(*arguments, folder=tmp_path, environment=environment | extra, stdin=stdin)
        )

    return call


@pytest.fixture
def run_installed(command: str, environment: dict[str, str], tmp_path: Path) -> Run:
    """Run the installed command in a process of its own, in an empty folder."""

    def call(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [command, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=environment,
            check=False,
            timeout=120,
        )
        return said(done)

    return call


def said(done: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[str]:
    assert b"Traceback" not in done.stderr
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def test_a_brief_of_a_file(run_installed: Run, ferry: Path) -> None:
    done = run_installed("brief", ferry)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Key points" in done.stdout
    assert "ferry" in done.stdout


def test_json_keeps_the_contract(run: Run, ferry: Path) -> None:
    done = run("brief", ferry, "--format", "json")
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema()).validate(document)
    text = ferry.read_text(encoding="utf-8")
    assert document["model"]["backend"] == "ctranslate2"
    assert document["article"]["title"] == text.splitlines()[0]
    lines = [document["headline"], *document["key_points"], *document["context"]]
    assert all(line["evidence"] and 0 < line["support"] <= 1 for line in lines)
    assert 2 <= len(document["key_points"]) <= 5
    assert document["context"]


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_every_format_from_standard_input_to_a_file(
    run: Run, ferry: Path, tmp_path: Path, form: str
) -> None:
    output = tmp_path / "brief.out"
    done = run("brief", "-", "--format", form, "--output", output, stdin=ferry.read_bytes())
    assert (done.returncode, done.stdout) == (0, "")
    assert "ferry" in output.read_text(encoding="utf-8")


def test_one_section_only(run: Run, ferry: Path) -> None:
    done = run("brief", ferry, "--section", "headline", "--format", "json")
    document = json.loads(done.stdout)
    assert document["headline"]
    assert document["key_points"] == document["context"] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no text"),
        (b" \n\t\n", "no text"),
        (b"Only three words", "3 words"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2000), "image"),
        (b"%PDF-1.7 broken", "PDF"),
        (b"<html><body><script>1</script></body></html>", "article"),
    ],
)
def test_bad_input_is_one_line_of_advice(
    run: Run, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "input"
    path.write_bytes(content)
    done = run("brief", path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert words.lower() in done.stderr.lower()


def test_a_missing_file_and_a_folder(run_installed: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.txt", tmp_path):
        done = run_installed("brief", path)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1


def test_an_unreadable_url(run: Run) -> None:
    done = run("brief", "http://127.0.0.1:9/article")
    assert done.returncode == 1
    assert "127.0.0.1" in done.stderr


def test_eighty_thousand_words(run: Run, ferry: Path) -> None:
    body = ferry.read_text(encoding="utf-8")
    filler = " ".join(f"Passenger number {i} said the ferry was late again." for i in range(9_000))
    done = run("brief", "-", "--format", "json", stdin=f"{body}\n\n{filler}".encode())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["article"]["words"] > 80_000


def test_a_long_line_without_a_full_stop(run_installed: Run) -> None:
    line = ("the harbour and the ferry and the island " * 500).encode()
    assert len(line) > 20_000
    done = run_installed("brief", "-", stdin=line)
    assert done.returncode in (0, 1)
    assert done.stdout or done.stderr.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_other_encodings(run: Run, ferry: Path, tmp_path: Path, encoding: str) -> None:
    text = ferry.read_text(encoding="utf-8").replace("Hugh Lindqvist", "Hugh Lindström")
    path = tmp_path / "article.txt"
    path.write_bytes(text.encode(encoding))
    done = run("brief", path, "--format", "json")
    assert done.returncode == 0, done.stderr
    sentences = json.loads(done.stdout)["article"]["sentences"]
    assert any("Lindström" in sentence["text"] for sentence in sentences)


def test_another_language_is_an_error_or_extractive(run: Run) -> None:
    text = (
        "Der Stadtrat hat am Montag den Bau einer neuen Brücke über den Fluss beschlossen. Die "
        "Kosten liegen bei zwölf Millionen Euro. Die Bürgermeisterin sprach von einem guten Tag."
    ).encode()
    refused = run("brief", "-", stdin=text)
    assert refused.returncode == 1
    assert "'de'" in refused.stderr
    assert "--extractive" in refused.stderr
    done = run("brief", "-", "--extractive", "--format", "json", stdin=text)
    assert done.returncode == 0
    assert json.loads(done.stdout)["warnings"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["brief", "--nonsense"], 2),
        (["brief", "x", "--format", "word"], 2),
        (["brief", "x", "--threads", "0"], 2),
        (["nonsense"], 2),
        (["check"], 2),
        (["check", "--batch", "in.jsonl"], 2),
        (["brief", "FERRY", "--model", "no-such-model"], 3),
        (["models", "info", "no-such-model"], 3),
        (["--version"], 0),
        (["--help"], 0),
        (["models", "info"], 0),
        (["models", "list"], 0),
    ],
)
def test_exit_codes(run: Run, ferry: Path, arguments: list[str], code: int) -> None:
    done = run(*(str(ferry) if a == "FERRY" else a for a in arguments))
    assert done.returncode == code, done.stderr
    assert (done.stderr == "") == (code == 0)


def test_settings_from_environment_and_file(run: Run, ferry: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('length = "short"\nthreads = 1\n')
    short = run("brief", ferry, "--format", "json", BRIEFING_CONFIG=str(config))
    long = run("brief", ferry, "--format", "json", BRIEFING_LENGTH="long")
    assert len(json.loads(short.stdout)["key_points"]) < len(json.loads(long.stdout)["key_points"])
    bad = run("brief", ferry, BRIEFING_THREADS="many")
    assert bad.returncode == 2
    assert "BRIEFING_THREADS" in bad.stderr
    config.write_text("length = \n")
    assert run("brief", ferry, BRIEFING_CONFIG=str(config)).returncode == 2


def test_check_names_what_is_unsupported(run: Run, ferry: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.txt"
    summary.write_text("Residents of Port Alder voted to keep the ferry to Grey Island.")
    good = run("check", summary, "--against", ferry)
    assert good.returncode == 0, good.stdout
    summary.write_text("Residents of Port Alder voted to keep the ferry to Tripoli.")
    bad = run("check", summary, "--against", ferry)
    assert bad.returncode == 1
    assert "NOT FOUND" in bad.stdout
    assert "REFUTED" not in bad.stdout
    assert "Tripoli" in bad.stdout
    report = json.loads(run("check", summary, "--against", ferry, "--format", "json").stdout)
    assert report["supported"] is False
    assert all(report["sentences"][at] for claim in report["claims"] for at in claim["evidence"])
    assert {claim["score"] for claim in report["claims"]} == {report["score"]}


def test_a_check_is_written_where_it_is_asked_for(run: Run, ferry: Path, tmp_path: Path) -> None:
    article, summary = tmp_path / "a.txt", tmp_path / "s.txt"
    article.write_bytes(ferry.read_bytes())
    summary.write_text("Residents of Port Alder voted to keep the ferry to Grey Island.")
    pair = ("check", summary, "--against", article)
    printed = run(*pair).stdout
    done = run(*pair, "-o", "verdict.txt")
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "verdict.txt").read_text(encoding="utf-8") == printed
    assert run(*pair, "-o", "verdict.json").returncode == 0
    assert json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))["supported"] is True
    for output, said in ((article, "is an input"), (summary, "is an input"), ("v.html", ".json")):
        done = run(*pair, "-o", output)
        assert (done.returncode, said in done.stderr) == (2, True)
    assert article.read_bytes() == ferry.read_bytes()


def test_standard_input_is_one_of_summary_and_article(
    run: Run, ferry: Path, tmp_path: Path
) -> None:
    claim = b"Residents of Port Alder voted to keep the ferry to Grey Island."
    for summary in (["-"], []):
        done = run("check", *summary, "--against", "-", stdin=claim)
        assert done.returncode == 2
        said = " ".join(done.stderr.split())
        assert "only one of SUMMARY and ARTICLE can be standard input" in said
        done = run("check", *summary, "--against", ferry, stdin=claim)
        assert done.returncode == 0, done.stderr
        assert "ferry to Grey Island" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["s.txt", "--against", "a.txt", "--resume"], "--resume is for --batch"),
        (["s.txt", "--batch", "in.jsonl", "-o", "out.jsonl"], "not SUMMARY"),
        (["--batch", "in.jsonl", "-o", "out.jsonl", "--against", "a.txt"], "--against"),
        (["--batch", "in.jsonl", "-o", "out.jsonl", "--format", "text"], "JSON Lines"),
    ],
)
def test_check_refuses_what_it_would_not_heed(
    run: Run, ferry: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    text = ferry.read_text(encoding="utf-8")
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (tmp_path / "s.txt").write_text("Residents voted to keep the ferry to Grey Island.")
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": text, "claim": "A ferry is kept."}))
    done = run("check", *arguments)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert not (tmp_path / "out.jsonl").exists()


def test_batch_end_to_end(run: Run, ferry: Path, tmp_path: Path) -> None:
    rows = [{"id": 7, "text": ferry.read_text(encoding="utf-8")}, {"id": 8, "text": ""}]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("batch", source, "-o", tmp_path / "out.jsonl")
    assert done.returncode == 1
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    jsonschema.Draft202012Validator(schema()).validate(first)
    assert (first["id"], second["id"], second["error"]["code"]) == (7, 8, "empty-input")
    assert run("batch", source, "-o", tmp_path / "out.jsonl").returncode == 2


def test_doctor_finds_nothing_wrong(run_installed: Run) -> None:
    done = run_installed("doctor", "--device", "cpu")
    assert done.returncode == 0, done.stdout
    assert "self-test" in done.stdout


def test_several_articles_give_one_stream_or_a_file_each(
    run: Run, ferry: Path, tmp_path: Path
) -> None:
    other = tmp_path / "note.md"
    other.write_text("# " + ferry.read_text(encoding="utf-8"), encoding="utf-8")
    done = run("brief", ferry, tmp_path / "none.txt", other, "--extractive", "-o", "-")
    assert done.returncode == 1
    assert done.stdout.count("==> ") == done.stdout.count("Key points") == 2
    assert "none.txt" in done.stderr
    lines = run("brief", ferry, other, "--extractive", "--format", "json").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [str(ferry), str(other)]
    done = run("brief", ferry, other, "--extractive", "--format", "markdown", "-o", "out/")
    assert (done.returncode, done.stdout) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ferry.md", "note.md"]


def test_the_ending_of_the_output_tells_the_format_and_the_input_is_kept(
    run: Run, ferry: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_bytes(ferry.read_bytes())
    assert run("brief", mine, "--extractive", "-o", tmp_path / "out.md").returncode == 0
    assert (tmp_path / "out.md").read_text(encoding="utf-8").startswith("# ")
    refused = run("brief", mine, "--extractive", "-o", "mine.txt")
    assert refused.returncode == 2
    assert "is an input" in refused.stderr
    assert mine.read_bytes() == ferry.read_bytes()


def test_read_prints_the_article_in_three_formats(run: Run, ferry: Path, tmp_path: Path) -> None:
    text = run("read", ferry).stdout
    assert text.split() == ferry.read_text(encoding="utf-8").split()
    (tmp_path / "again.txt").write_text(text, encoding="utf-8")
    assert run("read", "again.txt").stdout == text
    document = json.loads(run("read", ferry, "--format", "json").stdout)
    assert (document["language"], document["title"]) == ("en", text.splitlines()[0])
    assert run("read", ferry, "--format", "markdown").stdout.startswith("# ")
    (tmp_path / "one.json").write_text(json.dumps(document), encoding="utf-8")
    assert (
        json.loads(run("read", "one.json", "--format", "json").stdout)["text"] == document["text"]
    )


def test_a_full_device_and_a_closed_output_are_told(run: Run, ferry: Path, command: str) -> None:
    for arguments in (["read", str(ferry)], ["--help"], ["models", "list"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [command, *arguments], stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert (done.returncode, b"No space" in done.stderr) == (2, True)
        assert b"internal" not in done.stderr
        assert b"Traceback" not in done.stderr
    closed = subprocess.run(
        ["sh", "-c", f"{command} read {ferry} >&-"], stderr=subprocess.PIPE, check=False
    )
    assert (closed.returncode, b"closed" in closed.stderr) == (2, True)
    batch = f"{command} batch - -o - --extractive </dev/null >&-"
    closed = subprocess.run(["sh", "-c", batch], stderr=subprocess.PIPE, check=False)
    assert (closed.returncode, b"closed" in closed.stderr) == (2, True)


def test_a_file_that_cannot_be_continued_is_told(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    target = Target.of(str(output), None, ["a.txt", "b.txt"])
    target.write("a.txt", "The first.\n")
    output.unlink()
    output.mkdir()
    with pytest.raises(OutputError, match=r"cannot write .*out\.txt: .*; check the path"):
        target.write("b.txt", "The second.\n")


def test_a_name_that_is_no_text_is_written_as_far_as_it_is_one(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    target = Target.of(str(output), None, ["a\udcff.txt", "b.txt"])
    target.write("a\udcff.txt", "The first.\n")
    target.write("b.txt", "The second.\n")
    assert output.read_text("utf-8").startswith("==> a?.txt <==\n")


def test_what_is_printed_and_what_is_written_keep_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, "ascii"))
    print("printed")
    write_standard("“written” \ud800\n")
    write_standard(b"\x00\xff\n")
    assert out.getvalue() == "printed\n“written” ?\n".encode() + b"\x00\xff\n"


def test_a_fault_of_the_system_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(EINVAL, "It is so\nand so")

    monkeypatch.setattr(cli, "app", fail)
    done = said(call_here("brief"))
    assert done.returncode == 3
    assert done.stderr.startswith("briefing: internal error: OSError: ")
    assert done.stderr.endswith("It is so and so; please report it\n")


def test_a_reader_that_leaves_is_told(ferry: Path, command: str) -> None:
    call = [command, "brief", str(ferry), "--extractive"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as left:
        assert left.stdout is not None
        left.stdout.close()
        said = left.stderr.read() if left.stderr else b""
    assert (left.returncode, b"was closed before" in said) == (1, True)


def test_an_article_typed_at_the_terminal_is_asked_for(command: str) -> None:
    ours, theirs = pty.openpty()
    call = [command, "read", "-"]
    with subprocess.Popen(call, stdin=theirs, stdout=subprocess.PIPE, stderr=-1) as typed:
        assert typed.stderr is not None
        assert b"Ctrl-D" in typed.stderr.readline()
        os.write(ours, b"The council of Port Alder voted on Monday to keep its old ferry.\n\x04")
        assert typed.stdout is not None
        assert b"old ferry" in typed.stdout.read()
    os.close(ours)
    os.close(theirs)


def test_sources_are_listed_on_request_and_at_a_terminal(
    run: Run, ferry: Path, command: str
) -> None:
    plain = run("brief", ferry, "--extractive").stdout
    listed = run("brief", ferry, "--extractive", "--sources").stdout
    assert len(listed) > 1.5 * len(plain)
    assert run("brief", ferry, "--extractive", "--no-sources").stdout == plain
    ours, theirs = pty.openpty()
    subprocess.run([command, "brief", str(ferry), "--extractive"], stdout=theirs, check=True)
    os.close(theirs)
    shown = b""
    with suppress(OSError), open(ours, "rb", buffering=0) as terminal:
        while piece := terminal.read(4096):
            shown += piece
    assert len(shown) > 1.5 * len(plain.encode())


def test_lengths_in_sentences_words_and_per_cent(run: Run, ferry: Path) -> None:
    lines = {
        length: run("brief", ferry, "--extractive", "--length", length, "--format", "json").stdout
        for length in ("1 sentence", "30 words", "5%", "2 words")
    }
    briefs = {length: json.loads(text) for length, text in lines.items()}
    shown = {k: [*b["key_points"], *b["context"]] for k, b in briefs.items()}
    assert len(shown["1 sentence"]) == 1
    assert sum(len(line["text"].split()) for line in shown["30 words"]) <= 30
    assert len(shown["5%"]) == len(shown["2 words"]) == 1
    assert "one whole line is shown at least" in " ".join(run("brief", "--help").stdout.split())


def test_what_has_no_shards_is_told(run: Run, ferry: Path, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_bytes(ferry.read_bytes())
    for output in (f"{tmp_path}/out/", tmp_path / "out.parquet"):
        done = run("batch", folder, "-o", output)
        assert (done.returncode, "jsonl" in done.stderr) == (2, True)
    (folder / "rows.jsonl").write_text("{}\n")
    done = run("batch", folder, "-o", "-")
    assert (done.returncode, "standard output" in done.stderr) == (2, True)


@pytest.mark.parametrize("name", ["x.csv", "x.md", "x.DOCX", "x.jsonl.gz", "old.parquet/x.xlsx"])
def test_no_batch_is_written_under_the_ending_of_another_format(
    run: Run, ferry: Path, tmp_path: Path, name: str
) -> None:
    row = {"text": ferry.read_text(encoding="utf-8"), "claim": "A ferry is kept."}
    (tmp_path / "in.jsonl").write_text(json.dumps(row))
    (tmp_path / "old.parquet").mkdir()
    for call in (["batch", "in.jsonl", "--extractive"], ["check", "--batch", "in.jsonl"]):
        done = run(*call, "-o", name)
        assert (done.returncode, ".jsonl" in done.stderr) == (2, True)
        assert not (tmp_path / name).exists()
    assert run("check", "--batch", "in.jsonl", "-o", "x.parquet").returncode == 2


def test_other_endings_of_a_batch_are_left_alone(run: Run, ferry: Path, tmp_path: Path) -> None:
    row = {"text": ferry.read_text(encoding="utf-8")}
    (tmp_path / "in.jsonl").write_text(json.dumps(row))
    for name in ("x.jsonl", "x.ndjson", "x.json", "x.txt", "x.out", "x", "x.csv/"):
        done = run("batch", "in.jsonl", "--extractive", "-o", name)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / name).exists()


def test_an_input_is_never_written_over(run: Run, ferry: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "b.html", tmp_path / "two" / "b.txt"
    for path in (first, second):
        path.parent.mkdir()
        path.write_bytes(ferry.read_bytes())
    done = run("brief", first, second, "-o", f"{second.parent}/", "--extractive")
    assert (done.returncode, "is an input" in done.stderr) == (2, True)
    assert second.read_bytes() == ferry.read_bytes()
    done = run("brief", first, "-o", tmp_path / "brief.docx", "--extractive")
    assert (done.returncode, ".docx" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("ftp://example.org/a", "ftp://"),
        ("mailto:desk@example.org", "mailto:"),
        ("example.org/news/a", "https://"),
        ("file:///no/such.txt", "no file"),
        ("missing.txt", "Check the path"),
    ],
)
def test_what_cannot_be_read_is_told(run: Run, source: str, said: str) -> None:
    done = run("read", source)
    assert done.returncode == 1
    assert said in done.stderr


def test_typing_errors_in_the_configuration_are_named(
    run: Run, ferry: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('lenght = "short"\nprot = 80\n')
    for extra, said in (
        ({"BRIEFING_CONFIG": str(config)}, "'length'"),
        ({"BRIEFING_CONFIG": str(config)}, "'port'"),
        ({"BRIEFING_CONFIG": str(tmp_path / "gone.toml")}, "does not exist"),
        ({"BRIEFING_CONFIG": str(tmp_path)}, "is a folder"),
        ({"BRIEFING_LENGHTS": "short", "BRIEFING_PROT": "80"}, "mean BRIEFING_LENGTH?"),
        ({"BRIEFING_LENGHTS": "short", "BRIEFING_PROT": "80"}, "mean BRIEFING_PORT?"),
        ({"BRIEFING_CONFG": "briefing.toml"}, "mean BRIEFING_CONFIG?"),
        ({"BRIEFING_LENGTH": "huge"}, "5 sentences"),
    ):
        done = run("brief", ferry, "--extractive", **extra)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Extra inputs" not in done.stderr
        assert "Value error" not in done.stderr
    assert run("brief", ferry, "--extractive", BRIEFING_LENGTH="").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("brief", "--format", "pdf", "x.txt"), "'--format': 'pdf' is not one of 'text', "),
        (("brief", "--device", "tpu", "x.txt"), "'--device': 'tpu' is not one of 'auto', "),
        (("batch", "--engine", "dask", "x.jsonl"), "'--engine': 'dask' is not one of 'local', "),
        (("keys", "add", "desk", "--scope", "all"), "'--scope': 'all' is not one of 'brief', "),
        (("brief", "--threads", "two", "x.txt"), "'--threads': Input should be a valid integer"),
    ],
)
def test_what_is_no_choice_is_told_in_words(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert f"Error: Invalid value for {said}" in done.stderr


@pytest.mark.parametrize("command", ["brief", "read"])
def test_an_input_without_a_name_is_not_the_current_folder(run: Run, command: str) -> None:
    done = run(command, "")
    assert done.returncode == 1
    assert "an input is empty" in done.stderr
    assert "folder" not in done.stderr
    assert "an input is empty" in run("check", " ", "--against", "x.txt").stderr


def test_a_settings_file_may_begin_with_a_byte_order_mark(
    run: Run, ferry: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_bytes(b'\xef\xbb\xbflength = "1 sentence"\r\n')
    done = run("brief", ferry, "--extractive", "--format", "json", BRIEFING_CONFIG=str(config))
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert len([*document["key_points"], *document["context"]]) == 1


def test_batch_of_a_folder_of_articles_and_of_streams(
    run: Run, ferry: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "news"
    (folder / "old").mkdir(parents=True)
    text = ferry.read_text(encoding="utf-8")
    (folder / "b.md").write_text("# " + text, encoding="utf-8")
    (folder / "old" / "a.txt").write_text(text, encoding="utf-8")
    (folder / "empty.txt").touch()
    done = run("batch", folder, "-o", "-", "--extractive", "-q")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (1, "")
    assert [r["id"] for r in results] == ["b.md", "empty.txt", "old/a.txt"]
    assert ["error" in r for r in results] == [False, True, False]
    rows = f"\n{json.dumps({'id': 7, 'text': text})}\n\n  \n".encode()
    done = run("batch", "-", "-o", "-", "--extractive", stdin=rows)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [7]
    assert "1 brief in standard output, 0 failed" in done.stderr


def test_short_flags_and_what_verbose_says(run: Run, ferry: Path) -> None:
    assert run("-V").stdout == run("--version").stdout
    assert run("brief", "-h").stdout == run("brief", "--help").stdout
    done = run("brief", ferry, "--extractive", "-v")
    assert done.returncode == 0
    assert "sentences, language en" in done.stderr


def test_articles_beside_files_of_many_are_told_of(run: Run, ferry: Path, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    (mixed / "a.txt").write_bytes(ferry.read_bytes())
    row = {"text": ferry.read_text("utf-8")}
    (mixed / "many.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    done = run("batch", mixed, "-o", tmp_path / "out.jsonl", "--extractive")
    assert done.returncode == 0
    assert "a.txt and other files of single articles are not" in done.stderr
    assert "1 brief in" in done.stderr
