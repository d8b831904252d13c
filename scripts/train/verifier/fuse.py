"""Fit the weights that make a chance of the verifier's odds and the other signals.

    python -m scripts.train.verifier.fuse --verifier build/verifier/measured \
        --structure build/verifier/structure.npz --labels build/reading/labelled.jsonl \
        --data ../shared/data --to briefing/checking/fusion.json

Verifier and trees must be those that ``measure`` made: the pairs that they did not see are what the
weights are fitted on (logistic regression; true and false lines, and each kind of pair, weigh the
same), so that 0.5 is where a line is as likely true as not. Prints what each signal is worth.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from briefing.checking.evidence import evidence_text
from briefing.checking.judge import SIGNALS, EncoderVerifier, covered_share, signals
from briefing.language.facts import read_line
from briefing.learned import Forest
from briefing.reading import sentence_texts
from scripts.train.files import file_of, model_folder, replacing
from scripts.train.verifier.data import Pair
from scripts.train.verifier.fit import add_sources, pairs_of
from scripts.train.verifier.structure import rows_of


def signals_of(pairs: list[Pair], folder: Path, trees: Path) -> np.ndarray:
    """The signals of each pair, a row a pair, by the verifier in ``folder`` and the ``trees``."""
    shapes = Forest(trees).odds(rows_of(pairs))
    odds = EncoderVerifier(folder).odds([(pair.evidence, pair.line) for pair in pairs])
    rows = []
    for pair, value, shape in zip(pairs, odds, shapes, strict=True):
        line, source = read_line(pair.line), evidence_text(tuple(sentence_texts(pair.evidence)))
        found = signals(line, source, covered_share(line, source), value, float(shape), "en")
        rows.append([found[name] for name in SIGNALS])
    return np.array(rows)


def balanced(pairs: list[Pair]) -> np.ndarray:
    """The weight of each pair: a kind weighs as the root of its size, its two labels the same."""
    kinds = ["contrast" if pair.minimal else pair.kind for pair in pairs]
    sizes = Counter(kinds)
    cells = Counter(zip(kinds, (pair.follows for pair in pairs), strict=True))
    found = np.array(
        [
            sizes[kind] ** 0.5 / cells[kind, pair.follows]
            for kind, pair in zip(kinds, pairs, strict=True)
        ]
    )
    return found * len(pairs) / found.sum()


def main() -> None:
    """Fit, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--verifier", type=model_folder, required=True)
    trees = file_of("scripts.train.verifier.structure")
    parser.add_argument("--structure", type=trees, required=True)
    add_sources(parser)
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    pairs = [pair for pair in pairs_of(options) if pair.held]
    values = signals_of(pairs, options.verifier, options.structure)
    truth = np.array([pair.follows for pair in pairs])
    heavy = balanced(pairs)
    groups = [pair.item for pair in pairs]
    for names in ([SIGNALS[0]], *([n for n in SIGNALS if n != left] for left in SIGNALS), SIGNALS):
        columns = values[:, [SIGNALS.index(name) for name in names]]
        chance = cross_val_predict(
            LogisticRegression(C=1.0), columns, truth, groups=groups, cv=GroupKFold(5),
            method="predict_proba", params={"sample_weight": heavy},
        )[:, 1]  # fmt: skip
        right = (heavy * ((chance >= 0.5) == truth)).sum() / heavy.sum()
        print(f"AUC {roc_auc_score(truth, chance):.3f} balanced {right:.3f}: {', '.join(names)}")
    model = LogisticRegression(C=1.0).fit(values, truth, sample_weight=heavy)
    fusion = {
        "weights": {n: round(float(w), 4) for n, w in zip(SIGNALS, model.coef_[0], strict=True)},
        "bias": round(float(model.intercept_[0]), 4),
    }
    with replacing(options.to) as out:
        out.write(json.dumps(fusion, indent=1) + "\n")
    print(fusion)


if __name__ == "__main__":
    main()
