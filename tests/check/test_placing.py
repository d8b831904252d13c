"""Where words stand in their source, and the commas that stand between them there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.check.evidence import evidence
from briefing.check.placing import aligned, places_of, punctuated
from briefing.check.words import tokens

SOURCE = "Holt, 46, is one of 28 farmers who, they say, let the river flood."


def test_words_are_found_in_order_and_together() -> None:
    places = places_of(evidence((SOURCE,)))
    assert aligned(tokens("Holt is one of farmers"), places) == [0, 2, 3, 4, 6]
    assert aligned(tokens("Nobody knows"), places) == [None, None]


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("Holt, 46 is one of 28 farmers.", "Holt, 46, is one of 28 farmers."),
        ("Holt 46 is one of 28 farmers.", "Holt, 46, is one of 28 farmers."),
        ("Holt is one of 28 farmers.", "Holt is one of 28 farmers."),
        ("Nobody knows.", "Nobody knows."),
        ("", ""),
    ],
)
def test_the_commas_of_the_source_come_back(line: str, whole: str) -> None:
    assert punctuated(line, evidence((SOURCE,))) == whole


@given(st.text(max_size=100), st.text(max_size=100))
def test_nothing_but_commas_is_added(line: str, source: str) -> None:
    made = punctuated(line, evidence((source,)))
    assert made.replace(",", "") == line.replace(",", "")
