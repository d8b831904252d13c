"""What the planner is trained towards, and that its stored trees are the trained ones."""

import numpy as np

from briefing.planning.roles import Trees
from scripts.train.planner.overlap import Tokeniser, f1, grams, oracle, shared

HIGHLIGHTS = ["Harwick closes its coal terminal.", "312 people lose their jobs."]


def test_shared_words_count_as_often_as_both_hold_them() -> None:
    assert shared(grams("a a b c".split()), grams("a b b c".split())) == (3, 2)
    assert f1(grams(["a", "b"]), grams(["a", "b"])) == 1


def test_the_oracle_finds_the_lines_that_tell_the_highlights() -> None:
    lines = [
        "The weather was fine in most places.",
        "Harwick will close its coal terminal in June.",
        "The mayor walked home.",
        "Some 312 people will lose their jobs.",
    ]
    assert oracle(lines, HIGHLIGHTS, Tokeniser()) == {1, 3}
    assert oracle(["Nothing alike."], ["Other words."], Tokeniser()) == set()


def test_a_longer_line_that_holds_no_more_is_worth_less() -> None:
    from scripts.train.planner.salience import worth

    # shared words and pairs, own words and pairs, words and pairs of the highlights
    counts = np.array([[6, 3, 10, 9, 20, 19], [6, 3, 40, 39, 20, 19], [0, 0, 10, 9, 20, 19]])
    found = worth(counts.astype(np.float32), "cnndm")
    assert found[0] > found[1]
    assert found[0] > 0 > found[2]


def test_stored_trees_predict_what_the_trained_ones_do() -> None:
    from scripts.train.planner.salience import exported_trees, salience_model

    chance = np.random.default_rng(0)
    rows = chance.normal(size=(900, 5)).astype(np.float32)
    model = salience_model(0).set_params(max_iter=8)
    model.fit(rows, rows[:, 0] * (rows[:, 1] > 0) + rows[:, 2])
    found = Trees(exported_trees(model)).predict(rows)
    np.testing.assert_allclose(found, model.predict(rows), atol=1e-4)
