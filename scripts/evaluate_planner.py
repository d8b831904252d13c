"""Measure the planner: sentence roles, context share, salience against lead-3, and speed.

python scripts/evaluate_planner.py --data DATA
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from sklearn.metrics import f1_score

from briefing.article import Article
from briefing.brief import CONTEXT_ROLES, Role
from briefing.plan import Planner, RoleModel
from scripts.train.corpus import read_lines
from scripts.train.planner import LABELS, highlighted, labelled_article, plain_article

SOURCES = ("cnndm", "abp", "xsum", "inshorts")
KINDS = ("rouge1", "rouge2", "rougeLsum")


def roles(data: Path) -> None:
    """Print F1 a role and the share of the three most context-like sentences that are."""
    model = RoleModel()
    truth: list[int] = []
    guessed: list[int] = []
    hits: list[bool] = []
    context = [i for i, role in enumerate(Role) if role in CONTEXT_ROLES]
    for record in read_lines(data / "discourse_validation.jsonl.xz"):
        article = labelled_article(record)
        probable = model.predict(article)[-len(record["sentences"]) :]
        labels = [LABELS[s["role"]] for s in record["sentences"]]
        truth += labels
        guessed += probable.argmax(axis=1).tolist()
        top = np.argsort(-probable[:, context].sum(axis=1))[:3]
        hits += [labels[i] in context for i in top]
    each = f1_score(truth, guessed, average=None, labels=range(len(Role)))
    for role, value in zip(Role, each, strict=True):
        print(f"  {role.value:18} F1 {100 * value:5.1f}")
    for average in ("macro", "micro"):
        print(f"roles {average} F1 {100 * f1_score(truth, guessed, average=average):.1f}")
    print(f"context@3 {100 * mean(hits):.1f} % of {len(hits)}")


def salience(data: Path, split: str, limit: int) -> None:
    """Print ROUGE F1 of the three most salient sentences and of the first three, by source."""
    planner, scorer = Planner(), RougeScorer(KINDS, use_stemmer=True)
    for source in (*SOURCES, SOURCES[:2]):
        chosen = (source,) if isinstance(source, str) else source
        records = list(highlighted(data, split, chosen))[:limit]
        scores: dict[str, list[dict[str, float]]] = {"planner": [], "lead": []}
        recall: dict[str, list[float]] = {"planner": [], "lead": []}
        for record in records:
            article = plain_article(record["title"], record["text"])
            body = [i for i, s in enumerate(article.sentences) if s.part == "body"]
            if len(body) < 4:
                continue
            found = planner.plan(article).salience
            top = sorted(sorted(body, key=lambda i: -found[i])[:3])
            oracle = _oracle(article, body, record["highlights"], scorer)
            for name, picked in (("planner", top), ("lead", body[:3])):
                scores[name].append(_rouge(article, picked, record["highlights"], scorer))
                if oracle:
                    recall[name].append(len(oracle & set(picked)) / len(oracle))
        print(f"salience, {'+'.join(chosen)} ({len(scores['lead'])} articles)")
        for name, values in scores.items():
            if values:
                numbers = " ".join(f"{k} {100 * mean(v[k] for v in values):.2f}" for k in KINDS)
                print(f"  {name:8} {numbers} recall@3 {100 * mean(recall[name]):.1f}")


def _rouge(
    article: Article, picked: Sequence[int], highlights: list[str], scorer: RougeScorer
) -> dict[str, float]:
    text = "\n".join(article.texts(tuple(picked)))
    return {k: v.fmeasure for k, v in scorer.score("\n".join(highlights), text).items()}


def _oracle(
    article: Article, body: list[int], highlights: list[str], scorer: RougeScorer
) -> set[int]:
    """Up to three of the first forty sentences, chosen greedily by ROUGE-1 + ROUGE-2."""
    picked: list[int] = []
    best = 0.0
    while len(picked) < 3:
        gains = {}
        for index in (i for i in body[:40] if i not in picked):
            scores = _rouge(article, sorted([*picked, index]), highlights, scorer)
            gains[index] = scores["rouge1"] + scores["rouge2"]
        winner = max(gains, key=gains.__getitem__, default=None)
        if winner is None or gains[winner] <= best:
            break
        picked.append(winner)
        best = gains[winner]
    return set(picked)


def speed(data: Path) -> None:
    """Print milliseconds an article, whole plan, on the validation articles."""
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
    rate = 600 * sum(times) / sum(words)
    print(f"speed: median {median(times):.1f} ms an article ({median(words):.0f} words), ", end="")
    print(f"{rate:.1f} ms for 600 words (CPU time)")


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the evaluation data")
    parser.add_argument("--split", default="dev", choices=("train", "dev"))
    parser.add_argument("--limit", type=int, default=1000, help="articles a source at most")
    options = parser.parse_args()
    roles(options.data)
    salience(options.data, options.split, options.limit)
    speed(options.data)


if __name__ == "__main__":
    main()
