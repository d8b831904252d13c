"""Does a whole text follow from its article? A learned judgement over the traits of its sentences.

A logistic regression with signs: what speaks against a sentence never raises the probability, what
speaks for it never lowers it, so that it holds for texts unlike those it was fitted on (the
collections of human judgements differ in style, and an unsigned model learns to tell them apart).
Fitted by ``scripts/train/checker.py``.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from briefing.check.traits import AGAINST, FOR, TRAITS

BAR = 0.5
_MOSTLY = 0.6
_REASONS = {
    "spliced": "it joins pieces that stand apart in the article",
    "fused": "it joins two things that the article does not connect",
    "sources": "the article does not say it in one place",
    "replaced": "it puts other words in place of the article's",
    "rare": "it has unusual words that the article does not have",
    "repeated": "it repeats itself",
    "doubled": "it repeats itself",
    "unfinished": "it breaks off",
    "denial_lost": "it leaves out a denial of the article",
    "turned": "the article does not limit it so",
    "count": "its numbers stand beside other words in the article",
}
LITTLE = "too little of it stands in the article"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Weights for the mean and for the worst value of each trait over the sentences of a text."""

    bias: float
    mean: Mapping[str, float]
    worst: Mapping[str, float]

    def probability(self, sentences: Sequence[Mapping[str, float]]) -> float:
        """Probability, 0..1, that a person would find the text supported; 0 for an empty one."""
        if not sentences:
            return 0.0
        mean, worst = gathered(sentences)
        total = self.bias
        total += sum(weight * mean[name] for name, weight in self.mean.items())
        total += sum(weight * worst[name] for name, weight in self.worst.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def reason(self, sentence: Mapping[str, float]) -> str:
        """What speaks most against a sentence, for a reader."""
        if sentence["coverage"] < _MOSTLY:
            return LITTLE
        against = {
            name: (self.mean[name] + self.worst[name]) * scaled(name, sentence[name])
            for name in AGAINST
        }
        name = min(against, key=lambda n: against[n])
        return _REASONS.get(name, LITTLE) if against[name] < 0 else LITTLE


def scaled(name: str, value: float) -> float:
    """A trait as it is weighed: counts grow ever more slowly."""
    return value if name in FOR else math.log1p(value)


def gathered(sentences: Sequence[Mapping[str, float]]) -> tuple[dict[str, float], dict[str, float]]:
    """(mean, worst) of each scaled trait over the sentences of a text, of which there is one."""
    columns = {name: [scaled(name, s[name]) for s in sentences] for name in TRAITS}
    mean = {name: sum(values) / len(values) for name, values in columns.items()}
    worst = {n: (min if n in FOR else max)(values) for n, values in columns.items()}
    return mean, worst


@cache
def judgement() -> Judgement:
    """The judgement that comes with the package."""
    packed = resources.files("briefing.check").joinpath("judgement.json").read_text("utf-8")
    return Judgement(**json.loads(packed))
