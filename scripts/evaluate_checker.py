"""Measure the checker on human judgements of faithfulness, beside a word-overlap baseline.

    python scripts/evaluate_checker.py --data DATA

Read the pooled figures with care: the collections differ so much in how many claims are true that
the collection alone (``base_rate``) scores high on them, and a learned model can tell collections
apart. ``within_auc``, the mean of the AUC inside each collection, cannot be had that way.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from briefing.check.judgement import BAR, judgement
from briefing.language.tokens import content
from scripts.train.checker import FILE, Examples, folds, judge, read_examples, unseen
from scripts.train.corpus import read_lines


def measure(data: Path) -> dict[str, Any]:
    """All figures, 0..1, of each system, pooled and for every collection.

    ``checker``: what ``briefing check`` says, whose weights were fitted on these very claims;
    ``cross_validated``: the same with weights fitted on other articles' claims; ``unseen``: on
    other collections' claims; ``overlap``: the share of the claim's words that the text holds.
    ``data`` is the folder that holds ``faithfulness_dev.jsonl.xz``.
    """
    rows = list(read_lines(data / FILE))
    start = time.perf_counter()
    examples = read_examples(data)
    seconds = time.perf_counter() - start
    labels, sources = examples.labels, examples.sources
    rate = np.array([labels[sources == source].mean() for source in sources])
    systems = {
        "checker": judge(judgement(), examples),
        "cross_validated": folds(examples),
        "unseen": unseen(examples),
    }
    return {
        "claims": len(rows),
        "seconds": round(seconds, 1),
        **{name: _figures(scores, scores >= BAR, examples) for name, scores in systems.items()},
        "overlap": _figures(_overlap(rows), None, examples),
        "base_rate": folded_accuracy(rate, labels),
    }


def _overlap(rows: Sequence[dict[str, Any]]) -> np.ndarray:
    """The baseline: which share of the claim's content words the text holds."""
    shares = []
    for row in rows:
        known, words = set(content(row["text"])), content(row["claim"])
        shares.append(sum(word in known for word in words) / max(1, len(words)))
    return np.array(shares)


def _figures(scores: np.ndarray, verdicts: np.ndarray | None, examples: Examples) -> dict[str, Any]:
    """Figures of one system: pooled, for each collection, and their mean AUC."""
    labels, sources = examples.labels, examples.sources
    names = sorted(set(sources))
    collections = {name: _one(scores, verdicts, labels, sources == name) for name in names}
    return {
        **_one(scores, verdicts, labels, np.ones(len(labels), dtype=bool)),
        "within_auc": float(np.mean([c["auc"] for c in collections.values()])),
        "collections": collections,
    }


def _one(
    scores: np.ndarray, verdicts: np.ndarray | None, labels: np.ndarray, mask: np.ndarray
) -> dict[str, float]:
    """``balanced_accuracy`` (folded bar), ``auc`` and, with verdicts, ``verdict_accuracy``."""
    found = {
        "claims": int(mask.sum()),
        "balanced_accuracy": folded_accuracy(scores[mask], labels[mask]),
        "auc": float(roc_auc_score(labels[mask], scores[mask])),
    }
    if verdicts is not None:
        found["verdict_accuracy"] = float(balanced_accuracy_score(labels[mask], verdicts[mask]))
    return found


def folded_accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
    """Balanced accuracy, the bar of each of five folds chosen on the others."""
    guess = np.zeros(len(labels), dtype=int)
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(scores, labels):
        bars = np.unique(np.quantile(scores[train], np.linspace(0, 1, 101)))
        best = max(bars, key=lambda b: balanced_accuracy_score(labels[train], scores[train] >= b))
        guess[test] = scores[test] >= best
    return float(balanced_accuracy_score(labels, guess))


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    print(json.dumps(measure(parser.parse_args().data), indent=1))


if __name__ == "__main__":
    main()
