import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefing.article import Article, Sentence
from briefing.check.support import check

DEAL = (
    "Harbour Commission president Craig Tennant said on Tuesday that 25 Russian crews would not "
    "compete in the regatta."
)
SHARES = (
    "Shares in Norvik fell 5 per cent to $1.2bn after Ms Alder spoke in St Helier on 25 October."
)


def failed(line, *evidence):
    return {claim.kind for claim in check(line, evidence).failures}


@pytest.mark.parametrize(
    "line",
    [
        DEAL,
        "Craig Tennant said 25 Russian crews would not compete in the regatta.",
        "Twenty-five crews from Russia will not compete in the regatta, Tennant said.",
        "Norvik shares fell 5% to $1.2 billion.",
        "Norvik shares fell five percent after Alder spoke on October 25.",
        'Crews "would not compete in the regatta", Tennant said.',
    ],
)
def test_supported_lines(line):
    verdict = check(line, [DEAL, SHARES])
    assert verdict.supported, verdict
    assert verdict.failures == ()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Craig Marwood said 25 Russian crews would not compete in the regatta.", "name"),
        ("Craig Alder said 25 Russian crews would not compete.", "name"),
        ("Craig Tennant said 26 Russian crews would not compete.", "number"),
        ("Craig Tennant said on Friday that 25 crews would not compete.", "date"),
        ("Norvik shares fell 5 per cent on 26 October.", "date"),
        ("Norvik shares fell to £1.2bn.", "number"),
        ("Norvik shares fell to $1.2m.", "number"),
        ("Norvik shares fell $5.", "number"),
        ('Craig Tennant said crews "should not compete".', "quotation"),
        ("Craig Tennant said 25 crews would compete in the regatta.", "negation"),
        ("Norvik shares did not fall 5 per cent.", None),
        ("Alder said 25 Russian crews would not compete.", "attribution"),
        ("Russian crews regattta compete supremmacists.", "word"),
    ],
)
def test_refused_lines(line, kind):
    verdict = check(line, [DEAL, SHARES])
    if kind is not None:
        assert not verdict.supported
        assert kind in {c.kind for c in verdict.failures}


def test_a_negation_that_the_source_lacks_is_refused():
    assert failed("The council did not approve the plan.", "The council approved the plan.") == {
        "negation"
    }


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("The firm denied paying bribes.", "The firm paid bribes."),
        ("She never visited the island.", "She visited the island."),
        ("The crew left without permission.", "The crew left with permission."),
        ("He failed to stop the train.", "He stopped the train."),
    ],
)
def test_a_negation_that_the_line_drops_is_refused(source, line):
    assert "negation" in failed(line, source)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("The plan will not only help farmers but also millers.", "The plan will help farmers."),
        ("She did not attend the meeting.", "She failed to attend the meeting."),
        (
            "The board said there was no doubt the bridge was safe.",
            "The bridge was safe, the board said.",
        ),
    ],
)
def test_negations_that_agree(source, line):
    assert "negation" not in failed(line, source)


def test_a_flipped_direction_is_not_supported():
    verdict = check("Norvik shares rose 5 per cent.", [SHARES])
    assert not verdict.supported
    assert "direction" in {c.kind for c in verdict.failures}


def test_a_number_beside_another_noun_lowers_the_score():
    source = "The storm killed 12 sheep and flooded 40 barns in the valley."
    right = check("The storm flooded 40 barns.", [source])
    wrong = check("The storm killed 40.", [source]).score
    assert right.supported
    assert wrong <= right.score


def test_another_unit_of_measurement_is_refused():
    assert "number" in failed("He was jailed for 5 months.", "He was jailed for 5 years.")


def test_names_are_not_glued_together():
    source = "John Marsh met Peter Brown and the painter Ines Coll."
    assert failed("John Marsh Brown met the painter.", source) == {"name"}
    assert failed("John Brown met the painter.", source) == {"name"}
    assert failed("Marsh met Brown.", source) == set()


def test_bank_names_with_of_hold_together():
    assert "name" in failed(
        "The Bank of Norway raised rates.", "The Bank of Malta raised rates, unlike Norway."
    )


def article(text):
    sentence = Sentence("body", 0, len(text), text, 0)
    return Article(None, None, text, (sentence,), "en")


def test_a_short_form_that_the_article_introduces():
    text = "The Northern Harbour Union (NHU) met. Dockers walked out."
    evidence = ["The NHU called dockers out on strike."]
    line = "The Northern Harbour Union called dockers out on strike."
    assert not check(line, evidence).supported
    assert check(line, evidence, article(text)).supported


def test_initials_of_a_name_in_the_evidence():
    source = "The Northern Harbour Union called dockers out on strike."
    assert check("The NHU called dockers out on strike.", [source]).supported


def test_nothing_supports_nothing():
    assert not check("", ["A line."]).supported
    assert not check("A line.", []).supported
    assert not check("A line.", [""]).supported


def test_a_verbatim_line_has_all_features():
    copied = check(DEAL, [DEAL]).features
    other = check("Craig Tennant said crews would not compete.", [DEAL]).features
    assert copied.keys() == other.keys()
    assert (copied["coverage"], copied["order"], copied["pairs"]) == (1.0, 1.0, 1.0)


def test_claims_carry_their_place():
    line = "Craig Marwood said 26 crews left."
    for claim in check(line, [DEAL]).claims:
        assert line[claim.start : claim.end] == claim.text


BASES = [
    ("Tennant said {} crews would not compete.", DEAL),
    ("Norvik shares fell {} after Alder spoke.", SHARES),
]
FOREIGN = {
    "name": ["Kowalczyk", "Priya Raman", "Zanzibar", "NQX", "Anders von Holt", "El-Amin", "Apple"],
    "number": ["77", "seventy-seven", "$9m", "8.25%", "a dozen", "3-2", "hundreds of", "4th"],
    "date": ["on 3 March", "on Friday", "in 1987", "in the 1970s", "yesterday", "on 2019-02-03"],
    "quotation": ['"a grave mistake"', "'a grave mistake'", "“not today”", "«never»"],
}


@pytest.mark.parametrize("kind", FOREIGN)
@given(data=st.data())
def test_an_injected_fact_is_always_refused(kind, data):
    template, source = data.draw(st.sampled_from(BASES))
    words = template.format("").split()
    at = data.draw(st.integers(1, len(words) - 1))
    fact = data.draw(st.sampled_from(FOREIGN[kind]))
    line = " ".join([*words[:at], fact, *words[at:]])
    verdict = check(line, [source])
    assert not verdict.supported, (line, verdict)


@given(st.integers(2, 10**9).filter(lambda n: n not in (5, 25)))
def test_any_other_number_is_refused(number):
    assert not check(f"Tennant said {number} crews would not compete.", [DEAL, SHARES]).supported


@given(st.text(max_size=300), st.lists(st.text(max_size=200), max_size=3))
@example("\x00'\"“", ["'"])
@example("1,2.3:4m $", ["٣ ٤ ² ½ Ⅷ"])
@example("²", ["²"])
def test_check_never_raises(line, evidence):
    verdict = check(line, evidence)
    assert 0.0 <= verdict.score <= 1.0
    assert not (verdict.supported and any(c.kind == "name" for c in verdict.failures))


@given(st.text(min_size=1, max_size=200))
def test_a_line_that_is_its_source_is_supported(text):
    if any(c.isalnum() for c in text) and check(text, [text]).claims:
        assert check(text, [text]).supported


@pytest.mark.parametrize(
    "piece",
    ["a", "A ", "1,", "1.", "'", '"', "U.", "A-", "de ", "(", "said ", "not ", ", who ", "é'"],
)
def test_hostile_strings_take_linear_time(piece):
    line = piece * (20_000 // len(piece))
    start = time.process_time()
    check(line, [DEAL])
    assert time.process_time() - start < 2.5


def test_a_date_may_not_take_the_year_of_another() -> None:
    source = "The votes of October 28, 1916, and December 20, 1917, became a rallying point."
    assert check("The vote of October 28, 1916, became a rallying point.", [source]).supported
    assert not check("The vote of October 28, 1917, became a rallying point.", [source]).supported
