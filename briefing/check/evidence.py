"""Which sentences does a line rest on? The fewest that hold its words and facts, at most five.

Most summary lines come from one sentence or two (Lebanoff et al. 2019, "Scoring sentence singletons
and pairs for abstractive summarization"); one that sums up, or names somebody by a title that was
given far above, needs more. An inverted index makes one line cheap in an article of thousands of
sentences.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from briefing.language.facts import Reading, names, read

MOST = 5
_LEAST_GAIN = 0.08
"""Share of a line's weight that a further sentence must add."""
_POOL = 16
_FACT = 2.0
_FAR = 0.01
"""What each sentence of distance costs, as a share of a line's weight, up to five of them."""


class EvidenceIndex:
    """The sentences of one article, indexed; build it once and find the evidence of many lines."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._units = [units(read(text)) for text in sentences]
        self._postings: dict[str, list[int]] = {}
        for at, held in enumerate(self._units):
            for unit in held:
                self._postings.setdefault(unit, []).append(at)

    def find(self, line: str, most: int = MOST) -> tuple[int, ...]:
        """Indices, in order, of the fewest of at most ``most`` sentences that hold ``line`` best.

        Empty where no sentence shares a word with it.
        """
        wanted = self._weights(units(read(line)))
        total = sum(wanted.values())
        pool = self._pool(wanted)
        if not pool or most < 1:
            return ()
        chosen = self._first(wanted, pool, total) if most > 1 else pool[:1]
        left = self._left(wanted, chosen)
        while left and len(chosen) < most:
            best = max(pool, key=lambda i: (self._gain(left, i) - _far(chosen, i) * total, -i))
            if self._gain(left, best) < _LEAST_GAIN * total or best in chosen:
                break
            chosen.append(best)
            left = self._left(left, [best])
        chosen += self._facts(left, chosen, most)
        return tuple(sorted(self._needed(wanted, chosen)))

    def _weights(self, wanted: Iterable[str]) -> dict[str, float]:
        """Inverse document frequency of each unit; facts weigh more."""
        size = len(self._units) + 1
        weights = {}
        for unit in sorted(set(wanted)):
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
        held = self._units[at]
        return sum(weight for unit, weight in wanted.items() if unit in held)

    def _left(self, wanted: dict[str, float], chosen: Collection[int]) -> dict[str, float]:
        """What of the line these sentences do not hold."""
        return {u: w for u, w in wanted.items() if not any(u in self._units[i] for i in chosen)}

    def _first(self, wanted: dict[str, float], pool: list[int], total: float) -> list[int]:
        """The best sentence, or the best pair where it holds clearly more."""
        best, score = [pool[0]], self._gain(wanted, pool[0])
        bar = score
        for at, one in enumerate(pool):
            for two in pool[at + 1 :]:
                held = self._units[one] | self._units[two]
                gain = sum(w for u, w in wanted.items() if u in held)
                value = gain - total * _FAR * min(5, abs(one - two) - 1)
                if gain - bar >= _LEAST_GAIN * total and value > score:
                    best, score = [one, two], value
        return best

    def _facts(self, left: dict[str, float], chosen: Sequence[int], most: int) -> list[int]:
        """Sentences that hold names and numbers which are still missing, the nearest ones."""
        added: list[int] = []
        for unit in left:
            if not unit.startswith("#") or len(chosen) + len(added) >= most:
                continue
            if any(unit in self._units[i] for i in added):
                continue
            if places := self._postings.get(unit):
                near = chosen or places
                added.append(min(places, key=lambda i: (min(abs(i - c) for c in near), i)))
        return added

    def _needed(self, wanted: dict[str, float], chosen: list[int]) -> list[int]:
        """Without sentences that hold nothing which the others do not hold."""
        kept = list(chosen)
        for at in reversed(chosen):
            rest = [i for i in kept if i != at]
            if rest and len(self._left(wanted, rest)) == len(self._left(wanted, kept)):
                kept = rest
        return kept


def _far(chosen: Sequence[int], at: int) -> float:
    """What the distance of a sentence from those chosen costs."""
    return _FAR * min(5, *(abs(at - i) for i in chosen)) if chosen else 0.0


def units(reading: Reading) -> frozenset[str]:
    """What of a text is looked for: content stems, and facts and names (``#``)."""
    lowered = {t.key for t in reading.words if not t.capital}
    named = {
        "#" + unit.key
        for run in names(reading, lowered)
        for unit in run.units
        if unit.key.isalpha()
    }
    return reading.said | named
