"""Dense sentence features: position, shape, word classes, names, overlap, quotations."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from briefing.planning.document import Document, Floats, Ints, WordTable, begins, reduce_runs, unit
from briefing.planning.lexicon import CLASS_NAMES, DANGLING, furniture

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
