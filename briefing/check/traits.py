"""What tells a sentence that follows from an article from one that does not.

The numbers that a learned judgement of a whole text weighs, beside those of ``features``. Density
and longest copy are the extractive fragments of Grusky et al. 2018; splices, replaced words and
repetition are the errors that Pagnoni et al. 2021 (FRANK) and Laban et al. 2023 (SummEdits) found
people to refuse summaries for.
"""

import math
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from briefing.check.evidence import Evidence, evidence, negation
from briefing.check.support import Verdict
from briefing.language.facts import Reading, read
from briefing.language.lexicon import word_class
from briefing.language.tokens import Token, ordinary, similar

FOR = ("logit", "coverage", "order", "pairs", "density", "longest", "copied")
"""Traits that speak for a sentence."""
AGAINST = (
    "name", "number", "date", "quotation", "word", "negation", "attribution", "direction", "count",
    "fused", "missing", "rare", "novel", "replaced", "spliced", "repeated", "doubled", "unfinished",
    "denial_lost", "turned", "figures", "sources",
)  # fmt: skip
"""Traits that speak against it."""
TRAITS = (*FOR, *AGAINST)

_SOFT = 0.02
_SLOT, _SOURCE_SLOT = 4, 6
_APART = 6
_HEADLINE = 14
_START = 5  # similar words have at least these first letters in common
_MOST = 120  # words of a line or a sentence that are compared: time grows with the square


class Ground:
    """The vocabulary of an article: the stems of its words, and the words as written."""

    def __init__(self, sentences: Sequence[str]) -> None:
        readings = [read(text) for text in sentences]
        self.stems = frozenset(t.stem for r in readings for t in r.words)
        self.stems |= frozenset(word for r in readings for word in r.content)
        self.keys = frozenset(t.key for r in readings for t in r.words)
        self._starts: dict[str, list[str]] = {}
        for word in self.stems:
            self._starts.setdefault(word[:_START], []).append(word)

    def knows(self, word: str) -> bool:
        """True where the article has this stem or a derivation of it."""
        related = self._starts.get(word[:_START], ())
        return word in self.stems or any(similar(word, other) for other in related)


def traits(line: str, verdict: Verdict, sources: Sequence[str], ground: Ground) -> dict[str, float]:
    """The traits of one sentence, given the verdict on it against ``sources``."""
    reading = read(line)
    found = dict.fromkeys(TRAITS, 0.0)
    found |= {name: verdict.features[name] for name in TRAITS if name in verdict.features}
    found["logit"] = math.log((verdict.score + _SOFT) / (1 + _SOFT - verdict.score))
    found["figures"] = float(len(reading.numbers) + len(reading.dates))
    found["sources"] = float(len(sources))
    found["unfinished"] = float(_unfinished(reading))
    content = [t for t in reading.words if not t.function]
    found |= _novelty(content, ground) | _repetition([t.stem for t in content])
    keys = {t.key for t in reading.words}
    found["turned"] = float(len((keys & word_class("marked")) - ground.keys))
    if sources and reading.words:
        source = evidence(tuple(sources))
        found["spliced"], found["copied"] = _fragments(reading, source)
        found |= _edits(reading, source)
    return found


def _unfinished(line: Reading) -> bool:
    """True where a line breaks off, or runs on past the length of a headline without an end."""
    ended = line.text.rstrip().endswith((".", "!", "?", '"', "'", ")"))
    last = line.words[-1].key if line.words else ""
    return last in word_class("open_ends") or (not ended and len(line.words) > _HEADLINE)


def _novelty(content: Sequence[Token], ground: Ground) -> dict[str, float]:
    """Share of words that the article has nowhere, and how many of them are no ordinary words."""
    new = [t for t in content if t.key[0].isalpha() and not ground.knows(t.stem)]
    rare = sum(not ordinary(t.key) for t in new)
    return {"novel": len(new) / max(1, len(content)), "rare": float(rare)}


def _repetition(stems: Sequence[str]) -> dict[str, float]:
    """Content words said again, and said twice in a row."""
    again = sum(count - 1 for count in Counter(stems).values())
    twice = sum(a == b for a, b in pairwise(stems))
    return {"repeated": float(again), "doubled": float(twice)}


def _fragments(line: Reading, source: Evidence) -> tuple[float, float]:
    """(jumps in the source inside a clause of the line, longest copied run as a share of it)."""
    words, held = _stems(line.words), [t.stem for t in source.words]
    places: dict[str, list[int]] = {}
    for at, word in enumerate(held):
        places.setdefault(word, []).append(at)
    at, jumps, longest, end, before = 0, 0, 0, -1, 0
    while at < len(words):
        size, start = max(
            ((_run(words, at, held, p), -p) for p in places.get(words[at], ())), default=(0, 0)
        )
        clause = {",", ";"}.isdisjoint(line.words[at].gap)
        jumps += min(before, size) > 1 and abs(-start - end) > _APART and clause
        longest, end, before = max(longest, size), size - start, size
        at += max(1, size)
    return float(jumps), longest / len(words)


def _run(one: Sequence[str], at: int, two: Sequence[str], start: int) -> int:
    """How many words from ``at`` and ``start`` on are the same."""
    size = 0
    while at + size < len(one) and start + size < len(two) and one[at + size] == two[start + size]:
        size += 1
    return size


def _edits(line: Reading, source: Evidence) -> dict[str, float]:
    """The line as an edit of the source sentence nearest to it."""
    words = _stems(line.words)
    matchers = [
        (SequenceMatcher(None, _stems(r.words), words, autojunk=False), r) for r in source.readings
    ]
    matcher, nearest = max(
        matchers, key=lambda pair: sum(b.size for b in pair[0].get_matching_blocks())
    )
    sizes = [block.size for block in matcher.get_matching_blocks()]
    replaced = lost = 0
    for tag, first, last, start, end in matcher.get_opcodes():
        new, old = line.words[start:end], nearest.words[first:last]
        inner = start > 0 and end < len(words)
        lost += inner and tag != "equal" and _denials(old) > _denials(new)
        if tag == "replace" and len(new) <= _SLOT and len(old) <= _SOURCE_SLOT:
            replaced += _replaced(new, old)
    return {
        "density": sum(size**2 for size in sizes) / len(words) ** 2,
        "longest": max(sizes) / len(words),
        "replaced": float(replaced),
        "denial_lost": float(lost),
    }


def _stems(words: Sequence[Token]) -> list[str]:
    return [t.stem for t in words[:_MOST]]


def _denials(words: Sequence[Token]) -> int:
    return sum(negation(t) for t in words)


def _replaced(new: Sequence[Token], old: Sequence[Token]) -> int:
    """Words in the place of others that are no derivations of them."""
    stems = {t.stem for t in old if not t.function}
    return sum(
        not t.function and t.stem not in stems and not any(similar(t.stem, s) for s in stems)
        for t in new
    )
