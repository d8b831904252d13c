"""Stories told on a real cluster: the same as here, in order, whatever ends a worker."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from briefing.briefer import Briefer
from briefing.digest import Story, StoryBrief
from briefing.digest.telling import CHUNK, ClusterTeller, Teller
from briefing.errors import ClusterError, ModelError, WorkerDied
from tests.digest.events import FERRY_COURIER, FERRY_GAZETTE, FERRY_LATER, article, story
from tests.scale.conftest import settings
from tests.scale.fakes import POISON, modelless, mortal, stillborn

pytestmark = pytest.mark.slow

GAZETTE = article(1, FERRY_GAZETTE, "Gazette")
COURIER = article(2, FERRY_COURIER, "Courier", hours=1)
LATER = article(3, FERRY_LATER, "Herald", hours=50)


def numbered(number: int, one: Story) -> Story:
    return replace(one, id=number)


def poisoned() -> Story:
    item = replace(GAZETTE.item, body=f"{GAZETTE.item.body} {POISON}")
    return story(replace(GAZETTE, item=item))


def test_the_bundled_model_tells_on_the_cluster_what_it_tells_here(ray_cluster: None) -> None:
    (before,) = Teller(Briefer(extractive=True)).tell([story(GAZETTE)])
    assert isinstance(before, StoryBrief)
    stories = [numbered(n, story(GAZETTE, COURIER)) for n in range(CHUNK)]
    stories += [numbered(CHUNK, story(GAZETTE, COURIER, LATER)), numbered(9, story(COURIER))]
    known = {CHUNK: before}
    dates = {CHUNK: GAZETTE.time.date()}
    here = list(Teller(Briefer.of(settings())).tell(stories, known, dates))
    there = list(ClusterTeller(settings(), own=True).tell(stories, known, dates))
    assert there == here
    assert there[CHUNK].since == dates[CHUNK]


def test_a_story_that_kills_its_worker_is_an_error_and_the_others_are_told(
    ray_cluster: None,
) -> None:
    stories = [numbered(n, story(GAZETTE, COURIER)) for n in range(CHUNK + 3)]
    stories[2] = numbered(2, poisoned())
    told = list(ClusterTeller(settings(), own=True, make=mortal).tell(stories, {}, {}))
    assert isinstance(told[2], WorkerDied)
    assert [each.story for each in told if isinstance(each, StoryBrief)] == [
        n for n in range(CHUNK + 3) if n != 2
    ]


def test_a_model_that_is_not_there_ends_the_telling_with_its_own_words(ray_cluster: None) -> None:
    teller = ClusterTeller(settings(), own=True, make=modelless)
    with pytest.raises(ModelError, match="name another"):
        list(teller.tell([story(GAZETTE)], {}, {}))


def test_workers_that_die_as_they_start_end_the_telling(ray_cluster: None) -> None:
    teller = ClusterTeller(settings(), own=True, make=stillborn)
    with pytest.raises(ClusterError, match="more memory"):
        list(teller.tell([story(GAZETTE)], {}, {}))


def test_an_edition_told_on_ray_is_the_one_told_here(tmp_path: Path, command: str) -> None:
    rows = [
        {"title": item.title, "text": item.body, "url": f"https://{n}.example/{n}", "published": t}
        for n, (item, t) in enumerate(
            [(GAZETTE.item, "2026-03-02T06:00Z"), (COURIER.item, "2026-03-02T07:00Z")]
        )
    ]
    (tmp_path / "news.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    editions = {engine: _edition(tmp_path, command, engine) for engine in ("local", "ray")}
    assert editions["local"]["sections"]
    assert editions["ray"] == editions["local"]


def _edition(folder: Path, command: str, engine: str) -> dict[str, object]:
    own = folder / engine
    own.mkdir()
    config = own / "digest.toml"
    config.write_text(
        '[edition]\nformats = ["json"]\n\n[[sources]]\njsonl = "../news.jsonl"\n', "utf-8"
    )
    done = subprocess.run(
        [command, "digest", "run", "--config", str(config), "--engine", engine, "--extractive",
         "--date", "2026-03-02"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "BRIEFING_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (path,) = own.rglob("*.json")
    edition: dict[str, object] = json.loads(path.read_text("utf-8"))
    edition.pop("made")
    return edition
