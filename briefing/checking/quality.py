"""Line quality: a quality model over the text of a line, and an editor preference model.

The quality model reads a line by itself, as a reader of the brief does: whether it is a sentence,
says who and what without the article, and reads like news or like background. It is a small
pretrained encoder (MiniLM: Wang et al. 2020), fine-tuned first to tell sentences that open an
article from later ones, then on readers' labels of thousands of lines (scripts/train/quality/).
Judging text without a reference is called quality estimation in machine translation (Specia et al.
2009).

The preference is a logistic model over that score and features of the line's source sentence and
deletions, fitted on lines that readers labelled without knowing their origin
(scripts/train/preference.py). Whether the model or the source wrote a line is not a feature.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from briefing.errors import ModelError
from briefing.language.parser import Memory
from briefing.learned import Encoder, logistic
from briefing.sections import SECTIONS, Section

_MOST = 80
"""Most word pieces read of a line, as in training."""
_KEPT = 8192
"""Cached lines."""
_HEADS = ("headline", "key-points", "context")
"""What the heads were trained on, in order (see `SectionSpec.judged_as`)."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The log-odds that an editor would accept a line, by head, and its ``vector``."""

    headline: float
    key_points: float
    context: float
    vector: NDArray[np.float16] = field(repr=False, compare=False)

    def odds(self, section: Section) -> float:
        """Return the log-odds for ``section``."""
        judge = SECTIONS[section].judged_as
        return (self.headline, self.key_points, self.context)[_HEADS.index(judge)]


class QualityModel:
    """The quality model, with a cache of lines. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        """Load the weights.

        Raises:
            ModelError: the folder has no valid weights.
        """
        self._encoder = Encoder(folder, _MOST)
        try:
            with np.load(folder / "head.npz") as head:
                self._weight, self._bias = head["weight"], head["bias"]
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"the quality model in {folder} cannot be loaded: {error}; reinstall the package"
            ) from error
        self._memory = Memory(self._read, _KEPT)

    def of(self, lines: Sequence[str]) -> list[Quality]:
        """Return the quality of each line, in order; batched by length."""
        return self._memory.of(lines)

    def _read(self, lines: Sequence[str]) -> list[Quality]:
        qualities: dict[int, Quality] = {}
        for read in self._encoder.read(lines):
            pieces = read.pieces[:, :, None]
            pooled = (read.states * pieces).sum(1) / pieces.sum(1)
            scores = np.einsum("nd,hld->nhl", pooled, self._weight) + self._bias
            rest: NDArray[np.float32] = np.logaddexp.reduce(scores[:, :, 1:], axis=2)
            odds = (scores[:, :, 0] - rest).tolist()
            vectors = pooled.astype(np.float16)
            for at, (headline, points, context), vector in zip(read.at, odds, vectors, strict=True):
                qualities[at] = Quality(headline, points, context, vector)
        return [qualities[at] for at in range(len(lines))]


@cache
def quality_model(language: str) -> QualityModel | None:
    """Load the model of a language; None if there is none."""
    if language != "en":
        return None
    with resources.as_file(resources.files("briefing.checking") / "encoder") as folder:
        return QualityModel(folder)


@dataclass(frozen=True, slots=True)
class Judged:
    """The inputs of the preference model for one line.

    ``quality`` is the log-odds of the quality model for its section; ``index`` the sentence it is
    made from, ``news`` and ``opinion`` the probabilities that that sentence tells the news, and an
    opinion; ``chance`` the log-probability of its deletions and ``rarest`` the probability of the
    least likely one (0 and 1 if there are none).
    """

    quality: float
    index: int
    news: float
    opinion: float
    chance: float = 0.0
    rarest: float = 1.0


def preference_features(line: Judged) -> dict[str, float]:
    """Return the features of a line."""
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
    """Bias and feature weights for each judge (`SectionSpec.judged_as`)."""

    bias: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]

    def signed(self, section: Section, line: Judged) -> float:
        """Return the probability, 0..1, that an editor would accept the line."""
        judge = SECTIONS[section].judged_as
        total, weights = self.bias[judge], self.weights[judge]
        total += sum(weights[name] * value for name, value in preference_features(line).items())
        return logistic(total)


@cache
def preference() -> Preference:
    """Load the bundled weights."""
    text = resources.files("briefing.checking").joinpath("preference.json").read_text("utf-8")
    return Preference(**json.loads(text))
