"""Find the evidence of a line: the fewest sentences that hold its words and facts, at most five.

Most summary lines come from one sentence or two (Lebanoff et al. 2019, "Scoring sentence singletons
and pairs for abstractive summarization"); one that sums up, or names a person by a title given much
earlier, needs more. An inverted index keeps a look-up cheap in an article of thousands of
sentences.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from functools import lru_cache

from briefing.language.facts import Reading, keys_of, names, read_line
from briefing.language.names import NameSource, aliases
from briefing.language.tokens import Token, ordinary, stem, tokens

MOST_EVIDENCE = 5
_LEAST_GAIN = 0.08
"""Least share of a line's weight that a further sentence must add."""
_POOL = 16
"""Candidate sentences per line."""
_FACT = 2.0
"""Weight of a fact or name relative to a content word."""
_FAR = 0.01
"""Penalty per sentence of distance, as a share of a line's weight; at most five count."""


class EvidenceIndex:
    """Index of an article's sentences, built once to find the evidence of many lines."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._units = [units(read_line(text)) for text in sentences]
        self._postings: dict[str, list[int]] = {}
        for at, sentence_units in enumerate(self._units):
            for unit in sentence_units:
                self._postings.setdefault(unit, []).append(at)

    def find(self, line: str) -> tuple[int, ...]:
        """Return the indices of the sentences that best hold ``line``, in order.

        At most `MOST_EVIDENCE`; empty if no sentence shares a word with it.
        """
        wanted = self._weights(units(read_line(line)))
        total = sum(wanted.values())
        pool = self._pool(wanted)
        if not pool:
            return ()
        chosen = self._first(wanted, pool, total)
        left = self._uncovered(wanted, chosen)
        while left and len(chosen) < MOST_EVIDENCE:
            best = max(pool, key=lambda i: (self._gain(left, i) - _penalty(chosen, i) * total, -i))
            if self._gain(left, best) < _LEAST_GAIN * total or best in chosen:
                break
            chosen.append(best)
            left = self._uncovered(left, [best])
        chosen += self._facts(left, chosen)
        return tuple(sorted(self._needed(wanted, chosen)))

    def _weights(self, wanted: Iterable[str]) -> dict[str, float]:
        """Return the inverse document frequency of each unit; facts weigh more."""
        size = len(self._units) + 1
        weights = {}
        for unit in sorted(set(wanted)):
            if self._is_small(unit):
                continue
            rarity = math.log(1 + size / (1 + len(self._postings.get(unit, ()))))
            weights[unit] = rarity * (_FACT if unit.startswith("#") else 1.0)
        return weights

    def _is_small(self, unit: str) -> bool:
        """Whether a name is a word that the article only has in lower case: "Aspirin helps"."""
        return unit not in self._postings and stem(unit[1:]) in self._postings and unit[0] == "#"

    def holding(self, unit: str) -> tuple[int, ...]:
        """Return the indices of the sentences that hold a search unit (`units`)."""
        return tuple(self._postings.get(unit, ()))

    def _pool(self, wanted: dict[str, float]) -> list[int]:
        """Return the sentences with the highest weight of shared units, best first."""
        scores: Counter[int] = Counter()
        for unit, weight in wanted.items():
            for at in self._postings.get(unit, ()):
                scores[at] += weight  # type: ignore[assignment]
        return sorted(scores, key=lambda i: (-scores[i], i))[:_POOL]

    def _gain(self, wanted: dict[str, float], at: int) -> float:
        return sum(weight for unit, weight in wanted.items() if unit in self._units[at])

    def _uncovered(self, wanted: dict[str, float], chosen: Collection[int]) -> dict[str, float]:
        """Return the units, with their weights, that ``chosen`` do not hold."""
        return {u: w for u, w in wanted.items() if not any(u in self._units[i] for i in chosen)}

    def _first(self, wanted: dict[str, float], pool: list[int], total: float) -> list[int]:
        """Return the best sentence, or the best pair if it holds clearly more."""
        best, bar = [pool[0]], self._gain(wanted, pool[0])
        score = bar
        for at, one in enumerate(pool):
            for two in pool[at + 1 :]:
                pair = self._units[one] | self._units[two]
                gain = sum(w for u, w in wanted.items() if u in pair)
                value = gain - total * _FAR * min(5, abs(one - two) - 1)
                if gain - bar >= _LEAST_GAIN * total and value > score:
                    best, score = [one, two], value
        return best

    def _facts(self, left: dict[str, float], chosen: Sequence[int]) -> list[int]:
        """Return the nearest sentences that hold names and numbers still missing."""
        added: list[int] = []
        for unit in left:
            if not unit.startswith("#") or len(chosen) + len(added) >= MOST_EVIDENCE:
                continue
            if any(unit in self._units[i] for i in added):
                continue
            if places := self._postings.get(unit):
                near = chosen or places
                added.append(min(places, key=lambda i: (min(abs(i - c) for c in near), i)))
        return added

    def _needed(self, wanted: dict[str, float], chosen: list[int]) -> list[int]:
        """Return ``chosen`` without redundant sentences."""
        kept = list(chosen)
        for at in reversed(chosen):
            rest = [i for i in kept if i != at]
            if rest and self._uncovered(wanted, rest) == self._uncovered(wanted, kept):
                kept = rest
        return kept


def _penalty(chosen: Sequence[int], at: int) -> float:
    """Return the distance penalty of a sentence, as a share of the line's weight."""
    return _FAR * min(5, *(abs(at - i) for i in chosen)) if chosen else 0.0


def units(reading: Reading) -> frozenset[str]:
    """Return the search units of a text: content stems, and facts and names (``#``)."""
    lowered = {t.key for t in reading.words if not t.capital}
    named = {
        "#" + unit.key
        for run in names(reading, lowered)
        for unit in run.units
        if unit.key.isalpha()
    }
    return reading.said | named


class EvidenceText:
    """Evidence sentences with their tokens, names, numbers and dates."""

    def __init__(self, texts: Sequence[str], short_forms: dict[str, str]) -> None:
        self.texts = tuple(texts)
        self.readings: tuple[Reading, ...] = tuple(read_line(text) for text in texts)
        self.words: tuple[Token, ...] = tuple(t for r in self.readings for t in r.words)
        self.keys = frozenset(t.key for t in self.words)
        self.stems = frozenset(t.stem for t in self.words)
        self.lowered = frozenset(t.key for t in self.words if not t.capital)
        self.content = frozenset(stem for r in self.readings for stem in r.content)
        self.names = NameSource(texts, short_forms)
        self.runs = tuple(keys_of(text) for text in texts)
        self._article = ""
        self.years = frozenset(
            f"{q.value:.0f}" for r in self.readings for q in r.numbers if not q.unit
        ) | frozenset(_years_before(self.readings))

    def within(self, article: str, short_forms: dict[str, str]) -> "EvidenceText":
        """Return the same sentences as part of an article, with its words and short forms."""
        other = copy(self)
        other._article = article
        other.names = copy(self.names)
        other.names.aliases = short_forms
        return other

    @property
    def vocabulary(self) -> frozenset[str]:
        """The words of the article, if the sentences are part of one; few lines need them."""
        return _vocabulary(self._article)

    @property
    def uncommon(self) -> frozenset[str]:
        """The words of the article, in lower case there, that are no ordinary English: a drug.

        A line that begins with one does not begin with a name. (Ordinary words are told by the
        sentences alone, since "Hill" may be a name beside any hill.)
        """
        return _uncommon(self._article)


@lru_cache(maxsize=64)
def _vocabulary(article: str) -> frozenset[str]:
    return frozenset(token.key for token in tokens(article))


@lru_cache(maxsize=64)
def _uncommon(article: str) -> frozenset[str]:
    lowered = {token.key for token in tokens(article) if not token.capital}
    return frozenset(key for key in lowered if not ordinary(key))


_YEAR_BEFORE = re.compile(r"\b(?:(?:a|the|one) (?:year (?:earlier|before)|previous year))\b", re.I)


def _years_before(readings: Sequence[Reading]) -> Iterator[str]:
    """Yield the year before one that a sentence names beside "a year earlier"."""
    for reading in readings:
        if _YEAR_BEFORE.search(reading.text):
            for date in reading.dates:
                yield from (str(int(v) - 1) for part, v in date.parts if part == "year")


@lru_cache(maxsize=512)
def evidence_text(texts: tuple[str, ...], article: str = "") -> EvidenceText:
    """Return the (cached) evidence text of ``texts``.

    ``article`` is the full text, whose words are known and which may introduce short forms.
    """
    short_forms: dict[str, str] = {}
    for text in texts:
        short_forms |= aliases(text)
    if not article:
        return EvidenceText(texts, short_forms)
    return evidence_text(texts).within(article, aliases(article) | short_forms)
