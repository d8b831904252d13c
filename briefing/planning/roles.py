"""Models of sentence roles in news discourse (Choubey et al. 2020), and of salience.

Two role classifiers with different errors are averaged. One is a hierarchical network after
Choubey et al. 2020: sentences are encoded from their words (convolutions of width 1 and 3 over
word vectors, max-pooled) and from dense features, then processed by bidirectional gated recurrent
units; an ensemble of networks from different seeds is evaluated as one stacked array. The other is
a multinomial logistic regression on the tf-idf of the unigrams and bigrams of a sentence and its
neighbours, for phrases that word vectors blur ("was expected to", "last year").

The regression is smoothed by a first-order chain (forward-backward, Rabiner 1989): its
probabilities are the emissions, and transitions are relative to the role frequencies, because the
classifier has learned those already.

Salience, how much of an editor's highlights a sentence contains, is predicted by boosted trees.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from briefing.briefs import Article
from briefing.planning.document import (
    PATH,
    Document,
    Features,
    Floats,
    Hashes,
    Ints,
    Parameters,
    WordTable,
    begins,
    document,
    features,
    find_sorted,
    load_parameters,
    reduce_runs,
    word_table,
)
from briefing.sections import Role


def smooth(probabilities: Floats, transitions: Floats) -> Floats:
    """Return the posterior role probabilities, (sentences, roles).

    ``transitions[a, b]`` is the probability of ``b`` after ``a``, divided by that of ``b``.
    """
    size, roles = probabilities.shape
    before = np.ones((size, roles), dtype=np.float32)
    after = np.ones((size, roles), dtype=np.float32)
    for row in range(1, size):
        message = (before[row - 1] * probabilities[row - 1]) @ transitions
        before[row] = message / message.sum()
    for row in range(size - 2, -1, -1):
        message = transitions @ (after[row + 1] * probabilities[row + 1])
        after[row] = message / message.sum()
    joint = before * probabilities * after
    smoothed: Floats = joint / joint.sum(axis=1, keepdims=True)
    return smoothed


OWN, NEIGHBOUR, DENSE, VECTOR = 2.0, 1.0, 0.1, 0.3  # weights of the parts of the input
ROLE_PLACES = (0, -1, 1)  # the sentence itself, the one before, the one after
_CLIP = 4.0
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Grams:
    """The distinct unigrams and bigrams of each sentence, by sentence."""

    rows: Ints
    hashes: Hashes


def grams(document: Document) -> Grams:
    """Return the unigrams and bigrams of every body sentence."""
    words, rows = document.hashes.astype(np.uint64), document.sentence.astype(np.uint64)
    inside = rows[1:] == rows[:-1]
    pairs = (((words[:-1] * _MIX) ^ words[1:]) * _MIX >> np.uint64(32))[inside]
    keys = np.unique(
        np.r_[rows << np.uint64(32) | words, rows[1:][inside] << np.uint64(32) | pairs]
    )
    return Grams((keys >> np.uint64(32)).astype(np.int64), keys.astype(np.uint32))


def standardised(described: Features, mean: Floats, deviation: Floats) -> Floats:
    """Return scaled features of each sentence and its neighbours, and its vector: (sentences, n).

    Features are standardised and clipped.
    """
    own = np.clip((described.dense - mean) / deviation, -_CLIP, _CLIP) * np.float32(DENSE)
    places = [moved(own, place) for place in ROLE_PLACES]
    return np.concatenate([*places, described.vectors * np.float32(VECTOR)], axis=1)


def moved(rows: Floats, place: int) -> Floats:
    """Shift rows: row ``i + place`` of ``rows`` at row ``i``, and zeros beyond either end."""
    result = np.zeros_like(rows)
    if place == 0:
        return rows
    if place < 0:
        result[-place:] = rows[:place]
    else:
        result[:-place] = rows[place:]
    return result


class NgramModel:
    """The logistic regression. ``weights`` are (grams, places * roles), stored as int8."""

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
        """Return the role probabilities, (sentences, roles)."""
        logits = standardised(described, self._mean, self._deviation) @ self._dense + self._bias
        parts = np.split(self._sums(document), len(ROLE_PLACES), axis=1)
        for place, part in zip(ROLE_PLACES, parts, strict=True):
            logits += moved(part, place)
        scores = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: Floats = scores / scores.sum(axis=1, keepdims=True)
        return probabilities

    def _sums(self, document: Document) -> Floats:
        """Tf-idf weighted sums of the weights of each sentence's grams, (sentences, n)."""
        terms = grams(document)
        where = find_sorted(self._hashes, terms.hashes)
        rows, where = terms.rows[where >= 0], where[where >= 0]
        sums = np.zeros((document.size, self._weights.shape[1]), dtype=np.float32)
        if len(where):
            idf = self._idf[where]
            starts = np.flatnonzero(begins(rows))
            total = reduce_runs(np.add, self._weights[where] * idf[:, None], starts)
            length = np.sqrt(np.add.reduceat(idf * idf, starts))
            sums[rows[starts]] = total / length[:, None] * self._scale
        return sums


_ROLE_BLOCK = 128
VECTOR_GAIN = np.float32(3)


def inputs(features: Features, mean: Floats, deviation: Floats) -> Floats:
    """Return standardised dense features and sentence vectors: (sentences, inputs)."""
    standard = np.clip((features.dense - mean) / deviation, -_CLIP, _CLIP)
    return np.concatenate([standard, features.vectors * VECTOR_GAIN], axis=1, dtype=np.float32)


class RoleNetwork:
    """An ensemble of networks of one shape; the first axis of arrays is the ensemble."""

    def __init__(self, parameters: Parameters) -> None:
        def get(name: str) -> Floats:
            return parameters[f"role_{name}"].astype(np.float32)

        self._narrow = get("narrow")
        kernels = (*get("wide").transpose(1, 0, 2, 3), self._narrow)
        self._kernels = [np.hstack(list(kernel)) for kernel in kernels]
        self._kernel_bias = np.concatenate([*get("wide_bias"), *get("narrow_bias")])
        self._input, self._input_bias = get("input"), get("input_bias")
        self._gates_in, self._gates_in_bias = get("gates_in"), get("gates_in_bias")
        self._gates, self._gates_bias = get("gates"), get("gates_bias")
        self._output, self._output_bias = get("output"), get("output_bias")
        self._mean, self._deviation = get("mean"), get("deviation")

    def probabilities(self, document: Document, features: Features, words: WordTable) -> Floats:
        """Return the role probabilities, (sentences, roles): the mean over the ensemble."""
        dense = inputs(features, self._mean, self._deviation)
        encoded = self._encode(document, words)
        dense = np.broadcast_to(dense, (len(self._input), *dense.shape))
        x = np.concatenate([dense, encoded], axis=2) @ self._input + self._input_bias[:, None]
        x = np.maximum(x, 0)
        hidden = np.concatenate([self._recur(x), x], axis=2)
        logits = hidden @ self._output + self._output_bias[:, None]
        scores = np.exp(logits - logits.max(axis=2, keepdims=True))
        mean: Floats = (scores / scores.sum(axis=2, keepdims=True)).mean(axis=0)
        return mean

    def _encode(self, document: Document, words: WordTable) -> Floats:
        """The max-pooled convolutions of each sentence, (networks, sentences, filters)."""
        count, _, filters = self._narrow.shape
        encoded = np.zeros((count, document.size, 2 * filters), dtype=np.float32)
        for start in range(0, document.size, _ROLE_BLOCK):
            first, end = np.searchsorted(document.sentence, (start, start + _ROLE_BLOCK))
            if first < end:
                rows, hashes = document.sentence[first:end], document.hashes[first:end]
                present, best = self._strongest(rows, hashes, words)
                encoded[:, present] = best
        return encoded

    def _strongest(self, rows: Ints, hashes: Hashes, words: WordTable) -> tuple[Ints, Floats]:
        """The rows of the sentences, and the maximum of each filter over each sentence."""
        count, _, filters = self._narrow.shape
        distinct, inverse = np.unique(hashes, return_inverse=True)
        where, _ = words.weights(distinct)
        vectors = words.vectors[where] * (VECTOR_GAIN * (where >= 0))[:, None].astype(np.float32)
        parts = [(vectors @ kernel)[inverse] for kernel in self._kernels]
        inside = (rows[1:] == rows[:-1])[:, None]
        wide = parts[1]
        wide[1:] += parts[0][:-1] * inside
        wide[:-1] += parts[2][1:] * inside
        values = np.concatenate([wide, parts[3]], axis=1) + self._kernel_bias
        values *= (where >= 0)[inverse][:, None]
        starts = np.flatnonzero(begins(rows))
        best = np.maximum(reduce_runs(np.maximum, values, starts), 0)
        best = best.reshape(len(starts), 2, count, filters).transpose(2, 0, 1, 3)
        return rows[starts], best.reshape(count, len(starts), 2 * filters)

    def _recur(self, x: Floats) -> Floats:
        """The hidden states of both directions, (networks, sentences, 2 * units)."""
        count, size, _ = x.shape
        both = np.stack([x, x[:, ::-1]], axis=1).reshape(2 * count, size, -1)
        gates = both @ self._gates_in + self._gates_in_bias[:, None]
        units = gates.shape[2] // 3
        state = np.zeros((2 * count, 1, units), dtype=np.float32)
        states = np.empty((size, 2 * count, units), dtype=np.float32)
        bias = self._gates_bias[:, None]
        for step in range(size):
            state = _gru_step(gates[:, step : step + 1], state @ self._gates + bias, state, units)
            states[step] = state[:, 0]
        paired = states.transpose(1, 0, 2).reshape(count, 2, size, units)
        return np.concatenate([paired[:, 0], paired[:, 1, ::-1]], axis=2)


def _gru_step(gates: Floats, recurrent: Floats, state: Floats, units: int) -> Floats:
    both = 1 / (1 + np.exp(-(gates[..., : 2 * units] + recurrent[..., : 2 * units])))
    reset, keep = both[..., :units], both[..., units:]
    new = np.tanh(gates[..., 2 * units :] + reset * recurrent[..., 2 * units :])
    updated: Floats = new + keep * (state - new)
    return updated


ROLES = tuple(Role)
_MAIN = ROLES.index(Role.MAIN_EVENT)
_NONE = ROLES.index(Role.NONE)


class RoleModel:
    """Predicts probabilities of the nine roles. Parameters are loaded on first use."""

    def __init__(self, path: Path = PATH) -> None:
        self._path = path

    def predict(self, article: Article) -> Floats:
        """Return probabilities (sentences, 9) in the order of ``Role``; titles are main events."""
        body = document(article)
        probabilities = np.zeros((len(article.sentences), len(ROLES)), dtype=np.float32)
        probabilities[:, _MAIN] = 1
        if body.size:
            probabilities[list(body.indices)] = self.body(body, self.describe(body))
        return probabilities

    def describe(self, found: Document) -> Features:
        """Return the features of a document that has at least one body sentence."""
        return features(found, self._words)

    def body(self, found: Document, described: Features) -> Floats:
        """Return role probabilities of the body sentences; boilerplate is always ``Role.NONE``."""
        linear = smooth(self._ngrams.probabilities(found, described), self._transitions)
        networks = self._network.probabilities(found, described, self._words)
        probabilities: Floats = (linear + networks) * np.float32(0.5)
        probabilities[described.boilerplate] = np.eye(len(ROLES), dtype=np.float32)[_NONE]
        return probabilities

    @cached_property
    def _words(self) -> WordTable:
        return word_table(load_parameters(self._path))

    @cached_property
    def _network(self) -> RoleNetwork:
        return RoleNetwork(load_parameters(self._path))

    @cached_property
    def _ngrams(self) -> NgramModel:
        return NgramModel(load_parameters(self._path))

    @cached_property
    def _transitions(self) -> Floats:
        return load_parameters(self._path)["chain"].astype(np.float32)


_BLOCK = 512
NEWS_AMONG = 20
"""The number of first sentences that are scored as the news of the article."""
_COMPARED = (
    *("length", "mass", "central", "like_all", "like_title", "like_lead"),
    *("in_title", "in_lead", "inner_capitals", "quoted", "seen", "shared"),
)


class Trees:
    """Regression trees as arrays (trees, nodes); the children of a leaf are the leaf itself."""

    def __init__(self, parameters: Parameters, prefix: str = "") -> None:
        self._feature = parameters[f"{prefix}tree_feature"].astype(np.int64)
        self._threshold = parameters[f"{prefix}tree_threshold"].astype(np.float32)
        self._left = parameters[f"{prefix}tree_left"].astype(np.int64)
        self._right = parameters[f"{prefix}tree_right"].astype(np.int64)
        self._value = parameters[f"{prefix}tree_value"].astype(np.float32)
        self._depth = int(parameters[f"{prefix}tree_depth"])

    def predict(self, rows: Floats) -> Floats:
        """Return one score per row of ``rows`` (rows, features)."""
        blocks = [self._block(rows[i : i + _BLOCK]) for i in range(0, len(rows), _BLOCK)]
        return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)

    def _block(self, rows: Floats) -> Floats:
        trees = np.arange(len(self._feature))
        lines = np.arange(len(rows))[:, None]
        node = np.zeros((len(rows), len(trees)), dtype=np.int64)
        for _ in range(self._depth):
            goes_left = rows[lines, self._feature[trees, node]] <= self._threshold[trees, node]
            node = np.where(goes_left, self._left[trees, node], self._right[trees, node])
        total: Floats = self._value[trees, node].sum(axis=1)
        return total


class SalienceModel:
    """Predicts the salience of body sentences, trained on editor-written highlights."""

    def __init__(self, path: Path = PATH) -> None:
        self._path = path

    def both(self, described: Features) -> tuple[Floats, Floats]:
        """Return the salience (0..1) and the news score of each sentence; 0 for boilerplate.

        The news score, about 1 for the news sentence, is trained on titles: the share of a title's
        words that a sentence contains, relative to the article's best. It is 0 after the first
        ``NEWS_AMONG`` sentences.
        """
        inputs = salience_inputs(described)
        news = np.zeros(len(inputs), dtype=np.float32)
        news[:NEWS_AMONG] = self._news.predict(inputs[:NEWS_AMONG])
        return self._scaled(described, inputs), np.where(described.boilerplate, 0, news)

    def _scaled(self, described: Features, inputs: Floats) -> Floats:
        raw = self._trees.predict(inputs)
        low, high = self._range
        scaled = np.clip((raw - low) / (high - low), 0.01, 1)
        return np.where(described.boilerplate, np.float32(0), scaled).astype(np.float32)

    @cached_property
    def _trees(self) -> Trees:
        return Trees(load_parameters(self._path))

    @cached_property
    def _news(self) -> Trees:
        return Trees(load_parameters(self._path), "news_")

    @cached_property
    def _range(self) -> tuple[float, float]:
        low, high = load_parameters(self._path)["salience_range"].astype(np.float32)
        return float(low), float(high)


def salience_inputs(described: Features) -> NDArray[np.float32]:
    """Return the trees' inputs: dense features, and some of them standardised by article."""
    compared = described.dense[:, [described.names.index(name) for name in _COMPARED]]
    spread = compared.std(axis=0) + np.float32(1e-3)
    relative = (compared - compared.mean(axis=0)) / spread
    return np.concatenate([described.dense, relative], axis=1, dtype=np.float32)
