"""Labels of readers find their lines again, and nothing else is kept of an article."""

import json
import lzma
from pathlib import Path

import pytest

from briefing.planning import Planner
from briefing.sections import Section
from scripts.train.quality.labels import (
    FILE,
    added,
    articles,
    candidates,
    hashed,
    labelled,
    read_labels,
    write_labels,
)

TITLE = "Council of Kell sells the old ferry"
TEXT = (
    "The council of Kell sold the old ferry to a museum on Monday for 40,000 crowns. "
    "Mayor Ida Brenn said the town could no longer pay for its repair. "
    "Brenn wants a bridge instead. "
    "The ferry had crossed the sound since 1931 and carried 200 people a day. "
) * 2


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    rows = [{"title": "Another", "text": "It rained."}, {"title": TITLE, "text": TEXT}]
    with lzma.open(tmp_path / "articles" / "articles-3.jsonl.xz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


def test_a_label_finds_its_line_again(data: Path, tmp_path: Path) -> None:
    line = "Mayor Ida Brenn wants a bridge instead."
    rows = [
        {"article": "3-1", "section": "point", "line": line, "label": "good"},
        {"article": "3-1", "section": "point", "line": "Nobody wrote this.", "label": "meaning"},
        {"article": "3-1", "section": "headline", "line": TITLE, "label": "good"},
    ]
    labels: dict[str, dict[str, dict[str, str]]] = {}
    assert added(labels, rows) == 3
    write_labels(labels, tmp_path / "labels.xz")
    kept = read_labels(tmp_path / "labels.xz")
    assert kept == labels
    ((name, title, text),) = articles(kept, data)
    assert (name, title, text) == ("3-1", TITLE, TEXT)
    found = list(labelled(Planner(), title, text, kept[name]))
    assert {(row["section"], row["line"], row["label"]) for row in found} == {
        ("point", line, "good"),
        ("headline", TITLE, "good"),
    }


def test_candidates_are_sentences_and_their_cuts() -> None:
    lines = set(candidates(Planner(), TITLE, TEXT, Section.HEADLINE))
    assert TITLE in lines
    assert any("museum" in line and len(line.split()) < 12 for line in lines - {TITLE})


def test_an_unknown_label_is_refused() -> None:
    row = {"article": "3-1", "section": "point", "line": "It rained.", "label": "fine"}
    with pytest.raises(ValueError, match="row 1"):
        added({}, [row])


def test_the_file_holds_no_text() -> None:
    labels = read_labels(FILE)
    assert sum(len(own) for row in labels.values() for own in row.values()) > 20_000
    assert all(
        len(key) == len(hashed("")) and set(key) <= set("0123456789abcdef")
        for row in labels.values()
        for own in row.values()
        for key in own
    )
