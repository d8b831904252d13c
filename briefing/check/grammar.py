"""Does a line that leaves words of its source out read as if a person had cut it?

A linear model over hashed features (Weinberger et al. 2009, "Feature hashing for large scale
multitask learning") of two kinds: the line's own runs of words and word classes, and each cut with
what stood on both sides of it. It is trained to tell editors' headlines and key points from the
same lines with their cuts moved (scripts/train/grammar.py), the way contrastive estimation learns
from the neighbours of what is right (Smith and Eisner 2005). Unlike rules it knows that
"Acme Corp said it will sell" may become "Acme to sell", and unlike a model's own probability
it was shown what goes wrong.
"""

import zlib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from briefing.check.evidence import Evidence
from briefing.check.placing import Place, placed
from briefing.check.words import Token

BITS = 17
"""The features are hashed to so many bits."""
_SUFFIXES = (
    *("ing", "ed", "ly", "tion", "ity", "ment", "ness", "ers", "er", "al", "ous", "ive", "able"),
    *("ies", "es", "s", "th", "st", "an", "ic"),
)
_MARKS = ',;:"—–()'


def naturalness(line: str, source: Evidence) -> float:
    """Log-odds that a person cut ``line`` from ``source`` so; 0 where nothing can be said."""
    over = placed(line, source)
    if over is None:
        return 0.0
    weights, bias, scale = _parameters()
    rows = hashed(features(over.words, over.found, over.places))
    return float(weights[rows].sum(dtype=np.int64)) * scale + bias


@cache
def _parameters() -> tuple[NDArray[np.int8], float, float]:
    path = resources.files("briefing.check").joinpath("grammar.npz")
    with path.open("rb") as file, np.load(file) as stored:
        return stored["weights"], float(stored["bias"]), float(stored["scale"])


def hashed(features: Iterator[str]) -> list[int]:
    """The features' places in the weights, each once."""
    return sorted({zlib.crc32(name.encode()) & ((1 << BITS) - 1) for name in features})


def features(
    words: Sequence[Token], found: Sequence[int | None], places: Sequence[Place]
) -> Iterator[str]:
    """Names of the features of a line whose words stand at ``found`` in the source."""
    yield from _runs(words)
    source = _Source(places)
    known = [at for at in found if at is not None]
    if not known:
        yield "nowhere"
        return
    yield from source.start(known[0])
    before: int | None = None
    for at in known:
        if before is not None and at != before + 1:
            yield from source.cut(before, at)
        before = at
    yield from source.stop(known[-1])


def _runs(words: Sequence[Token]) -> Iterator[str]:
    """Runs of two to four words, as words and as kinds."""
    kinds, keys = ["^"], ["^"]
    for at, word in enumerate(words):
        mark = _mark(word) if at else ""
        kinds += [mark] * bool(mark) + [_kind(word)]
        keys += [mark] * bool(mark) + [word.key]
    kinds.append("$")
    keys.append("$")
    for at in range(len(kinds) - 1):
        yield f"kk {kinds[at]} {kinds[at + 1]}"
        yield f"wk {keys[at]} {kinds[at + 1]}"
        yield f"kw {kinds[at]} {keys[at + 1]}"
    for at in range(len(kinds) - 2):
        yield f"kkk {' '.join(kinds[at : at + 3])}"
        yield f"wkw {keys[at]} {kinds[at + 1]} {keys[at + 2]}"
    for at in range(len(kinds) - 3):
        yield f"kkkk {' '.join(kinds[at : at + 4])}"


class _Source:
    """The source's words and kinds, with something to say beyond its ends."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places
        self._kinds = [_kind(place.token) + "|" * place.first for place in places]

    def kind(self, at: int | None) -> str:
        """The kind of the word at ``at``; a mark where there is none."""
        return self._kinds[at] if at is not None and 0 <= at < len(self._kinds) else "^"

    def key(self, at: int) -> str:
        """The word at ``at``; a mark where there is none."""
        return self._places[at].token.key if 0 <= at < len(self._places) else "^"

    def mark(self, at: int) -> str:
        """The punctuation before the word at ``at``."""
        return _mark(self._places[at].token) if at < len(self._places) else ""

    def start(self, at: int) -> Iterator[str]:
        """Features of a line that begins at ``at``, inside its sentence."""
        if self._places[at].first:
            return
        yield "start"
        yield f"start {self.kind(at - 1)} {self.mark(at)} {self.kind(at)}"
        yield f"start {self.key(at - 1)}"
        yield f"start {self.kind(at - 2)} {self.kind(at - 1)} {self.kind(at)}"

    def stop(self, at: int) -> Iterator[str]:
        """Features of a line that ends at ``at``, before its sentence does."""
        if at + 1 == len(self._places) or self._places[at + 1].first:
            return
        mark, after = self.mark(at + 1), self.kind(at + 1)
        yield "stop"
        yield f"stop {self.kind(at)} {mark} {after}"
        yield f"stop {self.key(at)} {after}"
        yield f"stop {self.kind(at)} {mark} {self.key(at + 1)}"
        yield f"stop {self.kind(at - 1)} {self.kind(at)} {mark} {after}"
        yield f"stop {self.kind(at)} {mark} {after} {self.kind(at + 2)}"

    def cut(self, one: int, two: int) -> Iterator[str]:
        """Features of the words left out between ``one`` and ``two``."""
        across = any(place.first for place in self._places[one + 1 : two + 1])
        name = "over" if across else "cut"
        left, right, first, last = (self.kind(i) for i in (one, two, one + 1, two - 1))
        opens, closes = self.mark(one + 1), self.mark(two)
        size = min(two - one - 1, 4) if two - one < 6 else 5 + (two - one > 9)
        yield f"{name} {size}"
        yield f"{name} a {left} {right}"
        yield f"{name} b {left} {opens}{first}"
        yield f"{name} c {last} {closes}{right}"
        yield f"{name} d {size} {left} {right}"
        yield f"{name} e {opens}{first} {closes}{right}"
        yield f"{name} f {left} {opens}{first} {closes}{right}"
        yield f"{name} g {self.key(one)} {first}"
        yield f"{name} h {last} {self.key(two)}"
        yield f"{name} i {self.kind(one - 1)} {left} {opens}{first}"
        yield f"{name} j {last} {closes}{right} {self.kind(two + 1)}"
        yield f"{name} k {self.key(one)} {self.key(two)}"
        yield f"{name} l {self.key(one + 1)} {self.key(two - 1)}"


def _kind(token: Token) -> str:
    """A grammatical word as it is; else capital or not, digits, ending."""
    return token.key if token.function else _shape(token.key, token.capital and not token.initial)


@lru_cache(maxsize=65536)
def _shape(key: str, named: bool) -> str:
    if key[0].isdigit():
        return "year" if len(key) == 4 and key[:2] in ("19", "20") else "#"
    capital = "C" if named else ""
    for suffix in _SUFFIXES:
        if key.endswith(suffix) and len(key) > len(suffix) + 2:
            return f"{capital}-{suffix}"
    return capital + ("w" if len(key) > 3 else "v")


def _mark(token: Token) -> str:
    """The punctuation before a word, if any."""
    found = next((mark for mark in _MARKS if mark in token.gap), "")
    return found or ("-" if "-" in token.gap else "")
