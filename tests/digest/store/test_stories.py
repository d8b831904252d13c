"""Stories, their briefs, deliveries, and what is pruned."""

from datetime import timedelta

from sqlalchemy import func, insert, select

from briefing.digest.store import Pruned, Store, prune_store
from briefing.digest.store.editions import (
    EditionRow,
    Step,
    address,
    advance,
    find_edition,
    forget,
    keep_document,
    mark,
    undelivered,
    unfinished,
)
from briefing.digest.store.stories import (
    briefs_of,
    failures_of,
    keep_placements,
    keep_signatures,
    last_story,
    news_count,
    placed,
    record_brief,
    record_choice,
    stories_in_news,
    to_brief,
    told_before,
    unplaced,
    unsigned,
)
from briefing.digest.store.tables import articles, editions, stories
from tests.digest.store.samples import DAY, HERALD, NOW, WIRE, given, item, opened, told
from tests.digest.store.test_store import edition as document

LONG_AGO = NOW - 14 * DAY


def grouped(store: Store) -> EditionRow:
    """Two stories: the first of articles 1 and 2, of which 3 is a copy; the second of 4."""
    items = [item(guid, published=NOW - timedelta(hours=9 - n)) for n, guid in enumerate("abc")]
    edition = given(store, {HERALD: items[:2], WIRE: [items[2], item("d", topic="sport")]})
    with store.writing() as connection:
        keep_signatures(connection, {number: bytes([number]) for number in range(1, 5)})
        keep_placements(connection, NOW, 2, [(1, None, 1), (2, None, 1), (3, 1, 1), (4, None, 2)])
    return edition


def test_articles_wait_for_a_signature_then_for_a_story(store: Store) -> None:
    given(store, {HERALD: [item("a"), item("empty", body=""), item("old", published=LONG_AGO)]})
    with store.writing() as connection:
        (waiting,) = unsigned(connection, LONG_AGO, NOW, 10)
        assert (waiting.id, waiting.source, waiting.publisher) == (
            1, "Alder Herald", "herald.example"
        )  # fmt: skip
        assert waiting.item.topic == "local"
        keep_signatures(connection, {1: b"mark"})
        assert unsigned(connection, LONG_AGO, NOW, 10) == []
        assert unplaced(connection, LONG_AGO, NOW) == [(waiting, b"mark")]
        assert last_story(connection) == 0
        keep_placements(connection, NOW, 1, [(1, None, 1)])
        assert last_story(connection) == 1
        assert unplaced(connection, LONG_AGO, NOW) == []
        (known,) = placed(connection, LONG_AGO)
    assert (known.article, known.story, known.publisher) == (1, 1, "herald.example")
    assert (known.time, known.signature) == (waiting.time, b"mark")


def test_a_story_has_its_articles_by_time_without_copies(store: Store) -> None:
    edition = grouped(store)
    with store.reading() as connection:
        first, second = stories_in_news(connection, edition.since, edition.until, LONG_AGO)
        assert news_count(connection, edition.since, edition.until) == 4
        assert {known.article for known in placed(connection, LONG_AGO)} == {1, 2, 4}
    assert [article.id for article in first.articles] == [1, 2]
    assert (first.topic, second.topic) == ("local", "sport")
    assert [article.story for article in second.articles] == [2]


def test_only_stories_with_news_are_told(store: Store) -> None:
    grouped(store)
    with store.reading() as connection:
        assert stories_in_news(connection, NOW, NOW + DAY, LONG_AGO) == []


def test_briefs_are_kept_in_the_order_of_choice(store: Store) -> None:
    edition = grouped(store)
    with store.writing() as connection:
        best = stories_in_news(connection, edition.since, edition.until, LONG_AGO)[::-1]
        record_choice(connection, edition.id, best)
        assert to_brief(connection, edition.id) == {2: "sport", 1: "local"}
        record_brief(connection, edition.id, 1, told(1), None)
        record_brief(connection, edition.id, 2, None, "The ferry: too short")
        assert to_brief(connection, edition.id) == {}
        assert briefs_of(connection, edition.id) == [told(1)]
        assert failures_of(connection, edition.id) == ["The ferry: too short"]


def test_what_was_told_last_is_of_an_edition_that_came_out(store: Store) -> None:
    edition = grouped(store)
    tomorrow = NOW.date() + DAY
    with store.writing() as connection:
        record_choice(
            connection,
            edition.id,
            stories_in_news(connection, edition.since, edition.until, LONG_AGO),
        )
        record_brief(connection, edition.id, 1, told(1), None)
        assert told_before(connection, [1, 2], tomorrow) == {}
        keep_document(connection, edition.id, document())
        assert told_before(connection, [1, 2], edition.day) == {}
        found = told_before(connection, [1, 2], tomorrow)
    assert (found[1].brief, found[1].date) == (told(1), edition.day)
    assert set(found) == {1}


def test_a_letter_is_delivered_once(store: Store) -> None:
    edition = grouped(store)
    letters = [("ann@reader.example", "<1@x>"), ("bob@reader.example", "<2@x>")]
    with store.writing() as connection:
        address(connection, edition.id, letters, NOW)
        mark(connection, edition.id, "ann@reader.example", "sending", NOW)
        mark(connection, edition.id, "bob@reader.example", "sent", NOW)
        assert undelivered(connection, edition.id) == {"ann@reader.example"}
        address(connection, edition.id, letters, NOW)
        assert undelivered(connection, edition.id) == {"ann@reader.example"}
        forget(connection, edition.id)
        assert len(undelivered(connection, edition.id)) == 2


def test_steps_are_recorded(store: Store) -> None:
    with store.writing() as connection:
        edition = opened(connection)
        assert unfinished(connection) == edition
        advance(connection, edition.id, Step.CHOSEN, left_out=3, articles=40)
        row = find_edition(connection, edition.day)
        assert (row.step, row.left_out, row.articles) == (Step.CHOSEN, 3, 40)
        advance(connection, edition.id, Step.DONE)
        assert unfinished(connection) is None


def test_what_is_old_leaves_the_store(store: Store) -> None:
    grouped(store)
    given(store, {HERALD: [item("undated", published=None)]}, NOW + DAY)
    later = NOW + 100 * DAY
    with store.writing() as connection:
        opened(connection, made=later)
        gone = prune_store(connection, later - 90 * DAY, later)
        assert gone == Pruned(editions=2, articles=4, stories=2, sources=1)
        (left,) = connection.execute(select(articles)).all()
        assert (left.guid, left.body) == ("undated", "")
        assert connection.scalar(select(func.count()).select_from(editions)) == 1
        assert connection.scalar(select(func.count()).select_from(stories)) == 0


def test_new_stories_never_take_the_number_of_one_that_is_gone(store: Store) -> None:
    grouped(store)
    with store.writing() as connection:
        prune_store(connection, NOW + DAY, NOW + DAY)
        assert last_story(connection) == 2
        connection.execute(insert(stories).values(id=3, opened=NOW))


def test_an_edition_from_the_future_is_pruned(store: Store) -> None:
    with store.writing() as connection:
        opened(connection, made=NOW + 300 * DAY)
        assert prune_store(connection, NOW - 90 * DAY, NOW).editions == 1
