"""Dates of feeds, pages and files: ISO 8601, RFC 822, epoch seconds, natural language.

Natural language is slow to read: every locale may have to be tried. A feed writes all of its dates
alike, so a `DateReader` first tries the locales that read earlier ones, and searches all of them
only a few times.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from time import struct_time
from typing import Any

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
"""Anything earlier is a default value, not a date."""
_LONGEST = 100
_SEARCHES = 8
"""Texts for which all locales are tried in vain; then only those that read a date are."""
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d+)?|(\d{12,13})")
_ZONE = re.compile(
    r"(\d:\d\d(?:[:.]\d+)*(?:\s*[ap]\.?m\.?)?)\s*\(?([A-Z]{2,5})\)?(?=$|\s+\d{4}$)", re.I
)
_HALF_OF_DAY = re.compile(r"\d\s*([ap]\.?m)\b", re.I)
# IST is Israel's time to dateparser; in feeds it is India's.
_OFFSETS = {"IST": timedelta(hours=5, minutes=30)}


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

    def read(self, value: str | float | None, parsed: struct_time | None = None) -> datetime | None:
        """The time as UTC; without a time zone it is UTC already. None if it is no date.

        ``parsed`` is what feedparser made of it. A number is in seconds or milliseconds since 1970.
        """
        text = str(value if value is not None and not isinstance(value, bool) else "").strip()
        if not text or len(text) > _LONGEST:
            return _from_parsed(parsed)
        if text not in self._read:
            self._read[text] = self._any(text, _from_parsed(parsed))
        return self._read[text]

    def _any(self, text: str, parsed: datetime | None) -> datetime | None:
        if epoch := _EPOCH.fullmatch(text):
            return _from_epoch(float(epoch[1] or epoch[2]) / (1 if epoch[1] else 1000))
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
