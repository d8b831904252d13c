"""Words are found whole, whatever their case; topics are those of the source, else of the words."""

import pytest

from briefing.digest.edition import occurrences, topic_of
from briefing.digest.settings import TopicTable
from tests.digest.samples import article, story

TOPICS = [
    TopicTable(name="Politics", words=("vote", "council")),
    TopicTable(name="Sea", words=("ferry", "grey island")),
]


@pytest.mark.parametrize(
    ("words", "text", "count"),
    [
        (("ferry",), "The Ferry, the ferry; no ferryman.", 2),
        (("rugby", "rugby league"), "Rugby  League and rugby", 2),
        (("c++",), "He writes C++ daily", 1),
        (("straße",), "In der STRASSE", 1),
        (("", " "), "anything", 0),
        ((), "anything", 0),
        (("a.b",), "axb", 0),
    ],
)
def test_occurrences(words, text, count) -> None:
    assert occurrences(words, text) == count


def test_the_source_decides_the_topic() -> None:
    assert topic_of(story(1, topic="sea"), "vote vote vote", TOPICS) == "Sea"


def test_else_most_words_decide() -> None:
    assert topic_of(story(1, topic="News"), "the ferry, Grey Island, a vote", TOPICS) == "Sea"
    assert topic_of(story(1), "ferry vote", TOPICS) == "Politics"  # the first of equals


def test_else_what_the_source_says() -> None:
    assert topic_of(story(1, article(1), topic="News"), "nothing of it", TOPICS) == "News"
    assert topic_of(story(1), "nothing of it", []) is None
