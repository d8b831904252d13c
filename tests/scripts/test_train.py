"""The training commands that CONTRIBUTING.md prints: they start, refuse in words, and go on."""

import json
import lzma
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from scripts.train.examples import Example, clauses_only
from scripts.train.files import data_folder, replacing, write_rows
from scripts.train.stages import Work, contents

ROOT = Path(__file__).parents[2]
PARSER = ROOT / "briefing" / "language" / "data" / "en" / "parser"
TOWNS = ("Kell", "Orlow", "Lorne", "Brack", "Sund", "Varn", "Holm", "Tarn")
THINGS = ("ferry", "bridge", "library", "market", "school", "tower", "harbour", "mill")
Command = list[str]


def printed() -> Iterator[Command]:
    """The training commands of CONTRIBUTING.md, without `python -m`."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").replace("$split", "train").splitlines():
            words = shlex.split(line, comments=True)
            if words[:2] == ["python", "-m"] and words[2].startswith("scripts.train"):
                yield words[2:]


def name_of(command: Command) -> str:
    stage = command[1] if len(command) > 1 and not command[1].startswith("-") else ""
    return f"{command[0].removeprefix('scripts.train.')} {Path(stage).name}".strip()


@pytest.mark.slow
@pytest.mark.parametrize("command", list(printed()), ids=name_of)
def test_a_printed_command_starts_and_refuses_what_is_missing(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "2"))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", os.environ.get("OPENBLAS_NUM_THREADS", "2"))
    name, *arguments = command
    module = import_module(f"{name}.__main__" if name.endswith("planner") else name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    written = [
        tmp_path / value
        for option, value in pairwise(arguments)
        if option in ("--to", "--out") and Path(value).suffix
    ]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"as it was")
    before = contents(tmp_path)
    with pytest.raises(SystemExit) as end:
        module.main()
    said = capsys.readouterr().err
    assert end.value.code == 2, said
    assert re.search(r"no folder|no file|lacks", said), said
    assert contents(tmp_path) == before
    assert all(path.read_bytes() == b"as it was" for path in written)


@pytest.mark.parametrize("stage", ["folds", "ship"])
def test_the_quality_model_asks_for_the_lines_that_it_learns_from(
    stage: str, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fit = import_module("scripts.train.quality.fit")
    (data / "records.jsonl").touch()
    start = ROOT / "briefing" / "checking" / "encoder"
    given = f"{stage} --start {start} --to {data}/x --data {data} --records {data}/records.jsonl"
    monkeypatch.setattr(sys, "argv", ["fit", *given.split()])
    with pytest.raises(SystemExit) as end:
        fit.main()
    assert end.value.code == 2
    assert f"{stage} needs --labels" in capsys.readouterr().err


def article(at: int, split: str) -> dict[str, object]:
    town, thing = TOWNS[at % 8], THINGS[(at // 8) % 8]
    title = f"Council of {town} sells the old {thing} for {at + 20} crowns"
    text = (
        f"The council of {town} sells the old {thing} to a museum for {at + 20} crowns this year. "
        f"Mayor Ida Brenn said the town of {town} could no longer pay for the repair of it. "
        f"The {thing} was built in 1931 and about 200 people a day have used it since then. "
        f"A new {thing} would cost {at + 400} crowns, according to the treasurer of {town}. "
    )
    points = [f"The council of {town} sells the old {thing} to a museum for {at + 20} crowns"]
    row = {"source": "gazette", "title": title, "text": text, "split": split}
    return row | {"subtitle": None, "highlights": points if at % 3 == 0 else []}


def packed(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of made-up training data."""
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [article(at, "dev" if at % 5 == 4 else "train") for at in range(120)]
    for number in range(2):
        packed(folder / "articles" / f"articles-{number}.jsonl.xz", rows[number::2])
    for name in ("headlines_rss", "leads_guardian"):
        feed = [{**row, "feed": "gazette", "opinion": False, "standfirst": []} for row in rows[:40]]
        packed(folder / f"{name}.jsonl.xz", feed)
    for name in ("fusions", "simplifications", "compressions", "current_events"):
        packed(folder / f"{name}.jsonl.xz", [])
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Run a training command in a process of its own, in an empty folder; what it printed."""

    def call(line: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *f"scripts.train.{line}".split()],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "2"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    return call


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """The same in this process, where torch is imported already."""
    monkeypatch.chdir(tmp_path)

    def call(line: str, code: int = 0) -> str:
        name, *arguments = line.split()
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        ended = 0
        try:
            import_module(f"scripts.train.{name}").main()
        except SystemExit as end:
            ended = int(end.code or 0)
        said = capsys.readouterr()
        assert ended == code, said.err
        return said.out + said.err

    return call


TINY = "--out build --tokens 600 --width 64 --encoder 1 --decoder 1 --save-every 0"


@pytest.mark.slow
def test_a_writer_is_trained_from_nothing(
    data: Path, tmp_path: Path, run: Callable[..., str], here: Callable[..., str]
) -> None:
    for split in ("train", "dev"):
        run(f"prepare --data data --out build --split {split}")  # it starts processes
    here("vocabulary --out build --size 400")
    for split in ("train", "dev"):
        here(
            f"examples --data data --split {split} --records build/{split}/records.jsonl "
            f"--parser {PARSER} --out build/{split}/examples.jsonl"
        )
    here(f"fit {TINY} --stage recover --steps 2")
    assert "writer-recover.pt" in here(f"fit {TINY} --stage write --steps 2")
    assert "writer-write.pt at step 2" in here(f"fit {TINY} --stage write --steps 3")
    here("export --out build --to model")
    assert (tmp_path / "model" / "ctranslate2" / "model.bin").exists()
    here("shortlist --data data --to model")

    said = here(f"fit {TINY} --stage write --steps 4 --start model", code=2)
    assert "began with the stage before it, not with model" in said
    again = f"fit {TINY} --stage write --start model --name more"
    assert "from model" in here(f"{again} --steps 1")
    assert "more-write.pt at step 1" in here(f"{again} --steps 2")
    assert "2 dev" in here(f"{again} --steps 9000 --minutes 0")


def tiny_encoder(folder: Path) -> Path:
    """An encoder of BERT's shape with random weights, and the tokenizer of the one that ships."""
    from transformers import BertConfig, BertModel

    start = ROOT / "briefing" / "checking" / "encoder"
    folder.mkdir()
    shutil.copy(start / "tokenizer.json", folder)
    words = Tokenizer.from_file(str(start / "tokenizer.json")).get_vocab_size()
    sizes: dict[str, Any] = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 32}
    sizes["position_embedding_type"] = "absolute"  # asked for by CTranslate2's converter
    BertModel(BertConfig(vocab_size=words, num_hidden_layers=2, **sizes)).save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_the_quality_model_goes_on_where_it_was_killed(
    data: Path, tmp_path: Path, here: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = import_module("scripts.train.quality.fit")
    tiny_encoder(tmp_path / "start")
    rows = [
        {"text": f"Article {at}.", "section": section, "line": f"Line {at} of Kell", "label": label}
        for at in range(30)
        for section in ("headline", "point", "context")
        for label in ("good", "fragment")
    ]
    (tmp_path / "labels").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "records").write_text("")
    packed(data / "current_events.jsonl.xz", [{"text": "The council of Kell sold a ferry today."}])
    calls: list[Path] = []
    train = fit.train

    def killed(*args: Any, checkpoint: Path, **options: Any) -> None:
        calls.append(checkpoint)
        if len(calls) == 4:
            raise KeyboardInterrupt
        train(*args, checkpoint=checkpoint, **options)

    monkeypatch.setattr(fit, "train", killed)
    given = "--start start --labels labels --records records --data data --articles 6 --work work"
    with pytest.raises(KeyboardInterrupt):
        here(f"quality.fit folds {given} --to folds.jsonl")
    assert not (tmp_path / "folds.jsonl").exists()
    here(f"quality.fit folds {given} --to folds.jsonl")
    assert len(calls) == 4 + 2 * 5 - 3  # of five folds, one was finished, and half of another
    assert len((tmp_path / "folds.jsonl").read_text().splitlines()) == len(rows)
    assert not list((tmp_path / "work").iterdir())
    here(f"quality.fit ship {given} --to shipped")
    assert (tmp_path / "shipped" / "head.npz").exists()
    assert not list((tmp_path / "work").iterdir())


@pytest.mark.slow
def test_what_is_counted_is_written_whole_or_not_at_all(
    data: Path, tmp_path: Path, run: Callable[..., str]
) -> None:
    run("language.valency --data data --to made/valency.npz")
    run("ordinary_words --data data --out made/ordinary.xz --least 3")
    assert "museum" in lzma.decompress((tmp_path / "made" / "ordinary.xz").read_bytes()).decode()
    run("prepare --data data --out build")
    kept = contents(tmp_path)
    for path in (data / "articles").iterdir():
        packed(path, [])
    for line in (
        "language.valency --data data --to made/valency.npz",
        "ordinary_words --data data --out made/ordinary.xz --least 3",
        "prepare --data data --out build",
        "quality.labels write --data data --to build/train/records.jsonl",
    ):
        assert "left as it was" in run(line, code=2)
    assert [one for one in contents(tmp_path) if "articles-" not in one[0]] == [
        one for one in kept if "articles-" not in one[0]
    ]


@pytest.mark.slow
def test_titles_are_parsed_by_the_parser_that_ships() -> None:
    lines = ("Council of Kell sells the old ferry", "A long fight over the ferry of Orlow")
    rows = [Example("headline", "cut", line, line, "gazette") for line in lines]
    assert [row.line for row in clauses_only(rows, PARSER)] == [lines[0]]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.jsonl"
    assert write_rows(path, [{"a": 1}, {"a": 2}], "none") == 2
    before = path.read_bytes()

    def broken() -> Iterator[dict[str, int]]:
        yield {"a": 3}
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"):
        write_rows(path, broken(), "none")
    with pytest.raises(SystemExit) as end:
        write_rows(path, [], "there are none")
    assert end.value.code == 2
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["rows.jsonl"]
    with replacing(path, "wb") as out:
        out.write(b"whole")
    assert path.read_bytes() == b"whole"


def test_a_folder_of_data_holds_what_the_stage_reads(data: Path) -> None:
    assert data_folder("articles/articles-*.jsonl.xz", "fusions.jsonl.xz")(str(data)) == data
    with pytest.raises(Exception, match=r"lacks corrections\.jsonl\.xz, x/\*; give the folder"):
        data_folder("corrections.jsonl.xz", "fusions.jsonl.xz", "x/*")(str(data))


def test_a_part_made_from_other_data_is_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []

    def values(name: str) -> Callable[[], dict[str, np.ndarray]]:
        def make() -> dict[str, np.ndarray]:
            made.append(name)
            return {"value": np.array(len(made))}

        return make

    def train(*made_from: object, networks: int = 2) -> list[int]:
        work = Work(tmp_path / "work", *made_from)
        parts = (work.arrays("words", values("words")),
                 work.arrays("roles", values("roles"), networks))  # fmt: skip
        return [int(part["value"]) for part in parts]

    assert train("one", 0) == train("one", 0) == [1, 2]
    assert train("one", 0, networks=3) == [1, 3]
    assert made == ["words", "roles", "roles"]
    assert train("one", 1, networks=3) == [4, 5]
    assert "made from other data or options" in capsys.readouterr().err
    assert len(list((tmp_path / "work").iterdir())) == 2
    work = Work(tmp_path / "work", "one", 1)
    work.arrays("words", values("words"))
    work.clear()
    assert len(list((tmp_path / "work").iterdir())) == 1


@pytest.mark.slow
def test_a_model_goes_on_from_what_was_kept(tmp_path: Path) -> None:
    import torch

    calls: list[Path] = []

    def fitted(seed: int) -> "torch.nn.Linear":
        torch.manual_seed(seed)
        model = torch.nn.Linear(2, 2)
        Work(tmp_path, "one").model("half", model, calls.append)
        return model

    first, again = fitted(1), fitted(2)
    assert torch.equal(first.weight, again.weight)
    assert len(calls) == 1


@pytest.mark.slow
def test_a_lease_packs_trains_and_brings_back(tmp_path: Path) -> None:
    rows = [article(at, "train") for at in range(8)]
    for split in ("train", "dev"):
        (tmp_path / "build" / split).mkdir(parents=True)
        records = [
            {
                "source": "gazette",
                "title": row["title"],
                "sentences": [f"{part}." for part in str(row["text"]).split(". ")[:4]],
                "highlights": [],
            }
            for row in rows
        ]
        examples = [
            {
                "section": section,
                "manner": "cut",
                "source": row["text"],
                "line": row["title"],
                "origin": "gazette",
            }
            for row in rows
            for section in ("headline", "key point")
        ]
        for name, written in (("records", records), ("examples", examples)):
            path = tmp_path / "build" / split / f"{name}.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in written))

    def lease(*words: object) -> "subprocess.CompletedProcess[str]":
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", ROOT / "scripts" / "train" / "lease.sh", *map(str, words)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": path, "OMP_NUM_THREADS": "2"},
            capture_output=True,
            text=True,
            check=False,
        )

    packed_up, out = tmp_path / "lease.tar.xz", tmp_path / "out"
    assert lease("pack", tmp_path / "build", packed_up).returncode == 0
    done = lease("run", packed_up, out, 1, "--steps", 1, "--tokens", 200)
    assert done.returncode == 0, done.stderr
    assert "1 dev" in (out / "lease.log").read_text()
    assert lease("back", out, tmp_path / "build").returncode == 0
    assert (tmp_path / "build" / "lease" / "model" / "ctranslate2" / "model.bin").exists()
    assert lease("run", tmp_path / "nowhere", out, 1).returncode == 2
    assert lease().returncode == 2
