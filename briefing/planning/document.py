"""Token arrays of an article's body, the dense features of its sentences, and what both rest on.

These are the word table (rarity and vectors) and the trained parameters.

Features (position, shape, word classes, names, overlap, quotations) are vectorised sums over the
token arrays. The parameters are one .npz file in the package, loaded on first use.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from briefing.briefs import Article
from briefing.errors import ModelError
from briefing.planning.lexicon import (
    CLASS_BITS,
    CLASS_NAMES,
    DANGLING,
    STOP_BIT,
    furniture,
    normalise,
    straight,
    tokenise,
)

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
    language: str = "en"

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
        language=article.language,
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


_FIRST_WORD = re.compile(r"\W*(\w+)")
_COUNTED = ("was", "had", "year", "number", "scale", "said", "opinion", "will", "future", "past")
_STARTS = ("contrast", "third_person", "first_person", "cause", "general", "past", "present")


@dataclass(frozen=True)
class Features:
    """``dense`` is (sentences, features); ``vectors`` (sentences, dimensions), unit rows."""

    dense: Floats
    vectors: Floats
    head: Floats
    boilerplate: NDArray[np.bool_]
    names: tuple[str, ...]


def features(document: Document, words: WordTable) -> Features:
    """Return the features of each body sentence of ``document``, which has at least one."""
    where, idf = words.weights(document.hashes)
    content = document.content
    weight = np.where(content, idf, np.float32(0))
    vectors = words.embed(document.sentence, where, weight, document.size)
    head = _head_vector(document, words)
    boilerplate = np.array(furniture(document.texts))
    columns: dict[str, NDArray[np.generic]] = {"boilerplate": boilerplate}
    columns |= _place(document)
    columns |= _shape(document, content)
    columns |= _classes(document)
    columns |= _speech(document)
    columns |= _overlap(document, weight, content)
    columns |= _similarity(vectors, head)
    dense = np.stack([np.asarray(c, dtype=np.float32) for c in columns.values()], axis=1)
    return Features(dense, vectors, head, boilerplate, tuple(columns))


def _head_vector(document: Document, words: WordTable) -> Floats:
    where, idf = words.weights(document.title)
    weight = np.where(document.title_content, idf, np.float32(0))
    vector: Floats = words.embed(np.zeros(len(where), dtype=np.int64), where, weight, 1)[0]
    return vector


def _place(document: Document) -> dict[str, NDArray[np.generic]]:
    size, paragraphs = document.size, document.paragraphs
    index = np.arange(size)
    starts = begins(paragraphs)
    ends = np.append(starts[1:], True)
    number = np.cumsum(starts) - 1
    length = np.bincount(number)[number]
    return {
        "index": np.minimum(index, 60),
        "log_index": np.log1p(index),
        "relative": index / max(size - 1, 1),
        "log_size": np.full(size, np.log(size)),
        "from_end": np.minimum(size - 1 - index, 20),
        "first": index == 0,
        "second": index == 1,
        "third": index == 2,
        "top_five": index < 5,
        "last": index == size - 1,
        "paragraph": np.minimum(number, 40),
        "paragraph_start": starts,
        "paragraph_end": ends,
        "paragraph_length": np.minimum(length, 8),
    }


def _shape(document: Document, content: NDArray[np.bool_]) -> dict[str, NDArray[np.generic]]:
    texts = document.texts
    length = document.per_sentence(np.ones(len(document.hashes)))
    safe = np.maximum(length, 1)
    inner = document.capital & ~begins(document.sentence)
    return {
        "length": np.minimum(length, 80),
        "log_length": np.log1p(length),
        "short": length < 6,
        "capitals": document.per_sentence(document.capital) / safe,
        "inner_capitals": np.minimum(document.per_sentence(inner), 15),
        "content": document.per_sentence(content) / safe,
        "stopped": np.array([t.rstrip("\"')").endswith((".", "!", "?")) for t in texts]),
        "question": np.array([t.rstrip("\"')").endswith("?") for t in texts]),
        "upper": np.array([t.isupper() for t in texts]),
        "bracket": np.array([t.startswith("(") for t in texts]),
        "dateline": np.array([" - " in t[:50] or "(Reuters)" in t[:60] for t in texts]),
        "slashes": np.array(["/" in t for t in texts]),
        "dangling": np.array([_first_word(t) in DANGLING for t in texts]),
    }


def _first_word(text: str) -> str:
    match = _FIRST_WORD.match(text)
    return match[1].lower() if match else ""


def _classes(document: Document) -> dict[str, NDArray[np.generic]]:
    first = np.flatnonzero(begins(document.sentence))
    rows = document.sentence[first]
    members = (document.bits[:, None] >> np.arange(len(CLASS_NAMES))) & 1
    counts = np.zeros((document.size, len(CLASS_NAMES)), dtype=np.int64)
    starting = np.zeros_like(counts)
    if len(first):
        counts[rows] = reduce_runs(np.add, members, first)
        starting[rows] = members[first]
    columns: dict[str, NDArray[np.generic]] = {}
    for bit, name in enumerate(CLASS_NAMES):
        count = counts[:, bit]
        columns[f"has_{name}"] = count > 0
        if name in _COUNTED:
            columns[f"count_{name}"] = np.minimum(count, 6)
        if name in _STARTS:
            columns[f"starts_{name}"] = starting[:, bit]
    return columns


def _speech(document: Document) -> dict[str, NDArray[np.generic]]:
    """Quotation features; an open quotation ends with its paragraph."""
    bit = CLASS_NAMES.index("quote")
    marks = (document.bits >> bit) & 1
    before = np.cumsum(marks) - marks
    total = document.per_sentence(marks)
    sentence_before = np.cumsum(total) - total
    starts = begins(document.paragraphs)
    offset = sentence_before[np.flatnonzero(starts)][np.cumsum(starts) - 1]
    inside = (before - offset[document.sentence]) % 2 == 1
    length = np.maximum(document.per_sentence(np.ones(len(marks))), 1)
    share = document.per_sentence(inside & (marks == 0)) / length
    said = document.per_sentence((document.bits >> CLASS_NAMES.index("said")) & 1) > 0
    return {
        "quoted": share,
        "mostly_quoted": share > 0.5,
        "all_quoted": share > 0.85,
        "starts_quoted": np.array([t[:1] == '"' for t in document.texts]),
        "reported": said & (share == 0),
        "attributed": said & (share > 0),
        "quoted_before": _shifted(share, 1),
        "quoted_after": _shifted(share, -1),
    }


def _shifted(values: NDArray[np.float64], by: int) -> NDArray[np.float64]:
    moved = np.zeros_like(values)
    if by > 0:
        moved[by:] = values[:-by]
    else:
        moved[:by] = values[-by:]
    return moved


def _overlap(
    document: Document, weight: Floats, content: NDArray[np.bool_]
) -> dict[str, NDArray[np.generic]]:
    rows, hashes = document.sentence, document.hashes
    mass = np.maximum(document.per_sentence(weight), 1e-6)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    seen = rows > rows[first][inverse]
    frequency = _sentence_frequency(inverse, rows)[inverse]
    name = document.capital & content
    columns: dict[str, NDArray[np.generic]] = {
        "seen": document.per_sentence(weight * seen) / mass,
        "new_names": np.minimum(document.per_sentence(name & ~seen), 8),
        "old_names": np.minimum(document.per_sentence(name & seen), 8),
        "central": document.per_sentence(weight * np.log(frequency)) / mass,
        "shared": document.per_sentence(weight * (frequency > 1)) / mass,
        "mass": np.log1p(mass),
    }
    for label, mask in (
        ("title", np.isin(hashes, document.title)),
        ("lead", _lead_words(rows, inverse)),
    ):
        columns[f"in_{label}"] = document.per_sentence(weight * mask) / mass
        columns[f"count_in_{label}"] = np.minimum(document.per_sentence(content & mask), 8)
    return columns


def _lead_words(rows: Ints, distinct: Ints) -> NDArray[np.bool_]:
    """Whether each token is in the first sentence; for the first sentence, in the second."""
    present = np.zeros((2, int(distinct.max(initial=0)) + 1), dtype=np.bool_)
    present[0, distinct[rows == 0]] = True
    present[1, distinct[rows == 1]] = True
    found: NDArray[np.bool_] = np.where(rows == 0, present[1][distinct], present[0][distinct])
    return found


def _sentence_frequency(inverse: Ints, rows: Ints) -> Ints:
    """The number of sentences with each distinct word (at least 1)."""
    width = int(rows[-1]) + 1 if len(rows) else 1
    pairs = np.unique(inverse.astype(np.int64) * width + rows)
    return np.maximum(np.bincount(pairs // width), 1)


def _similarity(vectors: Floats, head: Floats) -> dict[str, NDArray[np.generic]]:
    middle = unit(vectors.sum(axis=0))
    lead = unit(vectors[:3].sum(axis=0))
    next_to = (vectors[1:] * vectors[:-1]).sum(axis=1)
    return {
        "like_title": vectors @ head,
        "like_lead": vectors @ lead,
        "like_first": vectors @ vectors[0],
        "like_all": vectors @ middle,
        "like_before": np.r_[np.float32(0), next_to],
        "like_after": np.r_[next_to, np.float32(0)],
    }
