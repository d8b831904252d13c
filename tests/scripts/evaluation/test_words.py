from hypothesis import given
from hypothesis import strategies as st

from scripts.evaluation.words import content, keys, novel_share, root, runs_of

SOURCES = ["The town voted to keep the ferry.", "The mayor left."]


def test_keys_fold_case_accents_dots_and_possessives() -> None:
    assert keys("The U.S. café’s 1,200 seats") == ["the", "us", "cafe", "1,200", "seats"]


def test_roots_of_one_word_agree() -> None:
    assert len({root(word) for word in ("vote", "votes", "voted", "voting")}) == 1


def test_content_leaves_grammar_out() -> None:
    assert content("The town would keep it") == {"town", "keep"}


def test_novel_ngrams_are_those_of_no_source() -> None:
    line = "The town left the ferry"
    assert novel_share(line, runs_of(SOURCES, 1), 1) == 0.0
    assert novel_share(line, runs_of(SOURCES, 2), 2) == 0.5
    assert novel_share(line, runs_of(SOURCES, 3), 3) == 1.0


def test_ngrams_do_not_go_across_sentences() -> None:
    assert novel_share("ferry the", runs_of(SOURCES, 2), 2) == 1.0


@given(st.text(max_size=80), st.integers(min_value=1, max_value=3))
def test_a_text_is_never_new_to_itself(text: str, size: int) -> None:
    assert novel_share(text, runs_of([text], size), size) == 0.0
