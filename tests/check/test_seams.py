"""Cuts that run along the joints of the source pass, cuts through a phrase do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.check.evidence import Evidence, evidence
from briefing.check.seams import ill_cut, left_hanging, strays, telegraphic

FIRE = "The minister lit a fire under his party last week when he signed the Harbour Act."
TALKS = (
    "While the talks went on this week, Prime Minister Edda Holt restated her doubts, vowing to "
    "act."
)
GRANT = (
    "The Alder Fund has granted more than $1.5 million to sailors and their families since 1999."
)
LEAGUE = (
    "The league, which is based in Bergen and hosts its final there, said it could move the games."
)
MAYORS = "The mayors of Bergen and Oslo have barred travel to the island."
DOCK = "OSLO (AP) - Dockers in Oslo walked out on Monday over a plan to close two piers."


def broken(line: str, source: Evidence, novel: float = 1.0) -> bool:
    return strays(line, source, novel) or ill_cut(line, source)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("The minister lit a fire under his party last week.", FIRE),
        ("The minister lit a fire under his party.", FIRE),
        ("Prime Minister Edda Holt restated her doubts.", TALKS),
        ("While the talks went on this week, Prime Minister Edda Holt restated her doubts.", TALKS),
        ("The Alder Fund has granted more than $1.5 million to sailors.", GRANT),
        ("The league said it could move the games.", LEAGUE),
        ("The mayors have barred travel to the island.", MAYORS),
        ("Mayors of Bergen and Oslo have barred travel.", MAYORS + " Nothing else is known."),
        ("Dockers in Oslo walked out over a plan to close two piers.", DOCK),
        (DOCK, DOCK),
    ],
)
def test_a_cut_along_a_joint_passes(line: str, source: str) -> None:
    assert not broken(line, evidence((source,)))


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("The minister lit the Harbour Act.", FIRE),
        ("The minister lit a.", FIRE),
        ("The talks went on this week, Prime Minister Edda Holt restated her doubts.", TALKS),
        ("The Alder Fund has granted.", GRANT),
        ("The Alder Fund has granted more.", GRANT),
        ("The Alder Fund has granted their families.", GRANT),
        ("The league, which is based in Bergen and hosts, could move.", LEAGUE),
        ("The council did approve the plan.", "The council did not approve the plan."),
        ("Nothing of this stands there.", MAYORS),
    ],
)
def test_a_cut_through_a_phrase_is_broken(line: str, source: str) -> None:
    assert broken(line, evidence((source,)))


def test_a_model_that_only_compresses_may_not_reorder() -> None:
    line = "Travel to the island have barred the mayors of Bergen."
    assert broken(line, evidence((MAYORS,)), novel=0.15)


@given(st.text(max_size=80), st.text(max_size=200))
def test_no_text_makes_it_fail(line: str, source: str) -> None:
    assert broken(line, evidence((source,))) in (True, False)


@given(st.lists(st.sampled_from([FIRE, TALKS, GRANT, LEAGUE]), min_size=1, max_size=3))
def test_a_whole_source_sentence_is_never_broken(sources: list[str]) -> None:
    assert not any(broken(source, evidence(tuple(sources))) for source in sources)


def test_a_number_may_not_move() -> None:
    source = "The votes of October 28, 1916, and December 20, 1917, became a rallying point."
    line = "The votes of October 28, 1917, and December 20, 1917, became a rallying point."
    assert broken(line, evidence((source,)))


def test_what_is_owned_may_not_be_left_out() -> None:
    source = "They met Vida Goldstein's friend Adela Holt in the old town hall."
    assert broken("They met Vida Goldstein's Adela Holt.", evidence((source,)))


def test_a_name_with_a_full_stop_inside_is_not_cut() -> None:
    source = "Buyers of insurance on www.AlderCare.gov will soon be able to compare prices."
    assert broken(
        "Buyers of insurance.gov will soon be able to compare prices.", evidence((source,))
    )


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (
            "House members and the mayor came to a standstill.",
            "When talks between House members and the mayor came to a standstill, a judge came in.",
        ),
        (
            "She spoke at a dinner of the National Association.",
            "She spoke at a dinner of the National Association for the Advancement of Sailors.",
        ),
        (
            "Jenkins' the old suspicion that the knife was in the box.",
            "Jenkins' remark contradicts the old suspicion that the knife was in the box.",
        ),
        (
            "Some 5,214 people backed the ferry, returning officer said.",
            "Some 5,214 people backed the ferry, returning officer Hugh Lindqvist said.",
        ),
    ],
)
def test_phrases_names_and_owners_stay_whole(line: str, source: str) -> None:
    assert broken(line, evidence((source,)))


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (
            "Lawmakers are expected to vote in the spring said it will comply.",
            "Lawmakers are expected to vote in the spring, and the park's owner, Mirabel Freight, "
            "has said it will comply.",
        ),
        (
            "Alder voted on Tuesday to keep the ferry.",
            "Residents of Port Alder voted on Tuesday to keep the ferry.",
        ),
    ],
)
def test_no_line_runs_on_or_begins_inside_a_name(line: str, source: str) -> None:
    assert broken(line, evidence((source,)))


def test_a_known_name_may_go_short() -> None:
    source = "President Barack Obama signed the law on Monday."
    assert not broken("Obama signed the law on Monday.", evidence((source,)))


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (
            "Coming from leaders will make governing hard.",
            "Coming from leaders of the party, they reflect a mood that will make governing hard.",
        ),
        (
            "And with the ball returned to the court of Holt.",
            "And with Tuesday's collapse of a last effort, the ball returned to the court of Holt.",
        ),
        (
            "They act on the legislation backed.",
            "They act on the legislation backed by the mayor and the council.",
        ),
    ],
)
def test_more_cuts_through_a_phrase(line: str, source: str) -> None:
    assert broken(line, evidence((source,)))


ALDER = "Alder Shipping Corp said it will buy a smaller rival for 120 million dollars to grow."


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("Alder Shipping will buy a smaller rival", ALDER),
        ("Alder Shipping Corp will buy a rival for 120 million dollars", ALDER),
        ("The board met the union", "The board met the angry dock union to end the strike."),
    ],
)
def test_who_said_so_a_company_s_form_and_adjectives_may_go(line: str, source: str) -> None:
    assert not broken(line, evidence((source,)))


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("The mayor resigned on Monday.", "The former mayor resigned on Monday."),
        ("Police described the fraud.", "Police described the alleged fraud."),
        ("They asked Congress.", "They asked Congress to pay for the bridge."),
        ("They have a plan.", "They have a plan to close the bridge."),
        ("They found 12 boats.", "They found at least 12 boats."),
        ("12 boats sank on Monday.", "Nearly 12 boats sank on Monday."),
        (
            "A trial was cut short on to side streets.",
            "A trial was cut short when a burst main forced buses on to side streets.",
        ),
        ("Ada Holt was in July.", "Ada Holt was appointed in July."),
        ("They took an hour in its history.", "They took an hour, the shortest in its history."),
        ("A trip and was due home.", "The governor cut short a trip and was due home on Monday."),
        (
            "The branch counted 48,000 visits in 1958.",
            "The branch counted 48,000 visits, more than in any month since 1958.",
        ),
    ],
)
def test_a_word_that_turns_the_meaning_may_not_go(line: str, source: str) -> None:
    assert broken(line, evidence((source,)))


def test_a_model_that_compresses_may_not_bring_in_a_word() -> None:
    source = "The river holds back 1.9 million cubic metres of water behind an old stone dam."
    line = "The river holds back 1.9 million cubic courage of water."
    assert strays(line, evidence((source,)), novel=0.15)
    assert not strays(line, evidence((source,)), novel=1.0)
    moved = "The river holds back 1.9 million cubic metres from water."
    assert strays(moved, evidence((source,)), novel=0.15)


def test_articles_are_left_out_in_headlines_alone() -> None:
    source = evidence(("A similar proposal was dropped in 2015 when the shops threatened to sue.",))
    assert telegraphic("Similar proposal was dropped in 2015.", source)
    assert telegraphic("A similar proposal was dropped when shops threatened to sue.", source)
    assert not telegraphic("A similar proposal was dropped in 2015.", source)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("They want to use state.", "They want to use state-run companies to spy on rivals."),
        ("Women would have the same rights.", "Women would have the same rights as men in town."),
        ("Three firms are engaged.", "Three firms are engaged in trade with the island."),
        ("Claims rose in the week ending.", "Claims rose in the week ending in early July."),
        ("A slide crashed.", "A slide crashed through the town before dawn."),
        ("Police arrested two men.", "Police arrested two men and a woman in the harbour."),
    ],
)
def test_a_line_may_not_be_left_hanging(line: str, source: str) -> None:
    assert left_hanging(line, evidence((source,)))


def test_a_line_that_ends_where_its_source_pauses_is_not() -> None:
    source = evidence(("The plan was dropped, and the ferry sails on as before.",))
    assert not left_hanging("The plan was dropped.", source)
    assert not left_hanging("Nothing of it.", source)


@pytest.mark.parametrize(
    ("line", "source", "refused"),
    [
        ("The Over time, they opened their homes.", "Over time, they opened their homes.", True),
        ("They met a in the hall.", "They met friends in the hall.", True),
        ("The in crowd left the hall early.", "The in crowd left the hall early.", False),
        ("The over-60s left the hall.", "All the over-60s left the hall at noon.", False),
        ("They left the hall in May.", "They left the old hall in May.", False),
    ],
)
def test_an_article_stands_before_its_noun(line: str, source: str, refused: bool) -> None:
    assert strays(line, evidence((source,)), novel=0.15) is refused
    if refused:
        assert strays(line, evidence((source,)), novel=1.0)
