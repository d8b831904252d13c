"""Read the checkable facts of a line: its names, numbers, dates and quotations.

Readers judge a summary by the precision of these four (Nan et al. 2021, "Entity-level factual
consistency of abstractive text summarization"). A quotation is the text between quotation marks,
which a source has word for word or not at all. `briefing.checking.facts` holds them against a
source.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from briefing.language.dates import Date, dates
from briefing.language.names import TITLES, Run, canon, runs
from briefing.language.quantities import Quantity, quantities
from briefing.language.tokens import Token, fold, tokens

_OPEN_AFTER = frozenset(" ([-\"'")


def quotations(text: str) -> list[tuple[int, int]]:
    """Return the spans (start, end) inside quotation marks; an unclosed one runs to the end."""
    folded = fold(text)
    return sorted(_double(folded) + _single(folded))


def _double(text: str) -> list[tuple[int, int]]:
    marks = [at for at, c in enumerate(text) if c == '"']
    marks += [len(text)] * (len(marks) % 2)
    return [
        (a + 1, b) for a, b in zip(marks[::2], marks[1::2], strict=True) if text[a + 1 : b].strip()
    ]


def _single(text: str) -> list[tuple[int, int]]:
    """Single quotes: opened after a space or bracket, closed before a non-letter."""
    spans: list[tuple[int, int]] = []
    start = -1
    for at, c in enumerate(text):
        if c != "'":
            continue
        before = text[at - 1] if at else " "
        after = text[at + 1] if at + 1 < len(text) else " "
        if start < 0 and before in _OPEN_AFTER and not after.isspace() and not after.isdigit():
            start = at + 1
        elif (
            start >= 0
            and not after.isalnum()
            and (before != "s" or after not in " " or "'" not in text[at + 1 :])
        ):
            spans.append((start, at))
            start = -1
    return [(start, end) for start, end in spans if text[start:end].strip()]


def keys_of(text: str) -> tuple[str, ...]:
    """Return the keys of the tokens of a text, for verbatim comparison."""
    return tuple(token.key for token in tokens(text))


def contains(source: Sequence[str], part: Sequence[str]) -> bool:
    """Whether ``part`` is a contiguous run of ``source``."""
    size = len(part)
    return any(
        source[at] == part[0] and tuple(source[at : at + size]) == tuple(part)
        for at in range(len(source) - size + 1)
    )


def verbatim(quotation: str, source: Sequence[str]) -> bool:
    """Whether the source has the quotation word for word; "..." may stand for omitted words."""
    text = fold(quotation).replace("…", "...").replace("[...]", "...")
    parts = [keys_of(part) for part in text.split("...")]
    return all(contains(source, part) for part in parts if part)


@dataclass(frozen=True, slots=True)
class Reading:
    """The tokens, dates, numbers and quotations of a text (names depend on the source)."""

    text: str
    words: tuple[Token, ...]
    dates: tuple[Date, ...]
    numbers: tuple[Quantity, ...]
    quotes: tuple[tuple[int, int], ...]

    @property
    def dated(self) -> frozenset[int]:
        """The indices of the tokens that belong to dates."""
        return frozenset(i for d in self.dates for i in range(d.first, d.last + 1))

    @property
    def said(self) -> frozenset[str]:
        """The content stems, and numbers and dates in their normal form (``#``)."""
        norms = [*(number.norm for number in self.numbers), *(date.norm for date in self.dates)]
        return frozenset((*self.content, *(f"#{norm}" for norm in norms)))

    @property
    def content(self) -> list[str]:
        """The stems of the content words, without numbers and dates."""
        counted = self.dated | {i for q in self.numbers for i in range(q.first, q.last + 1)}
        return [
            _meaning(token)
            for at, token in enumerate(self.words)
            if not token.function and at not in counted
        ]


def _meaning(token: Token) -> str:
    """Return the stem, which is the same for "Russia" and "Russian"."""
    name = canon(token) if token.capital else token.key
    return name if name != token.key else token.stem


@lru_cache(maxsize=8192)
def read_line(text: str) -> Reading:
    """Return the facts of ``text`` that need no source."""
    folded, words = fold(text), tokens(text)
    days = tuple(dates(folded, words))
    taken = frozenset(i for d in days for i in range(d.first, d.last + 1))
    numbers = tuple(quantities(folded, words, taken))
    return Reading(text, words, days, numbers, tuple(quotations(folded)))


def names(reading: Reading, lowered: Collection[str]) -> list[Run]:
    """Return the names of a text; ``lowered`` are words that its source writes in lower case."""
    skip = reading.dated | {i for q in reading.numbers for i in range(q.first, q.last + 1)}
    return [
        run
        for run in runs(reading.words, lowered, skip)
        if not all(unit.key in TITLES for unit in run.units)
    ]
