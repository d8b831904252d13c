"""Choosing sentences that are good and different: maximal marginal relevance, bounded in cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from briefing.brief import Role
from briefing.plan.document import Document, Floats
from briefing.plan.features import Features
from briefing.plan.roles import ROLES

POOL = 30
_NOVELTY = 0.45
_SAME = 0.6
NEVER = np.float32(-np.inf)


@dataclass(frozen=True)
class Candidates:
    """Everything about the body sentences that choosing needs; arrays have a row a sentence.

    ``leaning`` marks sentences that need the one before: a dangling pronoun or time. Their
    ``antecedent`` is that row, as it is for a sentence that goes on with what the row before
    began; it is -1 elsewhere and where that row is no use. ``same`` is the similarity from which
    two rows are taken to say the same.
    """

    document: Document
    described: Features
    probabilities: Floats
    salience: Floats
    news: Floats
    usable: NDArray[np.bool_]
    leaning: NDArray[np.bool_]
    antecedent: NDArray[np.int64]
    content: tuple[frozenset[int], ...]
    denied: NDArray[np.bool_]
    same: float = _SAME

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


def chance(candidates: Candidates, *roles: Role) -> Floats:
    """How likely each sentence is to have one of ``roles``."""
    total: Floats = candidates.probabilities[:, [ROLES.index(role) for role in roles]].sum(axis=1)
    return total


def style(candidates: Candidates) -> Floats:
    """What speaks against a sentence standing alone: pronouns, bare quotation, odd lengths."""
    length = candidates.column("length")
    cost = (
        0.15 * candidates.column("dangling")
        + 0.30 * candidates.column("quoted")
        + 0.15 * candidates.column("starts_first_person")
        + 0.20 * candidates.column("question")
        + 0.30 * (length < 7)
        + 0.10 * (length > 45)
        + 0.35 * (candidates.column("stopped") == 0)
    )
    return np.where(candidates.usable, -cost, NEVER).astype(np.float32)


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
        if nearest[best] < candidates.same:
            chosen.append(pool[best])
            nearest = np.maximum(nearest, alike[:, best])
    return chosen
