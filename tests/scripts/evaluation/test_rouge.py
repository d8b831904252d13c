import pytest

from scripts.evaluation.rouge import POINT_KINDS, Rouge, mean_scores, paired_difference


def test_rouge_of_itself_and_of_nothing() -> None:
    rouge = Rouge(POINT_KINDS)
    lines = ["The town voted.", "The ferry stays."]
    assert rouge.score(lines, lines) == dict.fromkeys(POINT_KINDS, pytest.approx(100))
    assert rouge.score([], lines) == dict.fromkeys(POINT_KINDS, 0)


def test_rouge_by_hand() -> None:
    found = Rouge(POINT_KINDS).score(["the ferry stays open"], ["the ferry closes"])
    assert found["rouge1"] == pytest.approx(100 * 2 * 2 / (4 + 3))
    assert found["rouge2"] == pytest.approx(100 * 2 * 1 / (3 + 2))


def test_mean_of_scores() -> None:
    assert mean_scores([{"rouge1": 10.0}, {"rouge1": 30.0}]) == {"rouge1": 20.0}
    assert mean_scores([]) == {}


def test_a_paired_difference_holds_its_mean_and_is_the_same_each_time() -> None:
    ours, theirs = [30.0, 32.0, 40.0, 28.0], [28.0, 31.0, 35.0, 29.0]
    found = paired_difference(ours, theirs)
    assert found.mean == pytest.approx(1.75)
    assert found.low < found.mean < found.high
    assert found == paired_difference(ours, theirs)


def test_a_constant_difference_is_certain() -> None:
    found = paired_difference([3.0, 5.0], [1.0, 3.0])
    assert (found.low, found.mean, found.high) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize(("ours", "theirs"), [([], []), ([1.0], [1.0, 2.0])])
def test_unpaired_scores_are_refused(ours: list[float], theirs: list[float]) -> None:
    with pytest.raises(ValueError, match="as many scores"):
        paired_difference(ours, theirs)
