"""What a line says the other way round."""

import pytest

from briefing.checking.roles import roles
from briefing.language import parses_for
from briefing.language.parse import Parse

PARSES = parses_for("en")
assert PARSES is not None


def parsed(text: str) -> Parse:
    parse = PARSES.one(text) if PARSES else None
    assert parse is not None
    return parse


TURNED = [
    ("Ben Sund replaced Ada Holt in May.", "Ada Holt replaced Ben Sund in May.", "Sund"),
    (
        "Ben Sund replaced Ada Holt in May.",
        "The union chose Ada Holt, who replaced Ben Sund in May.",
        "Sund",
    ),
    (
        "The line will sell 40 of its 12 ferries.",
        "The line will sell 12 of its 40 ferries by May.",
        "40 of its 12",
    ),
    (
        "The court cleared Ada Holt on Monday.",
        "The court cleared Ben Sund on Monday; Ada Holt was fined.",
        "Holt",
    ),
    (
        "Shares in Norvik fell 3 percent in Orlow.",
        "Shares in Norvik rose 3 percent in Orlow on Monday.",
        "fell",
    ),
]
SAME = [
    ("Ben Sund was replaced by Ada Holt.", "Ada Holt replaced Ben Sund in May."),
    ("Norvik sold its mill to Orlow Paper.", "Orlow Paper bought the mill from Norvik in May."),
    ("12 of the line's 40 ferries will be sold.", "The line will sell 12 of its 40 ferries."),
    ("Shares in Norvik did not fall in May.", "Shares in Norvik rose in May."),
    ("Holt met Sund and Wrenn in Kell.", "Sund and Wrenn met Holt in Kell."),
]


@pytest.mark.parametrize(("line", "source", "told"), TURNED)
def test_what_is_the_other_way_round_is_refuted(line: str, source: str, told: str) -> None:
    (claim, *_) = roles(parsed(line), [parsed(source)])
    assert claim.finding == "refuted"
    assert told in claim.text
    assert line[claim.start : claim.end] == claim.text


@pytest.mark.parametrize(("line", "source"), SAME)
def test_the_same_in_other_words_is_not(line: str, source: str) -> None:
    assert roles(parsed(line), [parsed(source)]) == ()
