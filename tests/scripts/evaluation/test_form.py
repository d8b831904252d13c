import pytest

from scripts.evaluation.form import dangling, fragment, garbled, loops, near_duplicates, unbalanced
from scripts.evaluation.names import Source
from scripts.evaluation.verbs import Verbs

TEXTS = (
    "He voted and she said no. They met. He met her again. Who said so? She voted.",
    "He will meet us and would reject it. They should meet. She could reject it.",
    "The town would close it and might close it again. They rejected it. He rejected it.",
)
VERBS = Verbs.seen_in(TEXTS)


def test_verbs_are_learned_from_where_they_stand() -> None:
    assert {"voted", "said", "met", "rejected"} <= VERBS.finite
    assert {"meet", "reject", "close"} <= VERBS.base
    assert "again" not in VERBS.finite | VERBS.base


@pytest.mark.parametrize(
    "line",
    [
        "Recruit recruit numbers fell",
        "The mistakes of the mistakes of the past",
        "Jobless claims fell as new jobless claims fell as",
        "The port alder ferry met the port alder ferry",
    ],
)
def test_loops_are_seen(line: str) -> None:
    assert loops(line, ["Recruits fell and claims fell."])


@pytest.mark.parametrize(
    "line",
    [
        "He said that that was one of the best and one of the worst",
        "Only a tenth of the border is under the control of the border force",
        "Turnout was 10 10 years ago",
    ],
)
def test_ordinary_repetition_is_no_loop(line: str) -> None:
    assert not loops(line, [])


def test_what_the_source_repeats_is_no_loop() -> None:
    line = "The crowd shouted shame shame at the mayor"
    assert loops(line, ["The crowd shouted shame at the mayor"])
    assert not loops(line, ["The crowd shouted shame shame at the mayor, twice"])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "empty"),
        ("The town voted to keep the", "cut"),
        ("The town voted to keep the ferry and", "cut"),
        ("The town voted on", "cut"),
        ("The town voted, ", "cut"),
        ('The mayor said "we will listen.', "unbalanced"),
        ("The mayor (left voted", "unbalanced"),
        ("But the town voted to keep it", "conjunction"),
        ("The old ferry to the island.", "no verb"),
        ("The plan of the council for the ferry", "no verb"),
    ],
)
def test_fragments_are_named(line: str, why: str) -> None:
    assert fragment(line, VERBS) == why


@pytest.mark.parametrize(
    "line",
    [
        "The town voted to keep the ferry.",
        "Residents reject the plan",
        "It is the law they came under.",
        "While the town voted, the mayor said nothing.",
        'The mayor said: "We met."',
    ],
)
def test_full_sentences_are_not_fragments(line: str) -> None:
    assert fragment(line, VERBS) == ""


def test_an_infinitive_makes_a_headline_and_no_sentence() -> None:
    assert fragment("Leaders to meet in town", VERBS, headline=True) == ""
    assert fragment("Leaders to meet in town", VERBS) == "no verb"


@pytest.mark.parametrize("text", ['"One', "(one", "one)", "a) one"])
def test_a_mark_without_its_partner(text: str) -> None:
    assert unbalanced(text)


@pytest.mark.parametrize("text", ['"One" (two [three])', "it's", ""])
def test_marks_in_pairs(text: str) -> None:
    assert not unbalanced(text)


@pytest.mark.parametrize("line", ["He left the town", "“Their ferry left", "This closed the route"])
def test_a_pronoun_that_points_outside(line: str) -> None:
    assert dangling(line)


@pytest.mark.parametrize(
    "line",
    [
        "It is likely that the ferry stays",
        "It was not clear whether the ferry stays",
        "This year the ferry stays",
        "Those who voted met the mayor",
        "The mayor said he left",
    ],
)
def test_other_beginnings(line: str) -> None:
    assert not dangling(line)


def test_near_duplicates_are_counted_once_each() -> None:
    lines = [
        "Residents of Port Alder voted on Tuesday to keep the ferry.",
        "On Tuesday, Port Alder residents voted to keep their ferry.",
        "The ferry has run since 1931 and carried 310,000 passengers a year.",
        "Residents voted to keep the Port Alder ferry on Tuesday.",
    ]
    assert near_duplicates(lines) == 2
    assert near_duplicates(lines[1:3]) == 0


def test_garbled_words_are_neither_the_sources_nor_ordinary() -> None:
    source = Source("World Health Organization officials saw Zbigniew vaccinating")
    words = {"people", "say"}
    line = "WHO people vaccinated Zbigniew, supremmacists say"
    assert garbled(line, source, words.__contains__) == ["supremmacists"]
    budget = Source("The FY2007 budget of the harbour")
    assert garbled("FY2007 people FX2007", budget, words.__contains__) == ["FX"]
