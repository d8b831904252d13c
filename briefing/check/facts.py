"""Are the names, numbers, dates and quotations of a line in its source?

A fact is supported, refuted (the source says another: 1,200 jobs, not 12,000; Graham Carr, not
Jimmy) or not found. One that is not supported refuses a line whatever else speaks for it. What
binds them together (who did what, which number counts what) is for the verifier.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from briefing.check.source import Source, source_of
from briefing.language.dates import stated
from briefing.language.facts import Reading, names, read
from briefing.language.names import Name, Run
from briefing.language.quantities import Quantity, matches
from briefing.language.quotations import verbatim
from briefing.language.tokens import Token, ordinary, tokens

ClaimKind = Literal["name", "number", "date", "quotation", "word"]
Finding = Literal["supported", "refuted", "not found"]
KINDS: tuple[ClaimKind, ...] = ("name", "number", "date", "quotation", "word")
_SUMMED = 12
"""Numbers of a source of which sums and differences are tried."""
_NEAR, _WIDE = 3, 6
"""Words beside a number that say what it counts: in the line, and in the source."""
_DIRECTIONS = {"from": "to", "to": "from"}


@dataclass(frozen=True, slots=True)
class Claim:
    """One fact that a line states: as written, its kind, its offsets, what the source says."""

    text: str
    kind: ClaimKind
    start: int
    end: int
    finding: Finding
    reason: str = ""

    @property
    def supported(self) -> bool:
        """Whether the source holds it."""
        return self.finding == "supported"


def facts(line: str, sources: Sequence[str], article: str = "") -> tuple[Claim, ...]:
    """The facts of ``line``, in order, held against the sentences ``sources``.

    ``article`` is the full text, which may introduce short forms ("World Health Organization
    (WHO)").
    """
    return facts_of(read(line), source_of(tuple(sources), article))


def facts_of(line: Reading, source: Source) -> tuple[Claim, ...]:
    """The facts of a line that is read already."""
    if is_whole(line.text, source.texts):
        found = [_supported(claim) for claim in _facts(line, source) if claim.kind != "word"]
    else:
        found = list(_facts(line, source))
    return tuple(sorted(found, key=lambda c: (c.start, c.end)))


def states(line: str, sources: Sequence[str], kinds: Collection[ClaimKind] = KINDS) -> bool:
    """Whether the sources hold all facts of these kinds in ``line``."""
    return all(claim.supported or claim.kind not in kinds for claim in facts(line, sources))


def is_whole(line: str, sources: Sequence[str]) -> bool:
    """True where ``line`` is one of ``sources`` as it is, spaces, case and final stop aside."""
    bare = _bare(line)
    return any(bare == _bare(source) for source in sources)


def _bare(text: str) -> str:
    return "".join(text.split()).casefold().rstrip(".")


def _supported(claim: Claim) -> Claim:
    return Claim(claim.text, claim.kind, claim.start, claim.end, "supported")


def _facts(line: Reading, source: Source) -> Iterator[Claim]:
    yield from _names(line, source)
    yield from _numbers(line, source)
    yield from _dates(line, source)
    yield from _quotations(line, source)
    yield from _words(line, source)


def _claim(
    line: Reading, first: int, last: int, kind: ClaimKind, finding: Finding, reason: str = ""
) -> Claim:
    start, end = line.words[first].start, line.words[last].end
    return Claim(line.text[start:end], kind, start, end, finding, reason)


def _names(line: Reading, source: Source) -> Iterator[Claim]:
    found = names(line, source.lowered)
    for one, two in pairwise(found):
        left, right = one.units[-1], two.units[0]
        of = right.first - left.last == 2 and line.words[left.last + 1].key == "of"
        if of and source.names.contradicts(left.key, "of", right.key):
            reason = "the source names another"
            yield _claim(line, left.first, right.last, "name", "refuted", reason)
    for run in found:
        lost = source.names.holds(run)
        if lost is None:
            yield _claim(line, run.units[0].first, run.units[-1].last, "name", "supported")
            continue
        units = run.units[lost[0] : lost[1]]
        first, last = units[0].first, units[-1].last
        if _namesake(run, source):
            reason = "the source gives this name to another"
            yield _claim(line, first, last, "name", "refuted", reason)
        else:
            yield _claim(line, first, last, "name", "not found", "this name is not in the source")


def _namesake(run: Run, source: Source) -> bool:
    """True where the source has the surname behind another first name alone."""
    if len(run.units) != 2:
        return False
    first, surname = run.units[0].key, run.units[1].key
    held = source.names
    before: set[str] = {
        held.keys[at - 1]
        for at in held.places.get(surname, ())
        if at and held.capital[at - 1] and held.capital[at]
    }
    return bool(before) and first not in before and first not in held.places


def _numbers(line: Reading, source: Source) -> Iterator[Claim]:
    held = [(q, r) for r in source.readings for q in r.numbers]
    years = {v for r in source.readings for d in r.dates for p, v in d.parts if p == "year"}
    for one in line.numbers:
        same = [(q, r) for q, r in held if matches(one, q)]
        if same:
            wrong = _turned(line, one, same)
            reason = "the source has it the other way: from, to" if wrong else ""
            finding: Finding = "refuted" if wrong else "supported"
            yield _claim(line, one.first, one.last, "number", finding, reason)
            continue
        known = not one.unit and f"{one.value:.0f}" in years
        known = known or (one.value == 1 and not one.unit and _single(line, one, source))
        if known or _worked_out(one, [q for q, _ in held]):
            yield _claim(line, one.first, one.last, "number", "supported")
        elif other := _instead(line, one, held):
            reason = f"the source says {other}"
            yield _claim(line, one.first, one.last, "number", "refuted", reason)
        else:
            reason = "this number is not in the source"
            yield _claim(line, one.first, one.last, "number", "not found", reason)


def _turned(line: Reading, one: Quantity, same: Sequence[tuple[Quantity, Reading]]) -> bool:
    """True for "to 40 euros" where the source only says "from 40 euros", and the other way."""
    opposite = _DIRECTIONS.get(_before(line.words, one))
    return opposite is not None and all(_before(r.words, q) == opposite for q, r in same)


def _before(words: Sequence[Token], one: Quantity) -> str:
    return words[one.first - 1].key if one.first else ""


def _worked_out(one: Quantity, held: Sequence[Quantity]) -> bool:
    """True for the sum or the difference of two amounts of the source in the same unit."""
    if one.vague or one.unit in ("th", "time", "code", "part") or not math.isfinite(one.value):
        return False
    values = [q.value for q in held if q.unit == one.unit and not q.vague][:_SUMMED]
    return one.value >= 2 and any(
        abs(abs(a + sign * b) - one.value) <= 1e-9 * max(1.0, one.value)
        for at, a in enumerate(values)
        for b in values[at + 1 :]
        for sign in (1, -1)
    )


def _instead(line: Reading, one: Quantity, held: Sequence[tuple[Quantity, Reading]]) -> str:
    """What the source says in the place of a number: another one of the same thing."""
    counted = _counted(line.words, one)
    if not counted:
        return ""
    for q, reading in held:
        if q.unit == one.unit and _counted(reading.words, q) == counted:
            start, end = reading.words[q.first].start, reading.words[q.last].end
            return reading.text[start:end]
    return ""


def _counted(words: Sequence[Token], one: Quantity) -> str:
    """The stem of the noun right after a number."""
    if one.last + 1 >= len(words):
        return ""
    token = words[one.last + 1]
    return "" if token.function or token.gap.strip() else token.stem


def _single(line: Reading, one: Quantity, source: Source) -> bool:
    """True where "one person" is "a person" in the source."""
    if line.words[one.first].key != "one" or one.last + 1 >= len(line.words):
        return False
    noun = line.words[one.last + 1].stem
    return any(
        t.stem == noun
        and {w.key for w in source.words[max(0, at - 3) : at]} & {"a", "an", "another"}
        for at, t in enumerate(source.words)
    )


def misplaced(line: Reading, source: Source) -> int:
    """Numbers of the line that the source has, but beside other words."""
    held = [(q, r) for r in source.readings for q in r.numbers]
    count = 0
    for one in line.numbers:
        near = _near(line.words, one, _NEAR)
        same = [(q, r) for q, r in held if matches(one, q)]
        count += bool(same and near) and not any(near & _near(r.words, q, _WIDE) for q, r in same)
    return count


def _near(words: Sequence[Token], one: Quantity, reach: int) -> set[str]:
    before = words[max(0, one.first - reach) : one.first]
    after = words[one.last + 1 : one.last + 1 + reach]
    return {t.stem for part in (before, after) for t in part if not t.function}


def _dates(line: Reading, source: Source) -> Iterator[Claim]:
    held = [d for r in source.readings for d in r.dates]
    for date in line.dates:
        if stated(date, held, source.years):
            yield _claim(line, date.first, date.last, "date", "supported")
        else:
            reason = "this date is not in the source"
            yield _claim(line, date.first, date.last, "date", "not found", reason)


def _quotations(line: Reading, source: Source) -> Iterator[Claim]:
    for start, end in line.quotes:
        text = line.text[start:end]
        if not tokens(text) or any(verbatim(text, run) for run in source.runs):
            yield Claim(text, "quotation", start, end, "supported")
        else:
            reason = "the source does not say this word for word"
            yield Claim(text, "quotation", start, end, "not found", reason)


def _words(line: Reading, source: Source) -> Iterator[Claim]:
    """Content words that are neither the source's nor ordinary English: garbled or invented."""
    named = {i for run in names(line, source.lowered) for unit in run.units for i in _span(unit)}
    numbers = {i for q in line.numbers for i in range(q.first, q.last + 1)}
    for at, token in enumerate(line.words):
        if at in named or at in numbers or at in line.dated or not token.key[0].isalpha():
            continue
        if token.key in source.keys or token.stem in source.stems or ordinary(token.key):
            continue
        if not source.names.short(token.key):
            reason = "neither in the source nor an ordinary word"
            yield _claim(line, at, at, "word", "not found", reason)


def _span(unit: Name) -> range:
    return range(unit.first, unit.last + 1)
