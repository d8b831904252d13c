"""A logistic model over hashed feature names, small enough to ship as one array of bytes.

Weights live at the CRC of a feature's name (Weinberger et al. 2009, "Feature hashing for large
scale multitask learning"), rounded to eight bits.
"""

import math
import zlib
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import resources

import numpy as np


class HashedModel:
    """The weights of one model; their number is a power of two."""

    def __init__(self, weights: list[float], bias: float) -> None:
        self._weights = weights
        self._bias = bias

    def probability(self, names: Iterable[str]) -> float:
        """The chance of what the model was fitted on, given these features."""
        size = len(self._weights)
        logit = self._bias + sum(self._weights[at] for at in {place(n, size) for n in names})
        return 1 / (1 + math.exp(-logit))


@lru_cache(maxsize=1 << 16)
def place(name: str, size: int) -> int:
    """A feature's place among ``size`` weights, a power of two."""
    return zlib.crc32(name.encode()) & (size - 1)


@cache
def hashed_model(name: str, language: str) -> HashedModel:
    """The model that ships under this name for a language."""
    path = resources.files("briefing.language") / "data" / language / f"{name}.npz"
    with path.open("rb") as file, np.load(file) as stored:
        weights = stored["weights"].astype(np.float32) * float(stored["scale"])
        return HashedModel(weights.tolist(), float(stored["bias"]))
