"""What an edition covers: nothing is told twice, nothing asked for is left out."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from briefing.digest import steps
from briefing.digest.run import RunOutcome, run_digest
from briefing.digest.settings import DigestSettings
from briefing.digest.store import Store
from briefing.digest.store.tables import editions
from briefing.errors import ConfigError, SourceError
from tests.digest.run.worlds import NOW
from tests.quality.samples import SAMPLES

pytestmark = pytest.mark.slow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Desk:
    """A digest of files, each a source; an article is a sample and when it was published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []

    def file(self, name: str, *articles: tuple[int, datetime]) -> None:
        rows = [
            {
                "id": SAMPLES[number].name,
                "title": SAMPLES[number].title,
                "text": SAMPLES[number].text,
                "published": time.isoformat(),
            }
            for number, time in articles
        ]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (self.folder / name).write_text(text, encoding="utf-8")
        if name not in self.names:
            self.names.append(name)

    @property
    def settings(self) -> DigestSettings:
        return DigestSettings.model_validate(
            {
                "store": str(self.folder / "digest.sqlite"),
                "output": self.folder / "editions",
                "sources": [{"name": n, "jsonl": self.folder / n} for n in self.names],
                "edition": {"minutes": 60, "formats": ["json"]},
            }
        )

    def run(self, now: datetime = NOW, **more: object) -> RunOutcome:
        return run_digest(self.settings, now=now, extractive=True, **more)

    def titles(self, now: datetime = NOW, **more: object) -> set[str]:
        edition = self.run(now, **more).edition
        return {reference.title for story in edition.stories for reference in story.references}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def named(*numbers: int) -> set[str]:
    return {SAMPLES[number].title for number in numbers}


def test_without_sources_there_is_no_edition(desk: Desk) -> None:
    for more in ({}, {"dry_run": True}, {"date": NOW.date()}):
        with pytest.raises(SourceError, match="digest sources add") as raised:
            desk.run(**more)
        assert raised.value.exit_code == 2
    with Store.open(desk.settings.store) as store, store.reading() as connection:
        assert connection.execute(select(editions)).all() == []
    desk.file("a", (0, NOW - HOUR))
    assert desk.titles() == named(0)


def test_an_edition_is_made_again_with_the_sources_of_now(desk: Desk) -> None:
    desk.file("a", (0, NOW - HOUR))
    assert desk.titles() == named(0)
    desk.file("b", (1, NOW - 2 * HOUR), (2, NOW + HOUR))
    outcome = desk.run(NOW + 2 * HOUR)
    assert outcome.complete
    assert len(outcome.edition.stories) == 1
    assert desk.titles(NOW + 2 * HOUR, again=True) == named(0, 1, 2)
    again = desk.run(NOW + 2 * HOUR)
    assert (again.edition.made, again.edition.since) == (NOW + 2 * HOUR, NOW - DAY)
    # It is told; and the next day is what came since it was made again.
    desk.file("b", (1, NOW - 2 * HOUR), (2, NOW + HOUR), (3, NOW + 3 * HOUR))
    assert desk.titles(NOW + DAY) == named(3)


def test_what_was_told_before_is_not_told_by_an_edition_made_again(desk: Desk) -> None:
    desk.file("a", (0, NOW - HOUR))
    desk.run()
    desk.file("a", (0, NOW - HOUR), (1, NOW + HOUR))
    assert desk.titles(NOW + DAY) == named(1)
    assert desk.titles(NOW + DAY + HOUR, again=True) == named(1)


def test_a_run_that_made_it_again_and_was_broken_off_is_resumed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.file("a", (0, NOW - HOUR))
    first = desk.run().edition
    desk.file("b", (1, NOW - HOUR))
    with monkeypatch.context() as broken:
        broken.setattr(steps, "compose", _fails)
        with pytest.raises(OSError, match="power"):
            desk.run(NOW + HOUR, again=True)
    with Store.open(desk.settings.store) as store:
        assert store.edition(NOW.date()) == first
    outcome = desk.run(NOW + 2 * HOUR, again=True)
    assert outcome.resumed
    assert outcome.edition.made == NOW + HOUR
    assert len(outcome.edition.stories) == 2


def _fails(*_: object, **__: object) -> None:
    raise OSError("power")


def test_a_new_source_covers_a_day(desk: Desk) -> None:
    desk.file("a", (0, NOW - 21 * HOUR))
    desk.run(NOW - 20 * HOUR)
    desk.file("a", (0, NOW - HOUR))
    desk.file("b", (1, NOW - 22 * HOUR), (2, NOW - HOUR), (3, NOW - 26 * HOUR))
    assert desk.titles() == named(1, 2)


def test_since_is_obeyed_by_new_sources_too(desk: Desk) -> None:
    desk.file("a", (0, NOW - HOUR), (1, NOW - 3 * HOUR))
    assert desk.titles(since=2 * HOUR) == named(0)


def test_since_is_obeyed_where_the_edition_is_made(desk: Desk) -> None:
    desk.file("a", (0, NOW - HOUR), (1, NOW - 30 * HOUR), (2, NOW - 60 * HOUR))
    assert desk.titles() == named(0)
    assert desk.titles(since=2 * DAY) == named(0, 1)
    outcome = desk.run(NOW + HOUR, since=2 * DAY)
    assert outcome.complete
    assert outcome.edition.made == NOW
    assert desk.titles(since=2 * HOUR, dry_run=True) == named(0)
    assert desk.titles(since=2 * HOUR) == named(0, 1)  # it goes back further already
    assert desk.titles(since=2 * HOUR, again=True) == named(0)
    assert desk.titles(since=3 * DAY) == named(0, 1, 2)


def test_a_day_that_has_not_come_gets_no_edition(desk: Desk) -> None:
    desk.file("a", (0, NOW - HOUR))
    with pytest.raises(ConfigError, match="has not come yet"):
        desk.run(date=NOW.date() + DAY)
    assert desk.titles() == named(0)


def test_after_yesterday_was_made_today_tells_today(desk: Desk) -> None:
    midnight = datetime.combine(NOW.date(), datetime.min.time(), NOW.tzinfo)
    desk.file("a", (0, midnight - 2 * HOUR), (1, midnight + HOUR), (2, midnight - 2 * DAY))
    assert desk.titles(date=NOW.date() - DAY) == named(0)
    assert desk.titles() == named(1)


def test_a_day_long_ago_moves_no_window(desk: Desk) -> None:
    desk.file("a", (0, NOW - HOUR))
    desk.run()
    desk.file("a", (0, NOW - HOUR), (1, NOW + HOUR))
    desk.run(NOW + 2 * HOUR, date=date(2026, 11, 1))
    assert desk.run(NOW + DAY).edition.since == NOW


def test_what_came_after_an_edition_of_a_day_was_made_is_tomorrows(desk: Desk) -> None:
    desk.file("a", (0, NOW - HOUR))
    assert desk.titles(date=NOW.date()) == named(0)
    desk.file("a", (0, NOW - HOUR), (1, NOW + HOUR))
    assert desk.titles(NOW + DAY) == named(1)
