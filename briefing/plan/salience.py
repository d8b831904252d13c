"""How much of what an editor would highlight a sentence holds: boosted trees in numpy."""

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from briefing.plan.document import Floats
from briefing.plan.features import Features
from briefing.plan.parameters import PATH, Parameters, load

_BLOCK = 512
NEWS_AMONG = 20
"""First sentences of an article, of which one is its news."""
_COMPARED = (
    *("length", "mass", "central", "like_all", "like_title", "like_lead"),
    *("in_title", "in_lead", "inner_capitals", "quoted", "seen", "shared"),
)


class Trees:
    """Regression trees as parallel arrays: (trees, nodes); a leaf's children are itself."""

    def __init__(self, parameters: Parameters, prefix: str = "") -> None:
        self._feature = parameters[f"{prefix}tree_feature"].astype(np.int64)
        self._threshold = parameters[f"{prefix}tree_threshold"].astype(np.float32)
        self._left = parameters[f"{prefix}tree_left"].astype(np.int64)
        self._right = parameters[f"{prefix}tree_right"].astype(np.int64)
        self._value = parameters[f"{prefix}tree_value"].astype(np.float32)
        self._depth = int(parameters[f"{prefix}tree_depth"])

    def predict(self, rows: Floats) -> Floats:
        """One score a row of ``rows`` (rows, features)."""
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
    """Salience of body sentences in 0..1, trained on editor-written highlights."""

    def __init__(self, path: Path = PATH) -> None:
        self._path = path

    def predict(self, described: Features) -> Floats:
        """One value in 0..1 a sentence; furniture is 0."""
        return self.both(described)[0]

    def both(self, described: Features) -> tuple[Floats, Floats]:
        """Salience, and how likely each sentence is the news: about 1 for the one that is.

        The second is learned from titles: the share of a title's words that a sentence holds,
        against the article's best. Only the first sentences are asked; later ones are 0.
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
        return Trees(load(self._path))

    @cached_property
    def _news(self) -> Trees:
        return Trees(load(self._path), "news_")

    @cached_property
    def _range(self) -> tuple[float, float]:
        low, high = load(self._path)["salience_range"].astype(np.float32)
        return float(low), float(high)


def salience_inputs(described: Features) -> NDArray[np.float32]:
    """What the trees see: dense features, and some of them against the article's own mean."""
    compared = described.dense[:, [described.names.index(name) for name in _COMPARED]]
    spread = compared.std(axis=0) + np.float32(1e-3)
    relative = (compared - compared.mean(axis=0)) / spread
    return np.concatenate([described.dense, relative], axis=1, dtype=np.float32)
