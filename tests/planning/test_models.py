"""Roles, salience and their parts."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from briefing.errors import ModelError
from briefing.planning import Planner, RoleModel
from briefing.planning.document import PATH, document, find_sorted
from briefing.planning.lexicon import cut_short, leans_back, normalise, tokenise
from briefing.planning.roles import Trees
from briefing.sections import Role
from tests.planning.test_planner import STORY, article

ROLES = list(Role)


def test_probabilities_are_distributions_for_every_sentence() -> None:
    story = article(STORY, "Harwick votes to close its last coal terminal")
    found = RoleModel().predict(story)
    assert found.shape == (len(story.sentences), len(Role))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-4)
    assert ROLES[found[0].argmax()] is Role.MAIN_EVENT


def test_clear_roles_are_recognised() -> None:
    found = [ROLES[i] for i in RoleModel().predict(article(STORY)).argmax(axis=1)]
    assert found[0] is Role.MAIN_EVENT
    assert found[6] is Role.HISTORICAL_EVENT
    assert found[8] is Role.EVALUATION
    assert found[-1] is Role.NONE


def test_neighbouring_articles_do_not_matter() -> None:
    model = RoleModel()
    first = model.predict(article(STORY))
    model.predict(article([["Something else happened on Friday."]]))
    np.testing.assert_array_equal(model.predict(article(STORY)), first)


def test_parameters_that_cannot_be_read_say_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"not a zip file")
    for path in (broken, tmp_path / "missing.npz"):
        with pytest.raises(ModelError, match="Reinstall"):
            Planner(path).plan(article(STORY))


def test_parameters_are_small_and_hold_no_objects() -> None:
    assert PATH.stat().st_size < 4_000_000
    with np.load(PATH, allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)


def test_trees_follow_their_thresholds() -> None:
    trees = Trees(
        {
            "tree_feature": np.array([[1, 0, 0]]),
            "tree_threshold": np.array([[0.5, 0, 0]]),
            "tree_left": np.array([[1, 1, 2]]),
            "tree_right": np.array([[2, 1, 2]]),
            "tree_value": np.array([[0.0, -1.0, 2.0]]),
            "tree_depth": np.array(1),
        }
    )
    rows = np.array([[9, 0.4], [9, 0.6]], dtype=np.float32)
    np.testing.assert_array_equal(trees.predict(rows), [-1, 2])
    assert len(trees.predict(rows[:0])) == 0


def test_tokens() -> None:
    assert tokenise("Calder’s 1,200 votes didn't “count”.") == [
        *("Calder", "'s", "1,200", "votes", "didn't", '"', "count", '"')
    ]
    assert [normalise(t) for t in ("1984", "12", "5,000", "Port")] == [
        *("<year>", "<n2>", "<n4>", "port")
    ]


def test_sentences_that_need_the_one_before() -> None:
    assert leans_back("She left.")
    assert leans_back("But they stayed.")
    assert not leans_back("The mayor left.")
    assert not leans_back("Itineraries changed.")
    assert cut_short("The plan of Gov.")
    assert not cut_short("It was rejected in the U.S.")


def test_document_leaves_out_the_title() -> None:
    found = document(article(STORY, "A title"))
    assert found.indices[0] == 1
    assert found.size == sum(map(len, STORY))
    assert len(found.title) == 2


def test_find() -> None:
    table = np.array([3, 5, 9], dtype=np.uint32)
    wanted = np.array([5, 4, 10, 3], dtype=np.uint32)
    np.testing.assert_array_equal(find_sorted(table, wanted), [1, -1, -1, 0])
    np.testing.assert_array_equal(find_sorted(table[:0], wanted), [-1] * 4)


def test_import_needs_no_learning_library() -> None:
    code = (
        "import sys, briefing.planning; "
        "print([m for m in ('torch', 'sklearn', 'scipy', 'lightgbm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
