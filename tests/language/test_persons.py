"""Who is a person, and which description of a person a pronoun stands for."""

import pytest

from briefing.language.persons import binder, described, is_person


def at(parse, word: str) -> int:
    """The last place of a word."""
    return max(i for i, own in enumerate(parse.lower) if own == word)


@pytest.mark.parametrize(
    ("text", "word", "person"),
    [
        ("The fisherwoman mended the net.", "fisherwoman", True),
        ("A nurse from Kell spoke.", "nurse", True),
        ("Curator Nele Brandt spoke.", "brandt", True),
        ("Nele Brandt, a baker, spoke.", "brandt", True),
        ("Nele Brandt, who bakes, spoke.", "brandt", True),
        ("The oak gate was sold.", "gate", False),
        ("Norvik Shipping was sold.", "shipping", False),
        ("General Norvik was sold.", "norvik", False),
        ("Mrs. Brandt was ill.", "brandt", True),
        ("The 44-year-old was late.", "old", True),
        ("The bridge is 44 years old.", "old", False),
    ],
)
def test_persons_are_told_from_things(parses, text: str, word: str, person: bool) -> None:
    parse = parses.one(text)
    assert is_person(parse, at(parse, word)) is person


@pytest.mark.parametrize(
    ("text", "pronoun", "bound"),
    [
        ("The 44-year-old told reporters that she would appeal.", "she", "old"),
        ("The goalkeeper, who left his club in May, has signed for Kell.", "his", "goalkeeper"),
        ("The pilot said the airline had told her to land.", "her", "pilot"),
        ("The nurse left early and said she was ill.", "she", "nurse"),
        ("The baker said he would sell his shop.", "his", "baker"),
        ("The pilot thanked her.", "her", None),
        ("Neighbours said she had left.", "she", None),
        ("The company said she would leave.", "she", None),
        ("The nurse heard that Nele Brandt had lost her job.", "her", None),
    ],
)
def test_a_description_binds_the_pronouns_below_it(
    parses, text: str, pronoun: str, bound: str | None
) -> None:
    parse = parses.one(text)
    found = binder(parse, at(parse, pronoun))
    assert (parse.lower[found] if found is not None else None) == bound


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("The 44-year-old said she would appeal.", True),
        ("The 44-year-old, who lives in Kell, said she would appeal.", True),
        ("The veteran goalkeeper said she would stay.", True),
        ("A nurse said she would stay.", False),
        ("The other nurse said she would stay.", False),
        ("The nurse who was hurt said she would stay.", False),
        ("The nurse, Nele Brandt, said she would stay.", False),
    ],
)
def test_a_name_fits_where_nothing_else_tells_who_it_is(parses, text: str, fits: bool) -> None:
    parse = parses.one(text)
    assert (described(parse, at(parse, "she")) is not None) is fits
