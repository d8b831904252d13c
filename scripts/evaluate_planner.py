"""Measure the planner: sentence roles, context share, salience against lead-3, and speed.

python scripts/evaluate_planner.py --data DATA
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from sklearn.metrics import f1_score

from briefing.planning import Planner, RoleModel
from briefing.sections import SECTIONS, Role, Section
from scripts.train.corpus import read_lines
from scripts.train.planner.data import (
    HIGHLIGHTED,
    LABELS,
    highlighted,
    labelled_article,
    plain_article,
)
from scripts.train.planner.overlap import Tokeniser, oracle

KINDS = ("rouge1", "rouge2", "rougeLsum")
LINES = 3


def measure(data: Path, split: str = "dev", limit: int = 1000) -> dict[str, Any]:
    """All figures, in percent: ``roles``, ``context_at_3``, ``salience`` and ``speed``.

    ``data`` is the folder of evaluation data; at most ``limit`` articles a source are read.
    """
    return {**roles(data), "salience": salience(data, split, limit), "speed": speed(data)}


def roles(data: Path) -> dict[str, Any]:
    """F1 of the roles, and how many of the three most context-like sentences are context."""
    model = RoleModel()
    truth: list[int] = []
    guessed: list[int] = []
    hits: list[bool] = []
    context = [i for i, role in enumerate(Role) if role in SECTIONS[Section.CONTEXT].roles]
    for record in read_lines(data / "discourse_validation.jsonl.xz"):
        probable = model.predict(labelled_article(record))[-len(record["sentences"]) :]
        labels = [LABELS[s["role"]] for s in record["sentences"]]
        truth += labels
        guessed += probable.argmax(axis=1).tolist()
        top = np.argsort(-probable[:, context].sum(axis=1))[:LINES]
        hits += [labels[i] in context for i in top]
    each = f1_score(truth, guessed, average=None, labels=range(len(Role)))
    found: dict[str, Any] = {
        average: 100 * float(f1_score(truth, guessed, average=average))
        for average in ("macro", "micro")
    }
    found["by_role"] = {r.value: 100 * float(f) for r, f in zip(Role, each, strict=True)}
    return {"roles": found, "context_at_3": 100 * mean(hits)}


def salience(data: Path, split: str, limit: int) -> dict[str, Any]:
    """By source: ROUGE F1 and recall of the oracle's sentences, of the planner and of lead-3."""
    planner, tokeniser = Planner(), Tokeniser()
    scorer = RougeScorer(KINDS, tokenizer=tokeniser)
    sources: dict[str, Any] = {}
    for source in HIGHLIGHTED:
        found: dict[str, list[dict[str, float]]] = {"planner": [], "lead": []}
        for record in list(highlighted(data, split, (source,)))[:limit]:
            article = plain_article(record["title"], record["text"])
            body = [i for i, s in enumerate(article.sentences) if s.part == "body"]
            if len(body) <= LINES:
                continue
            salient = planner.plan(article).salience
            texts = article.texts(tuple(body))
            best = oracle(texts, record["highlights"], tokeniser)
            top = sorted(range(len(body)), key=lambda row: -salient[body[row]])[:LINES]
            for name, rows in (("planner", sorted(top)), ("lead", list(range(LINES)))):
                found[name].append(_scores([texts[r] for r in rows], record["highlights"], scorer))
                if best:
                    found[name][-1]["recall_at_3"] = len(best & set(rows)) / len(best)
        sources[source] = {"articles": len(found["lead"])}
        sources[source] |= {name: _means(values) for name, values in found.items()}
    return sources


def _scores(
    lines: Sequence[str], highlights: Sequence[str], scorer: RougeScorer
) -> dict[str, float]:
    scores = scorer.score("\n".join(highlights), "\n".join(lines))
    return {kind: score.fmeasure for kind, score in scores.items()}


def _means(values: list[dict[str, float]]) -> dict[str, float]:
    total: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for value in values:
        total.update(value)
        count.update(value.keys())
    return {name: 100 * total[name] / count[name] for name in total}


def speed(data: Path) -> dict[str, float]:
    """CPU milliseconds of a whole plan: the median article, and for 600 words."""
    planner = Planner()
    articles = [
        labelled_article(record) for record in read_lines(data / "discourse_validation.jsonl.xz")
    ]
    planner.plan(articles[0])
    words, times = [], []
    for article in articles:
        start = time.thread_time()
        planner.plan(article)
        times.append(1000 * (time.thread_time() - start))
        words.append(sum(len(s.text.split()) for s in article.sentences))
    return {"median_ms": median(times), "ms_for_600_words": 600 * sum(times) / sum(words)}


def main() -> None:
    """Measure everything and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the evaluation data")
    parser.add_argument("--split", default="dev", choices=("train", "dev"))
    parser.add_argument("--limit", type=int, default=1000, help="articles a source at most")
    options = parser.parse_args()
    found = measure(options.data, options.split, options.limit)
    print(json.dumps(found, indent=1, default=float))


if __name__ == "__main__":
    main()
