"""The salience trees: what a sentence would add to three lines, against the editors' highlights.

The F1 of a choice of sentences is twice the words it shares with the reference over the words of
both. To first order, one sentence more changes it by ``2 * shared - F1 * length`` over that sum:
what it holds, less what its length costs. The trees regress this worth, of words and of word
pairs, so that they rank by what ROUGE rewards in a set and long sentences earn their length.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from briefing.planning.document import WordTable, document, features
from briefing.planning.roles import salience_inputs
from scripts.train.planner.data import HIGHLIGHTED, Params, highlighted, plain_article
from scripts.train.planner.overlap import Tokeniser, grams, shared

SHORTEST, LONGEST = 5, 60  # sentences of an article: fewer leave no choice, later ones are rare
CHOICE = 60  # words in three lines
LEAST = 0.03  # worth of a line that holds next to nothing
# ROUGE-1 and ROUGE-2 F1 that three good lines reach, by source.
REACHED = {
    "cnndm": (0.33, 0.13),
    "abp": (0.32, 0.10),
    "xsum": (0.22, 0.04),
    "inshorts": (0.45, 0.22),
}


def described(data: Path, words: WordTable) -> Params:
    """Inputs of the training articles' sentences, and what each shares with the highlights.

    ``inputs`` are (sentences, features); ``counts`` (sentences, 6): shared words and pairs, own
    words and pairs, words and pairs of the highlights; ``sizes`` and ``sources`` are the number of
    sentences and the place in ``HIGHLIGHTED`` of each article.
    """
    tokeniser = Tokeniser()
    inputs, counts, sources = [], [], []
    for source, name in enumerate(HIGHLIGHTED):
        for record in highlighted(data, "train", (name,)):
            # Every second title is left out: the planner must work without one.
            title = record["title"] if len(record["text"]) % 2 else None
            found = document(plain_article(title, record["text"]))
            if found.size < SHORTEST:
                continue
            inputs.append(salience_inputs(features(found, words))[:LONGEST])
            counts.append(_counts(found.texts[:LONGEST], record["highlights"], tokeniser))
            sources.append(source)
    return {
        "inputs": np.concatenate(inputs),
        "counts": np.concatenate(counts),
        "sizes": np.array([len(one) for one in counts]),
        "sources": np.array(sources),
    }


def _counts(
    lines: Sequence[str], highlights: Sequence[str], tokeniser: Tokeniser
) -> np.ndarray[Any, Any]:
    reference = grams(tokeniser.tokenize(" ".join(highlights)))
    totals = [part.total() for part in reference]
    rows = []
    for line in lines:
        own = grams(tokeniser.tokenize(line))
        rows.append([*shared(own, reference), *(part.total() for part in own), *totals])
    return np.array(rows, dtype=np.float32)


def worth(counts: np.ndarray[Any, Any], source: str) -> np.ndarray[Any, Any]:
    """What each sentence of one article adds to a choice; the best three have 1 on average."""
    value = np.zeros(len(counts))
    for kind, reached in enumerate(REACHED[source]):
        same, own, total = counts[:, kind], counts[:, 2 + kind], counts[:, 4 + kind]
        value += (2 * same - reached * own) / (CHOICE + total)
    best: float = np.sort(value)[-3:].mean()
    scaled: np.ndarray[Any, Any] = value / max(best, LEAST)
    return scaled


def train_salience(highlights: Params, seed: int) -> Params:
    """Boosted trees from features to worth; every article weighs by the root of its size."""
    sizes, sources = highlights["sizes"], highlights["sources"]
    parts = np.split(highlights["counts"], np.cumsum(sizes)[:-1])
    names = [HIGHLIGHTED[source] for source in sources]
    target = np.concatenate([worth(c, name) for c, name in zip(parts, names, strict=True)])
    weight = np.repeat(1 / np.sqrt(sizes), sizes)
    model = salience_model(seed).fit(highlights["inputs"], target, sample_weight=weight)
    low, high = np.quantile(model.predict(highlights["inputs"]), [0.02, 0.995])
    return exported_trees(model) | {"salience_range": np.array([low, high], dtype=np.float32)}


def salience_model(
    seed: int, *, trees: int = 120, leaves: int = 12, depth: int = 5
) -> HistGradientBoostingRegressor:
    """The regressor, before it is fitted."""
    return HistGradientBoostingRegressor(
        max_iter=trees,
        learning_rate=0.08,
        max_leaf_nodes=leaves,
        max_depth=depth,
        min_samples_leaf=80,
        l2_regularization=5,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )


def exported_trees(model: HistGradientBoostingRegressor) -> Params:
    """Trees as padded arrays; a leaf's children are itself. The baseline goes into one leaf."""
    trees = [stage[0].nodes for stage in model._predictors]
    width = max(map(len, trees))
    shape = (len(trees), width)
    own = np.broadcast_to(np.arange(width, dtype=np.uint8), shape)
    arrays: Params = {
        "tree_feature": np.zeros(shape, np.uint8),
        "tree_threshold": np.zeros(shape, np.float32),
        "tree_left": own.copy(),
        "tree_right": own.copy(),
        "tree_value": np.zeros(shape, np.float32),
        "tree_depth": np.array(max(int(t["depth"].max()) for t in trees)),
    }
    for row, nodes in enumerate(trees):
        inner = np.flatnonzero(~nodes["is_leaf"].astype(bool))
        arrays["tree_feature"][row, inner] = nodes["feature_idx"][inner]
        arrays["tree_threshold"][row, inner] = nodes["num_threshold"][inner]
        arrays["tree_left"][row, inner] = nodes["left"][inner]
        arrays["tree_right"][row, inner] = nodes["right"][inner]
        arrays["tree_value"][row, : len(nodes)] = nodes["value"]
    arrays["tree_value"][0] += float(np.ravel(model._baseline_prediction)[0])
    return arrays
