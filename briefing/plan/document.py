"""An article's body as flat arrays of tokens, from which every feature is a vectorised sum."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from briefing.article import Article
from briefing.plan.lexicon import CLASS_BITS, STOP_BIT, normalise, straight, tokenise

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Hashes = NDArray[np.uint32]


@dataclass(frozen=True)
class Document:
    """Tokens of the body sentences, back to back.

    ``sentence`` maps each token to its row; row ``r`` is ``article.sentences[indices[r]]``.
    ``hashes`` identify normalised tokens, ``bits`` their word classes, ``capital`` whether they
    are written with one. ``title`` holds the hashes of title and standfirst (may be empty).
    """

    texts: tuple[str, ...]
    indices: tuple[int, ...]
    paragraphs: Ints
    hashes: Hashes
    sentence: Ints
    bits: Ints
    capital: NDArray[np.bool_]
    title: Hashes
    title_content: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Number of sentences (rows)."""
        return len(self.texts)

    @property
    def content(self) -> NDArray[np.bool_]:
        """Whether each token is more than a function word or punctuation."""
        marks: NDArray[np.bool_] = (self.bits >> STOP_BIT) & 1 == 0
        return marks

    def per_sentence(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Sum of one value a token over each sentence."""
        weights = np.asarray(values, dtype=np.float64)
        return np.bincount(self.sentence, weights=weights, minlength=self.size).astype(
            np.float64, copy=False
        )


@lru_cache(maxsize=1 << 16)
def _describe(token: str) -> tuple[int, int, bool]:
    word = normalise(token)
    return zlib.crc32(word.encode()), CLASS_BITS.get(word, 0), token[0].isupper()


def begins(groups: Ints) -> NDArray[np.bool_]:
    """Whether each element is the first of a run of equal ones."""
    flags = np.ones(len(groups), dtype=np.bool_)
    np.not_equal(groups[1:], groups[:-1], out=flags[1:])
    return flags


def reduce_runs(operation: np.ufunc, values: NDArray[Any], starts: Ints) -> NDArray[Any]:
    """``operation`` over each run of rows; several times faster than its ``reduceat``."""
    reduced = np.empty((len(starts), values.shape[1]), dtype=values.dtype)
    ends = np.append(starts[1:], len(values)).tolist()
    for row, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        operation.reduce(values[start:end], axis=0, out=reduced[row])
    return reduced


def hash_word(word: str) -> int:
    """The 32-bit identity of a normalised token."""
    return zlib.crc32(word.encode())


def document(article: Article) -> Document:
    """The body of ``article`` as arrays; an article without body sentences has no rows."""
    rows = [(i, s) for i, s in enumerate(article.sentences) if s.part == "body"]
    head = " ".join(s.text for s in article.sentences if s.part != "body")
    texts = tuple(straight(s.text) for _, s in rows)
    described, lengths = _describe_all(texts)
    columns = np.array(described, dtype=np.int64).reshape(-1, 3)
    titled = np.array(_describe_all([head])[0], dtype=np.int64).reshape(-1, 3)
    return Document(
        texts=texts,
        indices=tuple(i for i, _ in rows),
        paragraphs=np.array([s.paragraph for _, s in rows], dtype=np.int64),
        hashes=columns[:, 0].astype(np.uint32),
        sentence=np.repeat(np.arange(len(rows)), lengths),
        bits=columns[:, 1],
        capital=columns[:, 2].astype(np.bool_),
        title=titled[:, 0].astype(np.uint32),
        title_content=(titled[:, 1] >> STOP_BIT) & 1 == 0,
    )


def _describe_all(texts: Sequence[str]) -> tuple[list[tuple[int, int, bool]], list[int]]:
    described: list[tuple[int, int, bool]] = []
    lengths: list[int] = []
    for text in texts:
        tokens = tokenise(text)
        described += map(_describe, tokens)
        lengths.append(len(tokens))
    return described, lengths
