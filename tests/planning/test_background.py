"""What is planned as background, and in which order it is told."""

import pytest

from briefing.planning import Plan, Planner
from briefing.planning.lexicon import hangs_back, looks_ahead, named_years, says_nothing
from briefing.sections import Role, Section
from tests.planning.test_planner import STORY, article

PLANNER = Planner()


def context(plan: Plan) -> list[int]:
    return [slot.primary for slot in plan.of(Section.CONTEXT)]


@pytest.mark.parametrize(
    "text",
    [
        "Two years later, the terminal burned down.",
        "The following day the council met again.",
        "It was rebuilt a decade later.",
        "At the time, the port had 40 cranes.",
        "The mayor resigned later that month.",
        "Since then, traffic has halved.",
        "Afterwards the cranes were sold.",
    ],
)
def test_times_that_hang_on_another_sentence(text: str) -> None:
    assert hangs_back(text)


@pytest.mark.parametrize(
    "text",
    [
        "Harwick was the largest coal port until 1984.",
        "The terminal closed in 1984 and burned down two years later.",
        "The terminal will close next year.",
        "The port has grown since the strike.",
        "It opened 140 years ago.",
    ],
)
def test_times_that_stand_alone(text: str) -> None:
    assert not hangs_back(text)


def test_years() -> None:
    assert named_years("From 1984 to 2009, $1984 and 2,015 tons and 1984.5 were 1999%.") == [
        1984,
        2009,
    ]


def test_refusals_to_answer() -> None:
    assert says_nothing("The harbour council declined to comment.")
    assert says_nothing("Calder did not immediately respond to a request for comment.")
    assert says_nothing("The mayor could not be reached for comment.")
    assert not says_nothing("The council answered every question but one.")


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("The terminal will close in May.", True),
        ("Loading is expected to begin after the strike.", True),
        ("The council plans to sell the cranes.", True),
        ("The owner said it could take years to rebuild.", True),
        ("No one could have foreseen the fire, the owner has said.", False),
        ("Voters expected that the mayor would have won.", False),
        ("The first signs of a strike emerged early on Wednesday.", False),
        ("The port is not going anywhere.", True),
    ],
)
def test_what_looks_ahead(text: str, ahead: bool) -> None:
    assert looks_ahead(text) is ahead


def test_history_is_told_in_time_order() -> None:
    history = [
        "The port was rebuilt after a flood in 1953, when 40 people were killed.",
        "In 1921, a strike by dockers had halted loading for eleven months.",
        "The harbour was founded by monks in 1612, and burned down once before.",
    ]
    story = article([*STORY[:2], *([line] for line in history), *STORY[3:4]])
    plan = PLANNER.plan(story, length="long")
    told = [
        slot.primary
        for slot in plan.of(Section.CONTEXT)
        if slot.role is Role.HISTORICAL_EVENT and slot.primary in (3, 4, 5)
    ]
    assert len(told) >= 2
    assert told == sorted(told, key=lambda row: -row)


@pytest.mark.parametrize("length", ["long", "10 sentences", "80%"])
def test_a_longer_brief_plans_no_less_background(length: str) -> None:
    story = article(STORY)
    assert set(context(PLANNER.plan(story))) <= set(context(PLANNER.plan(story, length=length)))


def test_a_dangling_time_brings_the_sentence_it_hangs_on() -> None:
    line = "Two years later, the first terminal burned down and was never rebuilt."
    story = article([*STORY[:2], *STORY[4:6], [line], *STORY[6:]])
    row = next(i for i, s in enumerate(story.sentences) if s.text == line)
    plan = PLANNER.plan(story, length="long")
    of_line = [slot for slot in (*plan.slots, *plan.spare) if slot.primary == row]
    assert of_line
    assert all(row - 1 in slot.sources for slot in of_line)


def test_nobody_answering_is_no_news() -> None:
    silence = "The terminal's owner did not immediately respond to a request for comment."
    story = article([*STORY, [silence]])
    plan = PLANNER.plan(story, length="long")
    used = {index for slot in (*plan.slots, *plan.spare) for index in slot.sources}
    assert len(story.sentences) - 1 not in used


def test_background_is_left_for_the_context() -> None:
    """A short article whose few background sentences would all fit into the key points."""
    story = article([STORY[0], STORY[2], STORY[3], STORY[4], STORY[6]])
    plan = PLANNER.plan(story)
    assert len(context(plan)) >= 2
    assert plan.of(Section.KEY_POINTS)[0].primary == 0
