"""A plan over several articles: the lead's headline, nothing twice, what others say too first."""

from dataclasses import replace
from pathlib import Path

import pytest

from briefing.digest.telling.merged import Merged, merge
from briefing.planning import Planner, UnionPart, plan_union
from briefing.reading import article_from_text, read_path
from briefing.sections import Section
from tests.digest.events import (
    BUDGET_COURIER,
    BUDGET_GAZETTE,
    FERRY_COURIER,
    FERRY_GAZETTE,
    article,
    story,
)

PLANNER = Planner()


@pytest.fixture(scope="module")
def merged() -> Merged:
    papers = article(1, FERRY_GAZETTE, "Gazette"), article(2, FERRY_COURIER, "Courier", hours=1)
    return merge(story(*papers), None)


def test_slots_point_into_the_merged_article(merged: Merged) -> None:
    plan = plan_union(PLANNER, merged.article, merged.parts)
    assert len(plan.roles) == len(plan.salience) == len(merged.article.sentences)
    for slot in (*plan.slots, *plan.spare):
        assert slot.primary in slot.sources
        assert len({merged.origins[i].article.id for i in slot.sources}) == 1


def test_the_headline_is_planned_from_the_lead(merged: Merged) -> None:
    plan = plan_union(PLANNER, merged.article, merged.parts)
    lead = merged.origins[0].article.id
    assert plan.of(Section.HEADLINE)
    for slot in plan.of(Section.HEADLINE):
        assert {merged.origins[i].article.id for i in slot.sources} == {lead}
    assert {merged.origins[i].article.id for i in plan.title_sources} == {lead}


def test_no_two_key_points_are_of_sentences_that_say_the_same(merged: Merged) -> None:
    plan = plan_union(PLANNER, merged.article, merged.parts)
    points = [merged.article.sentences[s.primary].text for s in plan.of(Section.KEY_POINTS)]
    assert sum("people died when the ferry Merrow sank" in text for text in points) == 1


def test_what_another_publisher_says_too_is_more_salient() -> None:
    one, other = article(1, BUDGET_GAZETTE, "Gazette"), article(2, BUDGET_COURIER, "Courier")
    same = article(2, BUDGET_COURIER, "Gazette")
    apart, alone = merge(story(one, other), None), merge(story(one, same), None)
    assert apart.article.sentences == alone.article.sentences
    several = plan_union(PLANNER, apart.article, apart.parts).salience
    single = plan_union(PLANNER, alone.article, alone.parts).salience
    assert all(a >= b for a, b in zip(several, single, strict=True))
    assert sum(several) > sum(single)


def test_favour_turns_key_points_away(merged: Merged) -> None:
    plan = plan_union(PLANNER, merged.article, merged.parts)
    first = plan.of(Section.KEY_POINTS)[0].primary
    against = [-5.0 if i == first else 0.0 for i in range(len(merged.article.sentences))]
    other = plan_union(PLANNER, merged.article, merged.parts, favour=against)
    assert first not in {slot.primary for slot in other.of(Section.KEY_POINTS)}


def test_the_plan_of_one_article_is_the_planners(ferry: Path) -> None:
    whole = read_path(ferry)
    text = (whole.title or "", whole.body)
    one = merge(story(article(1, text, "Gazette")), None)
    assert plan_union(PLANNER, one.article, one.parts) == PLANNER.plan(one.article)


def test_offsets_are_those_of_the_merged_body(merged: Merged) -> None:
    body = merged.article.body
    for sentence in merged.article.sentences:
        if sentence.part == "body":
            assert " ".join(body[sentence.start : sentence.end].split()) == sentence.text


def test_an_article_without_a_body_sentence_is_planned_by_its_title() -> None:
    whole = article_from_text("The council met.", title="Council keeps the ferry to Grey Island")
    title = replace(whole, sentences=whole.sentences[:1])
    plan = plan_union(PLANNER, title, [UnionPart(title, "Gazette", {})])
    assert plan.of(Section.HEADLINE)
