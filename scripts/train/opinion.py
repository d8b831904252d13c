"""Fit the model that tells opinion pieces from reports.

    python -m scripts.train.opinion --data ../shared/data \
        --to briefing/language/data/en/opinion.npz

Learns from newspaper openings that editors filed under opinion or elsewhere; prints, on the dev
split, the area under the curve, and how many of each are over some thresholds. A minute.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from briefing.planning.roles import passage_features
from briefing.reading import sentence_texts
from scripts.train.corpus import read_lines
from scripts.train.language.hashed import matrix, places, store

_SIZE = 1 << 15
_REPORTS = 18_000
"""Openings of reports: four times those of opinion pieces."""


def rows_of(records: Sequence[dict[str, Any]]) -> list[list[int]]:
    """The columns of each opening."""
    return [places(passage_features(sentence_texts(r["text"])), _SIZE) for r in records]


def main() -> None:
    """Fit, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    records = list(read_lines(options.data / "leads_guardian.jsonl.xz"))
    learned = [record for record in records if record["split"] == "train"]
    random.Random(1).shuffle(learned)
    views = [record for record in learned if record["opinion"]]
    learned = views + [record for record in learned if not record["opinion"]][:_REPORTS]
    held = [record for record in records if record["split"] == "dev"]
    truth = np.array([record["opinion"] for record in learned])
    model = LogisticRegression(C=0.02, max_iter=2000)
    model.fit(matrix(rows_of(learned), _SIZE), truth)
    chance = model.predict_proba(matrix(rows_of(held), _SIZE))[:, 1]
    real = np.array([record["opinion"] for record in held])
    print(f"{len(held)} openings, {real.sum()} of opinion: AUC {roc_auc_score(real, chance):.3f}")
    for bound in (0.3, 0.5, 0.7, 0.9):
        over = chance > bound
        print(
            f"over {bound}: {over[real].mean():.2f} of opinion, {over[~real].mean():.3f} of others"
        )
    store(model.coef_[0], float(model.intercept_[0]), options.to)


if __name__ == "__main__":
    main()
