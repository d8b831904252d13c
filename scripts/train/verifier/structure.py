r"""Grow the trees that weigh what becomes of a line's grammar in its evidence.

    python -m scripts.train.verifier.structure measure \
        --labels build/reading/labelled.jsonl --data ../shared/data \
        --to build/verifier/structure.npz
    python -m scripts.train.verifier.structure ship ... --to briefing/checking/structure.npz

``measure`` leaves one item in ten out, as ``scripts.train.verifier.fit`` does, and prints how well
it is told which of its lines follow; ``ship`` learns from all.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from briefing.checking.measures import measured
from briefing.reading import sentence_texts
from scripts.train.files import replacing
from scripts.train.verifier.data import Pair, contrast, weights
from scripts.train.verifier.fit import add_sources, pairs_of, report_kinds

_CHUNK = 1000


def rows_of(pairs: Sequence[Pair]) -> np.ndarray:
    """The measures of each pair, a row a pair."""
    found = []
    for start in range(0, len(pairs), _CHUNK):
        part = pairs[start : start + _CHUNK]
        found.append(measured([(p.line, tuple(sentence_texts(p.evidence))) for p in part]))
    return np.concatenate(found)


def grown(rows: np.ndarray, pairs: Sequence[Pair]) -> HistGradientBoostingClassifier:
    """Trees for these pairs."""
    truth = np.array([pair.follows for pair in pairs])
    model = HistGradientBoostingClassifier(
        max_iter=500,
        learning_rate=0.04,
        max_leaf_nodes=31,
        min_samples_leaf=15,
        max_features=0.3,
        l2_regularization=5.0,
        random_state=1,
    )
    return model.fit(rows, truth, sample_weight=weights(pairs))


def packed(model: Any) -> dict[str, np.ndarray]:
    """The trees as arrays: a row a node; a leaf has feature -1."""
    parts: dict[str, list[np.ndarray]] = {
        name: [] for name in ("feature", "bound", "left", "right", "value")
    }
    roots, size = [], 0
    for (tree,) in model._predictors:
        nodes = tree.nodes
        leaf = nodes["is_leaf"].astype(bool)
        roots.append(size)
        parts["feature"].append(np.where(leaf, -1, nodes["feature_idx"]).astype(np.int16))
        parts["bound"].append(np.where(leaf, 0.0, nodes["num_threshold"]))
        parts["left"].append((nodes["left"] + size).astype(np.int32))
        parts["right"].append((nodes["right"] + size).astype(np.int32))
        parts["value"].append(np.where(leaf, nodes["value"], 0.0).astype(np.float32))
        size += len(nodes)
    base = np.asarray(model._baseline_prediction).reshape(())
    arrays = {name: np.concatenate(rows) for name, rows in parts.items()}
    return {**arrays, "roots": np.array(roots, dtype=np.int32), "base": base}


def main() -> None:
    """Measure, or grow what ships."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stage", choices=("measure", "ship"))
    add_sources(parser, "contrast_dev.jsonl")
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    pairs = pairs_of(options)
    minimal = [p for p in pairs if p.minimal]  # with others it tells these worse
    seen = [p for p in minimal if options.stage == "ship" or not p.held]
    held = [p for p in pairs if p.held]
    dev = list(contrast(options.data / "contrast_dev.jsonl"))
    model = grown(rows_of(seen), seen)
    for name, part in (("held out", held), ("contrast_dev", dev)):
        report_kinds(name, part, model.decision_function(rows_of(part)))
    with replacing(options.to, "wb") as out:
        np.savez_compressed(out, **packed(model))


if __name__ == "__main__":
    main()
