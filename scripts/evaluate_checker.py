"""Measure the checker on human judgements of faithfulness, beside a word-overlap baseline.

    python scripts/evaluate_checker.py --data ../shared/data

Balanced accuracy uses a threshold chosen on the other four of five folds; AUC needs none. Both are
printed over all and for each collection. Read the pooled figures with care: the collections differ
so much in how many claims are true that the collection alone (row "base rate") scores high on them,
and a learned model can tell collections apart. "within" is the mean AUC inside collections, and
"unseen" the same for a model that never saw the collection; these cannot be had that way.
"""

import argparse
import json
import lzma
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from syntok import segmenter

from briefing.check.align import Aligner
from briefing.check.claims import check_sentence
from briefing.check.words import content


def split(text: str) -> list[str]:
    """Sentences of ``text``."""
    found = []
    for paragraph in text.split("\n"):
        for block in segmenter.analyze(paragraph):
            for sentence in block:
                line = "".join(token.spacing + token.value for token in sentence).strip()
                if line:
                    found.append(line)
    return found


def describe(row: dict[str, Any]) -> dict[str, float]:
    """Baseline, our score, and the features of the sentences: mean, and the worst one."""
    sentences = split(row["text"])
    aligner = Aligner(sentences)
    verdicts = [check_sentence(line, sentences, aligner)[0] for line in split(row["claim"])]
    verdicts = [v for v in verdicts if v.features] or verdicts
    known, words = set(content(row["text"])), content(row["claim"])
    scores = [v.score for v in verdicts] or [0.0]
    found = {
        "baseline": sum(w in known for w in words) / max(1, len(words)),
        "score": 0.5 * min(scores) + 0.5 * float(np.mean(scores)),
        "refused": float(any(not v.supported for v in verdicts)),
        "lines": float(len(verdicts)),
    }
    for name in sorted({n for v in verdicts for n in v.features}):
        values = [v.features.get(name, 0.0) for v in verdicts]
        found[f"mean {name}"] = float(np.mean(values))
        worst = min if name in ("coverage", "order", "pairs") else max
        found[f"worst {name}"] = float(worst(values))
    return found


def learned(rows: list[dict[str, float]], labels: np.ndarray) -> np.ndarray:
    """Out-of-fold probability of a logistic regression on the features."""
    names = sorted({n for row in rows for n in row} - {"refused"})
    matrix = np.array([[row.get(n, 0.0) for n in names] for row in rows])
    found = np.zeros(len(rows))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=1).split(matrix, labels):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
        found[test] = model.fit(matrix[train], labels[train]).predict_proba(matrix[test])[:, 1]
    return found


def unseen(rows: list[dict[str, float]], labels: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Probability from a regression trained on the other collections only."""
    names = sorted({n for row in rows for n in row} - {"refused"})
    matrix = np.array([[row.get(n, 0.0) for n in names] for row in rows])
    found = np.zeros(len(rows))
    for source in set(sources):
        test = sources == source
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
        found[test] = model.fit(matrix[~test], labels[~test]).predict_proba(matrix[test])[:, 1]
    return found


def within(scores: np.ndarray, labels: np.ndarray, sources: np.ndarray) -> float:
    """Mean over the collections of the AUC inside each."""
    masks = [sources == source for source in sorted(set(sources))]
    return float(np.mean([roc_auc_score(labels[mask], scores[mask]) for mask in masks]))


def folded_accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
    """Balanced accuracy, the threshold of each fold chosen on the others."""
    guess = np.zeros(len(labels), dtype=int)
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(scores, labels):
        bars = np.unique(np.quantile(scores[train], np.linspace(0, 1, 101)))
        best = max(bars, key=lambda b: balanced_accuracy_score(labels[train], scores[train] >= b))
        guess[test] = scores[test] >= best
    return float(balanced_accuracy_score(labels, guess))


def main() -> None:
    """Read, check, print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    with lzma.open(options.data / "faithfulness_dev.jsonl.xz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    start = time.perf_counter()
    described = [describe(row) for row in rows]
    seconds = time.perf_counter() - start
    labels = np.array([int(row["label"]) for row in rows])
    sources = np.array([row["source"] for row in rows])
    systems = {
        "overlap": np.array([d["baseline"] for d in described]),
        "score": np.array([d["score"] for d in described]),
        "learned": learned(described, labels),
    }
    print(f"{len(rows)} claims in {seconds:.1f} s")
    print(f"{'':18}{'n':>6}" + "".join(f"{name + ' BA/AUC':>20}" for name in systems))
    for source in ["all", *sorted(set(sources))]:
        mask = np.ones(len(rows), dtype=bool) if source == "all" else sources == source
        cells = [
            f"{folded_accuracy(scores[mask], labels[mask]):.3f}/"
            f"{roc_auc_score(labels[mask], scores[mask]):.3f}"
            for scores in systems.values()
        ]
        print(f"{source:18}{mask.sum():>6}" + "".join(f"{cell:>20}" for cell in cells))
    rate = np.array([labels[sources == source].mean() for source in sources])
    print(f"base rate, all: {folded_accuracy(rate, labels):.3f}/{roc_auc_score(labels, rate):.3f}")
    inside = {**systems, "learned, unseen": unseen(described, labels, sources)}
    for name, scores in inside.items():
        print(f"within, {name}: {within(scores, labels, sources):.3f}")
    refused = np.array([d["refused"] for d in described])
    print(f"as shipped (supported or not): {balanced_accuracy_score(labels, refused < 1):.3f}")


if __name__ == "__main__":
    main()
