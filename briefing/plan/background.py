"""The background of the news: which sentences tell it, and in which order they read well."""

import re

import numpy as np

from briefing.brief import CONTEXT_ROLES, Role
from briefing.plan.lexicon import named_years
from briefing.plan.roles import ROLES
from briefing.plan.selection import NEVER, Candidates, chance, choose, style

_CONTEXT = [index for index, role in enumerate(ROLES) if role in CONTEXT_ROLES]
_LIKELY, _POSSIBLE, _SURE = 0.5, 0.38, 0.6
_WANTED, _SHORTEST = 2, 7
_CHAIN = 0.25  # against a sentence whose help needs help itself
_HISTORY = ROLES.index(Role.HISTORICAL_EVENT)
_RECENT = re.compile(
    r"\b(?:last|past|earlier this|this) (?:year|month|week|spring|summer|autumn|fall|winter)\b",
    re.IGNORECASE,
)
_NOW = 3000


def share(
    candidates: Candidates, keys: list[int], spare: list[int], headline: list[int]
) -> tuple[list[int], list[int]]:
    """Key points and their spares, with background left for the context where there is little.

    A key point that is surely background goes where a spare can stand in for it, until the
    context has two lines to be written.
    """
    keys, spare = list(keys), list(spare)
    sure = chance(candidates, *CONTEXT_ROLES)
    while len(background_rows(candidates, _WANTED, keys, headline)) < _WANTED:
        given = [row for row in keys[1:] if sure[row] >= _SURE and row not in headline]
        stand_in = [row for row in spare if sure[row] < _LIKELY]
        if not given or not stand_in:
            break
        keys.remove(max(given, key=lambda row: float(sure[row])))
        keys.append(stand_in[0])
        spare.remove(stand_in[0])
    return keys, spare


def background_rows(
    candidates: Candidates, count: int, keys: list[int], headline: list[int]
) -> list[int]:
    """Up to ``count`` rows that tell the background, best first, none of them a key point.

    Two may be only possibly background, so that an article with some has a context; these stand
    alone, and a pronoun or time that hangs on a sentence which is no use is never planned.
    """
    likely = chance(candidates, *CONTEXT_ROLES)
    antecedent = candidates.antecedent
    chained = (antecedent >= 0) & candidates.leaning[antecedent]
    scores = 0.9 * likely + 0.5 * candidates.salience + style(candidates) - _CHAIN * chained
    unhelped = candidates.leaning & ((antecedent < 0) | (likely < _LIKELY))
    closed = (likely < _POSSIBLE) | np.isin(antecedent, keys) | unhelped
    closed |= candidates.column("length") < _SHORTEST
    taken = sorted({*keys, *headline})
    found = choose(candidates, np.where(closed, NEVER, scores).astype(np.float32), count, taken)
    possible = [row for row in found if likely[row] < _LIKELY]
    allowed = max(0, _WANTED - (len(found) - len(possible)))
    return [row for row in found if row not in possible[allowed:]]


def background_role(candidates: Candidates, row: int) -> int:
    """The likeliest background role of a sentence, as an index of ``ROLES``."""
    return _CONTEXT[int(candidates.probabilities[row, _CONTEXT].argmax())]


def reading_order(candidates: Candidates, rows: list[int]) -> list[int]:
    """What led here, how things stand, the history in time order, what is expected next."""
    ordered: list[int] = []
    for role in _CONTEXT:
        same = sorted(row for row in rows if background_role(candidates, row) == role)
        ordered += _in_time_order(candidates, same) if role == _HISTORY else same
    return ordered


def _in_time_order(candidates: Candidates, rows: list[int]) -> list[int]:
    """Rows by the first year that each names; one that names none stays with the one before."""
    dated: list[tuple[int, int]] = []
    year = 0
    for row in rows:
        year = _year(candidates.document.texts[row]) or year
        dated.append((year, row))
    return [row for _, row in sorted(dated)]


def _year(text: str) -> int:
    """The first year of a sentence, the present for "last year", 0 for none."""
    years = named_years(text)
    return years[0] if years else _NOW * bool(_RECENT.search(text))
