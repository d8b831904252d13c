"""Days are the reader's: two zones over midnight, and days on which clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from briefing.digest.edition import edition_date, window

BERLIN, TOKYO, HAVANA = (
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("Asia/Tokyo"),
    ZoneInfo("America/Havana"),
)
LATE = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)


def test_two_zones_over_midnight() -> None:
    assert edition_date(LATE, ZoneInfo("America/New_York")) == date(2026, 3, 1)
    assert edition_date(LATE, BERLIN) == edition_date(LATE, TOKYO) == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)],
)
def test_a_day_is_as_long_as_the_clocks_make_it(day, hours) -> None:
    found = window(BERLIN, datetime(2027, 1, 1, tzinfo=UTC), date=day)
    assert found.until - found.since == timedelta(hours=hours)
    assert found.since.astimezone(BERLIN).date() == day


def test_a_midnight_that_is_skipped() -> None:
    """In Cuba clocks go from midnight to one."""
    found = window(HAVANA, datetime(2027, 1, 1, tzinfo=UTC), date=date(2026, 3, 8))
    assert found.since == datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert found.until - found.since == timedelta(hours=23)


def test_a_day_that_is_not_over_ends_now() -> None:
    found = window(BERLIN, LATE, date=date(2026, 3, 2))
    assert (found.since, found.until) == (datetime(2026, 3, 1, 23, tzinfo=UTC), LATE)


def test_since_when() -> None:
    last = LATE - timedelta(hours=30)
    assert window(BERLIN, LATE).since == LATE - timedelta(hours=24)
    assert window(BERLIN, LATE, last=last).since == last
    assert window(BERLIN, LATE, last=last, since=timedelta(hours=2)).since == LATE - timedelta(
        hours=2
    )


def test_a_clock_that_went_back_covers_nothing_rather_than_the_future() -> None:
    found = window(BERLIN, LATE, last=LATE + timedelta(hours=1))
    assert found.since == found.until == LATE


@examples(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})),
    st.dates(date(1990, 1, 1), date(2035, 12, 31)),
)
def test_days_meet_without_gap_or_overlap(name, day) -> None:
    zone, later = ZoneInfo(name), datetime(2040, 1, 1, tzinfo=UTC)
    first, second = (window(zone, later, date=each) for each in (day, day + timedelta(days=1)))
    assert first.until == second.since
    assert first.since <= first.until


def test_a_weekly_edition_begins_with_a_week() -> None:
    week = timedelta(days=7)
    first = window(BERLIN, LATE, days=7)
    assert (first.since, first.first_since) == (LATE - week, LATE - week)
    later = window(BERLIN, LATE, last=LATE - timedelta(days=6), days=7)
    assert (later.since, later.first_since) == (LATE - timedelta(days=6), LATE - week)
