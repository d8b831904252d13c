"""Which pages are asked for, and what becomes of the articles that they are of."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from briefing.digest import Item
from briefing.digest.store import Store
from briefing.digest.store.articles import content_hash
from briefing.digest.store.editions import EditionRow, source_warnings
from briefing.digest.store.pages import (
    failed_pages,
    failures_in_a_row,
    full_text,
    record_page,
    want_pages,
    wanted_pages,
)
from briefing.digest.store.tables import articles, sources_table
from tests.digest.store.samples import DAY, HERALD, NOW, WIRE, given, item, opened

HOUR = timedelta(hours=1)


def rows(store: Store) -> list:
    with store.reading() as connection:
        return connection.execute(select(articles).order_by(articles.c.id)).all()


def test_the_newest_teasers_of_a_source_have_their_pages_read(store: Store) -> None:
    teasers = [item(str(n), published=NOW - n * HOUR, extent="teaser") for n in (5, 1, 4, 2, 3)]
    given(store, {HERALD: teasers}, pages=2)
    assert [row.guid for row in rows(store) if row.page == "wanted"] == ["1", "2"]
    with store.reading() as connection:
        (warning,) = source_warnings(connection, 1)
    assert warning.startswith(
        "Alder Herald: 5 entries are only teasers, and no more than the pages of the newest 2"
    )


def test_failures_in_a_row_are_counted_by_host(store: Store) -> None:
    hosts = {n: f"https://{'even' if n % 2 == 0 else 'odd'}.example/{n}" for n in range(6)}
    edition = given(
        store, {HERALD: [item(str(n), url=u, extent="teaser") for n, u in hosts.items()]}, pages=9
    )
    with store.writing() as connection:
        for number in (0, 1, 2, 3):
            full = long_page() if number == 1 else None
            record_page(connection, hosts[number], full, None if full else "It hangs.", edition)
        counts = failures_in_a_row(connection, edition)
    assert counts == {"even.example:443": 2, "odd.example:443": 1}


def test_pages_of_teasers_that_are_news_are_wanted_once_an_address(store: Store) -> None:
    shared = {"url": "https://herald.example/shared", "extent": "teaser"}
    edition = given(
        store,
        {
            HERALD: [item("a", **shared), item("full"), item("none", url=None, extent="teaser")],
            WIRE: [item("a", **shared), item("old", published=NOW - 9 * DAY, extent="teaser")],
        },
        pages=9,
    )
    with store.writing() as connection:
        (page,) = wanted_pages(connection)
        assert page.url == shared["url"]
        record_page(connection, page.url, full_text(page.item, long_page()), None, edition)
        assert wanted_pages(connection) == []
    read = [row for row in rows(store) if row.page == "read"]
    assert [(row.body, row.extent, row.title) for row in read] == [
        ("The whole text.", "full", "The ferry, part a")
    ] * 2
    assert read[0].content_hash == content_hash(long_page_of(item("a")))


def test_an_address_that_was_read_is_never_read_again(store: Store) -> None:
    teaser = {"url": "https://herald.example/shared", "extent": "teaser"}
    edition = given(store, {HERALD: [item("a", **teaser)]}, pages=9)
    with store.writing() as connection:
        record_page(connection, teaser["url"], long_page(), None, edition)
    given(store, {WIRE: [item("b", **teaser, published=NOW + HOUR)]}, NOW + DAY, pages=9)
    with store.reading() as connection:
        assert wanted_pages(connection) == []
    assert rows(store)[1].body == "The whole text."


def test_a_page_that_cannot_be_read_leaves_the_teaser(store: Store) -> None:
    edition = given(store, {HERALD: [item("a", extent="teaser")]}, pages=9)
    with store.writing() as connection:
        record_page(connection, item("a").url, None, "It hangs.", edition)
        assert wanted_pages(connection) == []
    (row,) = rows(store)
    assert (row.body, row.page, row.page_error) == (item("a").body, "failed", "It hangs.")


def teaser(guid: str = "a", **fields: object) -> Item:
    return item(guid, **{"extent": "teaser", "body": "", **fields})


def wanted(store: Store) -> list[str]:
    with store.reading() as connection:
        return [page.item.guid for page in wanted_pages(connection)]


def become(store: Store, edition: EditionRow, *, page: Item | None = None, answered=False) -> None:
    """All pages that are wanted are read, or fail."""
    with store.writing() as connection:
        for each in wanted_pages(connection):
            error = None if page else "It hangs."
            record_page(connection, each.url, page, error, edition, answered=answered)


def night(store: Store, made: datetime, *items: Item, pages: int = 9) -> EditionRow:
    return given(store, {HERALD: list(items)}, made, pages=pages)


def test_a_page_that_failed_is_asked_for_by_the_editions_of_two_nights(store: Store) -> None:
    become(store, night(store, NOW, teaser()))
    # The edition of today, made again.
    again = night(store, NOW + HOUR)
    assert wanted(store) == ["a"]
    become(store, again)
    for number in (1, 2):
        edition = night(store, NOW + number * DAY)
        assert wanted(store) == ["a"], number
        become(store, edition)
    night(store, NOW + 3 * DAY)
    assert wanted(store) == []


def test_what_is_read_a_night_later_is_news_then(store: Store) -> None:
    become(store, night(store, NOW, teaser()))
    become(store, night(store, NOW + DAY, teaser("b", published=NOW + HOUR)), page=long_page())
    late, other = rows(store)
    assert (late.page, late.body, late.page_error) == ("read", "The whole text.", None)
    assert (late.news, late.time) == (NOW + DAY, NOW - 2 * HOUR)
    assert other.news == NOW + HOUR


def test_what_is_read_for_the_edition_made_again_keeps_its_time(store: Store) -> None:
    become(store, night(store, NOW, teaser()))
    become(store, night(store, NOW + HOUR), page=long_page())
    (row,) = rows(store)
    assert (row.page, row.news) == ("read", NOW - 2 * HOUR)


def test_a_host_that_answered_is_not_asked_again(store: Store) -> None:
    become(store, night(store, NOW, teaser()), answered=True)
    for made in (NOW + HOUR, NOW + DAY):
        night(store, made)
        assert wanted(store) == []
    assert [row.page for row in rows(store)] == ["useless"]


def test_a_weekly_edition_asks_again_for_what_failed_in_the_last_week(store: Store) -> None:
    become(store, night(store, NOW, teaser(published=NOW - 23 * HOUR)))
    with store.writing() as connection:
        edition = replace(opened(connection, made=NOW + 7 * DAY), since=NOW)
        want_pages(connection, edition, 9)
    assert wanted(store) == ["a"]


def test_an_edition_of_a_day_that_is_over_asks_for_its_own_pages(store: Store) -> None:
    become(store, night(store, NOW, teaser()))
    with store.writing() as connection:
        edition = opened(connection, made=NOW + 2 * DAY)
        past = replace(edition, since=NOW, until=NOW + DAY)
        want_pages(connection, past, 9)
        assert wanted_pages(connection) == []
        want_pages(connection, replace(past, since=NOW - DAY), 9)
        assert len(wanted_pages(connection)) == 1


def test_the_pages_of_a_source_that_was_removed_are_let_be(store: Store) -> None:
    become(store, night(store, NOW, teaser()))
    with store.writing() as connection:
        connection.execute(update(sources_table).values(active=False))
        want_pages(connection, opened(connection, made=NOW + HOUR), 9)
        assert wanted_pages(connection) == []


def test_a_teaser_is_read_once_it_is_in_the_period_whenever_it_came(store: Store) -> None:
    with store.writing() as connection:
        yesterday = opened(connection, made=NOW)
    given(store, {HERALD: [teaser(published=NOW + HOUR)]}, NOW + 2 * HOUR, pages=0)
    with store.writing() as connection:
        want_pages(connection, yesterday, 9)
        assert wanted_pages(connection) == []
        want_pages(connection, replace(yesterday, since=NOW, until=NOW + DAY, made=NOW + DAY), 9)
        assert len(wanted_pages(connection)) == 1


def test_what_was_passed_over_for_its_number_is_not_read_later(store: Store) -> None:
    teasers = [teaser(str(n), published=NOW - n * HOUR) for n in range(1, 5)]
    become(store, night(store, NOW, *teasers, pages=2), page=long_page())
    night(store, NOW + HOUR, pages=2)
    assert wanted(store) == []
    # New ones come before those that failed a night ago.
    become(store, night(store, NOW + DAY, teaser("x", published=NOW + HOUR), pages=2))
    new = [teaser(f"n{n}", published=NOW + DAY + n * HOUR) for n in range(1, 3)]
    night(store, NOW + 2 * DAY, *new, pages=2)
    assert wanted(store) == ["n1", "n2"]


@pytest.mark.parametrize(
    ("dated", "known", "news"),
    [
        (NOW - 2000 * DAY, False, NOW - 2000 * DAY),
        (NOW - 2000 * DAY, True, NOW - 2000 * DAY),
        (NOW - 3 * HOUR, False, NOW),
        # A page often names the day alone, which stands for its noon.
        (NOW - 30 * HOUR, False, NOW),
        # A source that was read before brings it late; what a new one has is its past.
        (NOW - 40 * HOUR, True, NOW),
        (NOW - 40 * HOUR, False, NOW - 40 * HOUR),
    ],
)
def test_an_entry_without_a_date_has_that_of_its_page(store: Store, dated, known, news) -> None:
    if known:
        night(store, NOW - DAY)
    edition = night(store, NOW, teaser(published=None))
    become(store, edition, page=replace(long_page(), published=dated))
    (row,) = rows(store)
    assert (row.published, row.time, row.news) == (dated, dated, news)


def test_the_date_of_a_feed_goes_before_that_of_a_page(store: Store) -> None:
    edition = night(store, NOW, teaser())
    become(store, edition, page=replace(long_page(), published=NOW - 2000 * DAY))
    (row,) = rows(store)
    assert (row.published, row.news) == (NOW - 2 * HOUR, NOW - 2 * HOUR)


def test_the_pages_that_failed_are_told_by_reason(store: Store) -> None:
    reasons = {
        "a": "https://herald.example/a answered with status 404. Check the address",
        "b": "The page has less text than the feed gives",
        "c": "https://herald.example/c answered with status 404. Check the address",
        "d": "https://herald.example/d answered with status 404. Check the address",
    }
    texts = {"d": ""}
    entries = [item(n, extent="teaser", body=texts.get(n, "So it is.")) for n in reasons]
    edition = night(store, NOW, *entries)
    with store.writing() as connection:
        for name, reason in reasons.items():
            url = item(name).url
            record_page(connection, url, None, reason, edition, answered=True)
        first, second, third = failed_pages(connection, edition)
    told = "the text of the source is told, not that of the page"
    assert first == (
        f"Alder Herald, “The ferry, part a”: {told}. {reasons['a']}. So it is with 1 more of its "
        "pages."
    )
    assert second == f"Alder Herald, “The ferry, part b”: {told}. {reasons['b']}."
    assert third.startswith("Alder Herald, “The ferry, part d”: it is not told, as the source")


def long_page() -> Item:
    return Item("page", None, "A title of the page", "Its standfirst", "The whole text.", None)


def long_page_of(one: Item) -> Item:
    return full_text(one, long_page())
