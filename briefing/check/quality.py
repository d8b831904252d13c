"""Would an editor sign this line? What readers said of thousands of lines, learned by an encoder.

The line is read by itself, as a reader of the brief will read it: whether it is a sentence, says
who and what without the article, and sounds like news, or like background. A small pretrained
encoder (MiniLM: Wang et al. 2020), taught first to tell sentences that open an article from later
ones, then by the readers' labels (scripts/train/quality/). Judging text without a reference is
called quality estimation in machine translation (Specia et al. 2009).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from briefing.brief import Section
from briefing.check.encoder import Encoder
from briefing.errors import ModelError
from briefing.language.memory import Memory

_MOST = 80
"""Pieces of a line that are read, as in training."""
_KEPT = 8192
_HEADS = (Section.HEADLINE, Section.KEY_POINTS, Section.CONTEXT)


@dataclass(frozen=True, slots=True)
class Quality:
    """The log-odds that an editor would sign a line, by the section that it would stand in."""

    headline: float
    key_points: float
    context: float

    def odds(self, section: Section) -> float:
        """The log-odds in one section."""
        return (self.headline, self.key_points, self.context)[_HEADS.index(section)]


class QualityModel:
    """The model, with a memory: each line is read once. May be shared by threads."""

    def __init__(self, folder: Path) -> None:
        """Load the weights.

        Raises:
            ModelError: the folder does not hold them.
        """
        self._encoder = Encoder(folder, _MOST)
        try:
            with np.load(folder / "head.npz") as head:
                self._weight, self._bias = head["weight"], head["bias"]
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"the quality model in {folder} cannot be loaded: {error}") from error
        self._memory = Memory(self._read, _KEPT)

    def of(self, lines: Sequence[str]) -> list[Quality]:
        """The quality of each line, in order; lines of like length are read together."""
        return self._memory.of(lines)

    def _read(self, lines: Sequence[str]) -> list[Quality]:
        found = [Quality(0.0, 0.0, 0.0)] * len(lines)
        for read in self._encoder.read(lines):
            pieces = read.pieces[:, :, None]
            pooled = (read.states * pieces).sum(1) / pieces.sum(1)
            scores = np.einsum("nd,hld->nhl", pooled, self._weight) + self._bias
            rest: NDArray[np.float32] = np.logaddexp.reduce(scores[:, :, 1:], axis=2)
            for at, odds in zip(read.at, (scores[:, :, 0] - rest).tolist(), strict=True):
                found[at] = Quality(*odds)
        return found


@cache
def quality_model(language: str) -> QualityModel | None:
    """The model of a language; None where none was trained."""
    if language != "en":
        return None
    with resources.as_file(resources.files("briefing.check") / "encoder") as folder:
        return QualityModel(folder)
