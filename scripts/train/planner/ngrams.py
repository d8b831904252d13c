"""The linear role model over words and word pairs, and the chain of roles."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from briefing.planning.document import Document, WordTable, document, features, find_sorted
from briefing.planning.roles import NEIGHBOUR, OWN, ROLE_PLACES, grams, standardised
from briefing.sections import Role
from scripts.train.corpus import read_lines
from scripts.train.planner.data import LABELS, Params, labelled_article

FEWEST = 3  # sentences that hold a word or word pair
STRENGTH, BALANCE = 1.0, 0.6  # inverse regularisation; how far rare roles weigh more
CHAIN = 0.3  # how far the surprise of a transition counts, by cross-validation
_PART = len(Role)


def train_ngrams(data: Path, words: WordTable) -> Params:
    """Fit the regression and the transitions on the labelled training articles."""
    records = list(read_lines(data / "discourse_train.jsonl.xz"))
    found = [document(labelled_article(record)) for record in records]
    described = [features(one, words) for one in found]
    targets = [np.array([LABELS[s["role"]] for s in r["sentences"]]) for r in records]
    dense = np.concatenate([one.dense for one in described])
    mean, deviation = dense.mean(axis=0), dense.std(axis=0) + 1e-3
    table, idf = _vocabulary(found)
    rows = [_placed(_weighted(one, table, idf)) for one in found]
    inputs = sparse.hstack(
        [
            sparse.vstack(rows),
            sparse.csr_matrix(
                np.concatenate([standardised(d, mean, deviation) for d in described])
            ),
        ],
        format="csr",
        dtype=np.float32,
    )
    model = _fitted(inputs, np.concatenate(targets))
    kept = model.coef_[:, : len(ROLE_PLACES) * len(table)].reshape(
        _PART, len(ROLE_PLACES), len(table)
    )
    weights = kept.transpose(2, 1, 0).reshape(len(table), -1)
    weights *= np.repeat([OWN, NEIGHBOUR, NEIGHBOUR], _PART)
    scale = np.abs(weights).max(axis=0) / 127
    return {
        "ngram_hash": table,
        "ngram_idf": idf.astype(np.float16),
        "ngram_weight": np.round(weights / scale).astype(np.int8),
        "ngram_scale": scale.astype(np.float32),
        "ngram_dense": model.coef_[:, len(ROLE_PLACES) * len(table) :].T.astype(np.float16),
        "ngram_bias": model.intercept_.astype(np.float32),
        "ngram_mean": mean,
        "ngram_deviation": deviation,
        "chain": _transitions(targets),
    }


def _vocabulary(found: list[Document]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Sorted hashes of the grams that several sentences hold, and their idf."""
    everything = np.concatenate([grams(one).hashes for one in found])
    hashes, counts = np.unique(everything, return_counts=True)
    sentences = sum(one.size for one in found)
    often = counts >= FEWEST
    return hashes[often], np.log(sentences / (1 + counts[often])).astype(np.float32)


def _weighted(
    one: Document, table: np.ndarray[Any, Any], idf: np.ndarray[Any, Any]
) -> sparse.csr_matrix:
    """tf-idf rows of unit length: (sentences, grams)."""
    found = grams(one)
    where = find_sorted(table, found.hashes)
    rows, where = found.rows[where >= 0], where[where >= 0]
    length = np.sqrt(np.bincount(rows, weights=idf[where] ** 2, minlength=one.size))
    values = idf[where] / np.maximum(length[rows], 1e-6)
    return sparse.csr_matrix((values, (rows, where)), shape=(one.size, len(table)))


def _placed(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    """The sentence's own grams beside those of the one before and the one after."""
    size = rows.shape[0]
    parts = [
        (OWN if place == 0 else NEIGHBOUR) * sparse.eye(size, k=place, format="csr") @ rows
        for place in ROLE_PLACES
    ]
    return sparse.hstack(parts, format="csr")


def _fitted(inputs: sparse.csr_matrix, target: np.ndarray[Any, Any]) -> LogisticRegression:
    counts = np.bincount(target, minlength=_PART)
    weights = (len(target) / _PART / counts) ** BALANCE
    model = LogisticRegression(
        C=STRENGTH, class_weight=dict(enumerate(weights)), max_iter=60, tol=1e-3
    )
    with warnings.catch_warnings():  # sixty steps are enough for the held-out predictions
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(inputs, target)


def _transitions(targets: list[np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    """How much likelier each role is after each other than anywhere, damped."""
    counts = np.ones((_PART, _PART))
    for roles in targets:
        np.add.at(counts, (roles[:-1], roles[1:]), 1)
    share = np.bincount(np.concatenate(targets), minlength=_PART) / sum(map(len, targets))
    surprise = counts / counts.sum(axis=1, keepdims=True) / share
    damped: np.ndarray[Any, Any] = (surprise**CHAIN).astype(np.float32)
    return damped
