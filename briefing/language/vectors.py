"""How near two words are in meaning: lawyer and attorney, not lawyer and telephone.

A vector a word, from a sentence encoder that read each of 24,000 common words by itself (MiniLM,
Wang et al. 2020), reduced by a truncated SVD (scripts/train/language/vectors.py).
"""

from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

_SCALE = 127.0


class Vectors:
    """Unit vectors of words in lower case."""

    def __init__(self, words: Sequence[str], rows: NDArray[np.int8]) -> None:
        """``rows`` (words, dimensions) are the vectors times 127."""
        self._places = {word: at for at, word in enumerate(words)}
        self._rows = rows

    def of(self, words: Sequence[str]) -> NDArray[np.float32]:
        """A row a word; zeros for one that is not known."""
        found = np.zeros((len(words), self._rows.shape[1]), dtype=np.float32)
        for at, word in enumerate(words):
            if (place := self._places.get(word)) is not None:
                found[at] = self._rows[place]
        return found / _SCALE


@cache
def vectors(language: str = "en") -> Vectors:
    """The vectors of a language."""
    file = resources.files("briefing.language") / "data" / language / "vectors.npz"
    with resources.as_file(file) as path, np.load(path) as held:
        return Vectors(held["words"].tobytes().decode().split(), held["rows"])
