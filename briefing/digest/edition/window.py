"""Which day an edition is of, and what time it covers: in the reader's time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DEFAULT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Window:
    """The edition's date in its zone; it covers what is after ``since`` and up to ``until``
    (aware, UTC).
    """

    date: date
    since: datetime
    until: datetime


def edition_date(now: datetime, zone: ZoneInfo) -> date:
    """The local day of ``now``."""
    return now.astimezone(zone).date()


def window(
    zone: ZoneInfo,
    now: datetime,
    *,
    date: date | None = None,
    since: timedelta | None = None,
    last: datetime | None = None,
) -> Window:
    """What a run at ``now`` covers.

    The whole local day of ``date``, which has 23 or 25 hours where clocks change, as far as it is
    over; else what is ``since`` so long; else since the ``last`` edition was made; else 24 hours.
    """
    if date is not None:
        start, end = _midnight(date, zone), _midnight(date + timedelta(days=1), zone)
        return Window(date, start, min(end, now))
    if since is not None or last is None:
        return Window(edition_date(now, zone), now - (since or DEFAULT), now)
    return Window(edition_date(now, zone), min(last, now), now)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins; where its midnight is skipped, the first moment after it."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
