"""Readers' judgements of phrases find their references again, without the text that they are of."""

import json
import lzma
from pathlib import Path

import pytest

from scripts.train.language import antecedents
from scripts.train.language.antecedents import add, examples, read_labels, rows, write_labels

TEXT = (
    "Harbour board chief Ida Brenn opened the new lock of Kell on Monday. "
    "The lock cost the town 40,000 crowns, and boats will wait ten minutes less than before. "
    "Traders had asked for it since 1931, according to Ida Brenn. "
    "Bo Pell, a diver from Lorne, freed its gates in May, and Brenn thanked him for his work. "
    "The gates of the old lock were sold to a museum in Orlow for 300 crowns last year. "
) * 2


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(antecedents, "FILE", tmp_path / "labels.xz")
    (tmp_path / "articles").mkdir()
    articles = [{"title": "Kell opens its lock", "text": TEXT, "split": "train"}]
    with lzma.open(tmp_path / "articles" / "articles-3.jsonl.xz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in articles)
    return tmp_path


def test_a_label_finds_its_reference_again(data: Path) -> None:
    asked = [row for seed in range(9) for row in rows(data, 5, seed)]
    assert asked
    for row in asked:
        assert row["line"].count("«") == row["line"].count("»") == 1
        assert len(row["options"]) == len(row["keys"]) > 0
    one = {row["id"]: row for row in asked}
    (data / "rows").write_text("".join(json.dumps(row) + "\n" for row in one.values()))
    (data / "answers").write_text(
        "".join(json.dumps({"id": name, "right": [0], "idle": []}) + "\n" for name in one)
    )
    labels: dict[str, dict[str, str]] = {}
    count = add(labels, data / "rows", data / "answers")
    assert count == sum(len(row["options"]) for row in one.values())
    write_labels(labels)
    assert read_labels() == labels
    kept = lzma.decompress(antecedents.FILE.read_bytes())
    assert not any(word in kept for word in (b"Brenn", b"lock", b"Pell"))
    table, said, kinds, groups = examples(data)
    assert len(table) == len(said) == sum(map(len, labels.values()))
    assert set(said) <= {"right", "wrong"}
    assert set(kinds) <= {"name", "noun", "pronoun"}
    assert set(groups) == {"3-0"}
