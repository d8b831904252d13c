"""Which of an article's words would an editor use? Coverage counted in words that matter.

Each word of the article's beginning gets the probability that it stands in an editor's headline,
and in an editor's key points: a small network over its place, frequency, capitals and rarity, and
over how often that word is used when it could be. A line is worth the overlap that it can expect
with what an editor would write, per word spent: the expected F1 (van Rijsbergen 1979), which is
what ROUGE-1 counts (Lin 2004). Frequency, place and cue words as marks of what matters go back to
Luhn 1958 and Edmundson 1969. Trained by scripts/train/coverage.py.
"""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from briefing.article import Article
from briefing.brief import Section
from briefing.language.tokens import Token, tokens

Floats = NDArray[np.float32]
READ = 20
"""Sentences of the body that are read; what an editor uses stands there or is repeated there."""
BITS = 16
_EXPECTED = {Section.HEADLINE: 8.5, Section.KEY_POINTS: 12.0, Section.CONTEXT: 12.0}
"""Words of an editor's line."""
NAMES = ("headline", "points")
_FEATURES = 27


@dataclass(frozen=True, slots=True)
class Coverage:
    """The probability of each stem, for a headline and for key points."""

    headline: Mapping[str, float]
    points: Mapping[str, float]

    def worth(self, line: str, section: Section) -> float:
        """The overlap F1 that ``line`` can expect with an editor's line, 0..1."""
        held = self.headline if section is Section.HEADLINE else self.points
        words = tokens(line)
        found = sum(held.get(stem, 0.0) for stem in dict.fromkeys(word.stem for word in words))
        return 2 * found / (len(words) + _EXPECTED[section]) if words else 0.0


def coverage(article: Article) -> Coverage:
    """The words of ``article`` that matter."""
    texts = [s.text for s in article.sentences if s.part == "body"][:READ]
    stems, rows = describe(texts, _parameters())
    if not stems:
        return Coverage({}, {})
    headline, points = (_predict(rows, name) for name in NAMES)
    return Coverage(
        dict(zip(stems, headline.tolist(), strict=True)),
        dict(zip(stems, points.tolist(), strict=True)),
    )


@lru_cache(maxsize=65536)
def place(stem: str) -> int:
    """A stem's place in the tables."""
    return zlib.crc32(stem.encode()) & ((1 << BITS) - 1)


def describe(texts: Sequence[str], tables: Mapping[str, Any]) -> tuple[list[str], Floats]:
    """The stems of ``texts`` and their features, one row each.

    ``tables`` holds ``rarity`` (inverse document frequency) and ``use_headline``,
    ``use_points`` (log-probability that a word that could be used is), by ``place``.
    """
    found: dict[str, _Seen] = {}
    for number, text in enumerate(texts):
        for at, token in enumerate(tokens(text)):
            seen = found.get(token.stem)
            if seen is None:
                seen = found[token.stem] = _Seen(number, at, token)
            seen.add(number, token)
    stems, rows = list(found), list(found.values())
    return stems, _columns(rows, [place(stem) for stem in stems], len(texts), tables)


class _Seen:
    """Where and how a stem was met."""

    __slots__ = ("at", "capitals", "early", "first", "inside", "last", "sentences", "times", "word")

    def __init__(self, first: int, at: int, word: Token) -> None:
        self.first, self.at, self.word = first, at, word
        self.last = -1
        self.times = self.sentences = self.early = self.inside = self.capitals = 0

    def add(self, number: int, token: Token) -> None:
        """One more time, in sentence ``number``; ``early`` has a bit for each of three."""
        self.times += 1
        if number != self.last:
            self.last = number
            self.sentences += 1
            if number < 3:
                self.early |= 1 << number
        if not token.initial:
            self.inside += 1
            self.capitals += token.capital


def _columns(
    rows: Sequence[_Seen], places: Sequence[int], size: int, tables: Mapping[str, Any]
) -> Floats:
    """The features, a column each: what is cheap in Python there, the rest for all at once."""
    if not rows:
        return np.zeros((0, _FEATURES), dtype=np.float32)
    first, at, times, sentences, early, inside, capitals, *kinds = np.array(
        [
            (r.first, r.at, r.times, r.sentences, r.early, r.inside, r.capitals, *_kinds(r.word))
            for r in rows
        ],
        dtype=np.float64,
    ).T
    marks = early.astype(np.int64)
    opening, second, third = ((marks >> bit & 1).astype(np.float64) for bit in range(3))
    digit, function, length, *endings = kinds
    logged, rarity = np.log1p(times), tables["rarity"][places].astype(np.float64)
    columns = (
        1 / (1 + first),
        opening,
        second,
        third,
        first < 5,
        opening + second + third,
        logged,
        np.log1p(sentences),
        sentences / size,
        capitals > 0,
        (capitals > 0) & (capitals == inside),
        digit,
        function,
        np.minimum(at, 40) / 40,
        at < 3,
        np.where(opening, np.minimum(at, 15) / 15, 0.0),
        rarity,
        rarity * opening,
        logged * opening,
        length,
        *endings,
        np.full(len(rows), math.log1p(size)),
        tables["use_headline"][places],
        tables["use_points"][places],
    )
    return np.stack([np.asarray(column, dtype=np.float32) for column in columns], axis=1)


def _kinds(word: Token) -> tuple[float, ...]:
    """What the features ask of the word itself."""
    key = word.key
    return (
        key[0].isdigit(),
        word.function,
        math.log1p(len(key)),
        key.endswith("ly"),
        key.endswith("ing"),
        key.endswith("ed"),
        key.endswith("s"),
    )


def _predict(rows: Floats, name: str) -> Floats:
    held = _parameters()
    hidden = (rows - held["mean"]) / held["spread"] @ held[f"{name}_in"] + held[f"{name}_in_bias"]
    logits = np.maximum(hidden, 0) @ held[f"{name}_out"] + held[f"{name}_out_bias"]
    chances: Floats = 1 / (1 + np.exp(-logits))
    return chances


@cache
def _parameters() -> Mapping[str, Floats]:
    path = resources.files("briefing.plan").joinpath("coverage.npz")
    with path.open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}
