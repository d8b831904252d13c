"""Fit the checker's judgement of whole texts on human judgements of faithfulness.

    python -m scripts.train.checker --data DATA

A logistic regression whose signs are given (traits that speak for a text weigh 0 or more, those
against it 0 or less), pulled towards the checker's own score. Claims are weighed so that no
collection and neither label rules. The same data and seed give the same file.
"""

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.optimize import minimize
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold

from briefing.check.claims import examine
from briefing.check.judgement import Judgement, gathered
from briefing.check.traits import FOR, TRAITS
from briefing.read.sentences import sentence_texts
from scripts.train.corpus import read_lines

FILE = "faithfulness_dev.jsonl.xz"
SHIPPED = Path(__file__).parents[2] / "briefing" / "check" / "judgement.json"
PULL = 80.0
PRIOR = 0.5


@dataclass(frozen=True)
class Examples:
    """Claims: ``values`` (n, 2 x traits; means, then worst), and for each what people said.

    ``invented``: states a fact that the article does not hold; ``texts``: number of its article.
    """

    values: np.ndarray
    labels: np.ndarray
    sources: np.ndarray
    texts: np.ndarray
    invented: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Examples":
        columns = (self.values, self.labels, self.sources, self.texts, self.invented)
        return Examples(*(column[chosen] for column in columns))


def read_examples(data: Path) -> Examples:
    """The claims of ``FILE`` in the folder ``data``."""
    values, labels, sources, texts, invented = [], [], [], [], []
    numbers: dict[str, int] = {}
    for row in read_lines(data / FILE):
        lines = examine(row["claim"], sentence_texts(row["text"]), sentence_texts)
        mean, worst = gathered([line.traits for line in lines])
        values.append([table[name] for table in (mean, worst) for name in TRAITS])
        labels.append(int(row["label"]))
        sources.append(row["source"])
        texts.append(numbers.setdefault(row["text"], len(numbers)))
        invented.append(any(line.invented for line in lines))
    return Examples(*map(np.array, (values, labels, sources, texts, invented)))


def fit(examples: Examples) -> Judgement:
    """The judgement that fits ``examples`` best, its bar (0.5) where balanced accuracy is best."""
    names = [*TRAITS, *TRAITS]
    centre, spread = examples.values.mean(0), examples.values.std(0) + 1e-9
    scaled, weights = (examples.values - centre) / spread, weigh(examples)
    prior = np.array([PRIOR if name == "logit" else 0.0 for name in names] + [0.0])
    held = np.append(np.full(len(names), PULL), 0.0)
    signs = [(0, None) if name in FOR else (None, 0) for name in names]

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        total, away = scaled @ at[:-1] + at[-1], at - prior
        error = weights * (1 / (1 + np.exp(-total)) - examples.labels)
        fitted = weights * np.logaddexp(0, np.where(examples.labels == 1, -total, total))
        slope = np.append(scaled.T @ error, error.sum()) + held * away
        return float(fitted.sum() + held @ away**2 / 2), slope

    bounds = [*signs, (None, None)]
    options = {"maxiter": 100}
    found = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    plain = found[:-1] / spread
    totals = examples.values @ plain
    size = len(TRAITS)
    return Judgement(
        bias=round(-bar(totals, examples), 4),
        mean={n: round(float(w), 4) for n, w in zip(TRAITS, plain[:size], strict=True)},
        worst={n: round(float(w), 4) for n, w in zip(TRAITS, plain[size:], strict=True)},
    )


def weigh(examples: Examples) -> np.ndarray:
    """Weight of each claim: the root of its collection's and label's size, labels made even."""
    weights = np.zeros(len(examples.labels))
    for label in (0, 1):
        side = examples.labels == label
        for source in set(examples.sources):
            cell = side & (examples.sources == source)
            weights[cell] = 1 / np.sqrt(max(1, cell.sum()))
        weights[side] *= len(weights) / 2 / weights[side].sum()
    return weights


def bar(totals: np.ndarray, examples: Examples) -> float:
    """The middle of the bars at which balanced accuracy is within 0.002 of the best."""
    bars = np.unique(np.quantile(totals, np.linspace(0, 1, 201)))
    reached = np.array(
        [balanced_accuracy_score(examples.labels, (totals >= b) & ~examples.invented) for b in bars]
    )
    return float(np.median(bars[reached >= reached.max() - 0.002]))


def judge(model: Judgement, examples: Examples) -> np.ndarray:
    """Scores of the examples as ``check_text`` gives them; 0.5 and more is supported."""
    weights = [table[name] for table in (model.mean, model.worst) for name in TRAITS]
    chance = 1 / (1 + np.exp(-(examples.values @ np.array(weights) + model.bias)))
    return np.where(examples.invented, chance / 2, chance)


def folds(examples: Examples, seed: int = 0) -> np.ndarray:
    """Scores of each claim by a judgement fitted on other articles' claims (five folds)."""
    scores = np.zeros(len(examples.labels))
    cells = np.char.add(examples.sources, examples.labels.astype(str))
    cut = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    for train, test in cut.split(examples.values, cells, examples.texts):
        scores[test] = judge(fit(examples[train]), examples[test])
    return scores


def unseen(examples: Examples) -> np.ndarray:
    """Scores of each claim by a judgement fitted on the other collections."""
    scores = np.zeros(len(examples.labels))
    for source in sorted(set(examples.sources)):
        test = examples.sources == source
        scores[test] = judge(fit(examples[~test]), examples[test])
    return scores


def main() -> None:
    """Read, fit, write the parameters that the package ships."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    options = parser.parse_args()
    model = fit(read_examples(options.data))
    parts = {"bias": model.bias, "mean": dict(model.mean), "worst": dict(model.worst)}
    options.out.write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")
    print(f"{options.out}: bias {model.bias}")


if __name__ == "__main__":
    main()
