"""Inference of small bundled models: boosted trees, hashed logistic models, a BERT encoder.

The trees are gradient boosted (Friedman 2001). A hashed model indexes its 8-bit weights by the CRC
of the feature name (Weinberger et al. 2009, "Feature hashing for large scale multitask learning").
The encoder has BERT's architecture and runs in int8 on CTranslate2; it returns a vector per token.
What has threads of its own is made anew in a forked process.
"""

import math
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from briefing.errors import ModelError


class Forest:
    """A gradient-boosted ensemble, fitted by scikit-learn; all trees are evaluated in parallel."""

    def __init__(self, path: Path) -> None:
        """Load the trees from an ``.npz`` file.

        Raises:
            ModelError: the file is missing or invalid.
        """
        try:
            with np.load(path) as arrays:
                self._roots = arrays["roots"].astype(np.int64)
                self._feature = arrays["feature"].astype(np.int64)
                self._bound = arrays["bound"]
                self._left = arrays["left"].astype(np.int64)
                self._right = arrays["right"].astype(np.int64)
                self._value = arrays["value"]
                self._base = float(arrays["base"])
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"the trees in {path} cannot be loaded: {error}") from error

    def odds(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds (rows,) of ``rows`` of features (rows, features)."""
        nodes = np.broadcast_to(self._roots, (len(rows), len(self._roots))).copy()
        while True:
            feature = self._feature[nodes]
            inner = feature >= 0
            if not inner.any():
                odds: NDArray[np.float64] = self._base + self._value[nodes].sum(1)
                return odds
            values = np.take_along_axis(rows, np.maximum(feature, 0), axis=1)
            child = np.where(values <= self._bound[nodes], self._left[nodes], self._right[nodes])
            nodes = np.where(inner, child, nodes)


_MAX_ODDS = 30.0
"""Log-odds are clipped here, where the probability is practically 0 or 1."""


def logistic(odds: float) -> float:
    """Return the probability, 0..1, of log-odds."""
    return 1 / (1 + math.exp(-max(-_MAX_ODDS, min(_MAX_ODDS, odds))))


class HashedModel:
    """A logistic model over hashed features; the number of weights is a power of two."""

    def __init__(self, weights: list[float], bias: float) -> None:
        self._weights = weights
        self._bias = bias

    def probability(self, names: Iterable[str]) -> float:
        """Return the probability of the positive class, given the names of the features."""
        return logistic(self.odds(names))

    def odds(self, names: Iterable[str]) -> float:
        """Return the log-odds of the positive class, given the names of the features."""
        size = len(self._weights)
        places = {feature_place(name, size) for name in names}
        return self._bias + sum(self._weights[place] for place in places)


@lru_cache(maxsize=1 << 16)
def feature_place(name: str, size: int) -> int:
    """Return the index of a feature among ``size`` weights, a power of two."""
    return zlib.crc32(name.encode()) & (size - 1)


@cache
def hashed_model(name: str, language: str) -> HashedModel:
    """Load a bundled model of a language."""
    path = resources.files("briefing.language") / "data" / language / f"{name}.npz"
    with path.open("rb") as file, np.load(file) as arrays:
        weights = arrays["weights"].astype(np.float32) * float(arrays["scale"])
        return HashedModel(weights.tolist(), float(arrays["bias"]))


_BATCH = 12
"""Batch size. More overflow a core's cache: 3.5 ms a line of 30 pieces instead of 2.3 ms."""
_INTER_THREADS = 3
"""Concurrent calls, each on its own core: three stages use the encoder at the same time."""

_Text = str | tuple[str, str]
"""A text, or a pair of texts encoded as one sequence."""


class Read(NamedTuple):
    """A batch of encoded texts.

    ``at`` are the indices of the texts, ``states`` the hidden states (texts, pieces, width),
    ``pieces`` the attention mask and ``second`` the mask of a pair's second text (texts, pieces).
    """

    at: list[int]
    states: NDArray[np.float32]
    pieces: NDArray[np.bool_]
    second: NDArray[np.bool_]


_Native = TypeVar("_Native")
_left_behind: list[object] = []
"""Objects made before a fork. Their threads are the parent's, and freeing them waits for these."""


class PerProcess(Generic[_Native]):
    """An object with threads of its own, which a forked process lacks: it makes another."""

    def __init__(self, make: Callable[[], _Native]) -> None:
        self._make = make
        self._made, self._process = make(), os.getpid()

    def get(self) -> _Native:
        """Return the object of this process."""
        if self._process != os.getpid():
            _left_behind.append(self._made)
            self._made, self._process = self._make(), os.getpid()
        return self._made


class Encoder:
    """A BERT encoder and its tokenizer. Thread-safe."""

    def __init__(self, folder: Path, most: int) -> None:
        """Load the encoder from a folder; inputs are truncated to ``most`` pieces, longest first.

        Raises:
            ModelError: the folder is not a valid model.
        """
        import ctranslate2
        from tokenizers import Tokenizer

        try:
            self._encoder = PerProcess(
                lambda: ctranslate2.Encoder(
                    str(folder / "ctranslate2"),
                    compute_type="int8",
                    inter_threads=_INTER_THREADS,
                    intra_threads=1,
                )
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # the libraries document no exceptions
            raise ModelError(f"the encoder in {folder} cannot be loaded: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(most, strategy="longest_first")

    def read(self, texts: Sequence[_Text]) -> Iterator[Read]:
        """Encode texts in batches of similar length."""
        encodings = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(encodings)), key=lambda i: len(encodings[i].ids))
        for start in range(0, len(order), _BATCH):
            at = order[start : start + _BATCH]
            yield self._states(at, [(encodings[i].ids, encodings[i].type_ids) for i in at])

    def count(self, text: str) -> int:
        """Return how many pieces a text has, with the marks around it, up to the limit."""
        return len(self._tokenizer.encode(text).ids)

    def _states(self, at: list[int], rows: Sequence[tuple[list[int], list[int]]]) -> Read:
        import ctranslate2

        lengths = np.array([len(ids) for ids, _ in rows], dtype=np.int32)
        table = np.zeros((len(rows), int(lengths.max())), dtype=np.int32)
        kinds = np.zeros_like(table)
        for row, kind, (ids, types) in zip(table, kinds, rows, strict=True):
            row[: len(ids)] = ids
            kind[: len(ids)] = types
        output = self._encoder.get().forward_batch(
            ctranslate2.StorageView.from_array(table),
            lengths=ctranslate2.StorageView.from_array(lengths),
            token_type_ids=kinds.tolist(),
        )
        states = np.array(output.last_hidden_state, dtype=np.float32)
        pieces = np.arange(table.shape[1]) < lengths[:, None]
        return Read(at, states, pieces, pieces & (kinds == 1))
