"""The measure of minimal pairs counts both kinds of mistakes."""

import json
import sys
from pathlib import Path

import pytest

from scripts import evaluate_contrast
from scripts.evaluate_contrast import Tally, measure

SOURCE = "Two rangers rescued a stranded hiker near the frozen lake on Sunday."
ITEM = {
    "id": "own-1",
    "phenomenon": "swapped roles",
    "sources": [SOURCE],
    "true": [{"text": "Two rangers rescued a stranded hiker.", "manner": "cut"}],
    "false": [{"text": "Two rangers rescued a frozen lake.", "manner": "cut"}],
    "bad_form": [{"text": "Two rangers rescued near the frozen lake."}],
    "good_form": [{"text": "Two rangers rescued a stranded hiker."}],
}


def test_a_judge_that_accepts_everything_stands_at_chance() -> None:
    tally = Tally()
    for label in ("true", "false"):
        for _ in range(3):
            tally.add(label, accepted=True)
    assert tally.share("true") == 100
    assert tally.share("false") == 0
    assert tally.balanced == 50


def test_the_gate_is_asked_in_the_manner_of_the_line() -> None:
    tallies = measure([ITEM])
    assert tallies["gate"]["all"].balanced == 100
    assert tallies["gate"]["manner cut"].counts["false"] == [1, 1]
    assert tallies["gate"]["swapped roles"].counts["true"] == [1, 1]


def test_the_script_prints_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.jsonl").write_text(json.dumps(ITEM) + "\n", encoding="utf-8")
    arguments = ["evaluate_contrast", "--data", str(tmp_path), "--file", "own.jsonl"]
    monkeypatch.setattr(sys, "argv", arguments)
    evaluate_contrast.main()
    printed = capsys.readouterr().out
    assert "swapped roles" in printed
    assert "well formed accepted 1 of 1, badly formed refused 1 of 1" in printed
