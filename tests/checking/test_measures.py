from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.checking.measures import MEASURES, forest, measured, measures
from briefing.errors import ModelError
from briefing.language import parses_for
from briefing.language.structure import Structure
from briefing.learned import Forest


def structure(*texts):
    parses = parses_for("en")
    return Structure([parse for parse in map(parses.one, texts) if parse is not None])


def found(line, *evidence):
    return measures(structure(line), structure(*evidence))


def test_a_repeated_sentence_has_all_of_its_arcs():
    values = found("The council sold the ferry.", "The council sold the ferry.")
    assert values["share same"] == 1.0
    assert values["unknown"] == values["swapped"] == values["exchanged"] == 0
    assert values["coverage"] == 1.0


def test_active_and_passive_are_the_same():
    values = found("The ferry was sold by the council.", "The council sold the ferry.")
    assert values["same subject"] == values["same object"] == 1
    assert values["exchanged"] == 0


def test_an_exchange_of_who_and_whom_is_seen():
    values = found("The dog bit the mayor.", "The mayor bit the dog.")
    assert values["exchanged"] == 1
    assert values["swapped"] == 2


@pytest.mark.parametrize(
    ("line", "evidence", "measure"),
    [
        ("The council approved the plan.", "The council did not approve the plan.", "denial lost"),
        ("The council did not approve the plan.", "The council approved the plan.", "denial new"),
        ("The council approved the plan.", "The council refused to approve the plan.",
         "denial lost"),
        ("The bridge will close.", "The bridge may close.", "prospect lost"),
        ("The bridge closed.", "The bridge closed if the wind rose.", "dropped advcl"),
        ("The bridge is unsafe.", "The engineer said the bridge is unsafe.", "speaker lost"),
        ("The firm builds a bridge.", "The firm plans to build a bridge.", "meant lost"),
        ("Prices rose from 4 euros.", "Prices rose to 4 euros.", "opposed"),
        ("The former minister resigned.", "The minister resigned.", "limits new"),
        ("The minister resigned.", "The former minister resigned.", "dropped limit"),
        ("The price rose.", "The price fell.", "opposite"),
        ("Bridge closes", "The council has no plan to say that the bridge closes.",
         "unsaid speaker"),
    ],
)  # fmt: skip
def test_what_turns_a_claim_is_measured(line, evidence, measure):
    assert found(line, evidence)[measure] >= 1
    assert found(evidence, evidence)[measure] == 0


def test_other_words_for_the_same_are_found():
    values = found("The attorney bought a vehicle.", "The lawyer purchased a car.")
    assert values["unknown"] == 0
    assert values["share same"] == 1.0


def test_a_word_said_twice_is_put_where_its_arcs_are():
    evidence = "The mayor praised the crew and the council fined the crew."
    assert found("The council fined the crew.", evidence)["share same"] == 1.0


def test_rows_are_the_measures_in_order():
    lines = [("The council sold the ferry.", ("The council sold the ferry.",)), ("", ("A.",))]
    rows = measured(lines)
    assert rows.shape == (2, len(MEASURES))
    expected = measures(structure(lines[0][0]), structure(*lines[0][1]))
    assert rows[0].tolist() == [expected[name] for name in MEASURES]
    assert not rows[1].any()
    with pytest.raises(ValueError, match="no parser"):
        measured(lines, "xx")


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=3))
def test_any_texts_can_be_measured(line, evidence):
    rows = measured([(line, tuple(evidence))])
    assert np.isfinite(rows).all()
    assert np.isfinite(forest().odds(rows)).all()


def test_the_trees_say_what_scikit_learn_says(tmp_path):
    from sklearn.ensemble import HistGradientBoostingClassifier

    from scripts.train.verifier.structure import packed

    rng = np.random.default_rng(1)
    rows = rng.normal(size=(400, 6)).round(1)
    truth = rows[:, 0] * rows[:, 1] > rows[:, 2]
    model = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=7).fit(rows, truth)
    np.savez(tmp_path / "trees.npz", **packed(model))
    found = Forest(tmp_path / "trees.npz").odds(rows)
    assert found == pytest.approx(model.decision_function(rows), abs=1e-4)


def test_what_is_no_forest_is_told(tmp_path: Path):
    (tmp_path / "trees.npz").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be loaded"):
        Forest(tmp_path / "trees.npz")
    with pytest.raises(ModelError, match="cannot be loaded"):
        Forest(tmp_path / "none.npz")
