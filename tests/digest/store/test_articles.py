"""Articles taken in, and when they are news."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text

from briefing.digest import Item
from briefing.digest.sources import FetchState, SourceResult
from briefing.digest.store import Store
from briefing.digest.store.articles import (
    NEWEST_UNDATED,
    content_hash,
    take_in,
)
from briefing.digest.store.editions import (
    EditionRow,
    FetchedItems,
    fetched,
    record_fetch,
    to_fetch,
)
from briefing.digest.store.stories import undecided
from briefing.digest.store.tables import articles
from tests.digest.store.samples import DAY, HERALD, NOW, WIRE, given, item, opened

HOUR = timedelta(hours=1)
_WANTED = "SCAN articles USING INDEX ix_articles_wanted"


def rows(store: Store) -> list:
    with store.reading() as connection:
        return connection.execute(select(articles).order_by(articles.c.id)).all()


def test_ids_follow_the_order_of_the_settings_and_the_feed(store: Store) -> None:
    given(store, {WIRE: [item("b"), item("a")], HERALD: [item("c")]})
    assert [(row.id, row.guid) for row in rows(store)] == [(1, "b"), (2, "a"), (3, "c")]
    assert [row.topic for row in rows(store)] == [None, None, "local"]


def test_ids_are_the_same_after_a_rollback(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        broken_off(store)
    given(store, {HERALD: [item("a")]})
    assert [row.id for row in rows(store)] == [1]


def broken_off(store: Store) -> None:
    with store.rehearsal() as stage:
        given(stage, {HERALD: [item(str(number)) for number in range(9)]})
        raise ZeroDivisionError


def test_a_known_article_is_not_taken_again(store: Store) -> None:
    given(store, {HERALD: [item("a")]})
    given(store, {HERALD: [item("a", updated=NOW + HOUR), item("b")]}, NOW + DAY)
    assert [(row.guid, row.first_seen) for row in rows(store)] == [("a", NOW), ("b", NOW + DAY)]
    assert versions(store) == []


@pytest.mark.parametrize("more", [{}, {"updated": NOW + HOUR}, {"title": "Another title"}])
def test_of_an_article_that_changes_the_old_version_is_kept(store: Store, more: dict) -> None:
    given(store, {HERALD: [item("a")]})
    given(store, {HERALD: [item("a", body="Other words.", **more)]}, NOW + DAY)
    (row,) = rows(store)
    assert (row.body, row.signature, row.first_seen) == ("Other words.", None, NOW)
    (version,) = versions(store)
    assert (version.old.title, version.old.body) == (item("a").title, item("a").body)
    assert (version.article, version.replaced) == (row.id, NOW + DAY)
    # Taken in again within one run it is still compared with what was there before that.
    given_again(store, item("a", body="Yet others."), NOW + DAY)
    (version,) = versions(store)
    assert (version.old.body, version.new.body) == (item("a").body, "Yet others.")


def versions(store: Store) -> list:
    with store.reading() as connection:
        return undecided(connection)


def given_again(store: Store, one: Item, made: datetime) -> None:
    """The edition of that time made again, its source with another item."""
    with store.writing() as connection:
        edition = opened(connection, made=made)
        fetch = replace(fetch_of(connection, edition, made), items=(one,))
        take_in(connection, fetch, edition, keep=90 * DAY)


def fetch_of(connection: Connection, edition: EditionRow, made: datetime) -> FetchedItems:
    (row,) = to_fetch(connection, edition.id)
    result = SourceResult(row.source, FetchState(last_success=made), (item("x"),))
    record_fetch(connection, edition.id, row.id, result, made)
    (fetch,) = fetched(connection, edition.id)
    return fetch


def test_an_article_of_another_guid_at_the_same_address_is_the_same(store: Store) -> None:
    url = "https://herald.example/ferry"
    given(store, {HERALD: [item("a", url=url), item("b"), item("c", url=url + "/c")]})
    later = [item("a2", url=url), item("b"), item("d", url=url + "/c"), item("e", url=url + "/c")]
    given(store, {HERALD: later, WIRE: [item("f", url=url)]}, NOW + DAY)
    # Where an address has several, which of them it was is not known.
    assert [(row.id, row.guid) for row in rows(store)] == [
        (1, "a2"), (2, "b"), (3, "c"), (4, "d"), (5, "e"), (6, "f")
    ]  # fmt: skip


def test_of_the_undated_entries_of_a_first_read_the_newest_few_are_news(store: Store) -> None:
    undated = [item(str(n), published=None) for n in range(NEWEST_UNDATED + 3)]
    edition = given(store, {HERALD: undated})
    assert [row.news > edition.since for row in rows(store)] == [True] * 5 + [False] * 3
    later = given(store, {HERALD: [item("x", published=None), *undated]}, NOW + DAY)
    assert [row.guid for row in rows(store) if row.news > later.since] == ["x"]


def test_undated_lines_of_a_file_are_all_news(store: Store) -> None:
    desk = replace(HERALD, kind="jsonl", location="desk.jsonl")
    edition = given(store, {desk: [item(str(n), published=None) for n in range(20)]})
    assert all(row.news > edition.since for row in rows(store))


def test_the_same_guid_in_two_sources_is_two_articles(store: Store) -> None:
    given(store, {HERALD: [item("1")], WIRE: [item("1")]})
    assert len(rows(store)) == 2


@pytest.mark.parametrize(
    ("published", "known", "news"),
    [
        (None, False, NOW),
        (NOW - HOUR, False, NOW - HOUR),
        (NOW + 5 * DAY, False, NOW),
        # A source that is new does not bring its past as news.
        (NOW - 26 * HOUR, False, NOW - 26 * HOUR),
        # One that was read before brings it late: it was in no edition yet.
        (NOW - 26 * HOUR, True, NOW),
        (NOW - 4 * DAY, True, NOW - 4 * DAY),
    ],
)
def test_when_an_article_is_news(store: Store, published, known: bool, news) -> None:
    if known:
        given(store, {HERALD: []}, NOW - DAY)
    given(store, {HERALD: [item("a", published=published)]})
    (row,) = rows(store)
    assert row.news == news
    assert row.time == min(published or NOW, NOW)


def test_what_would_be_pruned_at_once_is_passed_over(store: Store) -> None:
    old = item("old", published=NOW - 40 * DAY)
    given(store, {HERALD: [old, item("new")]}, keep=30 * DAY)
    assert [row.guid for row in rows(store)] == ["new"]


@examples(st.text(), st.text())
def test_the_hash_is_of_words_not_of_their_form(title: str, body: str) -> None:
    one, other = item("a", title=title, body=body), item("b", title=f" {title}\n", body=body + "\t")
    assert content_hash(one) == content_hash(other)
    assert content_hash(one) != content_hash(item("c", title=title, body=body + " x"))


def test_nothing_scans_the_table_of_articles(store: Store) -> None:
    """With many articles each question of a run goes by an index."""
    if store.url.get_backend_name() != "sqlite":
        pytest.skip("SQLite says in words what it scans")
    questions = (
        "SELECT id FROM articles WHERE page = 'wanted'",
        "SELECT id FROM articles WHERE url = 'u' AND page = 'wanted'",
        "SELECT id FROM articles WHERE source_id = 1 AND guid IN ('a', 'b')",
        "SELECT id FROM articles WHERE story_id IS NULL AND time > '2026' ORDER BY time, id",
        "SELECT id FROM articles WHERE signature IS NULL AND time > '2026' ORDER BY time, id",
        "SELECT DISTINCT story_id FROM articles WHERE news > '2026' AND news <= '2027'",
        "SELECT id FROM articles WHERE story_id IN (1, 2)",
        "SELECT id FROM articles WHERE time > '2026' AND story_id IS NOT NULL",
        "SELECT document FROM briefs WHERE story_id IN (1, 2)",
        "SELECT id FROM editions WHERE date = '2026-03-02'",
        "SELECT id FROM articles WHERE source_id = 1 AND url IN ('a', 'b')",
        "SELECT id FROM articles WHERE news > '2026' AND news <= '2027' OR news > '2025' AND "
        "news <= '2027' AND page = 'failed' OR id IN (SELECT article_id FROM revisions WHERE "
        "replaced = '2026')",
        "SELECT id FROM revisions WHERE article_id IN (1, 2)",
    )
    with store.reading() as connection:
        for question in questions:
            plan = connection.execute(text(f"EXPLAIN QUERY PLAN {question}")).all()
            said = " ".join(row.detail for row in plan)
            # A partial index holds nothing but the rows that are asked for.
            assert "SCAN" not in said.replace(_WANTED, ""), (question, said)
