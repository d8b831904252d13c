import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.check.compress import compress
from briefing.check.form import has_verb
from briefing.check.support import check
from briefing.check.words import tokens


def keys(text):
    return [token.key for token in tokens(text)]


def subsequence(short, long):
    rest = iter(long)
    return all(key in rest for key in short)


@pytest.mark.parametrize(
    ("sentence", "most", "expected"),
    [
        (
            "LISBON (Reuters) - The central bank raised rates on Tuesday, officials said.",
            8,
            "The central bank raised rates on Tuesday.",
        ),
        (
            "OSLO, Norway -- A ferry ran aground near the harbour.",
            30,
            "A ferry ran aground near the harbour.",
        ),
        (
            "Maria Lopez, a senior official at the health ministry, said that 40 people had died.",
            10,
            "Maria Lopez said that 40 people had died.",
        ),
        (
            "However, the company, which employs 3,000 people in Leeds, will not close its plant.",
            9,
            "The company will not close its plant.",
        ),
        (
            "On Monday, the council approved a plan to build 200 homes, leaving residents angry.",
            10,
            "The council approved a plan to build 200 homes.",
        ),
        (
            "The minister (a former judge) resigned over the affair.",
            7,
            "The minister resigned over the affair.",
        ),
        (
            "Dockers walked out at midnight, according to two people familiar with the plan.",
            6,
            "Dockers walked out at midnight.",
        ),
        (
            "The court freed the crew, but it did not return their ship.",
            6,
            "The court freed the crew, but it did not return their ship.",
        ),
        (
            'The coach said "we lost, and we deserved it" after the match.',
            4,
            'The coach said "we lost, and we deserved it" after the match.',
        ),
        (
            "In Oslo, Bergen and Tromso, people marched against the law.",
            6,
            "In Oslo, Bergen and Tromso, people marched against the law.",
        ),
        (
            "Trains have stopped, but ferries, including those to Sweden, are running.",
            8,
            "Trains have stopped, but ferries, including those to Sweden, are running.",
        ),
        (
            "At least 40 people, officials said, died when the ferry sank.",
            6,
            "At least 40 people, officials said, died when the ferry sank.",
        ),
        (
            "The old house which was used as an inn while he sailed has been sold.",
            6,
            "The old house which was used as an inn while he sailed has been sold.",
        ),
        (
            "By Tara Ohlin Lisbon, Jul 27 (PTI) The board chair resigned.",
            30,
            "The board chair resigned.",
        ),
        (
            "Both MRI and CT scanners help doctors.",
            3,
            "Both MRI and CT scanners help doctors.",
        ),
    ],
)
def test_compression(sentence, most, expected):
    assert compress(sentence, most) == expected


def test_words_to_keep_are_kept():
    sentence = "Angry dockers walked out at midnight, leaving the harbour silent."
    assert "harbour" in compress(sentence, 4, keep=["harbours"])
    assert "harbour" not in compress(sentence, 6)


def test_a_short_sentence_is_left_alone():
    assert (
        compress("Dockers walked out, angry and cold.", 30) == "Dockers walked out, angry and cold."
    )


OPENINGS = [
    "",
    "On Tuesday, ",
    "However, ",
    "But ",
    "LISBON (AP) - ",
    "After the storm, ",
    "In 2019, ",
]
SUBJECTS = [
    "the harbour board", "Maria Lopez", "Ms Alder (62)", "the firm, which owns 12 ships,",
    "Anton Reis, a retired pilot,", "the pilot, who denied wrongdoing,",
]  # fmt: skip
PREDICATES = [
    "approved 40 new berths", "did not attend the meeting",
    'called the plan "a grave, costly error"',
    "sold its fleet for $1.2bn", "said the port would close on 3 May",
]  # fmt: skip
ENDINGS = [
    "", ", officials said", ", leaving residents angry", " after talks with Norway failed",
    ", but dockers refused to leave", ", according to the Lisbon Post",
    " and closed two piers in Faro",
    ", one of the oldest in Europe", "; crews protested",
]  # fmt: skip
BUILT = [
    o + (s[0].upper() + s[1:] if not o.rstrip().endswith(",") else s) + " " + p + e + "."
    for o, s, p, e in itertools.product(OPENINGS, SUBJECTS, PREDICATES, ENDINGS)
]


@settings(max_examples=150)
@given(st.sampled_from(BUILT), st.integers(3, 20))
def test_what_is_left_is_of_the_source(sentence, most):
    short = compress(sentence, most)
    assert subsequence(keys(short), keys(sentence))
    assert has_verb(tokens(short))
    assert short.count('"') % 2 == 0
    assert ("not" in keys(sentence)) == ("not" in keys(short))
    hard = {"name", "number", "date", "quotation", "word", "negation"}
    assert not [c for c in check(short, [sentence]).failures if c.kind in hard]


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(0, 30))
def test_any_text_gives_a_subsequence(text, most):
    assert subsequence(keys(compress(text, most)), keys(text))


@pytest.mark.parametrize("piece", [", who ", "In a, ", "who said, ", " - x", "The X, a y, had z "])
def test_hostile_strings_end(piece):
    compress(piece * 5000, 10)
