"""Numbers on which outlets disagree, on self-written pairs of reports.

A row of figure_pairs.jsonl either names the values that its two reports dispute (``differ``) or why
their numbers only look alike (``why``). ``part`` is what the rules were written with (``tuned``),
what was held out meanwhile (``held``), what was written afterwards (``new``), or with the rules for
states without a noun, places and relative clauses (``worded``).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from briefing.digest.telling.lines import compare_figures
from briefing.digest.telling.merged import merge
from tests.digest.events import article, story

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(__file__).with_name("figure_pairs.jsonl").read_text("utf-8").splitlines()
]


def found(one: str, other: str, hours: float = 1) -> list[set[str]]:
    """The values of each disagreement between two papers' reports."""
    first = article(1, ("Report", one), "Gazette")
    second = article(2, ("News", other), "Courier", hours=hours)
    disagreements = compare_figures(merge(story(first, second), None)).disagreements
    return [{claim.value for claim in each.claims} for each in disagreements]


@pytest.mark.parametrize("part", ["tuned", "held", "new", "worded"])
def test_disagreements_are_real_and_half_of_them_are_found(part: str) -> None:
    right, wrong, disputed = 0, list[tuple[str, str]](), 0
    for row in (row for row in ROWS if row["part"] == part):
        expected = {value.casefold() for value in row.get("differ", ())}
        disputed += bool(expected)
        for values in found(row["one"], row["other"], row["hours"]):
            if {value.casefold() for value in values} == expected:
                right += 1
            else:
                wrong.append((row["one"], row["other"]))
    assert disputed >= 12
    assert len(wrong) <= (right + len(wrong)) / 10, wrong
    assert right >= 0.45 * disputed


DEAD = "after the hostel fire in Holm on Monday, police said."
ABOARD = "when it ran onto rocks off Holm in thick fog on Friday."
COST = "of the bridge over the Tarn"


@pytest.mark.parametrize(
    ("one", "other", "values"),
    [
        ("The hostel fire in Holm left 12 dead on Monday.", f"14 people were dead {DEAD}", "12 14"),
        (f"12 dead {DEAD}", "The hostel fire in Holm killed 14 people on Monday.", "12 14"),
        (f"The ferry Lunna had 67 people aboard {ABOARD}",
         f"There were 69 aboard the ferry Lunna {ABOARD}", "67 69"),
        (f"The ferry Lunna was carrying 67 people {ABOARD}",
         f"There were 69 people on board the ferry Lunna {ABOARD}", "67 69"),
        (f"The repair {COST} costs the council $400,000.", f"The repair {COST} costs $420,000.",
         "$400,000 $420,000"),
    ],
)  # fmt: skip
def test_the_same_is_said_in_several_ways(one: str, other: str, values: str) -> None:
    assert found(one, other) == [set(values.split())]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("At least 12 people died in the fire.", "The fire killed 14 people."),
        ("Up to 300 jobs will be cut at the mill.", "The mill will cut 250 jobs."),
        ("The mill will cut about 300 jobs.", "The mill will cut 280 jobs."),
    ],
)
def test_a_bound_that_allows_the_other_number_is_no_disagreement(one: str, other: str) -> None:
    place = " It stands in Holm on the Tarn."
    assert not found(one + place, other + place)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Guards in Corva held 30 smugglers on Friday.",
         "Guards in Corva held 45 smugglers on Friday and Saturday."),
        ("The clinic in Sunde treated 18 people for smoke on Monday.",
         "The clinic in Sunde has treated 31 people for smoke since Monday."),
        ("Crews put out 12 fires in Holm on Saturday night.",
         "Crews put out 20 fires in Holm between Saturday and Monday."),
        ("The council of Lenz received 140 complaints in 2024.",
         "The council of Lenz received 260 complaints in 2024 and 2025."),
    ],
)  # fmt: skip
def test_a_number_of_more_days_is_another_number(one: str, other: str) -> None:
    assert not found(one, other)
    assert not found(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Guards in Corva held 30 smugglers on Friday and Saturday.",
         "On Friday and Saturday guards in Corva held 45 smugglers."),
        ("Since Monday, 18 people have died of fever in Sunde.",
         "Fever has killed 21 people in Sunde since Monday."),
        ("The mill in Brenn, built in 1931, will cut 200 jobs by June.",
         "The mill in Brenn will cut 250 jobs by June."),
        ("Guards in Corva held 30 fans after Saturday's match.",
         "After the match on Saturday, guards in Corva held 36 fans."),
    ],
)  # fmt: skip
def test_numbers_of_the_same_days_disagree(one: str, other: str) -> None:
    assert len(found(one, other)) == 1


def test_a_later_higher_number_makes_the_sentence_of_the_lower_outdated() -> None:
    early = article(
        1, ("Fire", "At least 12 people died in the fire in Holm on Monday."), "Gazette"
    )
    late = article(2, ("Toll", "The fire in Holm on Monday killed 14 people."), "Courier", hours=9)
    merged = merge(story(early, late), None)
    figures = compare_figures(merged)
    assert [merged.origins[index].article.id for index in figures.stale] == [1]
    assert not figures.disagreements
