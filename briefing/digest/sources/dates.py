"""Dates of feeds, pages and files: ISO 8601, RFC 822, epoch seconds, natural language.

Natural language is slow to read: every locale may have to be tried. A feed writes all of its dates
alike, so a `DateReader` first tries the locales that read earlier ones, and searches all of them
only a few times. Of "05/11/2026" the other dates of the feed say which number is the month.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime
from time import struct_time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
"""Anything earlier is a default value, not a date."""
_LONGEST = 100
_SEARCHES = 8
"""Texts for which all locales are tried in vain; then only those that read a date are."""
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d+)?|(\d{12,13})")
_ZONE = re.compile(
    r"(\d:\d\d(?:[:.]\d+)*(?:\s*[ap]\.?m\.?)?)\s*\(?([A-Z]{2,5})\)?(?=$|\s+\d{4}$)", re.I
)
_NUMERIC = re.compile(r"(?<![\d.:/-])(\d\d?)([./-])(\d\d?)\2(\d{4})(?![\d/-])")
"""Day and month in either order, before a year."""
_PLACE = re.compile(r"\s*\[?\b([A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_+-]+){1,2})\]?$")
_HAS_OFFSET = re.compile(r"\d\s*(?:Z|[+-]\d\d:?\d\d)$")
_CLOCK = re.compile(r"\d:\d\d|\d\s*h\s*\d\d|\d\s*[ap]\.?m\b|T\d\d|\bago\b", re.I)
_NOON = timedelta(hours=12)
_HALF_OF_DAY = re.compile(r"\d\s*([ap]\.?m)\b", re.I)
# IST is Israel's time to dateparser; in feeds it is India's.
_OFFSETS = {"IST": timedelta(hours=5, minutes=30)}


def _tells_hour(text: str) -> bool:
    """Whether a date has a time of day."""
    return bool(_EPOCH.fullmatch(text) or _CLOCK.search(text))


def usable(time: datetime | None, now: datetime) -> datetime | None:
    """``time`` if it is plausible; a time in the future becomes ``now``."""
    if time is None or time < EARLIEST:
        return None
    return min(time, now)


class DateReader:
    """Reads the dates of one source; relative ones such as "yesterday" are relative to ``now``."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._read: dict[str, datetime | None] = {}
        self._locales: list[str] = []
        self._parsers: dict[str, Any] = {}
        self._searches = _SEARCHES
        self._day_first = 0

    def learn(self, values: Iterable[object]) -> None:
        """Learn from all the dates of a source in which order it writes day and month."""
        for value in values:
            if isinstance(value, str) and (numeric := _NUMERIC.search(value[:_LONGEST])):
                self._day_first += self._vote(numeric)

    def _vote(self, numeric: "re.Match[str]") -> int:
        """1 if a date can only be read with the day first, -1 if only with the month first.

        What would be in the future was meant otherwise.
        """
        first, second, year = int(numeric[1]), int(numeric[3]), int(numeric[4])
        orders = [_day(year, second, first), _day(year, first, second)]
        latest = (self._now + timedelta(days=1)).date()
        possible = [day is not None for day in orders]
        plausible = [day is not None and day <= latest for day in orders]
        for dates in (possible, plausible):
            if dates[0] != dates[1]:
                return 1 if dates[0] else -1
        return 0

    def _ordered(self, text: str) -> str:
        """``text`` with a date of numbers alone as ISO 8601, where its order is known.

        With stops between them the day is the first.
        """
        numeric = _NUMERIC.search(text)
        if numeric is None:
            return text
        first, second, year = int(numeric[1]), int(numeric[3]), int(numeric[4])
        order = self._day_first or self._vote(numeric) or (1 if numeric[2] == "." else 0)
        days = [_day(year, second, first), _day(year, first, second)][:: order or 1]
        day = days[0] or days[1]
        if not order or day is None:
            return text
        return f"{text[: numeric.start()]}{day.isoformat()}{text[numeric.end() :]}"

    def read(self, value: str | float | None, parsed: struct_time | None = None) -> datetime | None:
        """The time as UTC; without a time zone it is UTC already. None if it is no date.

        A day without a time of day is told as its noon, which is that day almost everywhere; before
        that as its beginning.

        ``parsed`` is what feedparser made of it. A number is in seconds or milliseconds since 1970.
        """
        text = str(value if value is not None and not isinstance(value, bool) else "").strip()
        if not text or len(text) > _LONGEST:
            return _from_parsed(parsed)
        if text not in self._read:
            found = self._any(text, _from_parsed(parsed))
            if found and found.time() == time() and not _tells_hour(text):
                found = found + _NOON if found + _NOON <= self._now else found
            self._read[text] = found
        return self._read[text]

    def _any(self, text: str, parsed: datetime | None) -> datetime | None:
        if epoch := _EPOCH.fullmatch(text):
            return _from_epoch(float(epoch[1] or epoch[2]) / (1 if epoch[1] else 1000))
        if (ordered := self._ordered(text)) != text:
            text, parsed = ordered, None
        place = _PLACE.search(text)
        if place and place[1] in available_timezones():
            rest = text[: place.start()]
            if _HAS_OFFSET.search(rest):
                return self._any(rest, None)
            time = self._standard(rest, None) or self._natural(rest)
            return _utc(time.replace(tzinfo=ZoneInfo(place[1]))) if time else None
        without, offset = _without_zone(text)
        if offset is not None:
            local = self._standard(without, None) or self._natural(without)
            return _utc(local.replace(tzinfo=timezone(offset))) if local else None
        return self._standard(text, parsed) or self._natural(text)

    def _standard(self, text: str, parsed: datetime | None) -> datetime | None:
        """ISO 8601, RFC 822, or what feedparser read in them."""
        with suppress(ValueError):
            return _utc(datetime.fromisoformat(text))
        if _HALF_OF_DAY.search(text):
            return None  # both parsers ignore it
        # feedparser reads a year out of any script, and no more.
        if parsed is not None and text.isascii():
            return parsed
        try:
            return _utc(parsedate_to_datetime(text))
        except (ValueError, IndexError, OverflowError):
            return None

    def _natural(self, text: str) -> datetime | None:
        for locale in self._locales:
            if found := self._parsed_in(locale, text)[0]:
                return found
        if not self._searches:
            return None
        found, read_in = self._parsed_in("", text)
        if found is None or read_in is None:
            self._searches -= 1
        else:
            self._locales.insert(0, read_in)
        return found

    def _parsed_in(self, locale: str, text: str) -> tuple[datetime | None, str | None]:
        """The date and its locale; "" tries all locales."""
        from dateparser.date import DateDataParser

        if locale not in self._parsers:
            self._parsers[locale] = DateDataParser(
                locales=[locale] if locale else None,
                settings={
                    "TIMEZONE": "UTC",
                    "TO_TIMEZONE": "UTC",
                    "RETURN_AS_TIMEZONE_AWARE": True,
                    "RELATIVE_BASE": self._now.replace(tzinfo=None),
                    "REQUIRE_PARTS": ["day", "month", "year"],
                },
            )
        try:
            data = self._parsers[locale].get_date_data(text)
        except OverflowError:
            return None, None
        return (_utc(data.date_obj) if data.date_obj else None), data.locale


def _day(year: int, month: int, day: int) -> date | None:
    """The day, if there is such a one."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _without_zone(text: str) -> tuple[str, timedelta | None]:
    """``text`` without the name of a time zone, and the offset of that; None without a name."""
    match = _ZONE.search(text)
    if match is None or match[2].lower() in {"am", "pm"}:
        return text, None
    name = match[2].upper()
    offset = _OFFSETS.get(name)
    if offset is None:
        from dateparser.timezone_parser import pop_tz_offset_from_string

        _, zone = pop_tz_offset_from_string(f"10:00 {name}")
        offset = zone.utcoffset(None) if zone else None
    if offset is None:
        return text, None
    return text[: match.end(1)] + text[match.end() :], offset


def _from_parsed(parsed: struct_time | None) -> datetime | None:
    if parsed is None:
        return None
    try:
        return datetime(*parsed[:5], min(parsed.tm_sec, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _from_epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _utc(time: datetime) -> datetime | None:
    try:
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
