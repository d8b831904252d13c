"""Measure the checker on human judgements of faithfulness, beside a word-overlap baseline.

    python scripts/evaluate_checker.py --data DATA

Read the pooled figures with care: the collections differ so much in how many claims are true that
the collection alone (``base_rate``) scores high on them. ``within_auc``, the mean of the AUC inside
each collection, and ``mean_of_collections``, the mean of their balanced accuracies with the bar
that ships, cannot be had that way.
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

from briefing.checking import bundled_verifier, check_text
from briefing.language.tokens import content
from briefing.reading import sentence_texts
from scripts.train.corpus import read_lines

FILE = "faithfulness_dev.jsonl.xz"


def measure(data: Path) -> dict[str, Any]:
    """All figures, 0..1, of the checker and of the baselines, pooled and for every collection.

    ``balanced_accuracy`` is with a bar chosen in five folds, ``verdict_accuracy`` with the bar that
    ships; ``overlap`` is the share of the claim's words that the text holds. ``data`` is the folder
    that holds ``faithfulness_dev.jsonl.xz``.
    """
    rows = list(read_lines(data / FILE))
    labels = np.array([int(row["label"]) for row in rows])
    sources = np.array([row["source"] for row in rows])
    start = time.perf_counter()
    reports = [
        check_text(
            row["claim"], sentence_texts(row["text"]), sentence_texts, bundled_verifier("en")
        )
        for row in rows
    ]
    seconds = time.perf_counter() - start
    scores = np.array([report.score for report in reports])
    verdicts = np.array([report.supported for report in reports])
    rate = np.array([labels[sources == source].mean() for source in sources])
    return {
        "claims": len(rows),
        "seconds": round(seconds, 1),
        "checker": _figures(scores, verdicts, labels, sources),
        "overlap": _figures(_overlap(rows), None, labels, sources),
        "base_rate": folded_accuracy(rate, labels),
    }


def _overlap(rows: Sequence[dict[str, Any]]) -> np.ndarray:
    """The baseline: which share of the claim's content words the text holds."""
    shares = []
    for row in rows:
        known, words = set(content(row["text"])), content(row["claim"])
        shares.append(sum(word in known for word in words) / max(1, len(words)))
    return np.array(shares)


def _figures(
    scores: np.ndarray, verdicts: np.ndarray | None, labels: np.ndarray, sources: np.ndarray
) -> dict[str, Any]:
    """Figures of one system: pooled, for each collection, and their means."""
    collections = {
        name: _one(scores, verdicts, labels, sources == name) for name in sorted(set(sources))
    }
    found = {
        **_one(scores, verdicts, labels, np.ones(len(labels), dtype=bool)),
        "within_auc": float(np.mean([c["auc"] for c in collections.values()])),
        "collections": collections,
    }
    if verdicts is not None:
        found["mean_of_collections"] = float(
            np.mean([c["verdict_accuracy"] for c in collections.values()])
        )
    return found


def _one(
    scores: np.ndarray, verdicts: np.ndarray | None, labels: np.ndarray, mask: np.ndarray
) -> dict[str, float]:
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
