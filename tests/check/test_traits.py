import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.check.support import check
from briefing.check.traits import TRAITS, Ground, traits

SOURCES = [
    "Dockers in Lisbon walked out on Monday over a plan to close two piers.",
    "The harbour board did not say when talks will resume.",
]


def of(line, sources=SOURCES):
    return traits(line, check(line, sources), sources, Ground(sources))


def test_a_copy_is_copied_whole():
    found = of(SOURCES[0])
    assert (found["density"], found["longest"], found["copied"]) == (1.0, 1.0, 1.0)
    assert found["novel"] == found["replaced"] == found["spliced"] == 0


def test_a_replaced_word_counts_and_a_derived_one_does_not():
    assert of("Dockers in Lisbon walked out on Monday over a plan to open two piers.")["replaced"]
    closed = "Dockers in Lisbon walked out on Monday over a plan closing two piers."
    assert of(closed)["replaced"] == 0


def test_a_splice():
    assert of("Dockers in Lisbon walked out when talks will resume.")["spliced"] == 1


def test_a_lost_denial():
    assert of("The harbour board did say when talks will resume.")["denial_lost"]


def test_repetition():
    found = of("Dockers dockers walked out on Monday")
    assert (found["repeated"], found["doubled"]) == (1, 1)


@pytest.mark.parametrize(
    ("line", "unfinished"),
    [
        ("Dockers walked out over a plan to", True),
        (SOURCES[0].removesuffix(".") + " and many of them went home", True),
        (SOURCES[0], False),
        ("Lisbon dockers walk out", False),
    ],
)
def test_a_line_that_breaks_off_or_runs_on(line, unfinished):
    assert of(line)["unfinished"] == unfinished


def test_unusual_words_and_turns_that_the_article_lacks():
    found = of("Dockers in Lisbon walked out despite a blorfing plan.")
    assert found["rare"] == found["turned"] == 1


@given(st.text(max_size=80), st.lists(st.text(max_size=60), max_size=3))
def test_every_trait_is_a_number_for_any_text(line, sources):
    found = of(line, sources)
    assert set(TRAITS) <= set(found)
    assert all(value == value and abs(value) < 1e6 for value in found.values())
