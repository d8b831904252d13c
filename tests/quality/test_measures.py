"""Each measure sees the fault that it is for, and does not see it in a good line."""

from collections.abc import Callable

import pytest

from briefing.briefs import Brief, Line, Origin
from briefing.sections import Role
from tests.fakes import INFO
from tests.quality.measures import (
    Finding,
    Pair,
    background_share,
    dangling,
    facts_told,
    foreign_words,
    fragments,
    furniture,
    generated_share,
    inventions,
    loops,
    repeats,
    rouge1,
    trapped,
    ungrounded,
)
from tests.quality.samples import SAMPLES

SAMPLE = next(sample for sample in SAMPLES if sample.name == "earnings")
SENTENCES = [sentence.text for sentence in SAMPLE.article.sentences]
GOOD = "Third-quarter sales fell 3.8 percent to 2.14 billion euros."
FORECAST = "The maker of heating systems now expects operating profit of 640 million euros."


def at(start: str) -> int:
    return next(i for i, text in enumerate(SENTENCES) if text.startswith(start))


SALES, MAKER, CHIPS = at("Third-quarter"), at("The maker"), at("The chips")
FURNITURE = at("(Reporting")


def line(text: str, *evidence: int, origin: Origin = "generated") -> Line:
    return Line(text, evidence, 1.0, origin, Role.MAIN_EVENT)


def pair(*points: Line, context: tuple[Line, ...] = ()) -> Pair:
    size = len(SENTENCES)
    roles, salience = (Role.NONE,) * size, (0.5,) * size
    brief = Brief(None, points, context, SAMPLE.article, roles, salience, INFO)
    return Pair(SAMPLE, brief)


@pytest.mark.parametrize(
    ("measure", "wrong"),
    [
        (inventions, line("Third-quarter sales fell 3.9 percent.", SALES)),
        (inventions, line("Sales fell, Odile Brandvold said.", SALES)),
        (inventions, line(GOOD, MAKER)),
        (trapped, line("Sales fell to 2.41 billion euros.", SALES)),
        (foreign_words, line("Sales fell 3.8 percent to 2.14 billion courage.", SALES)),
        (ungrounded, line(GOOD)),
        (ungrounded, line(GOOD, len(SENTENCES))),
        (ungrounded, line(GOOD, SALES, CHIPS)),
        (loops, line("Sales sales fell 3.8 percent.", SALES)),
        (loops, line("Net profit dropped as net profit dropped 22 percent.", SALES)),
        (dangling, line("It fell 3.8 percent to 2.14 billion euros.", SALES)),
        (fragments, line("Sales fell 3.8 percent to the.", SALES)),
        (fragments, line("BRENNICK, Corvane AG, analysts said.", SALES)),
        (fragments, line('Sales fell "3.8 percent.', SALES)),
        (fragments, line("fell 3.8 percent.", SALES)),
        (furniture, line("Reporting by Marit Solheim.", FURNITURE)),
        (furniture, line("Sales fell, reporting by Marit Solheim says.", SALES)),
    ],
)
def test_a_measure_sees_its_fault(measure: Callable[[Pair], list[Finding]], wrong: Line) -> None:
    good = line(FORECAST, MAKER)
    assert {(name, text) for name, text, _ in measure(pair(good, wrong))} == {
        ("earnings", wrong.text)
    }


def test_two_lines_that_say_the_same_are_seen() -> None:
    again = line("Third-quarter sales fell to 2.14 billion euros.", SALES)
    assert repeats(pair(line(GOOD, SALES), context=(again,)))
    assert not repeats(pair(line(GOOD, SALES), line(FORECAST, MAKER)))


def test_shares_count_what_they_say() -> None:
    made = pair(
        line(GOOD, SALES),
        line(FORECAST, MAKER, origin="extracted"),
        context=(line("The chips come from a single supplier.", CHIPS), line(GOOD, SALES)),
    )
    assert generated_share([made]) == 0.5
    assert background_share([made]) == 0.5
    marked = sum(len(facts) for facts in SAMPLE.facts.values())
    assert facts_told(made) == pytest.approx(3 / marked)


def test_the_editors_own_points_score_best() -> None:
    assert rouge1(SAMPLE.key_points, SAMPLE) == 1
    assert rouge1([GOOD], SAMPLE) < rouge1(SAMPLE.lead, SAMPLE) < 1


def test_an_editors_points_have_no_fault_of_form() -> None:
    for sample in SAMPLES:
        roles, salience = (), ()
        points = tuple(line(text, 0) for text in sample.key_points)
        made = Pair(sample, Brief(None, points, (), sample.article, roles, salience, INFO))
        for measure in (loops, repeats, dangling, fragments, furniture, trapped):
            assert measure(made) == []
