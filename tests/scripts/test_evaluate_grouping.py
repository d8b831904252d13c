"""The measure of grouping is B-cubed, and a grouping that is wrong shows in it."""

import json
import lzma
from pathlib import Path

import pytest

from scripts.evaluate_grouping import b_cubed, growth, labelled, measure
from tests.digest.events import EVENTS


def test_b_cubed_of_a_case_counted_by_hand() -> None:
    truth = {1: 0, 2: 0, 3: 0, 4: 1}
    p, r, f1 = b_cubed({1: 7, 2: 7, 3: 8, 4: 8}, truth)
    assert p == pytest.approx(100 * (1 + 1 + 0.5 + 0.5) / 4)
    assert r == pytest.approx(100 * (2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert f1 == pytest.approx(2 * p * r / (p + r))


def test_b_cubed_of_extremes() -> None:
    truth = {1: 0, 2: 0, 3: 1, 4: 1}
    assert b_cubed(truth, truth) == (100, 100, 100)
    assert b_cubed({1: 1, 2: 2, 3: 3, 4: 4}, truth)[:2] == (100, 50)
    assert b_cubed(dict.fromkeys(truth, 0), truth)[:2] == (50, 100)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three events of two papers each, twice: in a train and in another split."""
    rows = [
        {"source": f"paper{at}", "title": title, "subtitle": None, "text": body, "split": split}
        | {"roundup": name + split, "date": "2026-03-02" if at else ""}
        for split in ("train", "val")
        for name, texts in EVENTS.items()
        for at, (title, body) in enumerate(texts)
    ]
    undated = rows[0] | {"roundup": "an event without a date", "split": "val"}
    (tmp_path / "articles").mkdir()
    for path, written in (("roundups", [*rows, undated]), ("articles/articles-0", rows)):
        with lzma.open(tmp_path / f"{path}.jsonl.xz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in written)
    return tmp_path


def test_the_table_has_both_parts_and_the_baseline(data: Path) -> None:
    assert len(labelled(data).articles) == 12
    table = measure(data)
    assert table["stories, dated"]["rest"] == (100, 100, 100)
    assert sum(name.startswith("TF-IDF") for name in table) == 3


def test_the_curve_measures_each_size(data: Path) -> None:
    rows = list(growth(data, [20, 40]))
    assert [row["known"] for row in rows] == [20, 40]
    assert all(row["add_ms"] > 0 for row in rows)
