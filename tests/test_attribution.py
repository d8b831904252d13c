"""Whose view a line states, and the author's name in it."""

import json
import lzma
from pathlib import Path

import numpy as np
import pytest

import briefing
from briefing.attribution import (
    AUTHOR,
    FACT,
    WARNING,
    Holder,
    HolderModel,
    Views,
    attributed,
    names_speaker,
    unattributed,
)
from briefing.briefs import Line
from briefing.errors import ModelError
from briefing.language import parses_for
from briefing.sections import Role, Section

REPORT = [
    "A barge sank off Kell on Monday with 40 tonnes of gravel on board.",
    "The crew of three was picked up by a tug and taken to hospital.",
    "Divers found a hole of two metres in the hull, the harbour office said.",
    "The channel was closed to ships until Wednesday morning.",
    "The barge was built in Orlow in 1974 and sold twice since.",
]
COLUMN = [
    "I have had enough of the people who run this town.",
    "They promise us a bridge every four years, and every four years they lie to us.",
    "Nobody who has ever waited for that wretched ferry can believe a word of it.",
    "It is a scandal, and we should all be ashamed that we put up with it.",
    "What we need is courage, and there is none of it in the town hall.",
]
VIEW = "The council's plan is a shameful betrayal of everyone who lives on this island."
FACTUAL = "The council voted 9 to 4 on Monday to build a bridge for 30 million crowns."


def line(text: str) -> Line:
    return Line(text, (3,), 1.0, "extracted", Role.MAIN_EVENT, ())


def test_a_view_is_the_authors_in_a_column_and_a_fact_is_nobodys() -> None:
    column, report = Views("en", COLUMN), Views("en", REPORT)
    assert column.opinion_piece > 0.5 > report.opinion_piece
    assert column.holder(VIEW).author > 0.5
    assert column.holder(VIEW).author > report.holder(VIEW).author
    assert report.holder(FACTUAL).author < 0.1
    assert report.holder(FACTUAL).other < 0.1


@pytest.mark.parametrize(
    "views", [Views("de", COLUMN), Views("en", COLUMN[:2]), Views("en", COLUMN[:1] * 9)]
)
def test_nothing_is_said_where_nothing_is_known(views: Views) -> None:
    assert views.holder(VIEW) == FACT
    assert views.opinion_piece == 0


def test_a_columns_title_claims_and_a_reports_title_tells() -> None:
    column, report = Views("en", COLUMN), Views("en", REPORT)
    claim, news = "The bridge plan is a disgrace", "Gravel barge sinks off Kell in heavy seas"
    assert (column.title_holder, report.title_holder) == (AUTHOR, FACT)
    plain, named = (column.title_signed(claim, holder) for holder in (FACT, AUTHOR))
    told, label = (report.title_signed(text, FACT) for text in (news, "To the harbour and back"))
    assert plain is not None
    assert named is not None
    assert told is not None
    assert label is not None
    assert plain < 0.5 < named
    assert label < 0.2 < 0.4 < told
    assert Views("en", ()).title_signed(news, FACT) is None


@pytest.mark.parametrize(
    ("section", "text", "told"),
    [
        (Section.KEY_POINTS, "The plan is cruel.", "The plan is cruel, the author writes."),
        (Section.HEADLINE, "The plan is a disgrace", "The plan is a disgrace, author writes"),
        (Section.HEADLINE, "The plan is a disgrace…", "The plan is a disgrace…"),
        (Section.HEADLINE, "What a disgrace!", "What a disgrace!"),
        (Section.CONTEXT, "Is the plan a disgrace?", "Is the plan a disgrace?"),
    ],
)  # fmt: skip
def test_the_author_is_named_and_the_mention_marked(section: Section, text: str, told: str) -> None:
    made = attributed(line(text), section, Holder(0.9, 0.05), 0.35)
    assert made.text == told
    assert unattributed(made.text) == text
    for insertion in made.inserted:
        assert "author writes" in made.text[insertion.start : insertion.end]
        assert insertion.evidence == 3


@pytest.mark.parametrize("holder", [FACT, Holder(0.3, 0.1), Holder(0.46, 0.5)])
def test_the_author_is_not_named_for_facts_and_views_of_others(holder: Holder) -> None:
    plain = line("The plan is a disgrace.")
    assert attributed(plain, Section.KEY_POINTS, holder, 0.35) is plain


def test_a_column_names_its_author_more_readily_than_a_report() -> None:
    column, report = Views("en", COLUMN), Views("en", REPORT)
    assert column.least_claim < report.least_claim
    made = attributed(line("The plan is dear."), Section.KEY_POINTS, Holder(0.25), 0.2)
    assert made.text == "The plan is dear, the author writes."


def test_missing_weights_are_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "load", lambda file: (_ for _ in ()).throw(ValueError("torn")))
    with pytest.raises(ModelError, match="reinstall"):
        HolderModel("en")


def test_labels_are_kept_without_text(tmp_path: Path) -> None:
    from scripts.train.holder import add, examples
    from scripts.train.quality.labels import read_labels, write_labels

    (tmp_path / "articles").mkdir()
    text = " ".join([*COLUMN, VIEW, FACTUAL])
    with lzma.open(tmp_path / "articles" / "articles-2.jsonl.xz", "wt", encoding="utf-8") as out:
        out.write(json.dumps({"title": "We have had enough", "text": text}) + "\n")
    labels: dict[str, dict[str, object]] = {}
    lines = {VIEW: "author", FACTUAL: "nobody", "Nobody wrote this.": "other"}
    assert add(labels, iter([{"article": "2-0", "kind": "opinion", "lines": lines}])) == 3
    assert add(labels, iter([{"article": "2-0", "title": "poor"}])) == 1
    with pytest.raises(ValueError, match="no such kind"):
        add({}, iter([{"article": "2-0", "kind": "rant", "lines": {}}]))
    with pytest.raises(ValueError, match="no such label"):
        add({}, iter([{"article": "2-0", "title": "dull"}]))
    write_labels(labels, tmp_path / "labels.xz")
    assert read_labels(tmp_path / "labels.xz") == labels
    assert b"bridge" not in lzma.decompress((tmp_path / "labels.xz").read_bytes())
    found = examples(labels, tmp_path)
    assert sorted(found.labels) == ["author", "nobody"]
    assert found.kinds.tolist() == ["opinion"]
    assert found.lines.shape == (2, found.salient.shape[1])
    assert found.title_labels.tolist() == ["poor"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("The mayor said the plan was cruel.", True),
        ("Why the island doubts its council", None),
        ("A bridge too far: How the plan was lost", None),
        ("What the council sold was ours", False),
        ("When the ferry stops, the island dies", False),
        ("The plan is cruel, according to the mayor.", True),
        ("\u201cThe plan is cruel and should be dropped,\u201d he wrote.", True),
        ("The plan is cruel and should be dropped.", False),
        ("The \u201cmass turnover\u201d of 2018 was caused by the plan.", False),
        ("The mayor has claimed a win that nobody saw.", False),
        ("The ferry is safe, people close to the mayor insist.", True),
        ("The mayor will argue that the plan was cruel.", False),
        ("When the mayor says that the plan is cruel, nobody listens.", False),
        ("The council agreed to the plan, the mayor said, since it is cheap.", True),
        ("A cruel plan for a small town", None),
        ("O’Hara: The plan is cruel", True),
        ("Economy: The plan is cruel", False),
    ],
)
def test_a_speaker_is_known_by_quotation_or_report(text: str, named: bool | None) -> None:
    parses = parses_for("en")
    assert parses is not None
    assert names_speaker(parses.one(text)) is named


def test_a_line_of_a_column_with_a_speaker_names_no_author() -> None:
    quoted = "The mayor said the council's plan was a cruel and shameful betrayal of the island."
    column = briefing.brief(" ".join([*COLUMN, quoted, VIEW]), length="long")
    for line in column.lines:
        assert not ("mayor said" in line.text and "author writes" in line.text)
    alone = briefing.brief(" ".join([*COLUMN, quoted, VIEW]), sections=["headline"])
    assert WARNING in column.warnings
    assert WARNING in alone.warnings


def test_a_cut_claims_no_less_than_its_sentence() -> None:
    text = (
        "Let us be honest: the ferry of Kell is a disgrace, and everyone in the town hall knows "
        "it. The council has promised a bridge since 1998, and it has never laid a stone. Nobody "
        "who waits at the pier can believe a word of it. The state paid for three bridges."
    )
    headline = briefing.brief(text).headline
    assert headline is not None
    assert "disgrace" in headline.text
    assert headline.text.endswith(", author writes")


def test_an_interview_has_no_author_who_claims() -> None:
    asked = "\n\n".join(
        f"Q: Why is the ferry of Kell a disgrace in {year}?\n\n"
        f"A: The town hall lies to us. We need courage, and there is none of it since {year}."
        for year in (2019, 2021, 2024, 2026)
    )
    brief = briefing.brief(asked)
    assert any("interview" in warning for warning in brief.warnings)
    assert WARNING not in brief.warnings
    assert not any("author writes" in line.text for line in brief.lines)


def test_a_column_in_an_old_encoding_has_its_author(tmp_path: Path) -> None:
    column = tmp_path / "column.txt"
    column.write_bytes(" ".join([*COLUMN, "“Naïve” is the word.", VIEW]).encode("cp1252"))
    warnings = briefing.brief(column).warnings
    assert WARNING in warnings
    assert any("cp1252" in warning for warning in warnings)
