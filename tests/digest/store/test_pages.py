"""Which pages are asked for, and what becomes of the articles that they are of."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

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
from tests.digest.store.samples import DAY, HERALD, NOW, WIRE, given, item, opened
from tests.digest.store.test_articles import rows

HOUR = timedelta(hours=1)


def test_the_newest_teasers_of_a_source_have_their_pages_read(store: Store) -> None:
    teasers = [item(str(n), published=NOW - n * HOUR, extent="teaser") for n in (5, 1, 4, 2, 3)]
    for made in (NOW, NOW + timedelta(minutes=5)):  # and no others by the edition made again
        night(store, made, *teasers, pages=2)
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
    url = "https://herald.example/shared"
    become(store, night(store, NOW, teaser(url=url)), page=long_page())
    given(store, {WIRE: [teaser("b", url=url, published=NOW + HOUR)]}, NOW + DAY, pages=9)
    assert wanted(store) == []
    assert rows(store)[1].body == "The whole text."


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
    become(store, night(store, NOW, item("a", extent="teaser")))
    for made in (NOW + HOUR, NOW + DAY, NOW + 2 * DAY):  # first the edition of today made again
        edition = night(store, made)
        assert wanted(store) == ["a"], made
        become(store, edition)
    night(store, NOW + 3 * DAY)
    assert wanted(store) == []
    (row,) = rows(store)
    assert (row.body, row.page, row.page_error) == (item("a").body, "failed", "It hangs.")


def test_what_is_read_a_night_later_is_news_then(store: Store) -> None:
    become(store, night(store, NOW, teaser()))
    become(store, night(store, NOW + DAY), page=long_page())
    (row,) = rows(store)
    assert (row.page, row.body, row.page_error) == ("read", "The whole text.", None)
    assert (row.news, row.time) == (NOW + DAY, NOW - 2 * HOUR)


def test_a_host_that_answered_is_not_asked_again(store: Store) -> None:
    become(store, night(store, NOW, teaser()), answered=True)
    for made in (NOW + HOUR, NOW + DAY):
        night(store, made)
        assert wanted(store) == []
    assert [row.page for row in rows(store)] == ["useless"]


def test_an_edition_of_a_day_that_is_over_asks_for_its_own_pages(store: Store) -> None:
    become(store, night(store, NOW, teaser()))
    with store.writing() as connection:
        past = replace(opened(connection, made=NOW + 2 * DAY), since=NOW, until=NOW + DAY)
        for since, count in ((NOW, 0), (NOW - DAY, 1)):
            want_pages(connection, replace(past, since=since), 9)
            assert len(wanted_pages(connection)) == count


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


def test_the_pages_that_failed_are_told_by_reason(store: Store) -> None:
    gone = "https://herald.example/{} answered with status 404"
    reasons = {"a": gone, "b": "It has less text", "c": gone, "d": gone}
    entries = [item(n, extent="teaser", body="" if n == "d" else "So it is.") for n in reasons]
    edition = night(store, NOW, *entries)
    with store.writing() as connection:
        for n, reason in reasons.items():
            record_page(connection, item(n).url, None, reason.format(n), edition, answered=True)
        first, second, third = failed_pages(connection, edition)
    told = "the text of the source is told, not that of the page"
    assert first.startswith(f"Alder Herald, “The ferry, part a”: {told}. {gone.format('a')}. So")
    assert "So it is with 1 more of its pages." in first
    assert second == f"Alder Herald, “The ferry, part b”: {told}. It has less text."
    assert third.startswith("Alder Herald, “The ferry, part d”: it is not told, as the source")


def long_page() -> Item:
    return Item("page", None, "A title of the page", "Its standfirst", "The whole text.", None)


def long_page_of(one: Item) -> Item:
    return full_text(one, long_page())
