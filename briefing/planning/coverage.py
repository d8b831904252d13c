"""Word coverage: score a line by its expected word overlap with an editor's line.

A small network gives each word near the beginning of an article the probability that an editor's
headline contains it, and that the key points do, from its position, frequency, capitals and rarity,
and from how often editors use that word when an article has it. A line's score is its expected F1
(van Rijsbergen 1979) against an editor's line, which is what ROUGE-1 measures (Lin 2004).
Frequency, position and cue words as features go back to Luhn 1958 and Edmundson 1969. Trained by
scripts/train/coverage.py.
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

from briefing.briefs import Article
from briefing.language.tokens import Token, tokens
from briefing.sections import SECTIONS, Section

_Floats = NDArray[np.float32]
SENTENCES_READ = 20
"""Body sentences used; most words that editors use are there."""
BITS = 16
NAMES = ("headline", "points")
_FEATURES = 27


@dataclass(frozen=True, slots=True)
class Coverage:
    """The probability of each stem, for a headline and for key points."""

    headline: Mapping[str, float]
    points: Mapping[str, float]

    def worth(self, line: str, section: Section) -> float:
        """Return the expected overlap F1 of ``line`` with an editor's line, 0..1."""
        chances, expected = self.of(section), SECTIONS[section].editors_words
        words = tokens(line)
        overlap = sum(chances.get(stem, 0.0) for stem in dict.fromkeys(w.stem for w in words))
        return 2 * overlap / (len(words) + expected) if words else 0.0

    def of(self, section: Section) -> Mapping[str, float]:
        """Return the probabilities for the lines of ``section``."""
        return self.headline if SECTIONS[section].worded_as == "headline" else self.points


def coverage(article: Article) -> Coverage:
    """Return the word probabilities of ``article``."""
    texts = [s.text for s in article.sentences if s.part == "body"][:SENTENCES_READ]
    stems, rows = describe_words(texts, _parameters())
    if not stems:
        return Coverage({}, {})
    headline, points = (_predict(rows, name) for name in NAMES)
    return Coverage(
        dict(zip(stems, headline.tolist(), strict=True)),
        dict(zip(stems, points.tolist(), strict=True)),
    )


@lru_cache(maxsize=65536)
def word_place(stem: str) -> int:
    """Return a stem's index in the tables: a hash of ``BITS`` bits."""
    return zlib.crc32(stem.encode()) & ((1 << BITS) - 1)


def describe_words(texts: Sequence[str], tables: Mapping[str, Any]) -> tuple[list[str], _Floats]:
    """Return the stems of ``texts`` and their features, one row each.

    ``tables`` has ``rarity`` (inverse document frequency) and ``use_headline``, ``use_points``
    (log-probability that editors use the word when an article has it), by `word_place`.
    """
    seen: dict[str, _Seen] = {}
    for number, text in enumerate(texts):
        for at, token in enumerate(tokens(text)):
            if token.stem not in seen:
                seen[token.stem] = _Seen(number, at, token)
            seen[token.stem].add(number, token)
    places = [word_place(stem) for stem in seen]
    return list(seen), _columns(list(seen.values()), places, len(texts), tables)


class _Seen:
    """The occurrences of a stem: its first sentence, position and token, and counts."""

    __slots__ = ("at", "capitals", "early", "first", "inside", "last", "sentences", "times", "word")

    def __init__(self, first: int, at: int, word: Token) -> None:
        self.first, self.at, self.word = first, at, word
        self.last = -1
        self.times = self.sentences = self.early = self.inside = self.capitals = 0

    def add(self, number: int, token: Token) -> None:
        """Count an occurrence in sentence ``number``; ``early`` has a bit for each of 0, 1, 2."""
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
) -> _Floats:
    """The feature matrix (stems, features), computed from arrays over all stems."""
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
    """The features of the word itself."""
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


def _predict(rows: _Floats, name: str) -> _Floats:
    net = _parameters()
    hidden = (rows - net["mean"]) / net["spread"] @ net[f"{name}_in"] + net[f"{name}_in_bias"]
    logits = np.maximum(hidden, 0) @ net[f"{name}_out"] + net[f"{name}_out_bias"]
    chances: _Floats = 1 / (1 + np.exp(-logits))
    return chances


@cache
def _parameters() -> Mapping[str, _Floats]:
    path = resources.files("briefing.planning").joinpath("coverage.npz")
    with path.open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}
