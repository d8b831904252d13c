"""A linear model of roles over words and word pairs, beside the network that reads vectors.

Multinomial logistic regression on the tf-idf of a sentence's words and word pairs, of those of
the sentences before and after it, and on the dense features of all three. It knows turns of
phrase that word vectors blur ("was expected to", "last year"), so that the two err apart.
"""

from dataclasses import dataclass

import numpy as np

from briefing.plan.document import Document, Floats, Hashes, Ints, begins, reduce_runs
from briefing.plan.features import Features
from briefing.plan.parameters import Parameters
from briefing.plan.words import find

OWN, NEIGHBOUR, DENSE, VECTOR = 2.0, 1.0, 0.1, 0.3  # weights of the parts of the input
PLACES = (0, -1, 1)  # the sentence itself, the one before, the one after
_CLIP = 4.0
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Grams:
    """Each distinct word and word pair of each sentence once, by sentence."""

    rows: Ints
    hashes: Hashes


def grams(document: Document) -> Grams:
    """The words and word pairs of every body sentence."""
    words, rows = document.hashes.astype(np.uint64), document.sentence.astype(np.uint64)
    inside = rows[1:] == rows[:-1]
    pairs = (((words[:-1] * _MIX) ^ words[1:]) * _MIX >> np.uint64(32))[inside]
    keys = np.unique(
        np.r_[rows << np.uint64(32) | words, rows[1:][inside] << np.uint64(32) | pairs]
    )
    return Grams((keys >> np.uint64(32)).astype(np.int64), keys.astype(np.uint32))


def standardised(described: Features, mean: Floats, deviation: Floats) -> Floats:
    """Dense features of each sentence and of its neighbours, and its vector: (sentences, n)."""
    own = np.clip((described.dense - mean) / deviation, -_CLIP, _CLIP) * np.float32(DENSE)
    places = [moved(own, place) for place in PLACES]
    return np.concatenate([*places, described.vectors * np.float32(VECTOR)], axis=1)


def moved(rows: Floats, place: int) -> Floats:
    """Row ``i + place`` of ``rows`` at row ``i``; zeros beyond either end."""
    result = np.zeros_like(rows)
    if place == 0:
        return rows
    if place < 0:
        result[-place:] = rows[:place]
    else:
        result[:-place] = rows[place:]
    return result


class NgramModel:
    """The trained regression. ``weights`` are (grams, places * roles), stored as int8."""

    def __init__(self, parameters: Parameters) -> None:
        self._hashes = parameters["ngram_hash"].astype(np.uint32)
        self._idf = parameters["ngram_idf"].astype(np.float32)
        self._weights = parameters["ngram_weight"].astype(np.int8)
        self._scale = parameters["ngram_scale"].astype(np.float32)
        self._dense = parameters["ngram_dense"].astype(np.float32)
        self._bias = parameters["ngram_bias"].astype(np.float32)
        self._mean = parameters["ngram_mean"].astype(np.float32)
        self._deviation = parameters["ngram_deviation"].astype(np.float32)

    def probabilities(self, document: Document, described: Features) -> Floats:
        """(sentences, roles) probabilities."""
        logits = standardised(described, self._mean, self._deviation) @ self._dense + self._bias
        parts = np.split(self._sums(document), len(PLACES), axis=1)
        for place, part in zip(PLACES, parts, strict=True):
            logits += moved(part, place)
        scores = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: Floats = scores / scores.sum(axis=1, keepdims=True)
        return probabilities

    def _sums(self, document: Document) -> Floats:
        """What each sentence's grams say of itself and of its neighbours."""
        found = grams(document)
        where = find(self._hashes, found.hashes)
        rows, where = found.rows[where >= 0], where[where >= 0]
        sums = np.zeros((document.size, self._weights.shape[1]), dtype=np.float32)
        if len(where):
            idf = self._idf[where]
            starts = np.flatnonzero(begins(rows))
            total = reduce_runs(np.add, self._weights[where] * idf[:, None], starts)
            length = np.sqrt(np.add.reduceat(idf * idf, starts))
            sums[rows[starts]] = total / length[:, None] * self._scale
        return sums
