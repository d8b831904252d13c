"""Dates as feeds and pages have them -> aware UTC times that can be."""

from datetime import UTC, datetime
from time import struct_time

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
"""Anything before is no date but a default value."""
MAX_LENGTH = 100


def from_parsed(parsed: struct_time | None) -> datetime | None:
    """The time that feedparser found, which is in UTC."""
    if parsed is None:
        return None
    try:
        return datetime(*parsed[:5], min(parsed.tm_sec, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def parse_date(text: str | None, now: datetime) -> datetime | None:
    """A date as people write it, in any of many languages; without a zone it is taken as UTC.

    Words such as "yesterday" are reckoned from ``now``.
    """
    text = (text or "").strip()
    if not text or len(text) > MAX_LENGTH:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _guessed(text, now)
    return _utc(found)


def usable(time: datetime | None, now: datetime) -> datetime | None:
    """``time`` if it can be true; one that lies in the future becomes ``now``."""
    if time is None or time < EARLIEST:
        return None
    return min(time, now)


def _guessed(text: str, now: datetime) -> datetime | None:
    import dateparser

    found = dateparser.parse(
        text,
        settings={
            "TIMEZONE": "UTC",
            "TO_TIMEZONE": "UTC",
            "RETURN_AS_TIMEZONE_AWARE": True,
            "RELATIVE_BASE": now.replace(tzinfo=None),
            "REQUIRE_PARTS": ["day", "month", "year"],
        },
    )
    return _utc(found) if found else None


def _utc(time: datetime) -> datetime | None:
    try:
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
