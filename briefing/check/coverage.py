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
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from briefing.article import Article
from briefing.brief import Section
from briefing.check.words import Token, tokens

Floats = NDArray[np.float32]
READ = 20
"""Sentences of the body that are read; what an editor uses stands there or is repeated there."""
BITS = 16
_EXPECTED = {Section.HEADLINE: 8.5, Section.KEY_POINTS: 12.0, Section.CONTEXT: 12.0}
"""Words of an editor's line."""
NAMES = ("headline", "points")


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


def place(stem: str) -> int:
    """A stem's place in the tables."""
    return zlib.crc32(stem.encode()) & ((1 << BITS) - 1)


def describe(texts: Sequence[str], tables: Mapping[str, Any]) -> tuple[list[str], Floats]:
    """The stems of ``texts`` and their features, one row each.

    ``tables`` holds ``rarity`` (inverse document frequency) and ``use_headline``,
    ``use_points`` (log-probability that a word that could be used is), by ``place``.
    """
    found: dict[str, list[tuple[int, int, Token]]] = {}
    for number, text in enumerate(texts):
        for at, token in enumerate(tokens(text)):
            found.setdefault(token.stem, []).append((number, at, token))
    size = len(texts)
    rows = [_row(stem, seen, size, tables) for stem, seen in found.items()]
    return list(found), np.array(rows, dtype=np.float32)


def _row(
    stem: str, seen: Sequence[tuple[int, int, Token]], size: int, tables: Mapping[str, Any]
) -> tuple[float, ...]:
    first, at, token = seen[0]
    sentences = {number for number, _, _ in seen}
    inside = [t.capital for _, _, t in seen if not t.initial]
    capital = any(inside)
    key, where = token.key, place(stem)
    rarity = tables["rarity"].item(where)
    early = [number in sentences for number in (0, 1, 2)]
    times = math.log1p(len(seen))
    return (
        1 / (1 + first),
        *early,
        first < 5,
        sum(early),
        times,
        math.log1p(len(sentences)),
        len(sentences) / size,
        capital,
        capital and all(inside),
        key[0].isdigit(),
        token.function,
        min(at, 40) / 40,
        at < 3,
        min(at, 15) / 15 if early[0] else 0.0,
        rarity,
        rarity if early[0] else 0.0,
        times if early[0] else 0.0,
        math.log1p(len(key)),
        key.endswith("ly"),
        key.endswith("ing"),
        key.endswith("ed"),
        key.endswith("s"),
        math.log1p(size),
        tables["use_headline"].item(where),
        tables["use_points"].item(where),
    )


def _predict(rows: Floats, name: str) -> Floats:
    held = _parameters()
    hidden = (rows - held["mean"]) / held["spread"] @ held[f"{name}_in"] + held[f"{name}_in_bias"]
    logits = np.maximum(hidden, 0) @ held[f"{name}_out"] + held[f"{name}_out_bias"]
    chances: Floats = 1 / (1 + np.exp(-logits))
    return chances


@cache
def _parameters() -> Mapping[str, Floats]:
    path = resources.files("briefing.check").joinpath("coverage.npz")
    with path.open("rb") as file, np.load(file) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}
