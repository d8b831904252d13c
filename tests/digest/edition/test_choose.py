"""Which stories are briefed."""

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from briefing.digest.edition import choose_stories, estimated_words, rank_stories
from briefing.digest.settings import DigestSettings
from tests.digest.samples import NOW, SETTINGS, article, brief, reference, settings, story


def ids(stories) -> list[int]:
    return [each.id for each in stories]


def ranked(*stories, settings=SETTINGS, told=None) -> list[int]:
    return ids(rank_stories(stories, settings, NOW, told or {}))


def test_more_publishers_rank_higher() -> None:
    one = story(1, article(1), article(2))  # two articles of one publisher
    two = story(2, article(3), article(4, "Island Post"))
    assert ranked(one, two) == [2, 1]


def test_news_ranks_higher_the_newer_it_is() -> None:
    old, new = story(1, article(1, hours=20)), story(2, article(2, hours=1))
    assert ranked(old, new) == [2, 1]


def test_a_long_half_life_lets_breadth_win() -> None:
    old = story(1, article(1, hours=40), article(2, "Island Post", hours=40))
    new = story(2, article(3, hours=0))
    assert ranked(old, new, settings=settings(half_life=12)) == [2, 1]
    assert ranked(old, new, settings=settings(half_life=1000)) == [1, 2]


def test_an_article_from_the_future_is_no_better_than_one_of_now() -> None:
    assert ranked(story(2, article(2, hours=-99)), story(1, article(1, hours=-1))) == [2, 1]
    assert ranked(story(2, article(2, hours=-1)), story(1, article(1, hours=-1))) == [1, 2]


def test_topics_weigh_and_may_be_left_out() -> None:
    topics = [
        {"name": "Sport", "weight": 0},
        {"name": "Sea", "weight": 3},
    ]
    made = DigestSettings.model_validate({"topics": topics})
    stories = (
        story(1, topic=None),
        story(2, topic="Sea"),
        story(3, topic="sport"),
    )
    assert ranked(*stories, settings=made) == [2, 1]


def test_muted_words_leave_a_story_out_and_followed_ones_lift_it() -> None:
    ferry, bridge = story(1, article(1)), story(2, article(2, title="A bridge", body="It is shut."))
    assert ranked(ferry, bridge, settings=settings(mute=["FERRY"])) == [2]
    full = story(3, article(3, title="A bridge", body="It is shut today. " * 200))
    assert ranked(story(1), full) == [1, 3]
    assert ranked(story(1), full, settings=settings(follow=["bridge"])) == [3, 1]


def test_words_in_passing_neither_mute_nor_lift_a_story() -> None:
    aside = article(2, title="A bridge", body="It is shut. The ferry sails. " * 9)
    assert ranked(story(2, aside), settings=settings(mute=["ferry"])) == [2]
    assert ranked(story(1), story(2, aside)) == ranked(
        story(1), story(2, aside), settings=settings(follow=["sails"])
    )


def test_sources_weigh_and_may_be_left_out() -> None:
    made = DigestSettings.model_validate(
        {
            "sources": [
                {"feed": "https://www.island.example/feed/", "weight": 3},
                {"feed": "https://noise.example/rss", "name": "Noise", "weight": 0},
            ]
        }
    )
    stories = (
        story(1, article(1)),
        story(2, article(2, "island.example/feed")),
        story(3, article(3, "Noise")),
        story(4, article(4, "Noise"), article(5, "island.example/feed")),
    )
    assert ranked(*stories, settings=made) == [4, 2, 1]


def test_topics_are_found_in_titles_and_leads() -> None:
    made = DigestSettings.model_validate({"topics": [{"name": "Asia", "words": ["China"]}]})
    lead = article(1, title="A treaty", body="China and Russia sign it. " + "They meet. " * 200)
    aside = article(2, title="A treaty", body="They meet. " * 200 + "China is named once.")
    found = rank_stories([story(1, lead, topic=None), story(2, aside, topic=None)], made, NOW, {})
    assert {each.id: each.topic for each in found} == {1: "Asia", 2: None}


def test_a_told_story_without_a_new_article_is_left_out() -> None:
    told = {1: brief(1, references=(reference(11),))}
    assert ranked(story(1, article(11)), told=told) == []
    assert ranked(story(1, article(11), article(12)), told=told) == [1]


def test_a_follow_up_is_as_new_as_its_new_article() -> None:
    told = {1: brief(1, references=(reference(11),))}
    follow_up = story(1, article(11, hours=0), article(12, hours=30))
    assert ranked(follow_up, story(2, article(20, hours=20)), told=told) == [2, 1]


def test_titles_alone_are_no_story() -> None:
    assert ranked(story(1, article(1, body=" ")), story(2)) == [2]


def test_a_teaser_ranks_below_a_whole_article() -> None:
    teaser = story(1, article(1, extent="teaser"))
    assert ranked(teaser, story(2)) == [2, 1]


def test_stories_come_with_their_section() -> None:
    made = DigestSettings.model_validate({"topics": [{"name": "Sea", "words": ["ferry"]}]})
    (found,) = choose_stories([story(1, topic="News")], made, NOW, {})
    assert found.topic == "Sea"


@pytest.mark.parametrize(("minutes", "count"), [(0.1, 1), (2, 4), (240, 12)])
def test_the_reading_time_bounds_them(minutes, count) -> None:
    made = settings(minutes=minutes)
    stories = [story(number) for number in range(1, 13)]
    found = choose_stories(stories, made, NOW, {})
    assert len(found) == count
    assert ids(found) == ranked(*stories)[:count]


def test_their_number_is_bounded() -> None:
    stories = [story(number) for number in range(1, 13)]
    assert len(choose_stories(stories, settings(stories=5, minutes=240), NOW, {})) == 5


def test_a_short_article_takes_few_words() -> None:
    short, long = story(1, article(1, body="Ten words. " * 40)), story(2)
    assert estimated_words(short, "standard") == 40
    assert estimated_words(long, "short") < estimated_words(long, "standard")


@examples(max_examples=50, deadline=None)
@given(st.permutations(range(1, 9)), st.data())
def test_the_order_of_arrival_changes_nothing(order, data) -> None:
    """Equal ranks among them: some stories differ in nothing but their number."""
    stories = [story(n, article(n * 10, hours=n // 3), article(n * 10 + 1)) for n in order]
    expected = rank_stories(sorted(stories, key=lambda each: each.id), SETTINGS, NOW, {})
    assert rank_stories(stories, SETTINGS, NOW, {}) == expected
