"""Check the names, numbers, dates and quotations of a line against its source.

A fact is supported, refuted (the source states another: 1,200 jobs, not 12,000; Graham Carr, not
Jimmy) or not found. Any fact that is not supported rejects the line. How facts are related (who did
what, which number counts what) is left to the verifier.
"""

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Literal

from briefing.checking.evidence import EvidenceText, evidence_text
from briefing.language.dates import stated
from briefing.language.facts import Reading, names, read_line, verbatim
from briefing.language.names import COURTESY, TITLES, Name, Run
from briefing.language.quantities import Quantity, matches, shares
from briefing.language.tokens import Token, fold, ordinary, tokens

ClaimKind = Literal["name", "number", "date", "quotation", "word", "role"]
Finding = Literal["supported", "refuted", "not found"]
CLAIM_KINDS: tuple[ClaimKind, ...] = ("name", "number", "date", "quotation", "word", "role")
_SUMMED = 12
"""Most source numbers whose pairwise sums and differences are tried."""
_NEAR, _WIDE = 3, 6
"""Words beside a number that show what it counts, in the line and in the source."""
_DIRECTIONS = {"from": "to", "to": "from"}
_REVERSED = "the source has the opposite preposition (from, to)"
_AGED = re.compile(
    r"(?P<name>[A-Z][\w'’-]+), (?:aged |who (?:is|was) )?(?P<age>\d{1,3})(?=[,.;)]|$)"
    r"|(?<!\w)(?P<years>\d{1,3})-year-old (?:[a-z-]+ )*(?P<named>(?:[A-Z][\w'’-]+ ?)+)"
)
"""An age as news tells it: "Ida Holt, 47,", "the 47-year-old mayor Ida Holt"."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A fact stated by a line: its text, kind, offsets, and the source's finding on it."""

    text: str
    kind: ClaimKind
    start: int
    end: int
    finding: Finding
    reason: str = ""

    @property
    def supported(self) -> bool:
        """Whether the source states it."""
        return self.finding == "supported"


def facts(line: str, sources: Sequence[str], article: str = "") -> tuple[Claim, ...]:
    """Return the facts of ``line``, in order, checked against the sentences ``sources``.

    ``article`` is the full text, which may introduce short forms ("World Health Organization
    (WHO)").
    """
    return facts_of(read_line(line), evidence_text(tuple(sources), article))


def facts_of(line: Reading, source: EvidenceText) -> tuple[Claim, ...]:
    """Return the facts of a line that is already read, as `facts` does."""
    claims = list(_facts(line, source))
    if is_whole(line.text, source.texts):
        claims = [replace(c, finding="supported", reason="") for c in claims if c.kind != "word"]
    return tuple(sorted(claims, key=lambda c: (c.start, c.end)))


def states(line: str, sources: Sequence[str], kinds: Collection[ClaimKind] = CLAIM_KINDS) -> bool:
    """Whether the sources state all facts of these kinds in ``line``."""
    return all(claim.supported or claim.kind not in kinds for claim in facts(line, sources))


def is_whole(line: str, sources: Sequence[str]) -> bool:
    """Whether ``line`` equals one of ``sources``, ignoring case, the full stop and the spaces
    around marks.
    """
    return whole_among(line, sources) is not None


def whole_among(line: str, sources: Sequence[str]) -> int | None:
    """Return which of ``sources`` the line equals, as `is_whole` compares them."""
    bare = _bare(line)
    return next((at for at, source in enumerate(sources) if bare == _bare(source)), None)


@lru_cache(maxsize=4096)
def _bare(text: str) -> tuple[str, ...]:
    return tuple(_WORD_OR_MARK.findall(fold(text).casefold().rstrip(". ")))


_WORD_OR_MARK = re.compile(r"\w+|[^\w\s]")


def _facts(line: Reading, source: EvidenceText) -> Iterator[Claim]:
    yield from _names(line, source)
    yield from _numbers(line, source)
    yield from _dates(line, source)
    yield from _quotations(line, source)
    yield from _words(line, source)


def as_stated(line: Reading, source: EvidenceText) -> str:
    """Return a line as its source would put it, where what differs is a matter of fact alone.

    A "Mr" that the source does without is left out, and "in May" is "on 2 May": the facts were
    checked, and a reader of both texts should not doubt them again.
    """
    text, words = line.text, line.words
    for date in reversed(line.dates):
        fuller = [
            r.text[r.words[d.first].start : r.words[d.last].end]
            for r in source.readings
            for d in r.dates
            if date.parts < d.parts and {kind for kind, _ in d.parts - date.parts} == {"day"}
        ]
        if len(fuller) == 1 and date.first and words[date.first - 1].key == "in":
            start, end = words[date.first - 1].start, words[date.last].end
            text = f"{text[:start]}{_cased('on', text[start])} {fuller[0]}{text[end:]}"
    for at in reversed(range(len(words) - 1)):
        token, after = words[at], words[at + 1]
        if token.key in COURTESY and after.capital and token.key not in source.keys:
            text = text[: token.start] + text[after.start :]
    return text


def _cased(word: str, first: str) -> str:
    return word.capitalize() if first.isupper() else word


def claim_of(
    line: Reading, first: int, last: int, kind: ClaimKind, finding: Finding, reason: str = ""
) -> Claim:
    """Return the claim that the words ``first`` to ``last`` of a line make."""
    start, end = line.words[first].start, line.words[last].end
    return Claim(line.text[start:end], kind, start, end, finding, reason)


def _names(line: Reading, source: EvidenceText) -> Iterator[Claim]:
    runs = names(line, source.lowered)
    if any(source.names.holds(run) is not None for run in runs):
        runs = names(line, source.lowered | source.uncommon)
    for one, two in pairwise(runs):
        left, right = one.units[-1], two.units[0]
        of = right.first - left.last == 2 and line.words[left.last + 1].key == "of"
        if of and source.names.contradicts(left.key, "of", right.key):
            reason = "the source states a different name"
            yield claim_of(line, left.first, right.last, "name", "refuted", reason)
    for run in runs:
        lost = source.names.holds(run)
        if lost is None:
            yield claim_of(line, run.units[0].first, run.units[-1].last, "name", "supported")
            continue
        units = run.units[lost[0] : lost[1]]
        first, last = units[0].first, units[-1].last
        if _namesake(run, source):
            reason = "the source has this surname with a different first name"
            yield claim_of(line, first, last, "name", "refuted", reason)
        else:
            yield claim_of(line, first, last, "name", "not found", "this name is not in the source")


def _namesake(run: Run, source: EvidenceText) -> bool:
    """Whether the source has the surname, but only with other first names."""
    if len(run.units) != 2:
        return False
    first, surname = run.units[0].key, run.units[1].key
    known = source.names
    before: set[str] = {
        known.keys[at - 1]
        for at in known.places.get(surname, ())
        if at and known.capital[at - 1] and known.capital[at]
    }
    before = {key for key in before if (key in TITLES) is (first in TITLES)}
    return bool(before) and first not in before and first not in known.places


def _source_numbers(source: EvidenceText) -> list[tuple[Quantity, Reading]]:
    return [(q, r) for r in source.readings for q in r.numbers]


def _numbers(line: Reading, source: EvidenceText) -> Iterator[Claim]:
    stated_numbers = _source_numbers(source)
    years = {v for r in source.readings for d in r.dates for p, v in d.parts if p == "year"}
    yield from _shares(line, source)
    for one in line.numbers:
        same = [(q, r) for q, r in stated_numbers if matches(one, q)]
        if same:
            reason = _REVERSED if _reversed(line, one, same) else _wrong_age(line, one, source)
            finding: Finding = "refuted" if reason else "supported"
            yield claim_of(line, one.first, one.last, "number", finding, reason)
            continue
        known = not one.unit and f"{one.value:.0f}" in years
        known = known or (one.value == 1 and not one.unit and _single(line, one, source))
        if known or _worked_out(line, one, stated_numbers):
            yield claim_of(line, one.first, one.last, "number", "supported")
        elif other := _instead(line, one, stated_numbers):
            reason = f"the source says {other}"
            yield claim_of(line, one.first, one.last, "number", "refuted", reason)
        else:
            reason = "this number is not in the source"
            yield claim_of(line, one.first, one.last, "number", "not found", reason)


def _shares(line: Reading, source: EvidenceText) -> Iterator[Claim]:
    """Yield parts that are told as larger than their whole: "40 of its 12 ships"."""
    for at, of in shares(line.words, line.numbers):
        part, whole = line.numbers[at], line.numbers[of]
        told = any(
            matches(part, r.numbers[a]) and matches(whole, r.numbers[b])
            for r in source.readings
            for a, b in shares(r.words, r.numbers)
        )
        if part.value > whole.value and not told:
            reason = "a part is larger than its whole"
            yield claim_of(line, part.first, whole.last, "number", "refuted", reason)


def _ages(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (surname, age, where the age begins) of the persons of a text."""
    for match in _AGED.finditer(text):
        group = "age" if match["age"] else "years"
        yield match["name"] or match["named"].split()[-1], match[group], match.start(group)


def _wrong_age(line: Reading, one: Quantity, source: EvidenceText) -> str:
    """Say how a number is not the age of the person whose age it is in the line; else empty.

    The source gives the person another age, or gives this age to somebody else.
    """
    start = line.words[one.first].start
    told = next(((name, age) for name, age, at in _ages(line.text) if at == start), None)
    if told is None:
        return ""
    name, age = told
    known = [(whose, other) for text in source.texts for whose, other, _ in _ages(text)]
    own = [other for whose, other in known if whose == name]
    others = [whose for whose, other in known if other == age]
    if own and age not in own:
        return f"the source gives the age of {name} as {own[0]}"
    if not own and others:
        return f"the source gives this age to {others[0]}"
    return ""


def _reversed(line: Reading, one: Quantity, same: Sequence[tuple[Quantity, Reading]]) -> bool:
    """Whether the line has "to 40 euros" where the source only has "from", or vice versa."""
    opposite = _DIRECTIONS.get(_before(line.words, one))
    return opposite is not None and all(_before(r.words, q) == opposite for q, r in same)


def _before(words: Sequence[Token], one: Quantity) -> str:
    return words[one.first - 1].key if one.first else ""


def _worked_out(
    line: Reading, one: Quantity, stated_numbers: Sequence[tuple[Quantity, Reading]]
) -> bool:
    """Whether a number is the sum or difference of two source amounts of the same unit.

    A difference is of what the larger one counts: that of "17 people dead and 40 missing" is no
    number of people.
    """
    if one.vague or one.unit in ("th", "time", "code", "part") or not math.isfinite(one.value):
        return False
    amounts = [
        (q.value, _counted(reading.words, q))
        for q, reading in stated_numbers
        if q.unit == one.unit and not q.vague
    ][:_SUMMED]
    noun = _counted(line.words, one)

    def is_of_smaller(pair: tuple[tuple[float, str], tuple[float, str]]) -> bool:
        (_, less), (_, more) = sorted(pair)
        return bool(noun and more) and noun == less != more

    return one.value >= 2 and any(
        _is_close(pair[0][0] + pair[1][0], one.value)
        or (_is_close(abs(pair[0][0] - pair[1][0]), one.value) and not is_of_smaller(pair))
        for pair in combinations(amounts, 2)
    )


def _is_close(value: float, other: float) -> bool:
    return abs(value - other) <= 1e-9 * max(1.0, other)


def _instead(
    line: Reading, one: Quantity, stated_numbers: Sequence[tuple[Quantity, Reading]]
) -> str:
    """Return the source's number for the same noun as written; empty if there is none."""
    counted = _counted(line.words, one)
    if not counted:
        return ""
    for q, reading in stated_numbers:
        if q.unit == one.unit and _counted(reading.words, q) == counted:
            start, end = reading.words[q.first].start, reading.words[q.last].end
            return reading.text[start:end]
    return ""


def _counted(words: Sequence[Token], one: Quantity) -> str:
    """Return the stem of the noun right after a number; empty if there is none."""
    if one.last + 1 >= len(words):
        return ""
    token = words[one.last + 1]
    return "" if token.function or token.gap.strip() else token.stem


def _single(line: Reading, one: Quantity, source: EvidenceText) -> bool:
    """Whether "one person" is "a person" in the source."""
    if line.words[one.first].key != "one" or one.last + 1 >= len(line.words):
        return False
    noun = line.words[one.last + 1].stem
    return any(
        t.stem == noun
        and {w.key for w in source.words[max(0, at - 3) : at]} & {"a", "an", "another"}
        for at, t in enumerate(source.words)
    )


def misplaced(line: Reading, source: EvidenceText) -> int:
    """Count the line's numbers that the source has only beside other words."""
    stated_numbers = _source_numbers(source)
    count = 0
    for one in line.numbers:
        near = _near(line.words, one, _NEAR)
        same = [(q, r) for q, r in stated_numbers if matches(one, q)]
        count += bool(same and near) and not any(near & _near(r.words, q, _WIDE) for q, r in same)
    return count


def _near(words: Sequence[Token], one: Quantity, reach: int) -> set[str]:
    before = words[max(0, one.first - reach) : one.first]
    after = words[one.last + 1 : one.last + 1 + reach]
    return {t.stem for part in (before, after) for t in part if not t.function}


def _dates(line: Reading, source: EvidenceText) -> Iterator[Claim]:
    source_dates = [d for r in source.readings for d in r.dates]
    for date in line.dates:
        if stated(date, source_dates, source.years):
            yield claim_of(line, date.first, date.last, "date", "supported")
        else:
            reason = "this date is not in the source"
            yield claim_of(line, date.first, date.last, "date", "not found", reason)


def _quotations(line: Reading, source: EvidenceText) -> Iterator[Claim]:
    for start, end in line.quotes:
        text = line.text[start:end]
        if not tokens(text) or any(verbatim(text, run) for run in source.runs):
            yield Claim(text, "quotation", start, end, "supported")
        else:
            reason = "the source does not say this word for word"
            yield Claim(text, "quotation", start, end, "not found", reason)


def _words(line: Reading, source: EvidenceText) -> Iterator[Claim]:
    """Yield content words that are neither in the article nor ordinary English."""
    named = {i for run in names(line, source.lowered) for unit in run.units for i in _span(unit)}
    numbers = {i for q in line.numbers for i in range(q.first, q.last + 1)}
    for at, token in enumerate(line.words):
        if at in named or at in numbers or at in line.dated or not token.key[0].isalpha():
            continue
        if token.key in source.keys or token.stem in source.stems or ordinary(token.key):
            continue
        if token.key not in source.vocabulary and not source.names.short(token.key):
            reason = "neither in the article nor an ordinary word"
            yield claim_of(line, at, at, "word", "not found", reason)


def _span(unit: Name) -> range:
    return range(unit.first, unit.last + 1)
