"""Choosing sentences that are good and different: maximal marginal relevance, bounded in cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from briefing.plan.document import Document, Floats
from briefing.plan.features import Features

POOL = 60
_NOVELTY = 0.45
_SAME = 0.6


@dataclass(frozen=True)
class Candidates:
    """Everything about the body sentences that choosing needs; arrays have a row a sentence.

    ``antecedent`` is the row before a sentence that starts with a dangling pronoun, else -1.
    """

    document: Document
    described: Features
    probabilities: Floats
    salience: Floats
    usable: NDArray[np.bool_]
    antecedent: NDArray[np.int64]
    content: tuple[frozenset[int], ...]

    def column(self, name: str) -> Floats:
        """One dense feature of every sentence."""
        return self.described.dense[:, self.described.names.index(name)]

    def similarity(self, a: int, b: int) -> float:
        """How much two sentences say the same, 0..1: shared words, and nearness of meaning."""
        words, others = self.content[a], self.content[b]
        shared = len(words & others) / max(1, min(len(words), len(others)))
        near = float(self.described.vectors[a] @ self.described.vectors[b])
        return 0.65 * shared + 0.35 * max(0.0, near)


def choose(
    candidates: Candidates, scores: Floats, count: int, taken: Sequence[int] = ()
) -> list[int]:
    """Up to ``count`` rows, best first, each unlike the earlier ones and unlike ``taken``.

    A score of minus infinity excludes a row. Only the ``POOL`` best rows are compared.
    """
    pool = [int(row) for row in np.argsort(-scores, kind="stable")[:POOL]]
    pool = [row for row in pool if np.isfinite(scores[row]) and row not in taken]
    nearest = {row: _nearest(candidates, row, taken) for row in pool}
    chosen: list[int] = []
    while pool and len(chosen) < count:
        best = max(pool, key=lambda row: float(scores[row]) - _NOVELTY * nearest[row])
        pool.remove(best)
        if nearest[best] >= _SAME:
            continue
        chosen.append(best)
        for row in pool:
            nearest[row] = max(nearest[row], candidates.similarity(row, best))
    return chosen


def _nearest(candidates: Candidates, row: int, others: Sequence[int]) -> float:
    return max((candidates.similarity(row, other) for other in others), default=0.0)
