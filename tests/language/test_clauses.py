"""Sentences are told clause by clause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.language import parses_for
from briefing.language.clauses import clauses


def told(text):
    parse = parses_for("en").one(text)
    return list(clauses(parse)) if parse else []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "The bridge collapsed, and two of the engineers resigned.",
            ["The bridge collapsed.", "Two of the engineers resigned."],
        ),
        (
            "The engineer was fined and banned for a year.",
            ["The engineer was fined.", "The engineer was banned for a year."],
        ),
        (
            "Karin Moe, who built the bridge, will give evidence.",
            ["Karin Moe will give evidence.", "Karin Moe built the bridge."],
        ),
        (
            "She has sailed with a crew in Orrin and neighbours called the police.",
            ["She has sailed with a crew in Orrin.", "Neighbours called the police."],
        ),
        (
            "If the river rises, the bridge will close and trains will stop.",
            ["If the river rises, the bridge will close.", "If the river rises, trains will stop."],
        ),
    ],
)
def test_each_clause_has_its_subject(text, parts):
    assert told(text) == parts


def test_a_speaker_is_kept():
    parts = told("On Monday, the union said it would strike but later called it off.")
    assert parts == [] or all("the union said" in part for part in parts)


@pytest.mark.parametrize(
    "text",
    [
        "The bridge over the Orr collapsed on Monday.",
        "He wants to stay and work.",
        "The city will mend the bridge or close it.",
        "The engineer did not stop and look.",
        '"We will fight and we will win," she said.',
        "Salt and ice damaged the bridge.",
    ],
)
def test_what_cannot_stand_is_left_together(text):
    assert told(text) == []


@given(st.text(max_size=200))
def test_anything_may_be_given(text):
    assert all(part.endswith(".") for part in told(text))
