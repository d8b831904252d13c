"""Models that lie about the gate's articles, and a briefer whose checker sleeps."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from briefing.briefer import Briefer
from briefing.check import Candidate, Choice
from briefing.write import choose_family
from tests.fakes import FakeBackend, Say, liar
from tests.quality.measures import Pair
from tests.quality.samples import SAMPLES, Sample

LIES = {"name": 0, "number": 1, "date": 2, "quotation": 3}
"""The place of each kind of invention among what ``liar`` says."""
LOOP = 5
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
    briefer = Briefer.over(backend, choose_family("bundled", ""))
    made: list[Pair] = []
    for sample in SAMPLES:
        backend.say = say(sample)
        made.append(Pair(sample, briefer.brief(sample.article)))
    return made


def unchecked(
    candidates: Sequence[Candidate], evidence: Sequence[str], *rest: object, **options: Any
) -> Choice | None:
    """What the chooser would be without the checker: the model's first line, whatever it says."""
    if not candidates:
        return None
    return Choice(candidates[0].text, 1.0, "generated", tuple(range(len(evidence))))


def switch_checker_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show what the model says first, where candidates are refused otherwise."""
    monkeypatch.setattr("briefing.assemble.choose", unchecked)
