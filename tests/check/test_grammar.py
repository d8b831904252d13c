"""The judge of cuts prefers lines that people would write to lines cut in the wrong place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.check.evidence import evidence
from briefing.check.grammar import BITS, features, hashed, naturalness
from briefing.check.placing import aligned, places_of
from briefing.check.words import tokens

MERGER = (
    "Alder Shipping Corp said it will buy its smaller rival Holt Lines for 120 million dollars, "
    "pending approval by the harbour board."
)
VOTE = (
    "The town council voted on Tuesday to close the ferry to Grey Island, which has run since 1931."
)


@pytest.mark.parametrize(
    ("good", "bad", "source"),
    [
        ("Alder Shipping to buy Holt Lines", "Alder Shipping to Holt Lines buy for", MERGER),
        (
            "Alder Shipping Corp will buy its smaller rival Holt Lines",
            "Alder Shipping Corp will buy its smaller",
            MERGER,
        ),
        ("Town council voted to close the ferry", "Town council voted to close the", VOTE),
        (
            "The town council voted to close the ferry to Grey Island.",
            "The town council voted to close which has run since.",
            VOTE,
        ),
        ("Council votes to close ferry to Grey Island", "Council votes votes to close", VOTE),
    ],
)
def test_a_person_s_cut_is_more_natural(good: str, bad: str, source: str) -> None:
    held = evidence((source,))
    assert naturalness(good, held) > naturalness(bad, held)


def test_a_sound_cut_is_natural() -> None:
    line = "Alder Shipping Corp will buy its smaller rival Holt Lines for 120 million dollars."
    assert naturalness(line, evidence((MERGER,))) > -1


def test_features_name_every_cut() -> None:
    places = places_of(evidence((VOTE,)))
    words = tokens("Council voted to close the ferry")
    names = list(features(words, aligned(words, places), places))
    assert any(name.startswith("cut ") for name in names)
    assert any(name.startswith("stop ") for name in names)
    assert all(0 <= row < 1 << BITS for row in hashed(iter(names)))


@given(st.text(max_size=120), st.lists(st.text(max_size=120), min_size=1, max_size=3))
def test_anything_can_be_judged(line: str, sources: list[str]) -> None:
    held = evidence(tuple(sources))
    assert naturalness(line, held) == naturalness(line, held)
