import time

from hypothesis import given
from hypothesis import strategies as st

from briefing.check.align import Aligner, align

ARTICLE = [
    "Dockers in Lisbon walked out on Monday over a plan to close two piers.",
    "The harbour board said the piers lose $3m a year.",
    "Talks will resume in the spring.",
    "The weather was fine.",
    "Norvik, a shipping group, moved 14 vessels to Faro.",
]


def test_one_sentence_is_enough():
    assert align("Norvik moved fourteen vessels to Faro.", ARTICLE) == (4,)


def test_two_sentences():
    assert align("Lisbon dockers walked out over piers that lose $3 million a year.", ARTICLE) == (
        0,
        1,
    )


def test_nothing_in_common():
    assert align("Quantum zebras hum.", ARTICLE) == ()
    assert align("", ARTICLE) == ()
    assert align("Anything.", []) == ()


def test_at_most_as_many_as_asked():
    line = "Dockers walked out; Norvik moved 14 vessels; talks will resume in the spring."
    assert len(align(line, ARTICLE, most=1)) == 1
    assert align(line, ARTICLE, most=3) == (0, 2, 4)


def test_a_long_article_is_quick():
    sentences = [f"{text} Item {i}." for i in range(400) for text in ARTICLE]
    aligner = Aligner(sentences)
    start = time.process_time()
    for i in range(20):
        aligner.align(f"Norvik moved 14 vessels to Faro, item {i}.")
    assert time.process_time() - start < 2


@given(st.text(max_size=100), st.lists(st.text(max_size=60), max_size=6), st.integers(1, 3))
def test_indices_are_valid_and_in_order(line, sentences, most):
    found = align(line, sentences, most)
    assert list(found) == sorted(set(found))
    assert len(found) <= most
    assert all(0 <= i < len(sentences) for i in found)
