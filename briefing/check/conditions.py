"""Does a line leave out a condition that its source sets? "Nobody is fined" is not "Nobody is fined
unless they refuse".

Words of the source can be left out and all that remains be its own, yet claim more than it does.
Whoever shortens a sentence must keep what its statement hangs on.
"""

import re
from collections.abc import Sequence

from briefing.check.evidence import Evidence
from briefing.check.placing import Place, placed

_ANY = re.compile(
    r"\b(?:if|unless|provid(?:ed|ing)|except|assuming|only|(?:so|as) long as|subject to|"
    r"condition that)\b",
    re.IGNORECASE,
)
_CLAUSE = frozenset("that the a an they he she it we you there its their his her".split())
_LIMITED = frozenset("if when after once until because".split())
_ASKED = frozenset(
    "as even what ask asks asked asking see seeing wonder wonders wondered wondering know knows "
    "knew unclear sure question determine decide tell find check doubt consider unknown".split()
)
"""Words after which "if" is "whether", or concedes: "asked if", "even if"."""
_POLITE = frozenset("any not anything necessary possible needed so ever only".split())
_JOINS = frozenset("and but while so or".split())


def loses_condition(line: str, source: Evidence) -> bool:
    """True where a clause with "if", "unless", "provided", "only after" of a statement that the
    line makes is not in the line.
    """
    if not any(_ANY.search(text) for text in source.texts):
        return False
    over = placed(line, source)
    if over is None or not over.where:
        return False
    said = set(over.where)
    return any(
        at not in said and _opens(at, over.places) and _governs(at, over.where, over.places)
        for at in range(len(over.places))
    )


def _opens(at: int, places: Sequence[Place]) -> bool:
    """Whether a condition begins at this word."""
    key, before, after = places[at].token.key, _key(at - 1, places), _key(at + 1, places)
    aside = bool(places[at].token.gap.strip())
    match key:
        case "unless":
            return True
        case "if":
            return (before not in _ASKED or aside or places[at].first) and after not in _POLITE
        case "provided" | "providing":
            return after in _CLAUSE and (aside or before not in ("is", "was", "were", "been", "be"))
        case "assuming":
            return after in _CLAUSE
        case "except":
            return before not in ("no", "nothing", "none")
        case "only":
            return after in _LIMITED
        case "long":
            return before in ("as", "so") and after == "as"
        case "subject":
            return after == "to" and before in ("is", "are", "was", "were", "be", "remains")
        case "condition":
            return after == "that"
    return False


def _key(at: int, places: Sequence[Place]) -> str:
    return places[at].token.key if 0 <= at < len(places) else ""


def _governs(at: int, where: Sequence[int], places: Sequence[Place]) -> bool:
    """Whether the line says what the condition is about: words of its sentence with no clause of
    its own between them and it.
    """
    before = max((place for place in where if place < at), default=None)
    after = min((place for place in where if place > at), default=None)
    return (before is not None and _together(before, at, places)) or (
        after is not None and _together(at, after, places)
    )


def _together(one: int, two: int, places: Sequence[Place]) -> bool:
    """Whether two words are in one statement: no sentence ends, no clause is joined between."""
    between = places[one + 1 : two + 1]
    if any(place.first for place in between):
        return False
    return not any(
        (place.token.key in _JOINS and "," in place.token.gap) or ";" in place.token.gap
        for place in between
    )
