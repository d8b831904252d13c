import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.checking.report import Capitals, tidy, tidy_sentences, uncased


@pytest.mark.parametrize(
    ("rough", "plain"),
    [
        ("italy\\'s ferry", "italy's ferry"),
        ("he said `` no '' twice", 'he said " no " twice'),
        ("the board 's plan did n't pass", "the board's plan didn't pass"),
        ("a fare of $ 3", "a fare of $3"),
        ("raised £50, 000", "raised £50,000"),
        ("some 5, 214 people on a five - star ship .", "some 5,214 people on a five-star ship."),
        ("sold 1. 5 million of them , he said", "sold 1.5 million of them, he said"),
        ("martin o' malley", "martin o'malley"),
    ],
)
def test_tokens_are_put_together(rough, plain):
    assert tidy(rough) == plain


@pytest.mark.parametrize(
    "text",
    [
        "On 12 June, 300 people sailed.",
        "It opened in 2012, 150 years late.",
        "The fare was 3. 5 people paid.",
        "She said: 'I will not sail.'",
        "The pier opened in 1907. 40 boats use it - most of them at night.",
        "Tickets cost 12, 350 fewer than last year were sold - a record low.",
    ],
)
def test_ordinary_text_stays(text):
    assert tidy(text) == text


def test_a_number_cut_by_the_sentence_splitter_is_whole_again():
    cut = ["the ship - a ferry - carried 1.", "5 million people .", "it sank - twice ."]
    assert tidy_sentences(cut)[0].endswith("1.5 million people.")
    assert len(tidy_sentences(cut)) == 3


def test_names_get_the_capitals_of_the_article():
    capitals = Capitals(["Mayor Ines Calder spoke to Italian sailors.", "The mayor left."])
    line = "mayor ines calder left italy, sailors said."
    assert capitals.restore(line) == "mayor Ines Calder left Italy, sailors said."


def test_uncased():
    assert uncased(["The mayor left.", "Sailors cheered."])
    assert not uncased(["The mayor of Faro left."])


@given(st.text(max_size=80), st.lists(st.text(max_size=60), max_size=4))
def test_anything_may_be_given(line, sentences):
    assert len(tidy_sentences(sentences)) == len(sentences)
    assert Capitals(sentences).restore(line).casefold() == line.casefold()
    tidy(line)
