from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.digest.sources.dates import EARLIEST, DateReader, usable
from briefing.digest.sources.feed import parse_feed
from briefing.digest.sources.files import read_lines

NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


def read(text: str | float | None) -> datetime | None:
    return DateReader(NOW).read(text)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-24", (2026, 11, 24, 12)),
        ("2026-11-24T08:30:00+02:00", (2026, 11, 24, 6, 30)),
        ("2026-11-24T08:30:00Z", (2026, 11, 24, 8, 30)),
        ("24 November 2026 08:30", (2026, 11, 24, 8, 30)),
        ("24. November 2026, 08:30 Uhr", (2026, 11, 24, 8, 30)),
        ("24 novembre 2026", (2026, 11, 24, 12)),
        ("2026年11月24日", (2026, 11, 24, 12)),
        ("Tue, 24 Nov 2026 10:00:00 CET", (2026, 11, 24, 9)),
        ("Tue, 24 Nov 2026 10:00:00 CEST", (2026, 11, 24, 8)),
        ("Tue, 24 Nov 2026 10:00:00 BST", (2026, 11, 24, 9)),
        ("Tue, 24 Nov 2026 10:00:00 IST", (2026, 11, 24, 4, 30)),
        ("Tue, 24 Nov 2026 10:00:00 EST", (2026, 11, 24, 15)),
        ("Tue, 24 Nov 2026 10:00 JST", (2026, 11, 24, 1)),
        ("2026-11-24 10:00:00 AEST", (2026, 11, 24)),
        ("Tue Nov 24 10:00:00 MSK 2026", (2026, 11, 24, 7)),
        ("24 novembre 2026 10:00 CET", (2026, 11, 24, 9)),
        ("November 24, 2026 3:00 PM PDT", (2026, 11, 24, 22)),
        ("Tue, 24 Nov 2026 10:00:00 +0200 (CEST)", (2026, 11, 24, 8)),
        ("1795509000", (2026, 11, 24, 8, 30)),
        ("1795509000.25", (2026, 11, 24, 8, 30)),
        ("1795509000000", (2026, 11, 24, 8, 30)),
        (1795509000, (2026, 11, 24, 8, 30)),
        ("05.11.2026", (2026, 11, 5, 12)),
        ("5.11.2026 08:30", (2026, 11, 5, 8, 30)),
        ("12/11/2026", (2026, 11, 12, 12)),
        ("2026-11-24T10:00:00 Europe/Berlin", (2026, 11, 24, 9)),
        ("2026-07-24T10:00:00 Europe/Berlin", (2026, 7, 24, 8)),
        ("2026-11-24T10:00:00+01:00[Europe/Berlin]", (2026, 11, 24, 9)),
        ("24 November 2026 10:00 America/Argentina/Salta", (2026, 11, 24, 13)),
    ],
)
def test_dates_as_people_and_programs_write_them(text: str, time: tuple[int, ...]) -> None:
    assert read(text) == datetime(*time, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [None, "", "soon", "x" * 500, "0001-01-01T00:00:00+14:00", True])
def test_what_is_no_date(text: str | None) -> None:
    assert read(text) is None


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_utc_time_or_none(text: str) -> None:
    found = read(text)
    assert found is None or found.utcoffset() == timedelta(0)


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_usable_time_is_neither_too_old_nor_in_the_future(time: datetime) -> None:
    found = usable(time, NOW)
    assert found is None or EARLIEST <= found <= NOW


def test_the_future_is_now() -> None:
    assert usable(NOW + timedelta(days=400), NOW) == NOW
    assert usable(datetime(1, 1, 1, tzinfo=UTC), NOW) is None


def rss(*dates: str) -> bytes:
    entries = "".join(
        f"<item><guid>{n}</guid><title>Title {n}</title><pubDate>{date}</pubDate></item>"
        for n, date in enumerate(dates)
    )
    return f'<rss version="2.0"><channel><title>F</title>{entries}</channel></rss>'.encode()


def test_a_feed_is_read_by_the_zone_and_script_that_it_writes() -> None:
    dates = ("Tue, 24 Nov 2026 10:00:00 CEST", "2026年11月24日", "1795509000")
    found = [item.published for item in parse_feed(rss(*dates), "https://a.example/f", NOW).items]
    assert [each and each.hour for each in found] == [8, 12, 8]


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (("24/11/2026", "05/11/2026", "03/10/2026"), [(11, 24), (11, 5), (10, 3)]),
        (("03/10/2026", "05/11/2026", "24/11/2026"), [(10, 3), (11, 5), (11, 24)]),
        (("11/24/2026", "05/11/2026", "03/10/2026"), [(11, 24), (5, 11), (3, 10)]),
        (("24.11.2026", "05.11.2026 08:30"), [(11, 24), (11, 5)]),
        (("24-11-2026 10:00", "05-11-2026 10:00"), [(11, 24), (11, 5)]),
        (("03/10/2026", "12/11/2026"), [(10, 3), (11, 12)]),
        (("24/11/2026 10:00 CET", "05/11/2026 10:00 CET"), [(11, 24), (11, 5)]),
    ],
)
def test_day_and_month_have_one_order_in_a_feed(
    dates: tuple[str, ...], days: list[tuple[int, int]]
) -> None:
    found = [item.published for item in parse_feed(rss(*dates), "https://a.example/f", NOW).items]
    assert [each and (each.month, each.day) for each in found] == days
    lines = b"\n".join(b'{"text": "It stays.", "published": "%s"}' % d.encode() for d in dates)
    told = [item.published for item in read_lines(lines, NOW)[0]]
    assert told == found


def test_all_locales_are_tried_for_a_few_dates_of_a_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, tried = DateReader(NOW), []
    parsed_in = reader._parsed_in
    monkeypatch.setattr(reader, "_parsed_in", lambda at, t: (tried.append(at), parsed_in(at, t))[1])
    months = "janvier mars avril mai juin juillet octobre novembre".split()
    found = [reader.read(f"{day} {month} 2026") for month in months for day in range(1, 9)]
    assert None not in found
    assert tried.count("") == 1
    odd = DateReader(NOW)
    monkeypatch.setattr(odd, "_parsed_in", lambda at, _: (tried.append(at), (None, None))[1])
    tried.clear()
    assert [odd.read(f"sometime {number}") for number in range(2000)] == [None] * 2000
    assert len(tried) < 20


def test_lines_may_give_seconds_since_1970() -> None:
    items, errors = read_lines(b'{"text": "The ferry stays.", "published": 1795509000}', NOW)
    assert (errors, items[0].published) == ((), datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
    _, errors = read_lines(b'{"text": "The ferry stays.", "published": [1]}', NOW)
    assert errors == ("line 1: 'published' must be a date",)
