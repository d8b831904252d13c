"""What is kept of sources and of what reading them gave."""

from dataclasses import replace
from datetime import UTC

from hypothesis import given as examples
from hypothesis import strategies as st

from briefing.digest import Item, SourceProblem
from briefing.digest.sources import FetchState, SourceResult
from briefing.digest.store import Store
from briefing.digest.store.editions import (
    fetched,
    keep_sources,
    record_fetch,
    source_problems,
    to_fetch,
)
from briefing.digest.store.tables import dump, load_record
from tests.digest.store.samples import DAY, HERALD, NOW, WIRE, item, opened

STATE = FetchState(
    HERALD.location, '"v1"', "Mon, 02 Mar 2026 05:00:00 GMT", "ab12", "https://new.example/", NOW,
    2, NOW - DAY, NOW + DAY, "It is gone.",
)  # fmt: skip


def test_sources_are_asked_in_the_settings_order_once_an_edition(store: Store) -> None:
    with store.writing() as connection:
        keep_sources(connection, [WIRE, HERALD])
        edition = opened(connection)
        first, second = to_fetch(connection, edition.id)
        assert (first.source, second.source) == (WIRE, HERALD)
        record_fetch(connection, edition.id, first.id, SourceResult(WIRE, STATE), NOW)
        assert [row.source for row in to_fetch(connection, edition.id)] == [HERALD]
        keep_sources(connection, [WIRE])
        assert to_fetch(connection, edition.id) == []


def test_what_is_remembered_of_a_source_comes_back_whole(store: Store) -> None:
    with store.writing() as connection:
        keep_sources(connection, [HERALD])
        edition = opened(connection)
        (row,) = to_fetch(connection, edition.id)
        assert row.state == FetchState()
        record_fetch(connection, edition.id, row.id, SourceResult(HERALD, STATE), NOW)
        later = opened(connection, NOW.date() + DAY, NOW + DAY)
        (row,) = to_fetch(connection, later.id)
    assert row.state == STATE


def test_what_was_given_is_taken_in_once(store: Store) -> None:
    with store.writing() as connection:
        keep_sources(connection, [HERALD])
        edition = opened(connection)
        (row,) = to_fetch(connection, edition.id)
        record_fetch(connection, edition.id, row.id, SourceResult(HERALD, STATE, (item("a"),)), NOW)
        (given,) = list(fetched(connection, edition.id))
        assert given.items == (item("a"),)
        assert given.before is None
        assert list(fetched(connection, edition.id)) == []


def test_failing_sources_are_named_with_since_when(store: Store) -> None:
    state = FetchState().failed("It hangs.", NOW).failed("It hangs.", NOW + DAY)
    with store.writing() as connection:
        keep_sources(connection, [HERALD, WIRE])
        edition = opened(connection)
        first, second = to_fetch(connection, edition.id)
        failure = SourceResult(HERALD, state, error="It hangs.")
        record_fetch(connection, edition.id, first.id, failure, NOW)
        record_fetch(connection, edition.id, second.id, SourceResult(WIRE, STATE), NOW)
        assert source_problems(connection, edition.id) == [
            SourceProblem("Alder Herald", "It hangs.", NOW, 2)
        ]


def test_characters_that_no_database_keeps_are_left_out(store: Store) -> None:
    odd = item("a\0b", url=None, title="half \ud83d of a pair", body="zero \0 in it")
    with store.writing() as connection:
        keep_sources(connection, [HERALD])
        edition = opened(connection)
        (row,) = to_fetch(connection, edition.id)
        record_fetch(connection, edition.id, row.id, SourceResult(HERALD, STATE, (odd,)), NOW)
        (given,) = list(fetched(connection, edition.id))
    kept = replace(odd, guid="ab", title="half ? of a pair", body="zero  in it")
    assert given.items == (kept,)


texts = st.text(st.characters(exclude_categories=["Cs"]))


@examples(texts, texts, st.none() | texts, st.none() | st.datetimes(timezones=st.just(UTC)))
def test_items_as_json_come_back_the_same(guid, body, title, published) -> None:
    one = Item(guid, None, title, None, body, published)
    assert load_record(tuple[Item, ...], dump(tuple[Item, ...], (one,))) == (one,)
