"""How likely an editor would sign a line, in its place and with its cuts.

A logistic model over what the quality model says of the line as a reader meets it, and what the
article and the tree say of how it was made; fitted on lines that readers labelled without knowing
where they came from (scripts/train/preference.py). Where a line comes from, the model or the
source, is no feature.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from briefing.brief import Section
from briefing.check.logistic import logistic


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of a line when it is judged.

    ``quality`` is the log-odds of the quality model for its section; ``index`` the sentence it is
    made from, ``news`` and ``opinion`` how likely that tells the news, and an opinion; ``chance``
    and ``rarest`` what editors think of its cuts (0 and 1: none).
    """

    quality: float
    index: int
    news: float
    opinion: float
    chance: float = 0.0
    rarest: float = 1.0


def features(line: Judged) -> dict[str, float]:
    """The features of a line."""
    return {
        "quality": line.quality,
        "position": math.log1p(line.index),
        "news": line.news,
        "opinion": line.opinion,
        "cut": float(line.chance < 0 or line.rarest < 1),
        "chance": max(-6.0, line.chance),
        "rarest": math.log(max(0.01, line.rarest)),
    }


@dataclass(frozen=True, slots=True)
class Preference:
    """Weights of the features for each section."""

    bias: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]

    def signed(self, section: Section, line: Judged) -> float:
        """How likely an editor would sign the line, 0..1."""
        total = self.bias[section.value]
        weights = self.weights[section.value]
        total += sum(weights[name] * value for name, value in features(line).items())
        return logistic(total)


@cache
def preference() -> Preference:
    """The weights that ship."""
    packed = resources.files("briefing.check").joinpath("preference.json").read_text("utf-8")
    return Preference(**json.loads(packed))
