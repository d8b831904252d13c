"""Stories: copies, other tellings, follow-ups, and what must not matter."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.digest import StoredArticle, grouping
from briefing.digest.grouping import HORIZON, Grouper, Known, in_order, signature
from tests.digest.events import (
    CHESS_GAZETTE,
    DAY,
    FERRY_COURIER,
    FERRY_GAZETTE,
    FERRY_LATER,
    article,
    papers,
)


def grouped(articles: Iterable[StoredArticle], known: Sequence[Known] = ()) -> dict[int, int]:
    """Article to story; a new story has the number of its first article."""
    one = Grouper(known)
    found: dict[int, int] = {}
    for each in in_order(articles):
        placement = one.add(each, signature(each.item))
        if placement.story is None:
            one.place(each.id, each.id)
        found[each.id] = each.id if placement.story is None else placement.story
    return found


def partition(found: dict[int, int]) -> set[frozenset[int]]:
    return {frozenset(a for a in found if found[a] == s) for s in found.values()}


def known(each: StoredArticle, story: int) -> Known:
    return Known(each.id, story, each.time, each.publisher, signature(each.item))


def test_two_papers_on_three_events_make_three_stories() -> None:
    assert partition(grouped(papers())) == {
        frozenset({10, 11}),
        frozenset({20, 21}),
        frozenset({30, 31}),
    }


@given(st.permutations(papers()))
@settings(max_examples=30, deadline=None)
def test_the_order_of_arrival_does_not_change_stories(arrived: list[StoredArticle]) -> None:
    assert grouped(arrived) == grouped(papers())


@given(st.integers(0, 6))
@settings(max_examples=7, deadline=None)
def test_two_runs_make_the_stories_that_one_makes(first: int) -> None:
    ordered = in_order(papers())
    before = grouped(ordered[:first])
    kept = [known(a, before[a.id]) for a in ordered[:first]]
    after = grouped(ordered[first:], kept)
    assert before | after == grouped(ordered)


def test_a_follow_up_joins_its_story_days_later() -> None:
    old = [known(article(1, FERRY_GAZETTE, "Gazette"), 7), known(article(2, CHESS_GAZETTE, "G"), 8)]
    assert grouped([article(3, FERRY_LATER, "Gazette", hours=49)], old) == {3: 7}


LOCAL = [
    (
        "Wexcombe library to open on Sundays",
        "The library in Wexcombe will open on Sundays from June, the Wexcombe council said. Two "
        "new clerks will be hired. Readers in Wexcombe had asked for it for years.",
    ),
    (
        "Fire destroys barn near Wexcombe",
        "A barn near Wexcombe burned down on Friday night. Thirty firefighters from Wexcombe and "
        "two villages saved the cattle. Police in Wexcombe suspect a broken lamp.",
    ),
    (
        "Wexcombe beats Harl 3-1 in cup final",
        "Striker Tom Bree scored twice as Wexcombe won the county cup for the first time. "
        "Wexcombe led after nine minutes; a thousand fans had come from Wexcombe by train.",
    ),
]


def test_a_small_place_does_not_make_one_story_of_its_news() -> None:
    articles = [article(n, text, "Wexcombe Echo", hours=n) for n, text in enumerate(LOCAL, 1)]
    assert len(partition(grouped(articles))) == len(LOCAL)


MILL_OHIO = (
    "Explosion at flour mill in Dayton, Ohio",
    "An explosion tore the roof off a flour mill in Dayton, Ohio, on Tuesday, and two millers were "
    "hurt, the fire brigade said. Chief Ruth Onslow said that dust had caught fire.",
)
MILL_TEXAS = (
    "Three hurt in blast at flour mill in Dayton, Tex.",
    "Three millers were hurt on Tuesday when a flour mill exploded in Dayton, Tex., the fire "
    "brigade said. The mill stands beside a school, which was empty.",
)
MILL_LOCAL = (
    "Flour mill explodes on River Street",
    "The flour mill on River Street in Dayton exploded on Tuesday, and two millers were taken to "
    "hospital. Fire chief Ruth Onslow said that dust was the cause.",
)
FLOOD_HERE = (
    "Flood closes bridge in Vienna, Georgia",
    "A flood closed the only bridge in Vienna, Georgia, on Monday, and thirty families left their "
    "homes, said the sheriff, Bo Amory.",
)
FLOOD_THERE = (
    "Danube flood closes bridges in Vienna",
    "A flood of the Danube closed three bridges in Vienna on Monday, and families in the low "
    "quarters left their homes.",
)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (MILL_OHIO, MILL_TEXAS, False),
        (MILL_OHIO, (MILL_TEXAS[0], MILL_TEXAS[1].replace("Tex.", "Texas")), False),
        (MILL_OHIO, MILL_LOCAL, True),
        (MILL_OHIO, (MILL_OHIO[0].replace("Ohio", "OH"), MILL_LOCAL[1]), True),
        (FLOOD_HERE, FLOOD_THERE, False),
    ],
)
def test_places_of_one_name_stay_apart(
    one: tuple[str, str], other: tuple[str, str], same: bool
) -> None:
    for first, second in ((one, other), (other, one)):
        pair = [article(1, first, "Gazette"), article(2, second, "Courier", hours=1)]
        assert (len(partition(grouped(pair))) == 1) is same


def test_what_is_older_than_the_horizon_is_another_story() -> None:
    late = article(3, FERRY_LATER, "Gazette", hours=HORIZON / timedelta(hours=1) + 1)
    assert grouped([late], [known(article(1, FERRY_GAZETTE, "Gazette"), 7)]) == {3: 3}


def changed(text: tuple[str, str], *pairs: tuple[str, str]) -> tuple[str, str]:
    body = text[1]
    for old, new in pairs:
        assert old in body
        body = body.replace(old, new)
    return text[0], body


TRIMMED = (
    "Ferry disaster near Port Alder",
    "PORT ALDER (Wire) - " + FERRY_GAZETTE[1].rpartition("\n\n")[0],
)
UPDATED = changed(FERRY_GAZETTE, ("Twelve people", "Thirteen people"))
LONGER = (FERRY_GAZETTE[0], FERRY_GAZETTE[1] + "\n\n" + FERRY_LATER[1])


@pytest.mark.parametrize("text", [FERRY_GAZETTE, ("Another title", FERRY_GAZETTE[1]), TRIMMED])
def test_a_copy_is_a_duplicate_and_in_its_story(text: tuple[str, str]) -> None:
    one = Grouper([known(article(1, FERRY_GAZETTE, "Gazette"), 7)])
    copy = article(2, text, "Herald", hours=2)
    placement = one.add(copy, signature(copy.item))
    assert (placement.duplicate_of, placement.story) == (1, 7)


@pytest.mark.parametrize("text", [UPDATED, LONGER, FERRY_COURIER])
def test_an_update_or_another_telling_is_no_duplicate(text: tuple[str, str]) -> None:
    one = Grouper([known(article(1, FERRY_GAZETTE, "Gazette"), 7)])
    other = article(2, text, "Gazette", hours=2)
    placement = one.add(other, signature(other.item))
    assert (placement.duplicate_of, placement.story) == (None, 7)


def test_a_new_story_must_be_placed_before_the_next_article() -> None:
    one = Grouper()
    first, second = papers()[:2]
    assert one.add(first, signature(first.item)).story is None
    with pytest.raises(ValueError, match="has not been placed"):
        one.add(second, signature(second.item))
    with pytest.raises(ValueError, match="is not waiting"):
        one.place(second.id, 1)
    one.place(first.id, 1)
    assert one.add(second, signature(second.item)).story == 1


def test_an_article_is_compared_with_few_however_many_share_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = signature(article(1, FERRY_GAZETTE, "Gazette").item)
    one = Grouper(Known(i, i // 30, DAY, "p", packed) for i in range(3_000))
    compared: list[int] = []
    plain = grouping._cosine
    monkeypatch.setattr(grouping, "_cosine", lambda a, b: compared.append(1) or plain(a, b))
    follow_up = article(9_999, FERRY_LATER, "Gazette", hours=1)
    assert one.add(follow_up, signature(follow_up.item)).story is not None
    assert 0 < len(compared) <= grouping._COMPARED * grouping._RECENT


def test_order_is_total_for_articles_of_one_time() -> None:
    first, second = papers()[:2]
    one, other = replace(first, time=DAY), replace(second, time=DAY)
    assert in_order([one, other]) == in_order([other, one])
