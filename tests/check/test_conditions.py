"""Conditions that a shortened statement must not lose."""

import pytest

from briefing.brief import Section
from briefing.check import Candidate, choose, compress, shortenings
from briefing.check.conditions import loses_condition
from briefing.check.evidence import evidence

LOST = [
    (
        "Tenants who repair their homes will not be charged - providing they tell the landlord "
        "first - the new rules say.",
        "Tenants who repair their homes will not be charged, the new rules say.",
    ),
    (
        "The museum will close in June unless the city finds $2 million.",
        "The museum will close in June.",
    ),
    ("If the ice holds, the race will start on Sunday.", "The race will start on Sunday."),
    (
        "Farmers may keep the land, provided that they plant trees on it.",
        "Farmers may keep the land.",
    ),
    (
        "The fund pays for repairs only after the insurer has refused.",
        "The fund pays for repairs after the insurer has refused.",
    ),
    ("The deal is subject to a vote of the members.", "The deal of the members."),
]
KEPT = [
    ("The museum will close in June unless the city pays.", "The museum will close unless paid."),
    ("Reporters asked if the mayor would resign, and she left.", "The mayor would resign."),
    ("The team won the cup even if nobody had expected it.", "The team won the cup."),
    (
        "The school closed in May, and it will open again if the roof is mended.",
        "The school closed in May.",
    ),
    ("The shop provided the food for the feast on Sunday.", "The shop provided the food."),
    ("Only six people live on the island, the council said.", "Six people live on the island."),
]


@pytest.mark.parametrize(("source", "line"), LOST)
def test_a_lost_condition_is_noticed(source: str, line: str) -> None:
    assert loses_condition(line, evidence((source,)))


@pytest.mark.parametrize(("source", "line"), KEPT)
def test_no_condition_is_lost(source: str, line: str) -> None:
    assert not loses_condition(line, evidence((source,)))


def test_a_candidate_without_its_condition_is_not_chosen() -> None:
    source = "The museum will close its doors in June unless the city finds $2 million."
    line = "The museum will close its doors in June."
    choice = choose([Candidate(line, 0.0)], [source], section=Section.KEY_POINTS)
    assert choice is not None
    assert choice.text == source


def test_neither_rules_nor_headlines_cut_a_condition() -> None:
    source = "Tenants in the old town will pay no rent for a year, unless they sublet their rooms."
    assert "unless" in compress(source, 8)
    assert all("unless" in line for line in shortenings(source, 12))
