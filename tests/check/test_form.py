import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.brief import Section
from briefing.check.form import problems

GOOD = [
    "The council approved a plan to build 200 homes.",
    "Ruiz proposes lower fines for late trains",
    "Harbour crews walked out on Tuesday after talks failed.",
    "Norvik (the shipping group) sold its fleet.",
    "It was the worst flood in 40 years.",
    "There were no injuries.",
    '"We will rebuild," the mayor said.',
    "iPhone sales fell by a tenth.",
    "New York, New York officials said, will host the show.",
]


@pytest.mark.parametrize("line", GOOD)
def test_well_formed_lines(line):
    assert problems(line) == ()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("", "empty"),
        ("...", "empty"),
        ("The army plans to recruit recruit soldiers.", "loop"),
        ("The price of oil the price of oil rose.", "loop"),
        ("Crews left the port on Monday as crews left the port on Monday.", "loop"),
        ('The mayor said "we will rebuild.', "unbalanced"),
        ("Norvik (the shipping group sold its fleet.", "unbalanced"),
        ("The council approved a plan to build the", "cut-short"),
        ("The council approved a plan and", "cut-short"),
        ("The council approved a plan,", "cut-short"),
        ("The council approved a plan with.", "cut-short"),
        ("The long road home to the sea.", "no-verb"),
        ("He approved a plan to build 200 homes.", "dangling"),
        ("Their plan was approved by the council.", "dangling"),
        ("The former was approved by the council.", "dangling"),
        ("It is closing its two ferries to the island.", "dangling"),
        ("the council approved a plan.", "lower-case"),
        ("Read more about the council that approved a plan.", "boilerplate"),
        ("Click here to see what the council approved.", "boilerplate"),
        ("Story continues below what the council approved.", "boilerplate"),
        ("He said so.", "no-content"),
    ],
)
def test_faults(line, name):
    assert name in problems(line)


def test_lengths_are_those_of_the_section():
    long = "The council approved a plan " + "to build homes near the old harbour " * 3 + "today."
    assert "too-long" in problems(long, Section.HEADLINE)
    assert "too-long" not in problems(long)
    assert "too-short" in problems("Council approved.", Section.KEY_POINTS)


@given(st.text(max_size=300))
def test_problems_never_raises(line):
    assert len(set(problems(line))) == len(problems(line))


@pytest.mark.parametrize(
    "line",
    [
        "The league, which is based in Bergen and set to host its final there this week.",
        "The minister told reporters on a call that as of Tuesday morning.",
        "The first team to use the large telescope.",
        "Lawmakers are expected to vote in the spring, and the owner of the park.",
        "While the mood for reform was high in the days after the flood.",
        "The proposals, all made by the president in the days after the flood.",
        "The first team to use the large telescope and led by Dr Nwosu of Leyburn.",
    ],
)
def test_a_line_without_a_main_clause_is_a_fragment(line: str) -> None:
    assert "fragment" in problems(line)


@pytest.mark.parametrize(
    "line",
    [
        "The company, which makes pumps, said orders fell.",
        "The man who shot the officer was jailed for life.",
        "When the bridge opened, passenger numbers fell by half.",
        "Insurers paid 22 million euros; the ministry paid the rest.",
        "Mayor Ines Calder, who led the talks, resigned.",
    ],
)
def test_a_line_with_a_main_clause_is_not(line: str) -> None:
    assert "fragment" not in problems(line)


def test_what_was_said_may_not_be_cut_off() -> None:
    assert "fragment" in problems("The minister on Monday said the old church.")
    assert "fragment" not in problems("The church was sold, the minister said on Monday.")
    assert "fragment" in problems("And with Tuesday's collapse of a last effort by the party.")


def test_a_second_sentence_inside_a_line_is_a_run_on() -> None:
    assert "run-on" in problems("It was shown in papers held by Mr Holt. Holt, though, denied it.")
    assert "run-on" not in problems("Mr. Holt denied that J. Alder had met Dr. Nwosu on Monday.")


@pytest.mark.parametrize(
    "line",
    [
        "More than in any month since it opened in 1958.",
        "Senator Ada Holt announced that several projects.",
        "Ever since the league adopted a policy that allows more teams.",
        "Judge Ada Holt found that the firm's cannery after they signed a petition.",
    ],
)
def test_a_clause_without_its_verb_is_a_fragment(line: str) -> None:
    assert "fragment" in problems(line)


def test_it_may_stand_for_a_clause() -> None:
    assert "dangling" not in problems("It is likely that the ferries will be kept.")


def test_an_infinitive_is_a_headline_only_where_somebody_is_to_do_it() -> None:
    headline = Section.HEADLINE
    assert "fragment" in problems("Mayor Holt's sudden decision to ban the ferries", headline)
    assert "fragment" not in problems("Party leaders to meet in the capital", headline)


def test_what_somebody_owns_is_no_verb() -> None:
    assert "no-verb" in problems("The Low Countries' top naval officer, Admiral Ada Holt")
    assert "no-verb" not in problems("The Low Countries' exports top those of last year.")
