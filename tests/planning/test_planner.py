"""The plan of an article: which sentences each line of the brief is written from."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.briefs import Article, Sentence
from briefing.planning import Plan, Planner
from briefing.sections import SECTIONS, Role, Section

PLANNER = Planner()

STORY = [
    [
        "HARWICK (Newswire) - The harbour council of Harwick voted on Tuesday to close the city's"
        " last coal terminal, ending a trade that has shaped the port for 140 years.",
        "The terminal will stop loading ships on 30 June and 312 people will lose their jobs.",
    ],
    ["FILE PHOTO: A crane loads coal at the Harwick terminal, January 12, 2018."],
    [
        "Mayor Ines Calder said the council had approved the closure by nine votes to four after a"
        " debate of six hours.",
        "She said that the city would pay for retraining.",
    ],
    [
        "The vote follows a report in March which found that dust from the terminal had reached"
        " three schools and a hospital."
    ],
    [
        "Harwick was the country's largest coal port until 1984, when a strike halted loading for"
        " eleven months."
    ],
    [
        "About 2 million tons of coal pass through the terminal each year, mostly bound for power"
        " plants in the north."
    ],
    ['"This is a black day for working families," union leader Tom Brandt said.'],
    [
        "A decision on what will be built on the site is expected in the autumn, and analysts"
        " predict that freight prices could rise by 5 percent."
    ],
    ["Sign up for our newsletter to get the day's top stories in your inbox."],
]


def article(paragraphs: list[list[str]], title: str | None = None) -> Article:
    head = [Sentence("title", 0, len(title), title, -2)] if title else []
    body = [Sentence("body", 0, len(t), t, p) for p, ts in enumerate(paragraphs) for t in ts]
    text = "\n\n".join(" ".join(ts) for ts in paragraphs)
    return Article(title, None, text, (*head, *body), "en")


def assert_valid(plan: Plan, given_article: Article) -> None:
    count = len(given_article.sentences)
    assert len(plan.roles) == len(plan.salience) == count
    assert all(0 <= value <= 1 for value in plan.salience)
    for slot in (*plan.slots, *plan.spare):
        assert 1 <= len(slot.sources) <= 3
        assert list(slot.sources) == sorted(set(slot.sources))
        assert all(0 <= index < count for index in slot.sources)
        assert slot.primary in slot.sources
        assert slot.words > 0
    headlines = plan.of(Section.HEADLINE)
    assert min(count, 1) <= len(headlines) <= 2
    assert len({slot.sources for slot in headlines}) == len(headlines)
    assert all(slot.words == 10 for slot in headlines)
    assert all(slot.sources == (slot.primary,) for slot in headlines[1:])
    assert plan.slots[: len(headlines)] == headlines
    points = [slot.primary for slot in plan.of(Section.KEY_POINTS)]
    assert len(points) == len(set(points)) <= 5
    assert bool(points) == bool(count)
    context = {index for slot in plan.of(Section.CONTEXT) for index in slot.sources}
    assert context.isdisjoint(points)
    assert len(plan.of(Section.CONTEXT)) <= 4
    for section in (Section.KEY_POINTS, Section.CONTEXT):  # a sentence may be a spare of both
        spare = [slot.primary for slot in plan.spare if slot.section is section]
        planned = [slot.primary for slot in plan.slots[len(headlines) :]]
        assert len([*planned, *spare]) == len({*planned, *spare})


def test_story_is_planned_from_its_news_and_its_background() -> None:
    story = article(STORY, "Harwick votes to close its last coal terminal")
    plan = PLANNER.plan(story)
    assert_valid(plan, story)
    assert plan.title_sources == (0,)
    assert plan.of(Section.HEADLINE)[0].primary == 1
    points = {slot.primary for slot in plan.of(Section.KEY_POINTS)}
    assert 1 in points
    context = plan.of(Section.CONTEXT)
    assert len(context) >= 2
    assert {slot.role for slot in context} <= set(SECTIONS[Section.CONTEXT].roles)
    assert {slot.primary for slot in context} <= {6, 7, 8, 10, 5}


def test_furniture_is_never_used() -> None:
    story = article(STORY)
    plan = PLANNER.plan(story, length="long")
    furniture = {2, len(story.sentences) - 1}
    used = {index for slot in (*plan.slots, *plan.spare) for index in slot.sources}
    assert used.isdisjoint(furniture)
    assert all(plan.roles[i] is Role.NONE and plan.salience[i] == 0 for i in furniture)


def test_points_stand_in_reading_order_and_length_sets_their_number() -> None:
    story = article(STORY)
    counts = {}
    for length in ("short", "standard", "long"):
        plan = PLANNER.plan(story, length=length)
        points = [slot.primary for slot in plan.of(Section.KEY_POINTS)]
        assert points == sorted(points)
        counts[length] = len(points)
    assert counts["short"] <= counts["standard"] <= counts["long"]


def test_a_dangling_pronoun_brings_the_sentence_before_it() -> None:
    story = article(STORY)
    plan = PLANNER.plan(story, length="long")
    for slot in (*plan.slots, *plan.spare):
        if story.sentences[slot.primary].text.startswith("She "):
            assert slot.primary - 1 in slot.sources


def test_a_sentence_cut_at_an_abbreviation_is_made_whole() -> None:
    story = article([["The plan of Gov.", "Ines Calder was approved by the senate on Friday."]])
    points = PLANNER.plan(story).of(Section.KEY_POINTS)
    assert [(slot.sources, slot.primary) for slot in points] == [((0, 1), 1)]


def test_a_sentence_cut_at_an_abbreviation_is_no_news() -> None:
    opening = "Ada Lorn, the mayor of Harwick, answered on Tuesday to reports that Sen."
    plan = PLANNER.plan(article([[opening], ["Ben Holt had asked the council for a second vote."]]))
    assert plan.news[0] == 0
    assert {slot.primary for slot in plan.slots} == {1}


def test_only_the_wanted_sections_are_planned() -> None:
    story = article(STORY)
    whole = PLANNER.plan(story)
    part = PLANNER.plan(story, sections=[Section.CONTEXT])
    assert part.slots == whole.of(Section.CONTEXT)
    assert {slot.section for slot in part.spare} <= {Section.CONTEXT}


def test_repeated_news_is_told_once() -> None:
    again = (
        "The harbour council of Harwick voted on Tuesday to close the city's last coal terminal."
    )
    story = article([STORY[0], [again], *STORY[2:]])
    points = {slot.primary for slot in PLANNER.plan(story).of(Section.KEY_POINTS)}
    assert len(points & {0, 2}) == 1


def test_the_opening_sentence_has_a_headline_of_its_own() -> None:
    story = article([STORY[2], STORY[0], *STORY[3:]], "Harwick votes to close its coal terminal")
    best, opening = PLANNER.plan(story).of(Section.HEADLINE)
    assert best.sources != (1,)
    assert (opening.sources, opening.primary) == ((1,), 1)


def test_furniture_is_no_opening_sentence() -> None:
    story = article([STORY[1], STORY[2], STORY[0], *STORY[3:]])
    assert PLANNER.plan(story).of(Section.HEADLINE)[-1].sources == (1,)


def test_one_sentence_gives_a_headline_and_one_point() -> None:
    story = article([["Two ferries collided off Harwick on Monday, injuring nine passengers."]])
    plan = PLANNER.plan(story)
    assert_valid(plan, story)
    assert [slot.section for slot in plan.slots] == [Section.HEADLINE, Section.KEY_POINTS]


def test_a_title_alone_gives_a_headline_and_one_point() -> None:
    story = article([], "Two ferries collide off Harwick")
    plan = PLANNER.plan(story)
    assert_valid(plan, story)
    assert [slot.sources for slot in plan.slots] == [(0,), (0,)]


def test_nothing_gives_an_empty_plan() -> None:
    assert PLANNER.plan(article([])) == Plan((), (), ())


@pytest.mark.slow
def test_a_book_is_planned_whole_and_fast() -> None:
    flat = [text for paragraph in STORY for text in paragraph]
    lines = [[f"{flat[i % len(flat)]} Part {i} of section {i // 7}."] for i in range(5000)]
    book = article(lines)
    start = time.thread_time()
    plan = PLANNER.plan(book)
    assert time.thread_time() - start < 4
    assert_valid(plan, book)


TOKENS = "He She It the said will had council 1999 last year voted Monday Read more coal million"
MARKS = ['"', "'", ".", "?", "-", "(", ")", "REUTERS/", "%", "$5", "汉字", "ünïcode", "\u200b"]
WORDS = st.sampled_from([*TOKENS.split(), *MARKS])
LINES = st.one_of(st.lists(WORDS, min_size=1, max_size=20).map(" ".join), st.text(max_size=40))
PARAGRAPHS = st.lists(st.lists(LINES, min_size=1, max_size=4), max_size=10)


@settings(max_examples=50, deadline=None)
@given(PARAGRAPHS, st.none() | st.just("Council closes terminal"))
def test_any_article_gives_a_valid_plan(paragraphs: list[list[str]], title: str | None) -> None:
    story = article(paragraphs, title)
    assert_valid(PLANNER.plan(story), story)


@pytest.mark.parametrize("length", ["short", "standard", "long"])
def test_planning_twice_gives_the_same(length: str) -> None:
    story = article(STORY)
    assert PLANNER.plan(story, length=length) == Planner().plan(story, length=length)
