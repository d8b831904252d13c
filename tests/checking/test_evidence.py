from hypothesis import given
from hypothesis import strategies as st

from briefing.checking.evidence import MOST_EVIDENCE, EvidenceIndex

ARTICLE = [
    "Dockers in Lisbon walked out on Monday over a plan to close two piers.",
    "The harbour board said the piers lose $3m a year.",
    "Talks will resume in the spring.",
    "The weather was fine.",
    "Norvik, a shipping group, moved 14 vessels to Faro.",
    "Ana Ruiz leads the dockers' union.",
]


def find(line, sentences=ARTICLE):
    return EvidenceIndex(sentences).find(line)


def test_one_sentence_is_enough():
    assert find("Norvik moved fourteen vessels to Faro.") == (4,)


def test_two_sentences():
    line = "Lisbon dockers walked out over piers that lose $3 million a year."
    assert find(line) == (0, 1)


def test_as_many_as_a_line_that_sums_up_needs():
    line = (
        "Lisbon dockers led by Ana Ruiz walked out over piers that lose $3m a year, Norvik moved "
        "14 vessels, and talks will resume in the spring."
    )
    assert find(line) == (0, 1, 2, 4, 5)


def test_a_name_is_found_wherever_it_stands():
    far = [ARTICLE[5], *(f"Filler {n} says nothing of it." for n in range(30)), ARTICLE[0]]
    found = find("Ruiz and the Lisbon dockers walked out on Monday over two piers.", far)
    assert found == (0, 31)


def test_no_more_than_needed():
    twice = [*ARTICLE, ARTICLE[4]]
    assert len(find("Norvik moved 14 vessels to Faro.", twice)) == 1


def test_nothing_in_common():
    assert find("Quantum zebras hum.") == ()
    assert find("") == ()
    assert find("Anything.", []) == ()


@given(st.text(max_size=100), st.lists(st.text(max_size=60), max_size=6))
def test_indices_are_valid_and_in_order(line, sentences):
    found = find(line, sentences)
    assert list(found) == sorted(set(found))
    assert len(found) <= MOST_EVIDENCE
    assert all(0 <= i < len(sentences) for i in found)


def test_a_word_that_begins_a_line_is_found_where_it_is_no_name():
    sentences = [*ARTICLE, "Nurses gave norvalin to 14 patients.", "Ruiz wants talks."]
    assert find("Norvalin was given to 14 patients.", sentences) == (6,)
