"""The word lists of a language: its classes of words, and groups of forms.

Word lists are data: ``data/en/words.toml`` holds the word classes, ``data/en/groups.toml`` groups
of forms, one per line, and ``data/en/planning.toml`` what the planner knows. Abbreviations are
told here too: their full stop need not end a sentence.
"""

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

_TAIL = 16
"""Characters at the end of a text that are examined: more than the longest abbreviation."""
_INITIALS = re.compile(r"\b(?:[A-Za-z]\.){2,}$")


def word_class(name: str, language: str = "en") -> frozenset[str]:
    """Return the words of one class.

    Raises:
        KeyError: the language has no such class.
    """
    return _classes(language)[name]


@cache
def groups(name: str, language: str = "en") -> tuple[tuple[str, ...], ...]:
    """Return the groups of one table, each with its key first.

    Raises:
        KeyError: no such table.
    """
    return tuple(
        tuple(line.split()) for line in _table(language, "groups")[name].splitlines() if line
    )


@cache
def irregular(language: str = "en") -> dict[str, str]:
    """Return the dictionary form of each irregular form."""
    return {form: group[0] for group in groups("irregular", language) for form in group}


@cache
def opposites(language: str = "en") -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Return pairs of word sets with opposite meanings."""
    lines = _table(language, "groups")["opposites"].splitlines()
    sides = (line.split("/") for line in lines if line)
    return tuple((frozenset(one.split()), frozenset(two.split())) for one, two in sides)


@cache
def distinct(language: str = "en") -> tuple[tuple[frozenset[str], ...], ...]:
    """Return kinds of words of which no two mean the same, each as sets of forms."""
    lines = _table(language, "groups")["distinct"].splitlines()
    return tuple(
        tuple(frozenset(forms.split()) for forms in line.split("/")) for line in lines if line
    )


def planning_words(language: str = "en") -> dict[str, Any]:
    """Return the words and phrases of the planner, each list as text, by name."""
    return _table(language, "planning")


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


def ends_abbreviated_in_small(text: str) -> bool:
    """The same of a text without capitals, or of an initial: "the home of sen.", "j."."""
    last = text[-_TAIL:].rsplit(maxsplit=1)[-1:] or [""]
    return (
        len(last[0]) <= _INITIAL or ends_abbreviated(last[0]) or ends_abbreviated(last[0].title())
    )


_INITIAL = 2
"""Characters of an initial with its full stop."""


def _ends(text: str, name: str) -> bool:
    return _ending(name).search(text[-_TAIL:]) is not None


@cache
def _ending(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s\"'“‘«(\[\-–—/])(?:{alternatives(name)})\.$")


def alternatives(name: str) -> str:
    """Return the words of a class as alternatives of a regular expression, the longest first."""
    return "|".join(sorted(map(re.escape, word_class(name)), key=len, reverse=True))


@cache
def _classes(language: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(words.split()) for name, words in _table(language, "words").items()}


@cache
def _table(language: str, name: str) -> dict[str, Any]:
    path = resources.files("briefing.language") / "data" / language / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
