"""Word n-grams of sentences by hash, and the tables that give them weights."""

from dataclasses import dataclass

import numpy as np

from briefing.plan.document import Document, Floats, Hashes, Ints

_MIX = np.uint32(0x9E3779B1)
_EDGE = np.uint32(0x2545F491)


def sentence_ngrams(document: Document) -> tuple[Ints, Hashes]:
    """Rows and hashes of the distinct 1- and 2-grams of each sentence, edges included."""
    hashes, rows = document.hashes, document.sentence
    if not len(hashes):
        return rows, hashes
    starts = np.r_[True, rows[1:] != rows[:-1]]
    before = np.where(starts, _EDGE, np.r_[_EDGE, hashes[:-1]])
    pairs = (before * _MIX) ^ (hashes >> np.uint32(3)) ^ hashes
    keys = (np.r_[rows, rows].astype(np.uint64) << np.uint64(32)) | np.r_[hashes, pairs]
    keys = np.unique(keys)
    return (keys >> np.uint64(32)).astype(np.int64), (keys & np.uint64(0xFFFFFFFF)).astype(
        np.uint32
    )


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
            starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
            sums[groups[starts]] = np.add.reduceat(vectors, starts, axis=0)
        return unit(sums)


def unit(vectors: Floats) -> Floats:
    """Rows scaled to length 1; zero rows stay zero."""
    norms = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    scaled: Floats = vectors / np.maximum(norms, np.float32(1e-8))
    return scaled
