"""The linear role model and the chain of roles."""

import json
import lzma
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from briefing.planning.document import document, features, load_parameters, word_table
from briefing.planning.roles import NgramModel, grams, moved, smooth
from briefing.sections import Role
from scripts.train.planner.data import LABELS
from tests.planning.test_planner import article

PROBABILITIES = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 12), st.just(3)), elements=st.floats(0.125, 1, width=32)
)


def test_grams_are_distinct_and_stay_within_their_sentence() -> None:
    one = grams(document(article([["Ports close. ", "Ports close and ports close."]])))
    assert one.rows.tolist() == [0] * 3 + [1] * 6  # 2 words + 1 pair; 3 words + 3 pairs
    assert set(one.hashes[:3].tolist()) < set(one.hashes[3:].tolist())


def test_moved_rows() -> None:
    rows = np.array([[1.0], [2.0], [3.0]], dtype=np.float32)
    assert moved(rows, -1).ravel().tolist() == [0, 1, 2]
    assert moved(rows, 1).ravel().tolist() == [2, 3, 0]
    assert moved(rows, 0) is rows
    assert moved(rows[:1], 1).tolist() == [[0]]


@given(PROBABILITIES)
def test_a_chain_that_knows_nothing_changes_nothing(values: np.ndarray) -> None:
    given_ = values / values.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(smooth(given_, np.ones((3, 3), np.float32)), given_, atol=1e-5)


@settings(max_examples=40)
@given(PROBABILITIES.filter(lambda v: len(v) <= 5))
def test_the_chain_gives_the_exact_posterior(values: np.ndarray) -> None:
    """Against the sum over all sequences."""
    transitions = np.array([[2, 0.5, 1], [0.25, 1, 3], [1, 1, 0.5]], np.float32)
    size = len(values)
    expected = np.zeros((size, 3))
    for sequence in np.ndindex(*[3] * size):
        weight = np.prod([values[i, role] for i, role in enumerate(sequence)])
        weight *= np.prod([transitions[a, b] for a, b in pairwise(sequence)])
        expected[np.arange(size), list(sequence)] += weight
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(smooth(values, transitions), expected, rtol=1e-3)


def test_neighbours_count() -> None:
    """The same sentence is judged differently in different company."""
    model, words = NgramModel(load_parameters()), word_table(load_parameters())
    line = "The terminal will stop loading ships on 30 June."
    company = (["Harwick was a coal port until 1984."], ["Analysts predict higher prices."])
    judged = []
    for before in company:
        found = document(article([before, [line]]))
        judged.append(model.probabilities(found, features(found, words))[1])
    np.testing.assert_allclose(np.sum(judged, axis=1), 1, atol=1e-4)
    assert np.abs(judged[0] - judged[1]).max() > 0.01


def test_training_learns_what_tells_roles_apart(tmp_path: Path) -> None:
    from scripts.train.planner.ngrams import train_ngrams

    telling = dict(
        zip(LABELS, "alpha beta gamma delta epsilon zeta eta theta iota".split(), strict=True)
    )
    order = np.random.default_rng(0)
    records = []
    for _ in range(12):
        names = order.permutation(list(LABELS)).tolist()
        lines = [
            {"text": f"The {telling[n]} council met in the harbour.", "role": n, "paragraph": i}
            for i, n in enumerate(names)
        ]
        records.append({"headline": "A council meets", "sentences": lines})
    with lzma.open(tmp_path / "discourse_train.jsonl.xz", "wt") as out:
        out.writelines(json.dumps(record) + "\n" for record in records)
    words = word_table(load_parameters())
    model = NgramModel(train_ngrams(tmp_path, words))
    unseen = document(
        article([[f"The {word} council met in the harbour."] for word in telling.values()])
    )
    found = model.probabilities(unseen, features(unseen, words))
    assert found.argmax(axis=1).tolist() == list(range(len(Role)))


def test_an_article_of_unknown_words_still_gets_probabilities() -> None:
    found = document(article([["Zzyzx qwrtp."], ["..."]]))
    model = NgramModel(load_parameters())
    np.testing.assert_allclose(
        model.probabilities(found, features(found, word_table(load_parameters()))).sum(axis=1),
        1,
        atol=1e-4,
    )
