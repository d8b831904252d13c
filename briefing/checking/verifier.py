"""Verifier: a small cross-encoder that scores whether a line follows from its evidence.

It reads evidence and line together (MiniLM, Wang et al. 2020) and is fine-tuned on pairs in which
the false line differs from a true one by who did what, a negation, a condition, a speaker, or what
a number counts (scripts/train/verifier/). Contrast sets measure models on such minimal pairs
(Gardner et al. 2020, "Evaluating models' local decision boundaries via contrast sets").
"""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np

from briefing.errors import ModelError
from briefing.language.parser import Memory
from briefing.learned import Encoder

_MOST = 200
"""Most word pieces read of evidence and line, as in training."""
_KEPT = 8192
"""Cached pairs."""


class Verifier(Protocol):
    """Interface of a verifier, which scores lines against their evidence."""

    @property
    def name(self) -> str:
        """The name of the verifier."""
        ...

    def odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the log-odds that the line follows for each (evidence, line) pair, in order."""
        ...


class EncoderVerifier:
    """The bundled verifier. Thread-safe."""

    name = "bundled"

    def __init__(self, folder: Path) -> None:
        """Load the weights.

        Raises:
            ModelError: the folder has no valid weights.
        """
        self._encoder = Encoder(folder, _MOST)
        try:
            with np.load(folder / "head.npz") as head:
                self._hidden = head["hidden"].astype(np.float32)
                self._hidden_bias = head["hidden_bias"]
                self._out, self._out_bias = head["out"], head["out_bias"]
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"the verifier in {folder} cannot be loaded: {error}; reinstall the package"
            ) from error
        self._memory = Memory(self._read, _KEPT)

    def odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Score pairs as `Verifier.odds` does; scores are cached."""
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
    """Load the verifier of a language; None if there is none."""
    if language != "en":
        return None
    with resources.as_file(resources.files("briefing.checking") / "verifier") as folder:
        return EncoderVerifier(folder)
