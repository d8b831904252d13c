"""Commands as installed, on Ray: engines, options, kills, exit codes; an edition; a benchmark."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from scripts import bench_scale
from tests.digest.events import FERRY_COURIER, FERRY_GAZETTE
from tests.scale.conftest import article, read_folder, write_lines

pytestmark = pytest.mark.slow

SHARDS = 10
ROWS = 8


def run(command: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    call = [command, "batch", *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, check=False, timeout=120)


@dataclass(frozen=True)
class Killed:
    """A run on a cluster of its own, killed when some shards were done; its processes."""

    arguments: list[object]
    output: Path
    before: int
    processes: list[psutil.Process]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, command: str) -> Killed:
    folder = tmp_path_factory.mktemp("killed")
    source = write_lines(folder / "in.jsonl", [article(n) for n in range(SHARDS * ROWS)])
    output = folder / "out"
    options = ["--engine", "ray", "--extractive", "--shard-rows", ROWS]
    arguments = [source, "-o", output, *options, "--threads", 1, "--workers", 1]
    call = [command, "batch", *map(str, arguments)]
    running = subprocess.Popen(call, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 90
    while time.monotonic() < until and not list(output.glob("_done/*-*")):
        time.sleep(0.01)
    processes = psutil.Process(running.pid).children(recursive=True)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    workers = [each for each in processes if not _is_agent(each)]
    assert len(workers) < len(processes)
    _, left = psutil.wait_procs(workers, timeout=60)
    assert not left
    return Killed(arguments, output, len(list(output.glob("_done/*-*"))), processes)


def _is_agent(process: psutil.Process) -> bool:
    try:
        return "Agent" in process.cmdline()[0]
    except (psutil.Error, IndexError):  # it is gone
        return False


def test_a_killed_driver_is_gone_on_with(
    killed: Killed, command: str, shared_cluster: None
) -> None:
    assert 0 < killed.before < SHARDS
    done = run(command, *killed.arguments, "--resume")
    assert done.returncode == 0, done.stderr
    assert f"{killed.before * ROWS} of these {SHARDS * ROWS} are from before" in done.stderr
    assert [row["id"] for row in read_folder(killed.output)] == list(range(SHARDS * ROWS))
    assert {path.name for path in killed.output.iterdir()} == {
        "_SUCCESS", "_done", "_manifest.json",
        *(f"part-{n:06d}.jsonl" for n in range(SHARDS)),
    }  # fmt: skip
    manifest = json.loads((killed.output / "_manifest.json").read_text())
    assert manifest["schema"] == "briefing.shards/1"


def test_folders_and_formats(tmp_path: Path, command: str) -> None:
    write_lines(tmp_path / "in" / "a.jsonl", [article(1), "{"])
    options = ["--extractive", "--format", "parquet"]
    done = run(command, tmp_path / "in", "-o", tmp_path / "out", *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"briefing: 1 brief in {tmp_path / 'out'}, 1 failed\n"
    assert (tmp_path / "out" / "part-000000.parquet").exists()
    again = run(command, tmp_path / "in", "-o", tmp_path / "out", *options)
    assert again.returncode == 2
    assert again.stderr.startswith("briefing: ")
    assert "--resume" in again.stderr


def test_options_that_make_no_sense_are_refused_in_one_line(tmp_path: Path, command: str) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(1)])
    done = run(command, source, "-o", tmp_path / "out", "--engine", "ray", "--workers", "many")
    assert done.returncode == 2
    assert "ray_workers" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cluster_that_is_not_there_is_named(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    source = write_lines(tmp_path / "in.jsonl", [article(1)])
    done = run(command, source, "-o", tmp_path / "out", "--engine", "ray")
    assert done.returncode == 3
    assert "RAY_ADDRESS" in done.stderr


def test_without_ray_the_extra_is_named(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(1)])
    arguments = ["briefing", "batch", str(source), "-o", str(tmp_path / "out"), "--engine", "ray"]
    code = (
        "import sys; sys.modules['ray'] = None; from briefing.cli import main; "
        f"sys.argv = {arguments!r}; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "briefing-local[ray]" in done.stderr


def test_the_benchmark_on_a_few_articles(
    shared_cluster: None, capsys: pytest.CaptureFixture[str]
) -> None:
    bench_scale.main(["--tiny", "--no-serve"])
    printed = capsys.readouterr().out
    for row in ("| local |", "| ray, 1 worker |", "100 GPU nodes"):
        assert row in printed
    assert "shards a second" in printed


def test_an_edition_told_on_ray_is_the_one_told_here(
    tmp_path: Path, command: str, shared_cluster: None
) -> None:
    rows = [
        {"title": title, "text": text, "url": f"https://{n}.example/{n}", "published": t}
        for n, ((title, text), t) in enumerate(
            [(FERRY_GAZETTE, "2026-03-02T06:00Z"), (FERRY_COURIER, "2026-03-02T07:00Z")]
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


def test_a_killed_driver_leaves_no_process(killed: Killed) -> None:
    """The last test here: Ray's two agents try for a minute to tell the dead head of its death."""
    _, left = psutil.wait_procs(killed.processes, timeout=180)
    assert not left
