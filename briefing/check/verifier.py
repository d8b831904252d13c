"""Does the line follow from its evidence? A small encoder that read many true and false lines.

It reads evidence and line together (a cross-encoder: MiniLM, Wang et al. 2020) and was taught by
pairs in which the false line differs from a true one by who did what, a negation, a condition, a
speaker, what a number counts (scripts/train/verifier/). Such minimal pairs are what contrast sets
measure (Gardner et al. 2020, "Evaluating models' local decision boundaries via contrast sets").
"""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np

from briefing.check.encoder import Encoder
from briefing.errors import ModelError
from briefing.language.memory import Memory

_MOST = 200
"""Pieces of evidence and line that are read, as in training."""
_KEPT = 8192


class Verifier(Protocol):
    """Judges lines by their evidence."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Log-odds that a line follows, for each pair of an evidence and a line, in order."""
        ...


class EncoderVerifier:
    """The verifier that comes with the package. May be shared by threads."""

    name = "bundled"

    def __init__(self, folder: Path) -> None:
        """Load the weights.

        Raises:
            ModelError: the folder does not hold them.
        """
        self._encoder = Encoder(folder, _MOST)
        try:
            with np.load(folder / "head.npz") as head:
                self._hidden = head["hidden"].astype(np.float32)
                self._hidden_bias = head["hidden_bias"]
                self._out, self._out_bias = head["out"], head["out_bias"]
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"the verifier in {folder} cannot be loaded: {error}") from error
        self._memory = Memory(self._read, _KEPT)

    def odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """See :class:`Verifier`; each pair is read once."""
        return self._memory.of(pairs)

    def _read(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        odds = [0.0] * len(pairs)
        for read in self._encoder.read(pairs):
            evidence, line = read.pieces & ~read.second, read.second
            means = [
                (read.states * part[:, :, None]).sum(1) / np.maximum(1, part.sum(1))[:, None]
                for part in (evidence, line)
            ]
            pooled = np.concatenate([read.states[:, 0], *means], axis=1)
            hidden = np.maximum(0, pooled @ self._hidden.T + self._hidden_bias)
            for at, value in zip(read.at, hidden @ self._out + self._out_bias, strict=True):
                odds[at] = float(value)
        return odds


@cache
def bundled_verifier(language: str) -> Verifier | None:
    """The verifier of a language; None where none was trained."""
    if language != "en":
        return None
    with resources.as_file(resources.files("briefing.check") / "verifier") as folder:
        return EncoderVerifier(folder)
