"""Word vectors: positive pointwise mutual information, reduced by a truncated SVD."""

import array
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.extmath import randomized_svd

from briefing.planning.document import hash_word, unit
from briefing.planning.lexicon import normalise, tokenise
from scripts.train.corpus import read_lines
from scripts.train.planner.data import Params

VOCABULARY, CONTEXTS, DIMENSIONS, WINDOW = 20_000, 6_000, 96, 5


def word_vectors(data: Path, seed: int) -> Params:
    """Vectors and document frequencies of the commonest words of the training articles."""
    vocabulary: dict[str, int] = {}
    stream = array.array("i")
    frequency: Counter[int] = Counter()
    documents = 0
    for path in sorted((data / "articles").glob("articles-*.jsonl.xz")):
        for record in read_lines(path):
            if record["split"] != "train" or record["source"].startswith("scitldr"):
                continue
            tokens = tokenise(f"{record['title']} \n{record['text'][:6000]}")
            ids = [vocabulary.setdefault(normalise(t), len(vocabulary)) for t in tokens]
            stream.extend(ids)
            stream.extend([-1] * WINDOW)
            frequency.update(set(ids))
            documents += 1
    ids_all = np.frombuffer(stream, dtype=np.int32)
    counts = np.bincount(ids_all[ids_all >= 0], minlength=len(vocabulary))
    kept = np.argsort(-counts, kind="stable")[:VOCABULARY]
    rank = np.full(len(vocabulary) + 1, -1, dtype=np.int32)  # index -1 is the last: a break
    rank[kept] = np.arange(len(kept))
    vectors = unit(_reduced(_cooccurrence(rank[ids_all], len(kept)), seed))
    words = list(vocabulary)
    hashes = np.array([hash_word(words[i]) for i in kept], dtype=np.uint32)
    _, order = np.unique(hashes, return_index=True)
    scale = np.abs(vectors).max(axis=1) / 127
    seen = np.array([frequency[int(i)] for i in kept])
    return {
        "word_hash": hashes[order],
        "word_vector": np.round(vectors / scale[:, None]).astype(np.int8)[order],
        "word_scale": scale.astype(np.float16)[order],
        "word_idf": np.log(documents / (1 + seen)).astype(np.float16)[order],
    }


def _cooccurrence(ids: np.ndarray[Any, Any], size: int) -> np.ndarray[Any, Any]:
    """Counts of words around words, nearer ones weighing more: (words, contexts)."""
    contexts, chunk = min(CONTEXTS, size), 20_000_000
    table = np.zeros(size * contexts, dtype=np.float32)
    for distance in range(1, WINDOW + 1):
        for word, near in ((ids[:-distance], ids[distance:]), (ids[distance:], ids[:-distance])):
            valid = (word >= 0) & (near >= 0) & (near < contexts)
            keys = word[valid].astype(np.int64) * contexts + near[valid]
            for start in range(0, len(keys), chunk):
                found = np.bincount(keys[start : start + chunk], minlength=len(table))
                table += (found / distance).astype(np.float32)
    return table.reshape(size, contexts)


def _reduced(table: np.ndarray[Any, Any], seed: int) -> np.ndarray[Any, Any]:
    rows = table.sum(axis=1, keepdims=True)
    columns = table.sum(axis=0, keepdims=True) ** 0.75
    columns *= rows.sum() / columns.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(table * rows.sum() / (rows * columns))
    information = np.maximum(np.nan_to_num(information, neginf=0) - 0.3, 0)
    left, values, _ = randomized_svd(information, DIMENSIONS, n_iter=4, random_state=seed)
    reduced: np.ndarray[Any, Any] = (left * np.sqrt(values)).astype(np.float32)
    return reduced
