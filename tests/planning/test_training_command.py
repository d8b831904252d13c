"""The whole training command, on a corpus of a few sentences, from nothing to a planner."""

import json
import lzma
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from briefing.planning import Planner
from briefing.planning.roles import ROLES
from scripts.train.planner.data import HIGHLIGHTED, LABELS
from tests.planning.test_planner import STORY, article, assert_valid

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("vectors", "networks", "ngrams", "highlights", "salience", "titles", "news")
PLACES = ("Harwick", "Alder", "Greyport", "Lindow", "Marsh", "Caldermouth")
TEXT = "\n".join(" ".join(paragraph) for paragraph in STORY)
LINES = [line for paragraph in STORY for line in paragraph]


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    with lzma.open(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(record) + "\n" for record in records)


def _corpus(folder: Path) -> Path:
    """Every story is the same but for its place; each of the nine roles occurs in each."""
    (folder / "articles").mkdir(parents=True)
    plain: dict[str, Any] = {"split": "train", "title": "Ferry terminal in Harwick closes"}
    told = [
        {"source": source, "text": TEXT.replace("Harwick", place), "highlights": LINES[1:3]}
        for place in PLACES
        for source in HIGHLIGHTED
    ]
    _write(folder / "articles" / "articles-0.jsonl.xz", [plain | one for one in told])
    labelled = [
        {
            "headline": "Ferry terminal in Harwick closes" * (number % 2),
            "sentences": [
                {"text": line.replace("Harwick", place), "paragraph": row, "role": role}
                for row, (line, role) in enumerate(zip(LINES, LABELS, strict=False))
            ],
        }
        for number, place in enumerate(PLACES)
    ]
    _write(folder / "discourse_train.jsonl.xz", labelled)
    return folder


@pytest.mark.slow
def test_the_command_trains_a_planner_from_nothing(tmp_path: Path) -> None:
    data, work, out = _corpus(tmp_path / "data"), tmp_path / "work", tmp_path / "parameters.npz"
    options = ["--data", data, "--out", out, "--work", work, "--networks", "1"]
    command = [sys.executable, "-m", "scripts.train.planner", *map(str, options)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name.split(".")[0] for path in work.glob("*.npz")) == sorted(STAGES)

    story = article(STORY)
    plan = Planner(out).plan(story)
    assert_valid(plan, story)
    assert len(set(plan.salience)) > 2
    learnt = dict(zip(LINES, (ROLES[label] for label in LABELS.values()), strict=False))
    told = {s.text: role for s, role in zip(story.sentences, plan.roles, strict=True)}
    assert sum(told[line] is role for line, role in learnt.items()) >= len(learnt) // 2
