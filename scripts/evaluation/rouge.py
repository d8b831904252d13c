"""ROUGE (Lin 2004) with confidence intervals from a paired bootstrap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rouge_score.rouge_scorer import RougeScorer

POINT_KINDS = ("rouge1", "rouge2", "rougeLsum")
HEADLINE_KINDS = ("rouge1", "rouge2", "rougeL")
_RESAMPLES = 2000
_SEED = 11
Scores = dict[str, float]


class Rouge:
    """F measures in 0..100 with stemming; lines are joined by a newline, as ROUGE-Lsum asks."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self.kinds = tuple(kinds)
        self._scorer = RougeScorer(list(kinds), use_stemmer=True)

    def score(self, lines: Sequence[str], reference: Sequence[str]) -> Scores:
        """F measure of each kind; no line at all scores nothing."""
        found = self._scorer.score("\n".join(reference), "\n".join(lines))
        return {kind: 100 * found[kind].fmeasure for kind in self.kinds}


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of paired differences, and the interval that holds it in 95 % of resamples."""

    mean: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {"mean": self.mean, "low": self.low, "high": self.high}


def mean_scores(scores: Sequence[Scores]) -> Scores:
    """The mean of each kind over articles."""
    if not scores:
        return {}
    return {kind: float(np.mean([one[kind] for one in scores])) for kind in scores[0]}


def paired_difference(ours: Sequence[float], theirs: Sequence[float]) -> Difference:
    """Bootstrap over articles (Koehn 2004, "Statistical significance tests for MT evaluation").

    Raises:
        ValueError: there are no pairs, or the two are not as many.
    """
    if not ours or len(ours) != len(theirs):
        raise ValueError("a paired difference needs as many scores on both sides, at least one")
    differences = np.asarray(ours) - np.asarray(theirs)
    rng = np.random.default_rng(_SEED)
    means = [
        differences[rng.integers(0, len(differences), len(differences))].mean()
        for _ in range(_RESAMPLES)
    ]
    low, high = np.percentile(means, (2.5, 97.5))
    return Difference(float(differences.mean()), float(low), float(high))
