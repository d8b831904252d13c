"""The checkable facts of a line: its names, numbers, dates and quotations.

Precision of these four is what readers judge a summary by (Nan et al. 2021, "Entity-level factual
consistency of abstractive text summarization"); each is read with its place and a normal form.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from briefing.language.dates import Date, dates
from briefing.language.names import TITLES, Run, canon, runs
from briefing.language.quantities import Quantity, quantities
from briefing.language.quotations import quotations
from briefing.language.tokens import Token, fold, tokens

Kind = Literal["name", "number", "date", "quotation"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: as written, its kind, its offsets and its normal form."""

    text: str
    kind: Kind
    start: int
    end: int
    norm: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A text read once: words, dates, numbers and quotations (names depend on the source)."""

    text: str
    words: tuple[Token, ...]
    dates: tuple[Date, ...]
    numbers: tuple[Quantity, ...]
    quotes: tuple[tuple[int, int], ...]

    @property
    def dated(self) -> frozenset[int]:
        """Indices of the tokens that belong to dates."""
        return frozenset(i for d in self.dates for i in range(d.first, d.last + 1))

    @property
    def said(self) -> frozenset[str]:
        """Content stems, and numbers and dates in their normal form (``#``)."""
        norms = [*(number.norm for number in self.numbers), *(date.norm for date in self.dates)]
        return frozenset((*self.content, *(f"#{norm}" for norm in norms)))

    @property
    def content(self) -> list[str]:
        """Stems of the meaningful words; numbers and dates are left out (they are facts)."""
        counted = self.dated | {i for q in self.numbers for i in range(q.first, q.last + 1)}
        return [
            _meaning(token)
            for at, token in enumerate(self.words)
            if not token.function and at not in counted
        ]


def _meaning(token: Token) -> str:
    """The stem, one for "Russia" and "Russian"."""
    name = canon(token) if token.capital else token.key
    return name if name != token.key else token.stem


@lru_cache(maxsize=8192)
def read(text: str) -> Reading:
    """Read the facts of ``text`` that need no source."""
    folded, words = fold(text), tokens(text)
    days = tuple(dates(folded, words))
    taken = frozenset(i for d in days for i in range(d.first, d.last + 1))
    numbers = tuple(quantities(folded, words, taken))
    return Reading(text, words, days, numbers, tuple(quotations(folded)))


def names(reading: Reading, lowered: Collection[str]) -> list[Run]:
    """The names of a text; ``lowered`` are words that its source writes in lower case."""
    skip = reading.dated | {i for q in reading.numbers for i in range(q.first, q.last + 1)}
    found = runs(reading.words, lowered, skip)
    return [run for run in found if not all(unit.key in TITLES for unit in run.units)]


def extract_facts(text: str) -> tuple[Fact, ...]:
    """The names, numbers, dates and quotations of ``text``, in order of place."""
    reading = read(text)
    lowered = frozenset(t.key for t in reading.words if not t.capital)
    found = [fact_of(reading, d.first, d.last, "date", d.norm) for d in reading.dates]
    found += [fact_of(reading, q.first, q.last, "number", q.norm) for q in reading.numbers]
    for run in names(reading, lowered):
        norm = " ".join(unit.key for unit in run.units)
        found.append(fact_of(reading, run.units[0].first, run.units[-1].last, "name", norm))
    for start, end in reading.quotes:
        norm = " ".join(t.key for t in tokens(text[start:end]))
        found.append(Fact(text[start:end], "quotation", start, end, norm))
    return tuple(sorted(found, key=lambda fact: (fact.start, fact.end)))


def fact_of(reading: Reading, first: int, last: int, kind: Kind, norm: str) -> Fact:
    """The fact over the tokens ``first..last``."""
    start, end = reading.words[first].start, reading.words[last].end
    return Fact(reading.text[start:end], kind, start, end, norm)
