"""Words that matter: names and acts of the lead before asides; a line is worth what it covers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.planning.coverage import Coverage, coverage
from briefing.reading import article_from_text
from briefing.sections import Section

TEXT = (
    "Dockers in Port Alder walked out on Monday over a plan to close two piers. "
    "The harbour board said the piers lose 3 million dollars a year. "
    "Dockers said the plan would cost 400 jobs. "
    "A light rain fell in the afternoon and some of the men went home early. "
    "The board will meet the union on Thursday. The piers were built in 1921."
)


@pytest.fixture(scope="module")
def found() -> Coverage:
    return coverage(article_from_text(TEXT, title=""))


def test_the_act_of_the_lead_matters_more_than_an_aside(found: Coverage) -> None:
    assert found.headline["docker"] > found.headline["rain"]
    assert found.points["pier"] > found.points["afternoon"]


def test_chances_are_chances(found: Coverage) -> None:
    for held in (found.headline, found.points):
        assert held
        assert all(0 <= chance <= 1 for chance in held.values())


def test_a_line_that_covers_more_for_its_length_is_worth_more(found: Coverage) -> None:
    news, aside = "Dockers walk out over plan to close piers", "A light rain fell in the afternoon"
    assert found.worth(news, Section.HEADLINE) > found.worth(aside, Section.HEADLINE)
    padded = news + " and so on and so forth as it were for some of the men"
    assert found.worth(news, Section.HEADLINE) > found.worth(padded, Section.HEADLINE)


def test_saying_a_word_twice_earns_nothing(found: Coverage) -> None:
    once = found.worth("Dockers walk out", Section.KEY_POINTS)
    assert found.worth("Dockers dockers walk out", Section.KEY_POINTS) < once


@given(st.text(max_size=200))
def test_anything_has_a_worth_between_0_and_1(line: str) -> None:
    held = dict.fromkeys(("docker", "pier"), 0.9)
    for section in Section:
        assert 0 <= Coverage(held, held).worth(line, section) <= 1


def test_an_article_without_words_has_no_coverage() -> None:
    assert Coverage({}, {}).worth("Dockers walk out", Section.HEADLINE) == 0
