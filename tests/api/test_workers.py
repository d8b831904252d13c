"""Several worker processes on one socket: load, loss, drain, and a parent that is gone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.api.test_lifecycle import article, slow
from tests.api.test_server import log_of, wait_ready

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]


def workers_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that serve, those that have just ended left out."""
    found = []
    for each in psutil.Process(process.pid).children():
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(each.cmdline()):
                found.append(each)
    return found


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def fresh(client: httpx.Client, path: str, **options) -> httpx.Response:
    """An answer on a connection of its own, so that any worker may give it."""
    with httpx.Client(base_url=client.base_url, trust_env=False, timeout=60) as one:
        return one.request("POST" if options else "GET", path, **options)


def all_ready(client: httpx.Client) -> bool:
    """Whether both workers are: the gauge is the least of all, the limit the sum of all."""
    text = fresh(client, "/metrics").text
    return "briefing_ready 1.0" in text and "briefing_queue_articles_limit 512.0" in text


def count(text: str) -> float:
    lines = [line for line in text.splitlines() if line.startswith("briefing_briefs_total ")]
    return sum(float(line.split()[1]) for line in lines)


@pytest.fixture(scope="module")
def two() -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """A service of two workers."""
    with slow(0.1, workers=2) as (process, client):
        wait_ready(client)
        until(lambda: len(workers_of(process)) == 2 and all_ready(client))
        yield process, client


def test_workers_share_the_load_and_count_together(
    two: tuple[subprocess.Popen[bytes], httpx.Client],
) -> None:
    _, client = two
    before = count(fresh(client, "/metrics").text)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(fresh, client, "/v1/briefs", json=article(n)) for n in range(24)]
        assert [each.result().status_code for each in asked] == [200] * 24
    for _ in range(6):
        text = fresh(client, "/metrics").text
        assert count(text) == before + 24
        assert "briefing_model_info{" in text
        assert "briefing_queue_articles 0.0" in text
    assert any("cache_path" in line["message"] for line in log_of(client))


def test_any_worker_knows_a_job(two: tuple[subprocess.Popen[bytes], httpx.Client]) -> None:
    _, client = two
    asked = {"articles": [article(50)]}
    url = client.post("/v1/jobs", json=asked).json()["url"]
    end = time.monotonic() + 60
    statuses: list[str] = []
    while (len(statuses) < 10 or statuses[-1] != "done") and time.monotonic() < end:
        statuses.append(fresh(client, url).json()["status"])
    assert statuses[-1] == "done"


def test_a_worker_that_is_killed_is_replaced(
    two: tuple[subprocess.Popen[bytes], httpx.Client],
) -> None:
    process, client = two
    lost = workers_of(process)[0]
    lost.kill()
    until(lambda: len([w for w in workers_of(process) if w.pid != lost.pid]) == 2)
    until(lambda: all_ready(client))
    for number in range(100, 108):
        assert fresh(client, "/v1/briefs", json=article(number)).status_code == 200
    assert any("restarting in" in line["message"] for line in log_of(client))


def test_workers_end_with_their_parent(
    two: tuple[subprocess.Popen[bytes], httpx.Client],
) -> None:
    """The last test of the two."""
    process, client = two
    children = workers_of(process)
    assert len(children) == 2
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive
    with pytest.raises(httpx.ConnectError):
        fresh(client, "/healthz")


def test_what_is_queued_is_finished_and_a_second_signal_ends_at_once() -> None:
    with slow(1.0, workers=2) as (process, client), ThreadPoolExecutor(8) as pool:
        until(lambda: all_ready(client))
        asked = [pool.submit(fresh, client, "/v1/briefs", json=article(n)) for n in range(4)]
        until(lambda: "briefing_queue_articles 4.0" in fresh(client, "/metrics").text)
        process.send_signal(signal.SIGTERM)
        assert [each.result().status_code for each in asked] == [200] * 4
        process.communicate(timeout=60)
    assert process.returncode == 0
    with slow(15.0, workers=2, request_timeout=100) as (process, client), ThreadPoolExecutor() as p:
        until(lambda: all_ready(client))
        asked = [p.submit(fresh, client, "/v1/briefs", json=article(0))]
        until(lambda: "briefing_queue_articles 1.0" in fresh(client, "/metrics").text)
        children = workers_of(process)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        assert process.returncode == 128 + signal.SIGTERM
        assert isinstance(asked[0].exception(timeout=30), httpx.TransportError)
        psutil.wait_procs(children, timeout=10)
        assert not any(child.is_running() for child in children)


def test_a_model_that_is_not_there_ends_the_service_with_3(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("briefing")), "serve", "--port", "0"]
    done = subprocess.run(
        [*command, "--workers", "2", "--model", str(tmp_path / "none")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3
    assert "none" in done.stderr
    assert "Traceback" not in done.stderr
