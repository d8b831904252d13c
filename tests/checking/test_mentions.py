"""What a line makes of numbers, dates and names, and what the article does."""

import pytest

from briefing.checking.evidence import EvidenceIndex
from briefing.checking.mentions import Mentions
from briefing.language import parses_for
from briefing.language.facts import read_line

ARTICLE = [
    "The number of wardens in the park dropped by 15 to 62.",
    "Tickets cost 9 euros, up from 7 euros a year ago, and sales rose 4 percent.",
    "The park will plant 300 oaks, down from a planned 450.",
    "Greta Vos was director from 2008 to 2015, and Ilse Maan followed her in 2016.",
    "The trust sold its quarry in 2011 and bought a meadow in 2014.",
    "The judge, Tomas Rehn, fined the trust 5,000 euros on 3 June.",
    "Velden Trust was founded in 1931 in Harlo; Osk Park opened in 1958.",
    "Visits to Velden rose to 80,000, and those to Osk were 20,000.",
    "Maan's deputy, Karin Ost, left on Monday, and the gate was mended on Friday.",
    "It was closed in 1940.",
]


def refuted(line: str) -> dict[str, str]:
    parses = parses_for("en")
    assert parses is not None
    parse = parses.one(line)
    assert parse is not None
    mentions = Mentions(ARTICLE, EvidenceIndex(ARTICLE), parses)
    return {claim.text: claim.kind for claim in mentions.refuted(read_line(line), parse)}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("The number of wardens dropped to 15.", "15"),
        ("The number of wardens dropped by 62.", "62"),
        ("Tickets cost 7 euros, up from 9 euros a year ago.", "9"),
        ("Tickets cost 9 euros, down from 7 euros a year ago.", "7"),
        ("Ticket sales rose to 4 percent.", "4"),
        ("The park will plant 450 oaks, up from a planned 300.", "300"),
    ],
)
def test_a_number_that_changed_otherwise_is_refuted(line: str, told: str) -> None:
    found = refuted(line)
    assert any(told in text for text in found)
    assert set(found.values()) == {"number"}


@pytest.mark.parametrize(
    "line",
    [
        "The number of wardens dropped to 62.",
        "The number of wardens dropped 15.",
        "Tickets went up to 9 euros from 7 euros.",
        "Ticket sales rose by 4 percent.",
        "The park will plant 300 oaks, not a planned 450.",
        "Visits to Velden were 80,000.",
    ],
)
def test_a_number_that_changed_so_is_not(line: str) -> None:
    assert refuted(line) == {}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("The trust sold its quarry in 2014.", "2014"),
        ("Vos was director from 2011 to 2015.", "2011"),
    ],
)
def test_a_date_of_something_else_is_refuted(line: str, told: str) -> None:
    assert refuted(line) == {told: "date"}


@pytest.mark.parametrize(
    "line",
    [
        "The trust sold its quarry in 2011.",
        "The trust sold a mill in 2014.",  # another sale
        "Vos was director until 2015.",
        "The judge fined the trust in June.",
        "The gate was mended on Friday.",
    ],
)
def test_a_date_that_agrees_or_is_of_another_event_is_not(line: str) -> None:
    assert refuted(line) == {}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Osk Park was founded in 1931.", "Osk Park"),
        ("The judge, Karin Ost, fined the trust.", "Karin Ost"),
        ("Greta Vos's deputy, Karin Ost, left.", "Greta Vos"),
    ],
)
def test_a_name_in_the_place_of_another_is_refuted(line: str, told: str) -> None:
    assert refuted(line) == {told: "role"}


@pytest.mark.parametrize(
    "line",
    [
        "Velden was founded in 1931.",
        "Judge Rehn fined the trust.",
        "Maan's deputy, Karin Ost, left on Monday.",
        "Osk Park was closed in 1940.",  # the article says "it"
        "VT was founded in 1931 in Harlo.",
        "Ilse Maan followed Greta Vos.",
    ],
)
def test_a_name_that_may_stand_there_is_not(line: str) -> None:
    assert refuted(line) == {}
