"""Who is a person, and which description of a person a pronoun stands for."""

import pytest

from briefing.language.persons import binder, described, is_person


def at(parse, word: str) -> int:
    return max(i for i, own in enumerate(parse.lower) if own == word)


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("A pianist spoke.", True),
        ("A shortlist spoke.", False),
        ("Chairwoman Nele Brandt spoke.", True),
        ("Nele Brandt, a nurse, spoke.", True),
        ("General Norvik spoke.", False),
        ("The 44-year-old man spoke.", True),
    ],
)
def test_persons_are_told_from_things(parses, text: str, person: bool) -> None:
    parse = parses.one(text)
    subject = parse.subject(at(parse, "spoke"))
    assert is_person(parse, subject or 0) is person


@pytest.mark.parametrize(
    ("text", "pronoun", "bound"),
    [
        ("The 44-year-old told reporters that she would appeal.", "she", "old"),
        ("The goalkeeper, who left his club in May, has signed for Kell.", "his", "goalkeeper"),
        ("The pilot said the airline had told her to land.", "her", "pilot"),
        ("The pilot thanked her.", "her", None),
    ],
)
def test_a_description_binds_the_pronouns_below_it(
    parses, text: str, pronoun: str, bound: str | None
) -> None:
    parse = parses.one(text)
    found = binder(parse, at(parse, pronoun))
    assert (parse.lower[found] if found is not None else None) == bound


def test_a_name_fits_where_nothing_else_tells_who_it_is(parses) -> None:
    for text, fits in (
        ("The 44-year-old, who lives in Kell, said she would appeal.", True),
        ("A nurse said she would stay.", False),
        ("The nurse who was hurt said she would stay.", False),
    ):
        parse = parses.one(text)
        assert (described(parse, at(parse, "she")) is not None) is fits
