"""Words are found whole, whatever their case; topics are those of the source, else of the words."""

from datetime import timedelta

import pytest

from briefing.digest import Item
from briefing.digest.edition import occurrences, topic_of, wanted_items
from briefing.digest.settings import SourceTable, TopicTable
from tests.digest.samples import NOW, article, story

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


def item(number: int, title: str = "A ferry", body: str = "It sails.") -> Item:
    """An item, the newer the lower its number."""
    return Item(str(number), None, title, None, body, NOW - timedelta(hours=number))


@pytest.mark.parametrize(
    ("table", "kept"),
    [
        ({}, [3, 1, 4, 2]),
        ({"limit": 2}, [1, 2]),
        ({"skip": ["FERRY"]}, [3, 4]),
        ({"skip": ["sails"]}, [3, 1, 4, 2]),
        ({"only": ["ferry", "budget"]}, [1, 4, 2]),
        ({"only": ["ferry", "budget"], "skip": ["ferry"]}, [4]),
        ({"only": ["ferry", "budget"], "limit": 1}, [1]),
        ({"only": ["ferr"]}, []),
    ],
)
def test_what_is_wanted_of_a_source(table: dict, kept: list[int]) -> None:
    items = [
        item(3, "A bridge", "It is shut."),
        item(1),
        item(4, "A vote", "The budget passed. " + "They spoke. " * 60 + "A bridge is named."),
        item(2),
    ]
    made = SourceTable.model_validate({"jsonl": "x", **table})
    assert [int(each.guid) for each in wanted_items(items, made)] == kept


def test_undated_articles_are_older_than_dated_ones() -> None:
    undated = [Item(str(number), None, "A ferry", None, "It sails.") for number in (7, 8)]
    made = SourceTable.model_validate({"jsonl": "x", "limit": 2})
    assert [each.guid for each in wanted_items([*undated, item(5)], made)] == ["7", "5"]
