import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.language.facts import keys_of, names, read_line


def norms(text, kind):
    reading = read_line(text)
    if kind == "name":
        lowered = frozenset(token.key for token in reading.words if not token.capital)
        return [" ".join(unit.key for unit in run.units) for run in names(reading, lowered)]
    if kind == "quotation":
        return [" ".join(keys_of(text[start:end])) for start, end in reading.quotes]
    return [fact.norm for fact in (reading.dates if kind == "date" else reading.numbers)]


@pytest.mark.parametrize(
    ("text", "norm"),
    [
        ("Some 1,250 homes flooded.", "1250"),
        ("Twenty-five homes flooded.", "25"),
        ("A dozen homes flooded.", "12"),
        ("Three dozen homes flooded.", "36"),
        ("It took a hundred and ten men.", "110"),
        ("They built one hundred and twenty-five thousand homes.", "125000"),
        ("It cost $1m to build.", "1000000 usd"),
        ("It cost $1 million to build.", "1000000 usd"),
        ("It cost 1,000,000 dollars.", "1000000 usd"),
        ("It cost £1.5bn to build.", "1500000000 gbp"),
        ("It rose 5%.", "5 %"),
        ("It rose five per cent.", "5 %"),
        ("It rose 5 percent.", "5 %"),
        ("She came third.", "3 th"),
        ("She came 3rd.", "3 th"),
        ("Half a million people left.", "500000"),
        ("Two thirds of voters left.", "0.6666666667 part"),
        ("It opens at 7.30pm.", "1170 time"),
        ("It opens at 5 p.m.", "1020 time"),
        ("A 25-year-old man left.", "25"),
        ("Hundreds left.", "~200"),
    ],
)
def test_a_number_has_one_normal_form(text, norm):
    assert norm in norms(text, "number")


@pytest.mark.parametrize("text", ["One of the men left.", "No one left.", "It is the one."])
def test_one_as_a_pronoun_is_no_number(text):
    assert norms(text, "number") == []


@pytest.mark.parametrize(
    ("text", "norm"),
    [
        ("He left on 25 October.", "25 10"),
        ("He left on October 25.", "25 10"),
        ("He left on Oct. 25.", "25 10"),
        ("He left on the 25th of October 2020.", "25 10 2020"),
        ("He left on 2020-10-25.", "25 10 2020"),
        ("He left on 25/10/2020.", "25 10 2020"),
        ("He left on Tuesday.", "tuesday"),
        ("He left in May.", "5"),
        ("He left in 1998.", "1998"),
        ("He left in the 1990s.", "90s"),
        ("He left in the nineties.", "90s"),
        ("He left yesterday.", "yesterday"),
        ("He left last week.", "last week"),
    ],
)
def test_a_date_has_one_normal_form(text, norm):
    assert norm in norms(text, "date")


@pytest.mark.parametrize("text", ["May he rest.", "They may go.", "They march on.", "The sun set."])
def test_words_that_look_like_months_and_days_are_no_dates(text):
    assert norms(text, "date") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Officials met Ana Ruiz in Lisbon.", ["ana ruiz", "lisbon"]),
        ("Reports named Ursula van der Berg.", ["ursula van der berg"]),
        ("The talks began in the U.S. this week.", ["america"]),
        ("The talks began in the United States.", ["america"]),
        ("Some Russian firms left.", ["russia"]),
        ("Police said nothing.", []),
        ("The minister's plan failed.", []),
        ("Ruiz's plan failed.", ["ruiz"]),
    ],
)
def test_names(text, expected):
    assert norms(text, "name") == expected


@pytest.mark.parametrize(
    ("text", "quotation"),
    [
        ('He called it "a very bad idea".', "a very bad idea"),
        ("He called it “a very bad idea”.", "a very bad idea"),
        ("He called it 'a very bad idea'.", "a very bad idea"),
        ("He called it «a very bad idea».", "a very bad idea"),
        ('He called it "a very bad idea', "a very bad idea"),
    ],
)
def test_quotations_of_any_style(text, quotation):
    assert norms(text, "quotation") == [quotation]


def test_an_apostrophe_opens_no_quotation():
    assert norms("The workers' union and the mayor's office don't agree.", "quotation") == []


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    reading = read_line(text)
    for fact in (*reading.dates, *reading.numbers):
        assert 0 <= fact.first <= fact.last < len(reading.words)
    for start, end in reading.quotes:
        assert 0 <= start < end <= len(text)
