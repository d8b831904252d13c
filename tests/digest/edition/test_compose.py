"""Sections, the lead, and the reading time once words are known."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from briefing.digest import Novelty, SourceProblem
from briefing.digest.edition import compose
from briefing.digest.settings import DigestSettings
from tests.digest.samples import NOW, SETTINGS, bridge, brief, line, reference, settings

DAY = date(2026, 3, 2)
TOPICS = DigestSettings.model_validate({"topics": [{"name": "Sea"}, {"name": "Land"}]})


def composed(*briefs, settings=SETTINGS, **more):
    return compose(DAY, NOW, NOW - timedelta(days=1), briefs, settings, **more)


def shape(edition) -> list[tuple]:
    return [
        (section.topic, section.lead, [each.story for each in section.stories])
        for section in edition.sections
    ]


def test_nothing() -> None:
    edition = composed(articles=9)
    assert (edition.sections, edition.minutes, edition.articles) == ((), 0, 9)


def test_one_story_has_no_lead() -> None:
    assert shape(composed(bridge(2, "Sea"))) == [("Sea", False, [2])]


def test_sections_come_in_the_order_of_the_settings() -> None:
    briefs = [
        bridge(1, None),
        bridge(2, "Zoo"),
        bridge(3, "Land"),
        bridge(4, "Art"),
        bridge(5, "Sea"),
        replace(bridge(6, "Land"), salience=0.9),
    ]
    assert shape(composed(*briefs, settings=TOPICS)) == [
        ("Land", True, [6]),
        ("Sea", False, [5]),
        ("Land", False, [3]),
        ("Art", False, [4]),
        ("Zoo", False, [2]),
        (None, False, [1]),
    ]


def test_one_topic_needs_no_lead() -> None:
    briefs = [bridge(number, "Sea") for number in (3, 1, 2)]
    assert shape(composed(*briefs)) == [("Sea", False, [1, 2, 3])]


def test_independent_publishers_count_once() -> None:
    same = brief(1, references=(reference(11), reference(12)))
    two = brief(2, references=(reference(11), reference(12, "Island Post")))
    assert shape(composed(same, two)) == [(None, False, [2, 1])]


def test_a_follow_up_without_a_new_line_is_not_told_again() -> None:
    known = line("Told before.", novelty=Novelty.KNOWN)
    old = brief(1, headline=known, key_points=(known,), since=date(2026, 3, 1))
    first = brief(2, headline=known, key_points=(known,))
    news = brief(3, headline=known, key_points=(known, line("New.")), since=date(2026, 3, 1))
    assert shape(composed(old, first, news)) == [(None, False, [2, 3])]
    assert composed(old).left_out == 0


def test_what_has_no_room_is_counted() -> None:
    long = [brief(number, "word " * 99 + "end.") for number in range(1, 9)]
    edition = composed(*long, settings=settings(minutes=1), left_out=5)
    assert [each.story for each in edition.stories] == [1, 2]
    assert edition.left_out == 5 + 6
    assert edition.minutes == pytest.approx(0.9, abs=0.05)


def test_the_best_story_is_told_however_long() -> None:
    assert len(composed(brief(1, "word " * 999), settings=settings(minutes=1)).stories) == 1


def test_a_smaller_story_fills_what_room_is_left() -> None:
    briefs = [brief(1, "word " * 150), brief(2, "word " * 150), brief(3, "word " * 20)]
    edition = composed(*briefs, settings=settings(minutes=1))
    assert [each.story for each in edition.stories] == [1, 3]


def test_problems_are_in_order() -> None:
    problems = [SourceProblem(name, "It hangs.", NOW, 1) for name in ("b", "a")]
    assert [each.source for each in composed(problems=problems).problems] == ["a", "b"]


@examples(max_examples=50, deadline=None)
@given(st.permutations(range(1, 8)))
def test_the_order_of_briefs_changes_nothing(order) -> None:
    topics = ("Sea", "Land", None)
    briefs = [bridge(number, topics[number % 3]) for number in order]
    edition = composed(*briefs, settings=TOPICS)
    assert edition == composed(*sorted(briefs, key=lambda each: each.story), settings=TOPICS)
    assert sorted(each.story for each in edition.stories) == sorted(order)
