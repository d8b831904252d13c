from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.digest.sources.entry import EARLIEST, parse_date, usable

NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-24", (2026, 11, 24)),
        ("2026-11-24T08:30:00+02:00", (2026, 11, 24, 6, 30)),
        ("2026-11-24T08:30:00Z", (2026, 11, 24, 8, 30)),
        ("24 November 2026 08:30", (2026, 11, 24, 8, 30)),
        ("24. November 2026, 08:30 Uhr", (2026, 11, 24, 8, 30)),
        ("24 novembre 2026", (2026, 11, 24)),
    ],
)
def test_dates_as_people_write_them(text: str, time: tuple[int, ...]) -> None:
    assert parse_date(text, NOW) == datetime(*time, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [None, "", "soon", "x" * 500, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_date(text: str | None) -> None:
    assert parse_date(text, NOW) is None


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_utc_time_or_none(text: str) -> None:
    found = parse_date(text, NOW)
    assert found is None or found.utcoffset() == timedelta(0)


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_usable_time_is_neither_too_old_nor_in_the_future(time: datetime) -> None:
    found = usable(time, NOW)
    assert found is None or EARLIEST <= found <= NOW


def test_the_future_is_now() -> None:
    assert usable(NOW + timedelta(days=400), NOW) == NOW
    assert usable(datetime(1, 1, 1, tzinfo=UTC), NOW) is None
