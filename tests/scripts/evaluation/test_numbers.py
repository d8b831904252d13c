import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.evaluation.numbers import claimed, values


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("five ferries", "5 ferries"),
        ("twenty-five people", "25 people"),
        ("a fine of $1.2m", "a fine of 1.2 million dollars"),
        ("two hundred and fifty thousand tonnes", "250,000 tonnes"),
        ("three million", "3,000,000"),
        ("on the 21st of May", "on May 21"),
        ("the 12th bridge", "the twelfth bridge"),
        ("nineteen ninety", "nineteen 90"),
    ],
)
def test_one_value_however_it_is_written(one: str, other: str) -> None:
    assert set(claimed(one)) <= values(other)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("6 ferries", "5 ferries"),
        ("fifty people", "fifteen people"),
        ("$12m", "$1.2m"),
        ("30 percent", "3.0 million"),
        ("in 2019", "in 2018"),
        ("seven", "seventy"),
    ],
)
def test_another_value_is_another(line: str, source: str) -> None:
    assert not set(claimed(line)) <= values(source)


def test_the_parts_of_a_compound_stand_in_a_source() -> None:
    assert {5e6, 5.0} <= values("about 5 million people")


def test_one_and_first_claim_nothing() -> None:
    assert not claimed("one of the first ferries, dozens said")


@given(st.integers(min_value=2, max_value=10**9))
def test_separators_do_not_change_a_number(number: int) -> None:
    assert set(claimed(f"{number:,} seats")) == {float(number)}


@given(st.text(max_size=80))
def test_any_text_holds_what_it_claims(text: str) -> None:
    assert set(claimed(text)) <= values(text)
