"""Choosing sentences that are good and different: maximal marginal relevance, bounded in cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from briefing.plan.document import Document, Floats
from briefing.plan.features import Features

POOL = 30
_NOVELTY = 0.45
_SAME = 0.6


@dataclass(frozen=True)
class Candidates:
    """Everything about the body sentences that choosing needs; arrays have a row a sentence.

    ``antecedent`` is the row before a sentence that starts with a dangling pronoun, or in the
    middle of what the row before began; else -1.
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

    def similarities(self, rows: Sequence[int]) -> Floats:
        """How much each two of ``rows`` say the same, 0..1: shared words and near meaning."""
        words = {word: i for i, word in enumerate(set().union(*(self.content[r] for r in rows)))}
        present = np.zeros((len(rows), len(words)), dtype=np.float32)
        for line, row in enumerate(rows):
            present[line, [words[word] for word in self.content[row]]] = 1
        sizes = present.sum(axis=1)
        shared = present @ present.T / np.maximum(np.minimum(sizes[:, None], sizes), 1)
        vectors = self.described.vectors[list(rows)]
        same: Floats = 0.65 * shared + 0.35 * np.maximum(vectors @ vectors.T, 0)
        return same


def choose(
    candidates: Candidates, scores: Floats, count: int, taken: Sequence[int] = ()
) -> list[int]:
    """Up to ``count`` rows, best first, each unlike the earlier ones and unlike ``taken``.

    A score of minus infinity excludes a row. Only the ``POOL`` best rows are compared.
    """
    order = [int(row) for row in np.argsort(-scores, kind="stable")[:POOL]]
    pool = [row for row in order if np.isfinite(scores[row]) and row not in taken]
    if not pool:
        return []
    alike = candidates.similarities([*pool, *taken])[: len(pool)]
    nearest = alike[:, len(pool) :].max(axis=1, initial=0)
    worth = scores[pool].astype(np.float64)
    chosen: list[int] = []
    while len(chosen) < count:
        best = int((worth - _NOVELTY * nearest).argmax())
        if not np.isfinite(worth[best]):
            break
        worth[best] = -np.inf
        if nearest[best] < _SAME:
            chosen.append(pool[best])
            nearest = np.maximum(nearest, alike[:, best])
    return chosen
