import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.brief import Section
from briefing.check.choose import Candidate, choose, repeats
from briefing.check.support import check

EVIDENCE = [
    "LISBON (AP) - Dockers in Lisbon walked out on Monday over a plan to close two piers.",
    "The harbour board, which runs the port, said the piers lose $3m a year.",
]
GOOD = "Dockers in Lisbon walked out on Monday over a plan to close two piers."


def test_the_supported_candidate_wins_over_the_likelier_one():
    choice = choose(
        [Candidate("Dockers in Porto walked out on Monday.", -0.1), Candidate(GOOD, -2.0)], EVIDENCE
    )
    assert choice.text == GOOD
    assert choice.origin == "generated"
    assert choice.evidence == (0,)


def test_the_source_is_used_where_nothing_is_supported():
    choice = choose([Candidate("Pilots in Porto walked out.", -0.1)], EVIDENCE)
    assert choice.origin == "extracted"
    assert choice.text == GOOD
    assert choice.support > 0.5


def test_degenerate_candidates_are_passed_over():
    choice = choose([Candidate("Dockers dockers walked out on Monday over a plan.", 0.0)], EVIDENCE)
    assert choice.origin == "extracted"


def test_a_repetition_is_passed_over():
    choice = choose([Candidate(GOOD, -0.1)], EVIDENCE, earlier=[GOOD])
    assert choice.origin == "extracted"
    assert choice.evidence == (1,)
    assert not choice.repeated


def test_only_repetitions_are_said_to_be():
    assert choose([], EVIDENCE[:1], earlier=[GOOD]).repeated


def test_a_headline_is_compressed_to_its_length():
    choice = choose([], EVIDENCE[:1], section=Section.HEADLINE)
    assert len(choice.text.split()) <= 14


def test_no_evidence_gives_no_line():
    assert choose([Candidate(GOOD, 0.0)], []) is None
    assert choose([Candidate(GOOD, 0.0)], ["..."]) is None


@pytest.mark.parametrize(
    ("line", "earlier", "expected"),
    [
        (GOOD, [GOOD], True),
        ("Lisbon dockers walked out on Monday.", [GOOD], True),
        (GOOD, ["Lisbon dockers walked out on Monday."], True),
        (GOOD, ["The harbour board said the piers lose $3m a year."], False),
        (GOOD, [], False),
    ],
)
def test_repeats(line, earlier, expected):
    assert repeats(line, earlier) is expected


@given(
    st.lists(st.text(max_size=80), max_size=4),
    st.lists(st.text(max_size=80), min_size=1, max_size=2),
)
def test_an_unsupported_line_is_never_chosen(lines, evidence):
    choice = choose([Candidate(line, 0.0) for line in lines], evidence)
    if choice is not None:
        assert check(choice.text, [evidence[i] for i in choice.evidence]).supported
