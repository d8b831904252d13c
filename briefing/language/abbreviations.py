"""Tell the full stop of an abbreviation from the end of a sentence."""

import re
from functools import cache

from briefing.language.word_lists import word_class

_TAIL = 16
"""Characters at the end of a text that are examined: more than the longest abbreviation."""
_INITIALS = re.compile(r"\b(?:[A-Za-z]\.){2,}$")


def ends_with_title(text: str) -> bool:
    """Whether ``text`` ends with a shortened title, so that a name must follow: "Sen."."""
    return _ends(text, "title_abbreviations")


def ends_with_abbreviation(text: str) -> bool:
    """Whether ``text`` ends with another abbreviation, which may end a sentence: "Tenn."."""
    return _ends(text, "abbreviations")


def ends_before_number(text: str) -> bool:
    """Whether ``text`` ends with an abbreviation that a number follows: "No."."""
    return _ends(text, "number_abbreviations")


def ends_abbreviated(text: str) -> bool:
    """Whether the full stop at the end of ``text`` belongs to a word or to initials."""
    initials = _INITIALS.search(text[-_TAIL:])
    return initials is not None or ends_with_title(text) or ends_with_abbreviation(text)


def _ends(text: str, name: str) -> bool:
    return _pattern(name).search(text[-_TAIL:]) is not None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, word_class(name)), key=len, reverse=True))
    return re.compile(rf"(?:^|[\s\"'“‘«(\[\-–—/])(?:{words})\.$")
