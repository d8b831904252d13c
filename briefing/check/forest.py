"""Gradient boosted trees (Friedman 2001), as many as are needed to weigh a few hundred measures."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from briefing.errors import ModelError


class Forest:
    """Trees that were grown elsewhere (scikit-learn); all are walked at once."""

    def __init__(self, path: Path) -> None:
        """Load them.

        Raises:
            ModelError: the file does not hold them.
        """
        try:
            with np.load(path) as held:
                self._roots = held["roots"].astype(np.int64)
                self._feature = held["feature"].astype(np.int64)
                self._bound = held["bound"]
                self._left = held["left"].astype(np.int64)
                self._right = held["right"].astype(np.int64)
                self._value = held["value"]
                self._base = float(held["base"])
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"the trees in {path} cannot be loaded: {error}") from error

    def odds(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The log-odds of each row of measures."""
        at = np.broadcast_to(self._roots, (len(rows), len(self._roots))).copy()
        while True:
            feature = self._feature[at]
            inner = feature >= 0
            if not inner.any():
                found: NDArray[np.float64] = self._base + self._value[at].sum(1)
                return found
            seen = np.take_along_axis(rows, np.maximum(feature, 0), axis=1)
            after = np.where(seen <= self._bound[at], self._left[at], self._right[at])
            at = np.where(inner, after, at)
