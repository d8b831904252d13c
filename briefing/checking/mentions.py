"""Hold what a line makes of its numbers and dates against all that the article makes of them.

A number that fell *to* 12 in the line and only *by* 12 in the article, and a date of an event that
the article only dates otherwise, are refuted.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from briefing.checking.evidence import EvidenceIndex
from briefing.checking.facts import Claim, claim_of
from briefing.checking.roles import role_claim
from briefing.checking.slots import misnamed
from briefing.language.dates import Date
from briefing.language.facts import Reading, read_line
from briefing.language.parse import Parse
from briefing.language.parser import Parses
from briefing.language.quantities import Quantity, matches, move
from briefing.language.tokens import stem

_MOST = 24
"""Most sentences that are read for one number or event; of more, nothing is sure."""
_ABOVE = frozenset("pobj prep npadvmod nummod compound quantmod advmod pcomp".split())
"""Relations between a date and what it dates."""
_OBJECTS = frozenset({"nsubjpass", "dobj", "acomp", "oprd"})
_Event = tuple[str, frozenset[str], frozenset[str]]
"""What a date dates: the stems of the word, of its subjects, and of its objects."""


class Mentions:
    """The mentions of numbers and events in the sentences of an article."""

    def __init__(self, sentences: Sequence[str], index: EvidenceIndex, parses: Parses) -> None:
        self._sentences = sentences
        self._index = index
        self._parses = parses

    def refuted(self, line: Reading, parse: Parse) -> Iterator[Claim]:
        """Yield the numbers, dates and names of a line that the article has otherwise."""
        for one in line.numbers:
            if one.unit not in ("th", "time", "code") and (other := self._moved(line, parse, one)):
                reason = f'the source has "{other}" here'
                yield claim_of(line, one.first, one.last, "number", "refuted", reason)
        for date in line.dates:
            if other := self._dated(line, parse, date):
                reason = f"the source dates this {other}"
                yield claim_of(line, date.first, date.last, "date", "refuted", reason)
        for first, last, other in misnamed(parse, lambda word: [t for _, t in self._holding(word)]):
            reason = f"the source says this of another name ({other})"
            yield role_claim(parse, first, last, reason)

    def _holding(self, unit: str) -> list[tuple[Reading, Parse]]:
        """Return the sentences that hold a search unit; none if they are too many."""
        places = self._index.holding(unit)
        texts = [self._sentences[at] for at in places] if len(places) <= _MOST else []
        pairs = zip(texts, self._parses.of(texts), strict=True)
        return [(read_line(text), parse) for text, parse in pairs if parse is not None]

    def _moved(self, line: Reading, parse: Parse, one: Quantity) -> str:
        """Return "to" if a number fell by what it fell to, "up" for "down"; else nothing."""
        role, way = move(parse, line.words, one)
        if not (role and way):
            return ""
        theirs = [
            move(tree, reading.words, q)
            for reading, tree in self._holding(f"#{one.norm}")
            for q in reading.numbers
            if matches(one, q)
        ]
        if not theirs or any(not other or (other, turn) == (role, way) for other, turn in theirs):
            return ""
        if all(other != role for other, _ in theirs):
            return theirs[0][0]
        return theirs[0][1] if all(turn not in ("", way) for _, turn in theirs) else ""

    def _dated(self, line: Reading, parse: Parse, date: Date) -> str:
        """Return the other date that the article has for an event; empty if it may be this."""
        event = _event(line, parse, date)
        known = [
            (other, found, _text(reading, other))
            for reading, tree in (self._holding(event[0]) if event else ())
            for other in reading.dates
            if event and (found := _event(reading, tree, other)) and found[0] == event[0]
        ]
        if any(date.parts & other.parts and not _conflict(date, other) for other, _, _ in known):
            return ""
        same = (
            written
            for other, found, written in known
            if event and _conflict(date, other) and _is_same(event, found)
        )
        return next(same, "")


def _text(line: Reading, one: Quantity | Date) -> str:
    return line.text[line.words[one.first].start : line.words[one.last].end]


def _event(line: Reading, parse: Parse, date: Date) -> _Event | None:
    """Return what a date dates: a verb, or the noun of "was mayor from 2009"."""
    at = bisect_right(parse.starts, line.words[date.first].start) - 1
    while parse.relations[at] in _ABOVE and not parse.is_verb(at) and parse.heads[at] != at:
        at = parse.heads[at]
    if parse.relations[at] == "attr":  # "director from 2009" of "was director from 2009"
        at = parse.heads[at]
    noun = parse.child(at, "attr") if parse.lemmas[at] == "be" else None
    if not parse.is_verb(at) or (parse.lemmas[at] in ("be", "have") and noun is None):
        return None
    subjects, objects = (
        frozenset(stem(parse.lower[c]) for c in parse.children[at] if parse.relations[c] in kinds)
        for kinds in (("nsubj",), _OBJECTS)
    )
    return stem(parse.lower[at if noun is None else noun]), subjects, objects


def _conflict(one: Date, other: Date) -> bool:
    parts = dict(other.parts)
    return any(parts.get(kind, value) != value for kind, value in one.parts)


def _is_same(ours: _Event, theirs: _Event) -> bool:
    """Whether two events of one word share a subject or object, and differ in none of the other."""
    pairs = [(one, other) for one, other in zip(ours[1:], theirs[1:], strict=True) if one and other]
    return bool(pairs) and all(one & other for one, other in pairs)
