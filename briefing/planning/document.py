"""Token arrays of an article's body, the word table (rarity and vectors), trained parameters.

Features are vectorised sums over the token arrays. The parameters are one .npz file in the
package, loaded on first use.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from briefing.article import Article
from briefing.errors import ModelError
from briefing.planning.lexicon import CLASS_BITS, STOP_BIT, normalise, straight, tokenise

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Hashes = NDArray[np.uint32]


@dataclass(frozen=True)
class Document:
    """The tokens of the body sentences, concatenated.

    ``sentence`` maps each token to its row; row ``r`` is ``article.sentences[indices[r]]``.
    ``hashes`` identify normalised tokens, ``bits`` their word classes, ``capital`` whether they
    are capitalised. ``title`` has the hashes of title and standfirst (may be empty).
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
        """The number of sentences (rows)."""
        return len(self.texts)

    @property
    def content(self) -> NDArray[np.bool_]:
        """Whether each token is a content word: not a function word or punctuation."""
        marks: NDArray[np.bool_] = (self.bits >> STOP_BIT) & 1 == 0
        return marks

    def per_sentence(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Sum one value per token over each sentence."""
        weights = np.asarray(values, dtype=np.float64)
        return np.bincount(self.sentence, weights=weights, minlength=self.size).astype(
            np.float64, copy=False
        )


@lru_cache(maxsize=1 << 16)
def _describe(token: str) -> tuple[int, int, bool]:
    word = normalise(token)
    return zlib.crc32(word.encode()), CLASS_BITS.get(word, 0), token[0].isupper()


def begins(groups: Ints) -> NDArray[np.bool_]:
    """Whether each element is the first of a run of equal elements."""
    flags = np.ones(len(groups), dtype=np.bool_)
    np.not_equal(groups[1:], groups[:-1], out=flags[1:])
    return flags


def reduce_runs(operation: np.ufunc, values: NDArray[Any], starts: Ints) -> NDArray[Any]:
    """Reduce each run of rows by ``operation``; several times faster than its ``reduceat``."""
    reduced = np.empty((len(starts), values.shape[1]), dtype=values.dtype)
    ends = np.append(starts[1:], len(values)).tolist()
    for row, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        operation.reduce(values[start:end], axis=0, out=reduced[row])
    return reduced


def hash_word(word: str) -> int:
    """Return the 32-bit hash of a normalised token."""
    return zlib.crc32(word.encode())


def document(article: Article) -> Document:
    """Return the body of ``article`` as arrays; without body sentences it has no rows."""
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


def find_sorted(table: Hashes, wanted: Hashes) -> Ints:
    """Return the positions of ``wanted`` in the sorted ``table``, or -1 if not found."""
    if not len(table):
        return np.full(len(wanted), -1, dtype=np.int64)
    where = np.searchsorted(table, wanted)
    where = np.minimum(where, len(table) - 1)
    return np.where(table[where] == wanted, where, -1)


@dataclass(frozen=True)
class WordTable:
    """Words of a large corpus: sorted hashes, inverse document frequencies, unit vectors."""

    hashes: Hashes
    idf: Floats
    vectors: Floats
    unknown_idf: float

    def weights(self, hashes: Hashes) -> tuple[Ints, Floats]:
        """Return the position (-1 if unknown) and inverse document frequency of each hash."""
        where = find_sorted(self.hashes, hashes)
        return where, np.where(where < 0, np.float32(self.unknown_idf), self.idf[where])

    def embed(self, rows: Ints, where: Ints, weights: Floats, size: int) -> Floats:
        """Return weighted mean vectors of ``size`` groups of words, normalised (0 if empty)."""
        known = where >= 0
        vectors = self.vectors[where[known]] * weights[known, None]
        sums = np.zeros((size, self.vectors.shape[1]), dtype=np.float32)
        if len(vectors):
            groups = rows[known]
            starts = np.flatnonzero(begins(groups))
            sums[groups[starts]] = reduce_runs(np.add, vectors, starts)
        return unit(sums)


def unit(vectors: Floats) -> Floats:
    """Scale rows to length 1; zero rows stay zero."""
    norms = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    scaled: Floats = vectors / np.maximum(norms, np.float32(1e-8))
    return scaled


PATH = Path(__file__).with_name("parameters.npz")
Parameters = Mapping[str, NDArray[np.generic]]


@lru_cache(maxsize=2)
def load_parameters(path: Path = PATH) -> dict[str, NDArray[np.generic]]:
    """Load all arrays of ``path`` by name, float16 as float32.

    Raises:
        ModelError: the file cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: _widened(stored[name]) for name in stored.files}
    except (OSError, ValueError) as error:
        raise ModelError(
            f"Cannot read the planner's parameters from {path}: {error}. Reinstall the package, "
            "or train them with python -m scripts.train.planner."
        ) from error


def _widened(array: NDArray[np.generic]) -> NDArray[np.generic]:
    return array.astype(np.float32) if array.dtype == np.float16 else array


def word_table(parameters: Parameters) -> WordTable:
    """Return the word table; its vectors are stored as int8 with one scale per word."""
    scale = parameters["word_scale"].astype(np.float32)
    idf = parameters["word_idf"].astype(np.float32)
    return WordTable(
        hashes=parameters["word_hash"].astype(np.uint32),
        idf=idf,
        vectors=parameters["word_vector"].astype(np.float32) * scale[:, None],
        unknown_idf=float(idf.max()) + 0.5,
    )
