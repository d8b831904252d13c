"""Parse dates: days, months, years, weekdays, decades and words such as "yesterday".

A date is a set of parts. A source states a line's date if one of its dates has all of the parts; a
year or weekday may also be stated apart from day and month.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefing.language.tokens import Token

_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_MONTH = {w: i + 1 for i, w in enumerate(_MONTHS)}
_MONTH |= {w[:3]: i for w, i in _MONTH.items() if w != "may"} | {"sept": 9}
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_DAY = {w: w for w in _DAYS} | {w[:3]: w for w in _DAYS} | {"tues": "tuesday", "thurs": "thursday"}
_DECADES = {
    w: f"{n}0s"
    for w, n in zip("twenties thirties forties fifties sixties seventies eighties nineties".split(),
                    range(2, 10), strict=True)
}  # fmt: skip
RELATIVE_DAYS = frozenset({"yesterday", "today", "tomorrow", "tonight"})
_SPANS = frozenset(
    "week month year weekend night summer winter spring autumn decade century".split()
)
_WHICH = frozenset({"last", "next", "this"})
_OPENS = frozenset(
    {*_MONTH, *_DAY, *(f"{day}s" for day in _DAY), *_DECADES, *RELATIVE_DAYS, *_WHICH}
)
"""Words that a date may start with, besides digits; other words are skipped."""
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
_SLASHED = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)(?![\d/])")
_DAY_NUMBER = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\Z")
_YEAR = re.compile(r"(1[1-9]|20)\d\d\Z")
_DECADE = re.compile(r"(?:(?:1[5-9]|20)(\d)|(\d))0s\Z")
_YEAR_CUES = frozenset(
    "in since by of from until till to between during after before early late mid around "
    "circa summer winter spring autumn fall year and the".split()
)


def is_day_or_month(key: str) -> bool:
    """Whether a word is the name of a day of the week or of a month, whole or shortened."""
    return key in _DAY or key in _MONTH


@dataclass(frozen=True, slots=True)
class Date:
    """A date: its parts as ``(part, value)`` pairs and the tokens it spans."""

    parts: frozenset[tuple[str, str]]
    first: int
    last: int

    @property
    def norm(self) -> str:
        """A readable normal form: ``2020-10-25`` as far as it is known."""
        return " ".join(value for _, value in sorted(self.parts))


def dates(text: str, words: Sequence[Token]) -> list[Date]:
    """Return the dates of ``text``, in order."""
    result = _numeric(text, words)
    taken = {i for date in result for i in range(date.first, date.last + 1)}
    index = 0
    while index < len(words):
        date = None if index in taken else _date(words, index)
        if date is not None:
            result.append(date)
            index = date.last
        index += 1
    return sorted(result, key=lambda date: date.first)


def _numeric(text: str, words: Sequence[Token]) -> list[Date]:
    """Return dates such as ``2020-10-25`` and ``25/10/2020`` (day first if ambiguous)."""
    result = []
    for pattern in (_ISO, _SLASHED):
        for match in pattern.finditer(text):
            inside = [i for i, t in enumerate(words) if match.start() <= t.start < match.end()]
            a, b, c = match.groups()
            year, month, day = (a, b, c) if pattern is _ISO else (c, b, a)
            if int(month) > 12:
                month, day = day, month
            year = year if len(year) == 4 else "20" + year
            parts = {("year", year), ("month", str(int(month))), ("day", str(int(day)))}
            if inside:
                result.append(Date(frozenset(parts), inside[0], inside[-1]))
    return result


def _date(words: Sequence[Token], index: int) -> Date | None:
    """Return the date that starts at token ``index``."""
    key = words[index].key
    if key not in _OPENS and not key[0].isdigit():
        return None
    return (
        _calendar(words, index)
        or _weekday(words, index)
        or _year(words, index)
        or _decade(words, index)
        or _relative(words, index)
    )


def _month(words: Sequence[Token], index: int) -> int:
    """Return a token's month number, or 0; "may" and "march" need a capital or a number."""
    if not 0 <= index < len(words):
        return 0
    token = words[index]
    month = _MONTH.get(token.key, 0)
    if month and (token.key in ("may", "march", "mar", "jun", "dec", "jan") or len(token.key) == 3):
        digits = [words[i].key for i in (index - 1, index + 1) if 0 <= i < len(words)]
        numbered = any(_DAY_NUMBER.match(d) or _YEAR.match(d) for d in digits)
        if not token.text[0].isupper() or (token.initial and not numbered):
            return month if numbered and len(token.key) > 3 else 0
        if len(token.key) == 3 and token.key != "may":
            return month if numbered else 0
    return month


def _day(words: Sequence[Token], index: int) -> str:
    """Return a token's day of the month, or an empty string."""
    match = _DAY_NUMBER.match(words[index].key) if 0 <= index < len(words) else None
    return match[1].lstrip("0") if match and 1 <= int(match[1]) <= 31 else ""


def _calendar(words: Sequence[Token], index: int) -> Date | None:
    """Return a day and month in either order, or a month, with the year that may follow."""
    day, last, at = "", index, index
    if day := _day(words, index):
        at = index + 2 if index + 1 < len(words) and words[index + 1].key == "of" else index + 1
    month = _month(words, at)
    if not month:
        return None
    last = at
    if not day and (after := _day(words, at + 1)) and words[at + 1].gap in (" ", ". ", " the "):
        day, last = after, at + 1
    parts = {("month", str(month))} | ({("day", day)} if day else set())
    tail = words[last + 1] if last + 1 < len(words) else None
    if tail and _YEAR.match(tail.key) and tail.gap in (" ", ", ", ". ", " , "):
        parts, last = parts | {("year", tail.key)}, last + 1
    return Date(frozenset(parts), index, last)


def _weekday(words: Sequence[Token], index: int) -> Date | None:
    token = words[index]
    name = _DAY.get(token.key) or _DAY.get(token.key.removesuffix("s"))
    if not name or (len(token.key) < 6 and (token.initial or not token.text[0].isupper())):
        return None
    if token.key in ("sun", "wed", "sat", "mon") and not (token.gap == " " and index):
        return None
    if len(token.key) == 3 and words[index - 1].key not in ("on", "last", "next", "until", "by"):
        return None
    return Date(frozenset({("weekday", name)}), index, index)


def _year(words: Sequence[Token], index: int) -> Date | None:
    """Return a year: four digits after a cue, in brackets or after a dash."""
    token = words[index]
    if not _YEAR.match(token.key):
        return None
    cue = index == 0 or words[index - 1].key in _YEAR_CUES or words[index - 1].key in _MONTH
    near = cue or token.gap.strip() in ("(", "-", "'", ",", "/") or words[index - 1].capital
    if not near or token.gap[-1:] in ("$", "£", "€"):
        return None
    if index + 1 < len(words) and words[index + 1].key in ("people", "miles", "men", "women"):
        return None
    return Date(frozenset({("year", token.key)}), index, index)


def _decade(words: Sequence[Token], index: int) -> Date | None:
    key = words[index].key
    if match := _DECADE.match(key):
        return Date(frozenset({("decade", f"{match[1] or match[2]}0s")}), index, index)
    before = words[index - 1].key if index else ""
    if key in _DECADES and before in ("the", "early", "late", "mid"):
        return Date(frozenset({("decade", _DECADES[key])}), index, index)
    return None


def _relative(words: Sequence[Token], index: int) -> Date | None:
    """Return a relative date: "yesterday", "last week", "next year"."""
    key = words[index].key
    if key in RELATIVE_DAYS:
        return Date(frozenset({("relative", key)}), index, index)
    if key in _WHICH and index + 1 < len(words) and words[index + 1].key in _SPANS:
        return Date(frozenset({("relative", f"{key} {words[index + 1].key}")}), index, index + 1)
    return None


def coming(parts: Mapping[str, str], after: datetime.date) -> datetime.date | None:
    """Return the day that a date's parts mean if it is ``after`` or the next such day.

    None if they name no day, or one that no calendar has.
    """
    if "weekday" in parts:
        days = (_DAYS.index(parts["weekday"]) - after.weekday()) % 7
        return after + datetime.timedelta(days=days)
    try:
        month, day, year = int(parts["month"]), int(parts["day"]), parts.get("year")
        meant = datetime.date(int(year or after.year), month, day)
        return meant if year or meant >= after else meant.replace(year=after.year + 1)
    except (KeyError, ValueError):
        return None


def _differs(date: Date, parts: frozenset[tuple[str, str]]) -> bool:
    """Whether the date has another value for one of ``parts``: 1916, not 1917."""
    own = dict(date.parts)
    return any(own.get(kind, value) != value for kind, value in parts)


def stated(line: Date, source: Sequence[Date], years: frozenset[str]) -> bool:
    """Whether the source's dates state the line's; ``years`` are the source's plain numbers."""
    if any(line.parts <= date.parts for date in source):
        return True
    if len(line.parts) == 1:
        return all(part == "year" and value in years for part, value in line.parts)
    bound = frozenset(p for p in line.parts if p[0] in ("day", "month"))
    loose = line.parts - bound
    return any(bound <= date.parts and not _differs(date, loose) for date in source) and all(
        any(part in date.parts for date in source) or (part[0] == "year" and part[1] in years)
        for part in loose
    )
