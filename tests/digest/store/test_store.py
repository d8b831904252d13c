"""Opening, migrating, transactions and errors, on both databases."""

import io
import json
import os
import sqlite3
import threading
from datetime import date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text

from briefing.digest import Edition
from briefing.digest import store as database
from briefing.digest.store import (
    HEAD,
    MIGRATIONS,
    Store,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreTooNew,
)
from briefing.digest.store.editions import keep_document
from briefing.digest.store.stories import undecided
from briefing.digest.store.tables import articles, counters, metadata, stories
from tests.digest.store.samples import HERALD, NOW, given, item, opened


def test_a_new_store_is_empty_and_sound(store: Store) -> None:
    assert store.editions() == []
    assert store.latest(5) == []
    assert store.edition(date(2026, 3, 2)) is None
    assert store.check() == "ok"


def test_a_file_is_for_its_owner_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "digest.sqlite"
    before = os.umask(0o022)
    try:
        with Store.open(str(path)) as store, store.writing() as connection:
            connection.execute(insert(counters).values(name="article", last=7))
            assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}
        assert "chmod" not in caplog.text
        path.chmod(0o644)
        Store.open(str(path)).close()
        assert f"chmod 600 {path}" in caplog.text
    finally:
        os.umask(before)


def test_migrations_make_the_tables_that_the_code_describes(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_opening_again_keeps_what_is_there(place: str) -> None:
    with Store.open(place) as store, store.writing() as connection:
        connection.execute(insert(counters).values(name="article", last=7))
    with Store.open(place) as store, store.reading() as connection:
        assert connection.scalar(select(counters.c.last)) == 7


def test_a_store_of_a_newer_version_is_left_alone(place: str) -> None:
    with Store.open(place) as store, store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew, match="9999, newer than this program's"):
        Store.open(place)


def test_a_store_of_the_first_release_is_migrated(place: str) -> None:
    url = database.database_url(place)
    engine = database._open_engine(url)
    with engine.execution_options(writing=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        made = "'2026-03-01 06:00:00+00:00'"
        connection.execute(text(
            "INSERT INTO sources (id, name, kind, location, position, active, last_success) "
            f"VALUES (1, 'Alder Herald', 'feed', '{HERALD.location}', 0, true, {made})"
        ))  # fmt: skip
        connection.execute(text(
            "INSERT INTO editions (id, date, zone, since, until, made, step) "
            f"VALUES (7, '2026-03-01', 'UTC', {made}, {made}, {made}, 'done')"
        ))  # fmt: skip
        for number, page in enumerate(("none", "read"), 1):
            connection.execute(text(
                "INSERT INTO articles (id, source_id, guid, url, body, extent, time, news, "
                f"first_seen, content_hash, page) VALUES ({number}, 1, '{page}', 'u{number}', "
                f"'The ferry stays.', 'full', {made}, {made}, {made}, 'hash', '{page}')"
            ))  # fmt: skip
        connection.execute(text("INSERT INTO counters VALUES ('article', 2)"))
    engine.dispose()
    with Store.open(place) as store:
        with store.reading() as connection:
            hashes = connection.execute(
                select(articles.c.given_hash).order_by(articles.c.id)
            ).scalars()
            assert list(hashes) == ["hash", None]
        changed = [item("none", body="It sinks."), item("read", body="It sails."), item("new")]
        given(store, {HERALD: changed})
        with store.reading() as connection:
            # What the feed had given for the one that was completed from its page is not known.
            assert [each.article for each in undecided(connection)] == [1]
            assert len(connection.execute(select(articles)).all()) == 3


def test_two_that_open_a_new_store_at_once_both_can(place: str) -> None:
    faults: list[Exception] = []

    def open_it() -> None:
        try:
            Store.open(place).close()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    def write() -> None:
        with store.writing() as connection:
            connection.execute(insert(stories).values(id=1, opened=NOW))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    with store.reading() as connection:
        assert connection.scalars(select(stories.c.id)).all() == []


def test_of_a_rehearsal_nothing_is_kept(store: Store) -> None:
    with store.rehearsal() as stage:
        given(stage, {HERALD: [item("a")]})
        with stage.reading() as connection:
            keep_document(connection, 1, edition())
        assert stage.editions() == [NOW.date()]
    assert store.editions() == []
    assert rows_of(store) == []


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="no time zone"), store.writing() as connection:
        connection.execute(insert(stories).values(id=1, opened=datetime(2026, 3, 2)))


def test_times_come_back_aware_and_in_utc(store: Store) -> None:
    local = datetime.fromisoformat("2026-03-29T03:30:00.123456+02:00")
    with store.writing() as connection:
        connection.execute(insert(stories).values(id=1, opened=local))
    with store.reading() as connection:
        found = connection.scalar(select(stories.c.opened))
    assert found == local
    assert found.utcoffset().total_seconds() == 0


def test_an_edition_comes_back_as_it_was_kept(store: Store) -> None:
    kept = edition()
    with store.writing() as connection:
        row = opened(connection, kept.date)
        keep_document(connection, row.id, kept)
    assert store.edition(kept.date) == kept
    assert store.editions() == [kept.date]
    assert store.latest(3) == [kept]


def test_export_has_every_row_of_every_table(store: Store) -> None:
    given(store, {HERALD: [item("a"), item("b", title="Ærø \u2028 ferry")]})
    out = io.StringIO()
    count = store.export(out.write)
    rows = [json.loads(line) for line in out.getvalue().split("\n")[:-1]]
    assert len(rows) == count
    assert {row["table"] for row in rows} == {
        "articles", "counters", "editions", "fetches", "sources"
    }  # fmt: skip
    assert [row["title"] for row in rows if row["table"] == "articles"][1] == "Ærø \u2028 ferry"


def test_a_full_disk_loses_the_last_transaction_alone(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "digest.sqlite")) as store:
        given(store, {HERALD: [item("a")]})
        with store.reading() as connection:
            pages = connection.scalar(text("PRAGMA page_count"))
        store.close()
        # SQLite's own limit gives the error that a full disk gives.
        long = [item(str(n), body="The ferry sails at noon. " * 4000) for n in range(20)]
        with pytest.raises(StoreFull, match="Make room, then run again"):
            write_within(store, pages + 8, long)
        assert store.check() == "ok"
        with store.reading() as connection:
            assert connection.scalar(text("SELECT count(*) FROM articles")) == 1


def write_within(store: Store, pages: int, items: list) -> None:
    from datetime import timedelta

    with store.writing() as connection:
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    given(store, {HERALD: items}, NOW + timedelta(days=1))


def test_a_locked_database_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT", 0.05)
    path = tmp_path / "digest.sqlite"
    with Store.open(str(path)) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="another program has locked"):
            given(store, {HERALD: [item("a")]})
        other.execute("ROLLBACK")
        other.close()
        assert store.check() == "ok"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/nowhere/at/all/digest.sqlite", "is not a folder; create it"),
        ("mysql://localhost/digest", "mysql is not a supported database"),
        ("postgresql://nobody@127.0.0.1:1/none", "cannot be used"),
        ("://", "is not a database URL"),
    ],
)
def test_a_place_that_is_none_says_what_to_do(place: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as raised:
        Store.open(place)
    assert raised.value.exit_code == 3


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "digest.sqlite"
    path.write_text("Dear diary, " * 500)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(str(path))
    assert path.read_text().startswith("Dear diary")


def test_a_password_is_not_shown() -> None:
    url = database.database_url("postgresql://reader:secret@db.example/digest")
    assert "secret" not in database._shown(url)
    assert url.drivername == "postgresql+psycopg"


def edition() -> Edition:
    return Edition(
        NOW.date(), "The briefing", "UTC", NOW, NOW, (), failed=("A story: too short",), minutes=2.5
    )


def rows_of(store: Store) -> list[str]:
    out = io.StringIO()
    store.export(out.write)
    return out.getvalue().splitlines()
