"""The words known from a large corpus: how rare each is, and a vector of its company."""

from dataclasses import dataclass

import numpy as np

from briefing.plan.document import Floats, Hashes, Ints, begins, reduce_runs


def find(table: Hashes, wanted: Hashes) -> Ints:
    """Positions of ``wanted`` in the sorted ``table``, -1 where it is not there."""
    if not len(table):
        return np.full(len(wanted), -1, dtype=np.int64)
    where = np.searchsorted(table, wanted)
    where = np.minimum(where, len(table) - 1)
    return np.where(table[where] == wanted, where, -1)


@dataclass(frozen=True)
class WordTable:
    """Words known from a large corpus: sorted hashes, document weights, unit vectors."""

    hashes: Hashes
    idf: Floats
    vectors: Floats
    unknown_idf: float

    def weights(self, hashes: Hashes) -> tuple[Ints, Floats]:
        """Position (-1 if unknown) and inverse document frequency of each hash."""
        where = find(self.hashes, hashes)
        return where, np.where(where < 0, np.float32(self.unknown_idf), self.idf[where])

    def embed(self, rows: Ints, where: Ints, weights: Floats, size: int) -> Floats:
        """Weighted mean vectors of ``size`` groups of words, of unit length (0 if empty)."""
        known = where >= 0
        vectors = self.vectors[where[known]] * weights[known, None]
        sums = np.zeros((size, self.vectors.shape[1]), dtype=np.float32)
        if len(vectors):
            groups = rows[known]
            starts = np.flatnonzero(begins(groups))
            sums[groups[starts]] = reduce_runs(np.add, vectors, starts)
        return unit(sums)


def unit(vectors: Floats) -> Floats:
    """Rows scaled to length 1; zero rows stay zero."""
    norms = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    scaled: Floats = vectors / np.maximum(norms, np.float32(1e-8))
    return scaled
