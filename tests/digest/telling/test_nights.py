"""Five nights of self-written news: updates, copies, corrections and stories of one name."""

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from briefing.briefer import Briefer
from briefing.digest import Item, Novelty, StoredArticle, Story, StoryBrief
from briefing.digest.grouping import Grouper, in_order, signature
from briefing.digest.telling import LocalStoryBriefer

Night = dict[str, StoryBrief]
"""The briefs of a night by headline."""


def stored() -> dict[int, list[StoredArticle]]:
    """The articles of each night."""
    nights: dict[int, list[StoredArticle]] = defaultdict(list)
    lines = Path(__file__).with_name("nights.jsonl").read_text("utf-8").splitlines()
    for number, row in enumerate(map(json.loads, lines), 1):
        time = datetime.fromisoformat(row["published"]).astimezone(UTC)
        item = Item(row["id"], None, row["title"], None, row["text"], published=time)
        nights[row["night"]].append(
            StoredArticle(number, row["source"], row["source"], item, time, time, row["id"])
        )
    return nights


@pytest.fixture(scope="module")
def told() -> list[Night]:
    """The briefs of the nights, each told with what was told before."""
    briefer, grouper = LocalStoryBriefer(Briefer(extractive=True)), Grouper()
    members: dict[int, list[StoredArticle]] = defaultdict(list)
    last: dict[int, StoryBrief] = {}
    since: dict[int, date] = {}
    nights = []
    for night, articles in stored().items():
        changed = set()
        for article in in_order(articles):
            placed = grouper.add(article, signature(article.item))
            story = placed.story
            if story is None:
                story = len(members) + 1
                grouper.place(article.id, story)
            if placed.duplicate_of is None:
                members[story].append(article)
                changed.add(story)
        stories = [Story(each, tuple(members[each]), None) for each in sorted(changed)]
        briefs = [b for b in briefer.brief(stories, last, since) if isinstance(b, StoryBrief)]
        assert len(briefs) == len(stories)
        last |= {brief.story: brief for brief in briefs}
        since |= {brief.story: date(2026, 3, 1 + night) for brief in briefs}
        nights.append({brief.headline.text: brief for brief in briefs})
    return nights


def texts(brief: StoryBrief) -> str:
    return "\n".join(line.text for line in brief.lines)


@pytest.mark.slow
def test_headlines_are_titles(told: list[Night]) -> None:
    titles = {a.item.title for articles in stored().values() for a in articles}
    heads = [headline for night in told for headline in night]
    assert len(heads) >= 28
    assert len([head for head in heads if head not in titles]) <= 1


def test_follow_ups_tell_only_what_is_new_as_key_points(told: list[Night]) -> None:
    follow_ups = [brief for night in told for brief in night.values() if brief.since]
    assert len(follow_ups) >= 10
    for brief in follow_ups:
        assert {line.novelty for line in (brief.headline, *brief.key_points)} == {Novelty.NEW}, (
            brief.headline
        )


def test_what_has_passed_is_not_told(told: list[Night]) -> None:
    for night in told[2:]:
        assert not any("two experts to Brenn on Tuesday" in texts(b) for b in night.values())


def test_people_and_fires_of_one_name_stay_apart(told: list[Night]) -> None:
    senator = told[0]["Senator Mary Holt announces run for governor"]
    novelist = told[0]["Novelist Mary Holt wins Lantern prize"]
    assert senator.story != novelist.story
    assert told[3]["Lantern jury head resigns over Holt prize"].story == novelist.story
    fires = {b.story for b in told[1].values() if "fire" in b.headline.text.casefold()}
    assert len(fires) == 2


def test_copies_are_no_sources(told: list[Night]) -> None:
    brief = told[1]["Toll of Brenn factory fire rises to five"]
    assert "Two more dead after Brenn fire" not in {r.title for r in brief.references}


def test_disagreements_are_told_on_the_night_that_brings_them(told: list[Night]) -> None:
    found = [
        (night, {claim.value for claim in each.claims})
        for night, briefs in enumerate(told, 1)
        for brief in briefs.values()
        for each in brief.disagreements
        if not any(line.disputed is not None for line in brief.context)
    ]
    assert (3, {"30,000 euros", "35,000 euros"}) in found
    assert [night for night, _ in found].count(3) == len(
        [values for _, values in found if "30,000 euros" in values]
    )


def test_captions_and_offers_are_not_told(told: list[Night]) -> None:
    every = "\n".join(texts(brief) for night in told for brief in night.values())
    for furniture in ("Photo:", "Read more", "Sign up", "R. Holm"):
        assert furniture not in every
