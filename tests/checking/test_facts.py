import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefing.checking.facts import CLAIM_KINDS, facts, is_whole, states

DEAL = (
    "Harbour Commission president Craig Tennant said on Tuesday that 25 Russian crews would not "
    "compete in the regatta."
)
SHARES = (
    "Shares in Norvik fell 5 per cent to $1.2bn after Ms Alder spoke in St Helier on 25 October."
)


def failed(line, *sources):
    return {claim.kind for claim in facts(line, sources) if not claim.supported}


def findings(line, *sources):
    return {claim.text: claim.finding for claim in facts(line, sources)}


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
def test_facts_that_are_there(line):
    assert failed(line, DEAL, SHARES) == set()


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
        ("Russian crews regattta compete supremmacists.", "word"),
    ],
)
def test_facts_that_are_not(line, kind):
    assert kind in failed(line, DEAL, SHARES)


def test_another_number_of_the_same_thing_is_refuted():
    source = "The bank will cut 1,200 jobs and close 45 branches."
    assert findings("The bank will cut 12,000 jobs.", source)["12,000"] == "refuted"
    assert findings("The bank will open 30 offices.", source)["30"] == "not found"
    (claim,) = (c for c in facts("It will cut 12,000 jobs.", [source]) if not c.supported)
    assert "1,200" in claim.reason


@pytest.mark.parametrize(
    ("source", "line", "finding"),
    [
        ("The fare rises from 40 euros to 60 euros.", "The fare rises to 40 euros.", "refuted"),
        ("The fare rises from 40 euros to 60 euros.", "The fare rises from 60 euros.", "refuted"),
        ("The fare rises from 40 euros to 60 euros.", "The fare rises to 60 euros.", "supported"),
        ("The fare rises to 60 euros.", "The fare rises by 60 euros.", "supported"),
    ],
)
def test_from_and_to(source, line, finding):
    (claim,) = facts(line, [source])
    assert claim.finding == finding


@pytest.mark.parametrize(
    ("source", "line", "holds"),
    [
        ("The tunnel is 5 km long.", "The tunnel is five kilometres long.", True),
        ("The calf weighed 30kg at birth.", "At birth the calf weighed 30 kilograms.", True),
        ("A 6ft fence surrounds the yard.", "The fence is six feet high.", True),
        ("The tunnel is 5 km long.", "The tunnel is five miles long.", False),
        ("The calf weighed 30kg at birth.", "At birth the calf weighed 30 pounds.", False),
    ],
)
def test_units_of_measurement_by_any_of_their_spellings(source, line, holds):
    assert (failed(line, source) == set()) is holds


def test_a_sum_and_a_difference_may_be_worked_out():
    source = "Profit fell to £310 million from £360 million a year before."
    assert failed("Profit fell by £50 million.", source) == set()
    assert failed("Profit fell by £60 million.", source) == {"number"}
    assert failed("The club won 12 games.", "The club won 7 games in May and 5 games in June.") == (
        set()
    )


def test_a_difference_of_what_cannot_be_counted_together_is_none():
    source = "The slide killed at least 17 people and left 40 missing."
    assert findings("The slide killed at least 23 people.", source)["23"] == "refuted"
    for line, source in (
        ("40 people worked there, 23 are left.", "40 people worked there, 17 left."),
        ("18 workers stayed.", "The plant had 30 workers and 12 resigned."),
        ("18 people were rescued.", "The boat carried 30 people; 12 drowned."),
        ("The fire killed 18 people.", "The fire killed 12 people in Kell and 6 men in Lorne."),
    ):
        assert failed(line, source) == set()


def test_another_first_name_is_refuted():
    source = "Graham Carr left his post as chief scout in June."
    assert findings("Jimmy Carr left his post.", source)["Jimmy Carr"] == "refuted"
    assert findings("Ines Moreau left her post.", source)["Ines Moreau"] == "not found"
    assert failed("Carr left his post.", source) == set()


def test_a_number_in_the_units_of_another_is_refused():
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


def test_a_short_form_that_the_article_introduces():
    text = "The Northern Harbour Union (NHU) met. Dockers walked out."
    sources = ["The NHU called dockers out on strike."]
    line = "The Northern Harbour Union called dockers out on strike."
    assert not all(claim.supported for claim in facts(line, sources))
    assert all(claim.supported for claim in facts(line, sources, text))


def test_initials_of_a_name_in_the_source():
    source = "The Northern Harbour Union called dockers out on strike."
    assert failed("The NHU called dockers out on strike.", source) == set()


def test_a_date_may_not_take_the_year_of_another():
    source = "The votes of October 28, 1916, and December 20, 1917, became a rallying point."
    assert states("The vote of October 28, 1916, became a rallying point.", [source])
    assert not states("The vote of October 28, 1917, became a rallying point.", [source])


def test_only_the_kinds_asked_for_count():
    line = "Craig Marwood said 26 crews would not compete."
    assert not states(line, [DEAL], {"name"})
    assert not states(line, [DEAL], {"number"})
    assert states(line, [DEAL], {"date"})


def test_facts_carry_their_place_and_a_reason():
    line = "Craig Marwood said 26 crews left on Friday."
    for claim in facts(line, [DEAL]):
        assert line[claim.start : claim.end] == claim.text
        assert bool(claim.reason) != claim.supported
        assert claim.kind in CLAIM_KINDS


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
    assert failed(line, source), line


@given(st.integers(2, 10**9).filter(lambda n: n not in (5, 25, 20, 30)))
def test_any_other_number_is_refused(number):
    assert failed(f"Tennant said {number} crews would not compete.", DEAL, SHARES)


@given(st.text(max_size=300), st.lists(st.text(max_size=200), max_size=3))
@example("\x00'\"“", ["'"])
@example("1,2.3:4m $", ["٣ ٤ ² ½ Ⅷ"])
@example("²", ["²"])
def test_facts_never_raise(line, sources):
    for claim in facts(line, sources):
        assert line[claim.start : claim.end] == claim.text


@given(st.text(min_size=1, max_size=200))
def test_a_line_that_is_its_source_states_nothing_else(text):
    assert states(text, [text])
    assert is_whole(text, [text])
    assert not is_whole("The plan is nowhere.", ["The plan is now here."])
    assert is_whole("it's in the semi - finals .", ["It’s in the semi-finals."])


@pytest.mark.parametrize(
    "piece",
    ["a", "A ", "1,", "1.", "'", '"', "U.", "A-", "de ", "(", "said ", "not ", ", who ", "é'"],
)
def test_hostile_strings_take_linear_time(piece):
    line = piece * (20_000 // len(piece))
    start = time.process_time()
    facts(line, [DEAL])
    assert time.process_time() - start < 2.5


def test_the_year_before_is_known_by_its_distance() -> None:
    source = ["Profit fell to 31 crowns a share in 2025 from 36 a year earlier."]
    found = facts("The bank earned less in 2025 than in 2024 and 2023.", source)
    assert [claim.supported for claim in found] == [True, True, False]


PEOPLE = [
    "Ida Lund replaced Alan Muir, 47, as harbour master, and Vera Calder, 58, leads the board.",
    "The fire killed the 19-year-old swimmer Omar Haddad and his coach, Tariq Bello, who was 61.",
]


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("Alan Muir, 47, was replaced.", "supported"),
        ("Alan Muir, 58, was replaced.", "refuted"),
        ("Swimmer Omar Haddad, 61, died in the fire.", "refuted"),
        ("The 61-year-old coach Tariq Bello died.", "supported"),
        ("The 19-year-old coach Tariq Bello died.", "refuted"),
        ("Lund, 58, is harbour master.", "refuted"),
        ("Vera Calder, aged 58, leads the board.", "supported"),
    ],
)
def test_an_age_belongs_to_its_person(line: str, finding: str) -> None:
    (age,) = (fact for fact in facts(line, PEOPLE) if fact.kind == "number")
    assert age.finding == finding
    assert bool(age.reason) is (finding == "refuted")


def test_one_of_several_of_a_trade_is_no_other_name() -> None:
    source = ["The fire killed two firefighters, Jonas Weil and Adele Kurt, on Monday."]
    assert states("Firefighter Adele Kurt died in the fire.", source, {"name"})
    assert not states("Firefighter Adele Holt died in the fire.", source, {"name"})


def test_words_of_the_article_are_known() -> None:
    line, source = "The mayor called the gondelbahn a waste.", ["The mayor called it a waste."]
    unknown = [fact.text for fact in facts(line, source) if fact.kind == "word"]
    assert unknown == ["gondelbahn"]
    article = "The gondelbahn opens in May. The mayor called it a waste."
    assert not [fact for fact in facts(line, source, article) if fact.kind == "word"]


COUNCIL = ["Ida Marsh, the mayor, opened the pool.", "Mrs Thorn and Professor Jan Weil were there."]


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("Ms Marsh opened the pool.", "supported"),
        ("Prof Weil was there.", "supported"),
        ("Mr Thorn was there.", "refuted"),
        ("Dr Marsh opened the pool.", "not found"),
        ("Mr Harker opened the pool.", "not found"),
        ("Ada Marsh opened the pool.", "refuted"),
    ],
)
def test_a_form_of_address_is_no_first_name(line: str, finding: str) -> None:
    (name,) = (fact for fact in facts(line, COUNCIL) if fact.kind == "name")
    assert name.finding == finding


def test_a_word_that_the_article_has_in_lower_case_begins_no_name() -> None:
    article = "Patients took tremicol for a year. The trial of 30 patients ended in May."
    source = ["The trial of 30 patients ended in May."]
    line = "Tremicol was tried on 30 patients."
    assert [fact for fact in facts(line, source) if not fact.supported]
    assert all(fact.supported for fact in facts(line, source, article))
    assert not states("Hill was tried with 30 patients of Oberon.", source)


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("Workers sealed 90 of the 70 leaks.", "refuted"),
        ("Workers sealed 70 of the 90 leaks.", "supported"),
        ("Workers sealed 70 of 90 leaks.", "supported"),
        ("In 90 of 70-metre pipes there were leaks.", "supported"),
    ],
)
def test_a_part_is_no_larger_than_its_whole(line: str, finding: str) -> None:
    source = ["Workers sealed 70 of the 90 leaks."]
    found = {fact.finding for fact in facts(line, source) if fact.kind == "number"}
    assert found - {"supported"} == ({finding} - {"supported"})
