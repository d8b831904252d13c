"""Killed by SIGKILL in every part of a run and run again: nothing is lost, nothing comes twice."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import select

from briefing.digest import Edition
from briefing.digest.store import Store
from briefing.digest.store.tables import articles, deliveries_table, dump, fetches, sources_table
from tests.digest.databases import drop_database, new_database
from tests.digest.run.worlds import (
    BAD,
    NOW,
    READERS,
    World,
    killed,
    serving_world,
    started,
    warmed_up,
)

SEED = 20261124
MOST = 60.0
"""Seconds that a run may take on a machine that is busy with other things."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with serving_world(articles=2, stories=6) as made:
        made.post.pause = 0.01
        yield made


def edition_of(place: str) -> tuple[str, str]:
    """The edition as the store has it, whatever the run's place; and the store's own check."""
    with Store.open(place) as store:
        found = store.edition(NOW.date())
        assert found is not None
        return dump(Edition, found), store.check()


def spoilt(place: str) -> bool:
    """Whether a sound source timed out: the machine was too busy, and the edition is another."""
    with Store.open(place) as store, store.reading() as connection:
        failed = connection.scalars(
            select(sources_table.c.name).join(fetches).where(fetches.c.problem.is_not(None))
        )
        pages = select(articles.c.id).where(articles.c.page == "failed")
        return not set(failed) <= set(BAD) or connection.scalar(pages) is not None


Moment = tuple[str, float]
"""The last step that a run has done, and seconds after it."""
STEPS = ("open", "articles", "stories", "choice", "edition")


def steps_of(log: Path) -> dict[str, float]:
    """When each step of a run was done, as its log has it."""
    lines = log.read_text().splitlines(keepends=True) if log.exists() else []
    events = [json.loads(line) for line in lines if line.endswith("\n") and line[0] == "{"]
    return {
        event["event"]: datetime.fromisoformat(event["time"]).timestamp()
        for event in events
        if event["event"] in STEPS
    }


def undisturbed(world: World, places: "Places") -> tuple[str, float, dict[str, float]]:
    """What a run makes that nobody kills, how many seconds it takes, and to each of its steps.

    On a machine that is too busy to serve its own feeds in time, runs get more time.
    """
    warmed_up()
    for _ in range(4):
        place, folder = places.new()
        began = time.time()
        process = started(world.settings(place, folder), folder / "log")
        process.join(MOST)
        seconds = time.time() - began
        assert process.exitcode == 0, (folder / "log").read_text()
        if not spoilt(place):
            break
        world.timeout *= 2
    else:
        pytest.fail("this machine cannot serve its own feeds in time")
    steps = {name: then - began for name, then in steps_of(folder / "log").items()}
    return edition_of(place)[0], seconds, steps


class Victim:
    """A digest whose runs are killed; after each kill, what must not happen again is noted."""

    def __init__(self, world: World, place: str, folder: Path) -> None:
        self.world, self.place, self.folder = world, place, folder
        self.settings = world.settings(place, folder)
        self.before = Counter(world.feeds.counts)
        self.asked: dict[str, int] = {}
        self.in_doubt: Counter[str] = Counter()
        self.kills = 0
        world.post.accepted.clear()
        world.feeds.turn = 0

    def live(self, step: str = "", seconds: float = MOST) -> bool:
        """Run until so long after a step, then be killed; False where the run had ended."""
        sent = self.world.post.by_reader()
        log = self.folder / "log"
        process = started(self.settings, log)
        end = time.monotonic() + MOST
        while step and step not in steps_of(log) and process.is_alive():
            assert time.monotonic() < end
            process.join(0.02)
        dead = killed(process, seconds)
        if not dead:
            assert process.exitcode == 0, log.read_text()
        self.kills += dead
        self.settle()
        self.look(sent)
        return dead

    def settle(self) -> None:
        """Let the servers count what the dead run had just asked."""
        time.sleep(0.05 + self.world.post.pause)

    def look(self, sent: Counter[str]) -> None:
        """The store is sound; what it has is not asked for again."""
        with Store.open(self.place) as store:
            assert store.check() == "ok"
            with store.reading() as connection:
                kept = set(
                    connection.scalars(select(articles.c.url).where(articles.c.page != "wanted"))
                )
                names = connection.scalars(
                    select(sources_table.c.name).join(
                        fetches, fetches.c.source_id == sources_table.c.id
                    )
                )
                done = [f"/feed/{name}" for name in names]
                states = connection.execute(
                    select(deliveries_table.c.recipient, deliveries_table.c.status)
                )
                letters = {row.recipient: row.status for row in states}
        counts = self.world.feeds.counts
        pages = [path for path in counts if path.startswith("/article/")]
        done += [path for path in pages if any(url and url.endswith(path) for url in kept)]
        for path in done:
            assert counts[path] == self.asked.setdefault(path, counts[path]), f"{path} again"
        if "/feed/changing" in done:
            self.world.feeds.turn = 1  # If it were read again, the edition would differ.
        now = self.world.post.by_reader()
        for reader, state in letters.items():
            if state == "sending" and now[reader] > sent[reader]:
                self.in_doubt[reader] += 1


def moments(kills: int, seconds: float, steps: dict[str, float]) -> list[Moment]:
    """Moments of a run at which to kill it: one in each of so many equal parts, in order."""
    rng = random.Random(SEED)
    found = []
    for part in range(kills):
        moment = seconds * (part + rng.uniform(0.1, 0.8)) / kills
        step, then = max(
            ((name, then) for name, then in steps.items() if then <= moment),
            key=lambda each: each[1],
            default=("", 0.0),
        )
        found.append((step, moment - then))
    return found


def tortured(world: World, place: str, folder: Path, kills: int, after: Iterator[Moment]) -> Victim:
    """One edition; so many of its runs are killed, each later than the one before."""
    victim = Victim(world, place, folder)
    for _ in range(kills):
        if not victim.live(*next(after)):
            return victim
    assert not victim.live()
    return victim


@pytest.fixture(params=[("sqlite", 6), ("postgresql", 4)], ids=["sqlite", "postgresql"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, "Places"]]:
    kind, kills = request.param
    if kind == "sqlite":
        yield kills, Places(tmp_path, None)
        return
    places = Places(tmp_path, request.getfixturevalue("postgresql_server"))
    yield kills, places
    places.drop()


class Places:
    """New stores, one after the other."""

    def __init__(self, folder: Path, server: str | None) -> None:
        self.folder, self.server = folder, server
        self.names: list[str] = []

    def new(self) -> tuple[str, Path]:
        name = f"kill{len(self.names)}"
        self.names.append(name)
        folder = self.folder / name
        folder.mkdir()
        return (new_database(self.server, name) if self.server else str(folder / "s.db")), folder

    def drop(self) -> None:
        for name in self.names:
            drop_database(self.server or "", name)


@pytest.mark.slow
def test_killed_in_every_part_of_a_run(case: tuple[int, Places], world: World) -> None:
    kills, places = case
    world.feeds.turn = 0
    expected, seconds, steps = undisturbed(world, places)
    after = cycle(moments(kills, seconds, steps))
    done, doubts, chains = 0, 0, 0
    while done < kills:
        place, folder = places.new()
        victim = tortured(world, place, folder, kills - done, after)
        edition, sound = edition_of(place)
        assert sound == "ok"
        assert world.post.by_reader() == Counter(dict.fromkeys(READERS, 1)) + victim.in_doubt
        assert len(world.post.accepted) == len(READERS), "a letter sent again has another id"
        if not spoilt(place):
            assert edition == expected
            done += victim.kills
        doubts += sum(victim.in_doubt.values())
        chains += 1
        assert chains < 2 * kills, "this machine is too busy"
    print(f"{done} kills, {chains} editions, {seconds:.1f} s undisturbed, {doubts} in doubt")
