"""Fit how likely an editor signs a line, on lines that readers labelled.

    python -m scripts.train.preference --labels build/reading/labelled.jsonl \
        --quality build/quality/folds.jsonl --to briefing/checking/preference.json

A row of the labels is {"text": the article's body, "section", "line", "label"}; ``good`` is signed,
every other label is not. ``--quality`` is what `scripts.train.quality.fit folds` said of the same
lines without having seen their articles. Prints, by cross-validation over articles, how well the
good lines are told from the others and how calibrated the chance is, then fits on all of them.
"""

import argparse
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from briefing.checking.cuts import licence
from briefing.checking.quality import Judged, preference_features
from briefing.language import parses_for
from briefing.language.reference import body
from briefing.planning import Plan, Planner
from briefing.reading import article_from_text
from briefing.sections import Section
from scripts.train.files import file_of, replacing
from scripts.train.quality.data import LINES, SECTIONS

_STRENGTH = 0.3
Features = dict[str, float]
_FOLDS = 5


class Reader:
    """Articles as the product sees them, each planned once."""

    def __init__(self) -> None:
        self._planner = Planner()
        parses = parses_for("en")
        assert parses is not None
        self._parses = parses
        self._held: dict[str, tuple[Plan, list[str]]] = {}

    def features(self, text: str, section: Section, line: str, quality: float) -> Features | None:
        """The features of a line; None where its sentence cannot be found or parsed."""
        plan, texts = self._article(text)
        found = licence(line, texts, self._parses, headline=section is Section.HEADLINE)
        if found is None:
            return None
        at = found.source
        cuts = (0.0, 1.0) if found.whole else (found.chance, found.rarest)
        return preference_features(Judged(quality, at, plan.news[at], plan.opinion[at], *cuts))

    def _article(self, text: str) -> tuple[Plan, list[str]]:
        if text not in self._held:
            article = article_from_text(text, title="")
            texts = [body(sentence.text) for sentence in article.sentences]
            self._held = {text: (self._planner.plan(article), texts)}
        return self._held[text]


def rows(labels: Path, quality: Path) -> Iterator[tuple[str, str, Features, bool]]:
    """(article, section, features, signed?) of each labelled line."""
    reader = Reader()
    labelled = list(map(json.loads, labels.open(encoding="utf-8")))
    odds = [row["odds"] for row in map(json.loads, quality.open(encoding="utf-8"))]
    pairs = sorted(zip(labelled, odds, strict=True), key=lambda pair: pair[0]["text"])
    for row, value in pairs:
        section = SECTIONS[row["section"]]
        found = reader.features(row["text"], section, row["line"], value)
        if found is not None:
            yield row["text"], section.value, found, row["label"] == "good"


def main() -> None:
    """Validate, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=LINES, required=True)
    folds = file_of("scripts.train.quality.fit folds")
    parser.add_argument("--quality", type=folds, required=True)
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    articles, sections, found, signed = zip(*rows(options.labels, options.quality), strict=True)
    names = list(found[0])
    table = np.array([[one[name] for name in names] for one in found])
    truth, kinds = np.array(signed), np.array(sections)
    groups = np.unique(np.array(articles), return_inverse=True)[1]
    bias, weights = {}, {}
    for section in dict.fromkeys(sections):
        only = kinds == section
        own, wanted = table[only], truth[only]
        chance = np.zeros(len(wanted))
        for train, test in GroupKFold(_FOLDS).split(own, wanted, groups[only]):
            chance[test] = fitted(own[train], wanted[train]).predict_proba(own[test])[:, 1]
        report(section, wanted, chance)
        model = fitted(own, wanted)
        scaled = model[-1].coef_[0] / model[0].scale_
        bias[section] = round(float(model[-1].intercept_[0] - scaled @ model[0].mean_), 4)
        weights[section] = {n: round(float(w), 4) for n, w in zip(names, scaled, strict=True)}
    with replacing(options.to) as out:
        out.write(json.dumps({"bias": bias, "weights": weights}, indent=1) + "\n")


def fitted(table: np.ndarray, truth: np.ndarray):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """A regularised logistic regression on standardised features."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=500))
    return model.fit(table, truth)


def report(section: str, truth: np.ndarray, chance: np.ndarray) -> None:
    """Discrimination and calibration on held-out articles."""
    print(
        f"{section}: {len(truth)} lines, {truth.mean():.2f} signed,"
        f" AUC {roc_auc_score(truth, chance):.3f}"
    )
    edges = np.quantile(chance, [0, 0.25, 0.5, 0.75, 0.9, 1])
    for low, high in pairwise(edges):
        inside = (chance >= low) & (chance <= high)
        print(
            f"   {low:.2f} to {high:.2f}: {inside.sum()} lines, {truth[inside].mean():.2f} signed"
        )


if __name__ == "__main__":
    main()
