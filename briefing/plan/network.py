"""The role network in numpy: words -> convolution -> sentence -> recurrent layer -> logits.

A small hierarchical network after Choubey et al. 2020: sentences are encoded from their words
(convolutions of width 1 and 3 over word vectors, the maximum over the sentence) and from dense
features, then read in both directions by gated recurrent units. Several networks, trained from
different seeds, run side by side as one stacked array and their probabilities are averaged.
"""

import numpy as np

from briefing.plan.document import Document, Floats, Hashes, Ints, begins, reduce_runs
from briefing.plan.features import Features
from briefing.plan.parameters import Parameters
from briefing.plan.words import WordTable

_CLIP = 4.0
_BLOCK = 128
VECTOR_GAIN = np.float32(3)


def inputs(features: Features, mean: Floats, deviation: Floats) -> Floats:
    """Standardised dense features beside the sentence vectors: (sentences, inputs)."""
    standard = np.clip((features.dense - mean) / deviation, -_CLIP, _CLIP)
    return np.concatenate([standard, features.vectors * VECTOR_GAIN], axis=1, dtype=np.float32)


class RoleNetwork:
    """An ensemble of networks of one shape; arrays carry the ensemble as first axis."""

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
        """(sentences, roles): the mean over the ensemble of each one's softmax."""
        given = inputs(features, self._mean, self._deviation)
        encoded = self._encode(document, words)
        count = len(self._input)
        given = np.broadcast_to(given, (count, *given.shape))
        x = np.concatenate([given, encoded], axis=2) @ self._input + self._input_bias[:, None]
        x = np.maximum(x, 0)
        hidden = np.concatenate([self._recur(x), x], axis=2)
        logits = hidden @ self._output + self._output_bias[:, None]
        scores = np.exp(logits - logits.max(axis=2, keepdims=True))
        mean: Floats = (scores / scores.sum(axis=2, keepdims=True)).mean(axis=0)
        return mean

    def _encode(self, document: Document, words: WordTable) -> Floats:
        """(networks, sentences, filters): what the convolutions find in each sentence."""
        count, _, filters = self._narrow.shape
        encoded = np.zeros((count, document.size, 2 * filters), dtype=np.float32)
        for start in range(0, document.size, _BLOCK):
            first, end = np.searchsorted(document.sentence, (start, start + _BLOCK))
            if first < end:
                rows, hashes = document.sentence[first:end], document.hashes[first:end]
                present, best = self._strongest(rows, hashes, words)
                encoded[:, present] = best
        return encoded

    def _strongest(self, rows: Ints, hashes: Hashes, words: WordTable) -> tuple[Ints, Floats]:
        """Each filter's strongest response within each sentence, and the sentences' rows."""
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
        """Hidden states of both directions: (networks, sentences, 2 * units)."""
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


def _gru_step(given: Floats, recurrent: Floats, state: Floats, units: int) -> Floats:
    both = 1 / (1 + np.exp(-(given[..., : 2 * units] + recurrent[..., : 2 * units])))
    reset, keep = both[..., :units], both[..., units:]
    new = np.tanh(given[..., 2 * units :] + reset * recurrent[..., 2 * units :])
    updated: Floats = new + keep * (state - new)
    return updated
