"""A real Ray cluster: every input has one result, whatever happens to the workers."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from briefing.batch import brief_file
from briefing.briefer import Briefer
from briefing.errors import ClusterError, ConfigError, ModelError
from briefing.scale import BatchOrder, BriefersMaker, brief_folder, make_briefer
from briefing.scale.cluster import RayEngine, pool_size
from briefing.scale.files import Place
from tests.scale.conftest import article, read_folder, settings, write_lines
from tests.scale.fakes import GREEDY, POISON, modelless, mortal, slow, stillborn

pytestmark = pytest.mark.slow

Engines = Callable[[BriefersMaker], RayEngine]


def order(source: Path, output: Path, **more: object) -> BatchOrder:
    return BatchOrder(Place.of(str(source)), Place.of(str(output)), **more)  # type: ignore[arg-type]


def test_the_bundled_model_writes_on_the_cluster_what_it_writes_here(
    tmp_path: Path, engine: Engines
) -> None:
    rows = [article(n) for n in range(6)] + ["{bad", {"id": "none"}, article(0)]
    source = write_lines(tmp_path / "in.jsonl", rows)
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    brief_file(Briefer(device="cpu", threads=1), source, here)
    tally = brief_folder(engine(make_briefer), settings(), order(source, there))
    assert there.read_bytes() == here.read_bytes()
    assert (tally.written, tally.failed, tally.resumed) == (9, 2, 0)
    assert not Path(f"{there}.parts").exists()


def test_articles_that_kill_their_worker_are_errors_and_the_others_are_briefed(
    tmp_path: Path, engine: Engines
) -> None:
    rows = [article(n) for n in range(12)]
    rows[3], rows[4], rows[9] = article(3, POISON), article(4, GREEDY), article(9, POISON)
    source, output = write_lines(tmp_path / "in.jsonl", rows), tmp_path / "out"
    tally = brief_folder(engine(mortal), settings(), order(source, output, rows=6))
    found = read_folder(output)
    assert [row["id"] for row in found] == list(range(12))
    failed = {row["id"]: row["error"]["code"] for row in found if "error" in row}
    assert failed == {3: "worker-died", 4: "bad-device", 9: "worker-died"}
    assert "more memory" in found[3]["error"]["message"]
    assert (tally.written, tally.failed) == (12, 3)
    assert not (output / "_spans").exists()


def test_a_worker_killed_in_mid_run_costs_no_result(
    tmp_path: Path, engine: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    source = write_lines(tmp_path / "in.jsonl", [article(n) for n in range(60)])
    output = tmp_path / "out"
    killed: list[int] = []

    def kill() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and not any(output.glob("_done/*-*")):
            time.sleep(0.02)
        working = sorted(pids.iterdir(), key=lambda path: path.stat().st_mtime)
        killed.append(int(working[-1].name))
        os.kill(killed[0], signal.SIGKILL)

    maker = noting(pids)
    thread = threading.Thread(target=kill)
    thread.start()
    tally = brief_folder(engine(maker), settings(), order(source, output, rows=10))
    thread.join()
    assert killed
    assert len(list(pids.iterdir())) > 2, "another worker took its place"
    assert [row["id"] for row in read_folder(output)] == list(range(60))
    assert (tally.written, tally.failed) == (60, 0)


def noting(folder: Path) -> BriefersMaker:
    """A slow briefer that leaves its process id in the folder."""

    def make(given: object, extractive: bool) -> Briefer:
        os.environ["PIDS"] = str(folder)
        return slow(given, extractive)  # type: ignore[arg-type]

    return make


def test_workers_that_die_as_they_start_end_the_run(tmp_path: Path, engine: Engines) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(n) for n in range(3)])
    with pytest.raises(ClusterError, match="more memory"):
        brief_folder(engine(stillborn), settings(), order(source, tmp_path / "out"))


def test_a_model_that_is_not_there_ends_the_run_with_its_own_words(
    tmp_path: Path, engine: Engines
) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(n) for n in range(3)])
    with pytest.raises(ModelError, match="of this test is not there"):
        brief_folder(engine(modelless), settings(), order(source, tmp_path / "out"))


def test_workers_that_have_no_room_are_refused(ray_cluster: None) -> None:
    with pytest.raises(ConfigError, match="lower --threads"):
        pool_size(settings().model_copy(update={"threads": 999}), own=True)
    with pytest.raises(ConfigError, match="lower --workers"):
        pool_size(settings().model_copy(update={"ray_workers": "3..900", "threads": 1}), own=True)
    with pytest.raises(ConfigError, match="smaller"):
        pool_size(settings().model_copy(update={"ray_workers": "4..2"}), own=True)
    with pytest.raises(ConfigError, match="gpus-per-worker"):
        pool_size(settings().model_copy(update={"gpus_per_worker": 0.5}), own=True)


def test_memory_of_this_process_is_no_place_for_others(engine: Engines) -> None:
    given = BatchOrder(Place.of("memory://in.jsonl"), Place.of("memory://out"))
    with pytest.raises(ConfigError, match="--engine local"):
        brief_folder(engine(mortal), settings(), given)
