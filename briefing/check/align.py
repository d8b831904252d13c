"""Which sentences does a line rest on? The best one or two, by rare words and facts.

A window of at most two sentences explains most summary lines (Lebanoff et al. 2019, "Scoring
sentence singletons and pairs for abstractive summarization"). An inverted index makes one line
cheap even in an article of thousands of sentences.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from briefing.language.facts import Reading, read

_LEAST_GAIN = 0.08
_POOL = 12
_FACT = 2.0


class Aligner:
    """The sentences of one article, indexed; build it once and align many lines."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._units = [_units(read(text)) for text in sentences]
        self._postings: dict[str, list[int]] = {}
        for at, units in enumerate(self._units):
            for unit in units:
                self._postings.setdefault(unit, []).append(at)

    def align(self, line: str, most: int = 2) -> tuple[int, ...]:
        """Indices, in order, of the at most ``most`` sentences that hold the line best.

        Empty where no sentence shares a word with it.
        """
        wanted = self._weights(_units(read(line)))
        total = sum(wanted.values())
        chosen: list[int] = []
        left = dict(wanted)
        pool = self._pool(wanted)
        if most >= 2 and len(pool) > 1:
            chosen = self._pair(wanted, pool, total)
            left = {u: w for u, w in wanted.items() if not any(u in self._units[i] for i in chosen)}
        while pool and len(chosen) < most:
            best = max(pool, key=lambda i: (self._gain(left, i) - _far(chosen, i), -i))
            gain = self._gain(left, best)
            if best in chosen or gain < _LEAST_GAIN * total or gain == 0:
                break
            chosen.append(best)
            left = {u: w for u, w in left.items() if u not in self._units[best]}
        return tuple(sorted(chosen))

    def _weights(self, units: Iterable[str]) -> dict[str, float]:
        """Inverse document frequency of each unit; facts weigh more."""
        size = len(self._units) + 1
        weights = {}
        for unit in set(units):
            rarity = math.log(1 + size / (1 + len(self._postings.get(unit, ()))))
            weights[unit] = rarity * (_FACT if unit.startswith("#") else 1.0)
        return weights

    def _pool(self, wanted: dict[str, float]) -> list[int]:
        """The sentences that hold most of the line on their own."""
        scores: Counter[int] = Counter()
        for unit, weight in wanted.items():
            for at in self._postings.get(unit, ()):
                scores[at] += weight  # type: ignore[assignment]
        return sorted(scores, key=lambda i: (-scores[i], i))[:_POOL]

    def _gain(self, wanted: dict[str, float], at: int) -> float:
        units = self._units[at]
        return sum(weight for unit, weight in wanted.items() if unit in units)

    def _pair(self, wanted: dict[str, float], pool: list[int], total: float) -> list[int]:
        """The best sentence, or the best pair where it holds clearly more."""
        best, score = [pool[0]], self._gain(wanted, pool[0])
        bar = score
        for at, one in enumerate(pool):
            for two in pool[at + 1 :]:
                units = self._units[one] | self._units[two]
                held = sum(w for u, w in wanted.items() if u in units)
                value = held - total * 0.01 * min(5, abs(one - two) - 1)
                if held - bar >= _LEAST_GAIN * total and value > score:
                    best, score = [one, two], value
        return best


def _far(chosen: Sequence[int], at: int) -> float:
    """A small penalty for distance from the sentences chosen already."""
    return 0.01 * min(abs(at - i) for i in chosen) if chosen else 0.0


def _units(reading: Reading) -> frozenset[str]:
    """Content stems and facts (``#``) of a text."""
    facts = {"#" + q.norm for q in reading.numbers} | {"#" + d.norm for d in reading.dates}
    return frozenset(reading.content) | facts


def align(line: str, article_sentences: Sequence[str], most: int = 2) -> tuple[int, ...]:
    """Align one line; for many lines of one article build an ``Aligner``."""
    return Aligner(article_sentences).align(line, most)
