"""Runs from JSON Lines to letters, on both databases; test_kill.py has those from feeds."""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import text

from briefing.digest import steps
from briefing.digest.run import (
    RunOutcome,
    prune_editions,
    run_digest,
    run_lock,
    send_edition,
)
from briefing.digest.settings import DigestSettings
from briefing.digest.store import Store
from briefing.digest.store.tables import dump
from briefing.errors import (
    ClockError,
    ConfigError,
    LockedError,
    ModelError,
    NoEdition,
    NotSent,
    OutputError,
)
from tests.digest.run.worlds import NOW, READERS, Post, serving_mail
from tests.quality.samples import SAMPLES

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Post]:
    with serving_mail() as made:
        yield made


@pytest.fixture
def post(mailbox: Post) -> Post:
    mailbox.accepted.clear()
    mailbox.refuse.clear()
    return mailbox


def rows(first: int, last: int) -> str:
    """Self-written articles as JSON Lines, as of today."""
    found = [
        {
            "id": sample.name,
            "title": sample.title,
            "subtitle": sample.subtitle,
            "text": sample.text,
            "published": (NOW - timedelta(hours=1, minutes=number)).isoformat(),
        }
        for number, sample in enumerate(SAMPLES[first:last])
    ]
    return "".join(json.dumps(row) + "\n" for row in found)


@pytest.fixture
def settings(place: str, tmp_path: Path, post: Post) -> DigestSettings:
    """Four articles in a file that grows, and one source that is not there."""
    (tmp_path / "desk.jsonl").write_text(rows(0, 4), encoding="utf-8")
    return DigestSettings.model_validate(
        {
            "store": place,
            "output": tmp_path / "editions",
            "sources": [
                {"name": "The desk", "jsonl": tmp_path / "desk.jsonl"},
                {"name": "Gone", "jsonl": tmp_path / "gone.jsonl"},
            ],
            "edition": {"minutes": 60, "formats": ["markdown", "json", "atom"]},
            "mail": {
                "host": "127.0.0.1",
                "port": post.port,
                "security": "none",
                "sender": "digest@news.example",
                "recipients": READERS,
                "patience": 0.3,
            },
        }
    )


def made(settings: DigestSettings, **more: object) -> RunOutcome:
    return run_digest(settings, **{"now": NOW, "extractive": True, **more})


def files_of(settings: DigestSettings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in settings.output.iterdir()}


def kept(settings: DigestSettings) -> str:
    """Everything in the store."""
    with Store.open(settings.store) as store, store.reading() as connection:
        assert store.check() == "ok"
        return str([tuple(r) for r in connection.execute(text("SELECT * FROM articles"))])


def test_from_articles_to_letters(settings: DigestSettings, post: Post) -> None:
    outcome = made(settings)
    assert (outcome.sent, outcome.failed_letters, outcome.resumed) == (6, 0, False)
    assert outcome.edition.date == NOW.date()
    assert (outcome.edition.articles, len(outcome.edition.stories)) == (4, 4)
    assert {path.name for path in outcome.files} == {
        "2026-11-24.md", "2026-11-24.json", "digest.atom"
    }  # fmt: skip
    assert post.by_reader() == Counter(dict.fromkeys(READERS, 1))
    (problem,) = outcome.edition.problems
    assert (problem.source, problem.since, problem.failures) == ("Gone", NOW, 1)
    assert outcome.failed_sources == 1


def test_run_again_is_the_same_edition_and_no_letter(settings: DigestSettings, post: Post) -> None:
    first = made(settings)
    before = files_of(settings)
    again = made(settings, now=NOW + timedelta(hours=3))
    assert again.resumed
    assert again.edition == first.edition
    assert files_of(settings) == before
    assert (again.sent, sum(post.accepted.values())) == (0, 6)


def test_the_next_day_tells_what_came_since(
    settings: DigestSettings, tmp_path: Path, post: Post
) -> None:
    first = made(settings).edition
    (tmp_path / "desk.jsonl").write_text(rows(0, 7), encoding="utf-8")
    second = made(settings, now=NOW + DAY).edition
    assert (second.previous, second.since) == (first.date, NOW)
    # Dated yesterday but seen today for the first time: late, and in no edition so far.
    assert len(second.stories) == 3
    assert second.problems[0].failures == 2
    titles = [
        ref.title for edition in (first, second) for s in edition.stories for ref in s.references
    ]
    assert len(titles) == len(set(titles)) == 7
    assert sum(post.accepted.values()) == 12


def test_a_day_without_news_says_so(settings: DigestSettings) -> None:
    made(settings)
    outcome = made(settings, now=NOW + DAY)
    assert outcome.edition.stories == ()
    assert outcome.edition.articles == 0
    assert b"No articles since" in files_of(settings)["2026-11-25.md"]


def test_a_dry_run_keeps_and_sends_nothing(
    settings: DigestSettings, tmp_path: Path, post: Post
) -> None:
    outcome = made(settings, dry_run=True, folder=tmp_path / "dry")
    assert len(outcome.edition.stories) == 4
    assert len(list((tmp_path / "dry").glob("*.eml"))) == 6
    assert not settings.output.exists()
    assert (outcome.sent, post.accepted) == (0, Counter())
    assert kept(settings) == "[]"
    assert dump(type(outcome.edition), made(settings).edition) == dump(
        type(outcome.edition), outcome.edition
    )


def test_a_dry_run_without_a_folder_writes_nothing(settings: DigestSettings) -> None:
    assert made(settings, dry_run=True).files == ()
    assert not settings.output.exists()


def test_a_day_of_the_past(settings: DigestSettings) -> None:
    outcome = made(settings, now=NOW + 3 * DAY, date=NOW.date())
    assert outcome.edition.date == NOW.date()
    assert len(outcome.edition.stories) == 4
    assert outcome.edition.made == NOW + 3 * DAY


def test_as_far_back_as_was_asked_for(settings: DigestSettings) -> None:
    outcome = made(settings, since=timedelta(hours=1, minutes=2, seconds=30))
    assert outcome.edition.articles == 3


def test_a_preview_of_an_edition_that_is_made_keeps_nothing(
    settings: DigestSettings, tmp_path: Path, post: Post
) -> None:
    made(settings)
    before, files, sent = kept(settings), files_of(settings), Counter(post.accepted)
    (tmp_path / "desk.jsonl").write_text(rows(0, 7), encoding="utf-8")
    preview = made(settings, now=NOW + timedelta(minutes=5), dry_run=True, again=True)
    assert len(preview.edition.stories) == 7
    assert (kept(settings), files_of(settings), post.accepted) == (before, files, sent)


def test_the_first_weekly_edition_covers_a_week(settings: DigestSettings, tmp_path: Path) -> None:
    row = json.loads(rows(0, 1))
    row["published"] = (NOW - 6 * DAY).isoformat()
    (tmp_path / "desk.jsonl").write_text(json.dumps(row), encoding="utf-8")
    weekly = settings.edition.model_copy(update={"days": 7})
    outcome = made(settings.model_copy(update={"edition": weekly}))
    assert (outcome.edition.since, len(outcome.edition.stories)) == (NOW - 7 * DAY, 1)


def test_only_what_is_wanted_of_a_source_is_kept(settings: DigestSettings) -> None:
    desk = settings.sources[0].model_copy(update={"limit": 2})
    outcome = made(settings.model_copy(update={"sources": (desk,)}))
    assert (outcome.edition.articles, len(outcome.edition.stories)) == (2, 2)


def test_two_runs_never_meet(settings: DigestSettings) -> None:
    with (
        Store.open(settings.store) as store,
        run_lock(store),
        pytest.raises(LockedError, match="wait until it ends"),
    ):
        made(settings)
    assert made(settings).sent == 6


def test_the_lock_of_a_process_that_was_killed_is_free(
    settings: DigestSettings, tmp_path: Path
) -> None:
    if "://" in settings.store:
        pytest.skip("PostgreSQL ends the session of a client that is gone")
    code = (
        "import sys, time; from filelock import FileLock; lock = FileLock(sys.argv[1]); "
        "lock.acquire(); print('held', flush=True); time.sleep(60)"
    )
    lock = f"{settings.store}.lock"
    holder = subprocess.Popen([sys.executable, "-c", code, lock], stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError):
            made(settings)
        holder.kill()
    assert made(settings).sent == 6
    FileLock(lock).release()


def test_a_clock_that_goes_back_makes_no_edition(settings: DigestSettings) -> None:
    made(settings)
    before = kept(settings)
    with pytest.raises(ClockError, match=r"set the clock.*digest prune") as raised:
        made(settings, now=NOW - 2 * DAY)
    assert raised.value.exit_code == 3
    assert kept(settings) == before
    # A correction of some minutes is nothing to stop for; and a wrong clock can be got over.
    assert prune_editions(settings, NOW - 2 * DAY)["editions"] == 1
    assert made(settings, now=NOW - 2 * DAY).edition.date == date(2026, 11, 22)


def test_without_a_model_the_next_run_goes_on(
    settings: DigestSettings, monkeypatch: pytest.MonkeyPatch, post: Post
) -> None:
    monkeypatch.setenv("BRIEFING_MODEL", "/no/such/model")
    with pytest.raises(ModelError) as raised:
        made(settings, extractive=False)
    assert raised.value.exit_code == 3
    assert post.accepted == Counter()
    assert "The desk" not in kept(settings)
    outcome = made(settings)
    assert outcome.resumed
    assert len(outcome.edition.stories) == 4


def test_an_edition_left_over_is_ended_before_the_next_begins(
    settings: DigestSettings, monkeypatch: pytest.MonkeyPatch, post: Post
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(steps, "compose", _fails)
        with pytest.raises(OSError, match="power"):
            made(settings)
    outcome = made(settings, now=NOW + DAY)
    assert outcome.edition.date == NOW.date() + DAY
    with Store.open(settings.store) as store:
        assert store.editions() == [NOW.date() + DAY, NOW.date()]
        assert store.edition(NOW.date()).made == NOW
    assert sum(post.accepted.values()) == 12


def _fails(*_: object, **__: object) -> None:
    raise OSError("power")


def test_files_that_cannot_be_written(settings: DigestSettings, tmp_path: Path, post: Post) -> None:
    settings.output.write_text("a file where the folder should be")
    with pytest.raises(OutputError):
        made(settings)
    assert post.accepted == Counter()
    settings.output.unlink()
    assert made(settings).sent == 6


def test_a_letter_that_is_refused_stops_no_edition(settings: DigestSettings, post: Post) -> None:
    post.refuse[READERS[2]] = "450 try later"
    outcome = made(settings)
    assert (outcome.sent, outcome.failed_letters) == (5, 1)
    assert READERS[2] in outcome.unsent[0]
    with pytest.raises(NotSent, match="1 not"):
        send_edition(settings, NOW.date())
    post.refuse.clear()
    assert send_edition(settings, NOW.date()) == 1
    assert send_edition(settings, NOW.date()) == 0
    assert post.by_reader() == Counter(dict.fromkeys(READERS, 1))
    assert send_edition(settings, NOW.date(), again=True) == 6


def test_a_mail_server_that_is_not_there_stops_no_edition(settings: DigestSettings) -> None:
    away = settings.model_copy(update={"mail": settings.mail.model_copy(update={"port": 1})})
    outcome = made(away)
    assert (outcome.sent, outcome.failed_letters) == (0, 6)
    assert made(settings).sent == 6


def test_sending_what_there_is_not(settings: DigestSettings) -> None:
    with pytest.raises(NoEdition, match="digest list"):
        send_edition(settings, date(1999, 1, 1))


def test_letters_as_files(settings: DigestSettings, post: Post) -> None:
    made(settings)
    assert send_edition(settings, NOW.date(), dry_run=True) == 6
    assert len(list(settings.output.glob("*.eml"))) == 6
    assert sum(post.accepted.values()) == 6


def test_mail_settings_that_are_none(settings: DigestSettings) -> None:
    none = settings.model_copy(update={"mail": None})
    assert made(none).sent == 0
    for dry_run in (True, False):
        with pytest.raises(ConfigError, match=r"\[mail\]"):
            send_edition(none, NOW.date(), dry_run=dry_run)


def test_two_sources_of_one_name(settings: DigestSettings) -> None:
    twice = settings.model_copy(update={"sources": (settings.sources[0],) * 2})
    with pytest.raises(ConfigError):
        made(twice)


def test_readers_see_a_whole_edition_while_a_run_is_at_work(settings: DigestSettings) -> None:
    made(settings)
    seen: list[object] = []
    with Store.open(settings.store) as store, store.writing():
        reader = threading.Thread(target=lambda: seen.append(_newest(settings)))
        reader.start()
        reader.join(20)
    assert seen == [NOW.date()]


def _newest(settings: DigestSettings) -> date:
    with Store.open(settings.store) as store:
        return store.latest(1)[0].date
