"""Models that lie about the gate's articles, and a briefer whose checker sleeps."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from briefing.briefer import Briefer
from briefing.planning import Slot
from briefing.scoring import Candidate, Scorer
from tests.fakes import FakeBackend, Say, every_section, liar
from tests.quality.measures import Pair
from tests.quality.samples import SAMPLES, Sample

LIES = {"name": 0, "number": 1, "date": 2, "quotation": 3}
"""The place of each kind of invention among what ``liar`` says."""
LOOP = 5
_SCORED = Scorer.scored
_TOKEN = re.compile(r"<\w+>")


def says_first(place: int) -> Say:
    """A liar that says the lie at ``place`` first."""
    return lambda prompt: liar(prompt)[place:]


def slips(sample: Sample) -> Say:
    """A model that repeats its source with the traps of ``sample`` in place of the truth."""

    def say(prompt: str) -> list[str]:
        return [
            text.replace(truth, lie)
            for text in _TOKEN.split(prompt)
            for truth, lie in sample.traps.items()
            if truth in text
        ]

    return say


def briefed(say: Callable[[Sample], Say]) -> list[Pair]:
    """All articles, each briefed over a model that says what ``say`` makes of the article."""
    backend = FakeBackend(liar)
    briefer = Briefer.over(backend, every_section())
    made: list[Pair] = []
    for sample in SAMPLES:
        backend.say = say(sample)
        made.append(Pair(sample, briefer.brief(sample.article)))
    return made


def unchecked(selection: object, text: str, slot: Slot) -> Iterator[Candidate]:
    """What the choice would be without the checker: the model's line, whatever it says."""
    yield Candidate(text, slot.section, slot.primary, slot.sources, "generated", 1.0)


def admired(selection: Scorer, made: Sequence[Candidate]) -> list[Candidate]:
    """What the choice would be if all that the model writes were the best of lines."""
    return [
        replace(one, signed=0.99, worth=9.0) if one.origin == "generated" else one
        for one in _SCORED(selection, made)
    ]


def switch_checker_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show what the model says, where candidates are refused otherwise."""
    monkeypatch.setattr("briefing.candidates.CandidateLines._cut", unchecked)
    monkeypatch.setattr("briefing.select.Scorer.scored", admired)
    monkeypatch.setattr("briefing.select.plain_title", lambda title, **_: None)
