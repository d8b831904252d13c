"""Learn which signs of reference the first sentences of articles lack.

    python -m scripts.train.language.reference --records build/train/train/records.jsonl \
        --to briefing/language/data/en/reference.npz

First sentences against later ones of the same articles; prints AUC on every tenth article.
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from briefing.language.reference import SIZE, features
from briefing.language.spacy_parser import SpacyParser
from scripts.train.corpus import read_records
from scripts.train.language.hashed import matrix, places, store

_LATER = range(3, 12)
_STRENGTH = 0.1


def sentences(records: Path, most: int) -> Iterator[tuple[str, bool, int]]:
    """(sentence, first?, article): one first and two later sentences of each article."""
    rng = random.Random(2)
    rows = [r for r in read_records(records) if not r.source.startswith(("scitldr", "senate"))]
    rng.shuffle(rows)
    for number, record in enumerate(rows[:most]):
        usable = [s for s in record.sentences if 6 <= len(s.split()) <= 45]
        if len(usable) < 6 or usable[0] != record.sentences[0]:
            continue
        yield usable[0], True, number
        later = [usable[at] for at in _LATER if at < len(usable)]
        for text in rng.sample(later, min(2, len(later))):
            yield text, False, number


def main() -> None:
    """Parse, fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--articles", type=int, default=40_000)
    options = parser.parse_args()
    texts, first, article = zip(*sentences(options.records, options.articles), strict=True)
    spacy, rows = SpacyParser(), []
    for start in range(0, len(texts), 2048):
        rows += [
            places(features(parse), SIZE) for parse in spacy.parse(texts[start : start + 2048])
        ]
    table = matrix(rows, SIZE)
    truth, held = np.array(first), np.array(article) % 10 == 0

    def fit(chosen: np.ndarray) -> LogisticRegression:
        model = LogisticRegression(C=_STRENGTH, max_iter=400, class_weight="balanced")
        return model.fit(table[chosen], truth[chosen])

    chance = fit(~held).predict_proba(table[held])[:, 1]
    print(len(texts), "sentences, AUC", round(roc_auc_score(truth[held], chance), 4))
    model = fit(np.ones(len(texts), dtype=bool))
    store(model.coef_[0], float(model.intercept_[0]), options.to)


if __name__ == "__main__":
    main()
