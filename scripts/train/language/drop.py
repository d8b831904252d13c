"""Learn from editors' cuts which dependents of a kept word they leave out.

    python -m scripts.train.language.drop --data DATA --records build/train/train/records.jsonl \
        --to briefing/language/data/en/drop.npz

Prints AUC and calibration on a fifth of the pairs, by style, then fits on all of them.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from briefing.checking.cuts import align
from briefing.language.parser import SpacyParser
from briefing.language.valency import SIZE, UNASKED, edge_features, valency
from scripts.train.files import data_folder, file_of
from scripts.train.language.hashed import matrix, places, store
from scripts.train.language.pairs import READ, Cut, collect

_BELOW = (0.02, 0.05, 0.1, 0.2, 0.3)
_STRENGTH = 0.3


def edges(cuts: list[Cut]) -> Iterator[tuple[list[int], bool, int]]:
    """(features, left out?, pair) of every dependent whose head an editor kept."""
    parser, counts = SpacyParser(), valency()
    for start in range(0, len(cuts), 1024):
        chunk = cuts[start : start + 1024]
        for number, (cut, parse) in enumerate(
            zip(chunk, parser.parse([cut.source for cut in chunk]), strict=True), start
        ):
            kept = align([word for word, _ in parser.tokenize(cut.line)], parse).kept
            for head in kept:
                for at in parse.children[head]:
                    if parse.relations[at] in UNASKED:
                        continue
                    out = kept.isdisjoint(parse.subtree(at))
                    if at in kept or out:
                        names = edge_features(parse, at, cut.style == "title", counts)
                        yield places(names, SIZE), out, number


def report(name: str, truth: np.ndarray, chance: np.ndarray) -> None:
    """Discrimination, and how often editors drop what is said to be undroppable."""
    print(
        f"{name}: {len(truth)} edges, {truth.mean():.3f} dropped,"
        f" AUC {roc_auc_score(truth, chance):.4f}, log loss {log_loss(truth, chance):.4f}"
    )
    for limit in _BELOW:
        low = chance < limit
        print(f"   below {limit}: {low.mean():.3f} of edges, {truth[low].mean():.4f} dropped")


def main() -> None:
    """Collect, fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=data_folder(*READ), required=True)
    parser.add_argument("--records", type=file_of("scripts.train.prepare"), required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--most", type=int, default=20_000, help="pairs of each style")
    options = parser.parse_args()
    cuts = collect(options.data, options.records, "train", options.most)
    rows, truth, groups = zip(*edges(cuts), strict=True)
    truth, groups = np.array(truth), np.array(groups)
    table = matrix(rows, SIZE)
    held = groups % 5 == 0
    styles = np.array([cuts[group].style for group in groups])
    model = LogisticRegression(C=_STRENGTH, max_iter=400).fit(table[~held], truth[~held])
    chance = model.predict_proba(table[held])[:, 1]
    report("all", truth[held], chance)
    for style in sorted(set(styles)):
        only = styles[held] == style
        report(style, truth[held][only], chance[only])
    model = LogisticRegression(C=_STRENGTH, max_iter=400).fit(table, truth)
    store(model.coef_[0], float(model.intercept_[0]), options.to)


if __name__ == "__main__":
    main()
