import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from scripts.evaluation.articles import Sample, read_samples

PARTS = frozenset({"keypoints", "headlines", "lines"})


def row(number: int, **changed: Any) -> dict[str, Any]:
    made = {
        "source": "abp/Port News",
        "title": f"Harbour town keeps ferry number {number}",
        "subtitle": "",
        "text": f"Ferry {number} stays. The town voted to keep it.",
        "highlights": [],
        "split": "dev",
    }
    return made | changed


def write(folder: Path, *files: list[dict[str, Any]]) -> Path:
    (folder / "articles").mkdir()
    for number, rows in enumerate(files):
        with lzma.open(folder / "articles" / f"articles-{number}.jsonl.xz", "wt") as lines:
            lines.writelines(json.dumps(one) + "\n" for one in rows)
    return folder


def chosen(data: Path, articles: int = 100, lines: int = 100) -> list[Sample]:
    return read_samples(data, "dev", articles, lines, PARTS)[0]


def test_each_article_answers_what_it_can(tmp_path: Path) -> None:
    data = write(
        tmp_path,
        [
            row(1, highlights=["The ferry stays.", "The town voted."]),
            row(2, title="Is the ferry going to stay?"),
            row(3, source="scitldr", highlights=["We study ferries."]),
            row(4, split="train", title="dev"),
        ],
    )
    found = {sample.text.split()[1]: sample.questions for sample in chosen(data)}
    assert found == {"1": PARTS, "2": {"lines"}, "3": {"keypoints"}}


def test_only_the_wanted_parts_are_chosen_for(tmp_path: Path) -> None:
    data = write(tmp_path, [row(1, highlights=["The ferry stays."])])
    samples, texts = read_samples(data, "dev", 9, 9, frozenset({"headlines"}))
    assert [sample.questions for sample in samples] == [{"headlines"}]
    assert texts == [row(1)["text"]]


def test_the_choice_does_not_depend_on_the_order_of_the_files(tmp_path: Path) -> None:
    rows = [row(number) for number in range(40)]
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = chosen(write(tmp_path / "one", rows[:30], rows[30:]), 7, 5)
    two = chosen(write(tmp_path / "two", rows[::-1]), 7, 5)
    assert one == two
    assert sum("headlines" in sample.questions for sample in one) == 7
    assert sum("lines" in sample.questions for sample in one) == 5
    assert len(one) == 7, "the smaller choice is a part of the larger"


def test_an_article_that_comes_twice_is_taken_once(tmp_path: Path) -> None:
    assert len(chosen(write(tmp_path, [row(1), row(1)]))) == 1


def test_titles_are_cleaned_and_grouped(tmp_path: Path) -> None:
    rows = [
        row(1, title="Live: Harbour town keeps its ferry"),
        row(2, source="senate/Byrd"),
        row(3, source="basil/hpo"),
    ]
    found = {s.text.split()[1]: (s.title, s.title_group) for s in chosen(write(tmp_path, rows))}
    assert found["1"] == ("Harbour town keeps its ferry", "abp")
    assert found["2"][1] == "senate"
    assert found["3"][1] == "others"


def test_a_folder_without_articles_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--data"):
        chosen(tmp_path)
