"""``briefing batch`` as installed: engines, options, kills, exit codes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.scale.conftest import article, read_folder, write_lines

pytestmark = pytest.mark.slow

IMPATIENT = {"RAY_gcs_rpc_server_reconnect_timeout_s": "2"}
"""How long Ray's agents try to tell a cluster's head that is gone too; a minute otherwise."""
FEW = ["--threads", "1", "--workers", "1"]


def run(command: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    call = [command, "batch", *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, check=False, timeout=120)


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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--engine", "ray", "--workers", "many"], "ray_workers"),
        (["--engine", "ray", "--threads", "900"], "lower --threads"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_one_line(
    tmp_path: Path, command: str, options: list[str], words: str
) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(1)])
    done = run(command, source, "-o", tmp_path / "out", *options)
    assert done.returncode == 2
    assert words in done.stderr
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


def test_a_killed_driver_is_gone_on_with_and_leaves_no_process(
    tmp_path: Path, command: str
) -> None:
    source = write_lines(tmp_path / "in.jsonl", [article(n) for n in range(200)])
    output = tmp_path / "out"
    options = ["--engine", "ray", "--extractive", "--shard-rows", "8", *FEW]
    call = [command, "batch", str(source), "-o", str(output), *options]
    mark = {**os.environ, "BRIEFING_TEST_RUN": tmp_path.name, **IMPATIENT}
    running = subprocess.Popen(call, stderr=subprocess.DEVNULL, env=mark)
    until = time.monotonic() + 90
    while time.monotonic() < until and not list(output.glob("_done/*-*")):
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    before = len(list(output.glob("_done/*-*")))
    assert 0 < before < 25
    _wait_gone(tmp_path.name)
    done = run(command, source, "-o", output, "--resume", *options)
    assert done.returncode == 0, done.stderr
    assert f"{before * 8} of them from before" in done.stderr
    assert [row["id"] for row in read_folder(output)] == list(range(200))
    assert {path.name for path in output.iterdir()} == {
        "_SUCCESS", "_done", "_manifest.json",
        *(f"part-{n:06d}.jsonl" for n in range(25)),
    }  # fmt: skip
    assert json.loads((output / "_manifest.json").read_text())["schema"] == "briefing.shards/1"


def _wait_gone(mark: str) -> None:
    """Until no process of the run is left: they have its environment."""
    until = time.monotonic() + 180
    while time.monotonic() < until:
        if not _alive(mark):
            return
        time.sleep(0.2)
    pytest.fail(f"left behind: {_alive(mark)}")


def _alive(mark: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"BRIEFING_TEST_RUN={mark}".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:80])
        except OSError:
            continue
    return found
