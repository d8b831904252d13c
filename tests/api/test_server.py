"""The real server: where it listens, how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import httpx
import jsonschema
import pytest

from briefing.api import server
from briefing.api.connections import ServerError, listen
from briefing.api.server import restart_pause
from briefing.errors import ConfigError
from briefing.models.folder import BUNDLED
from briefing.rendering import schema
from tests.api.articles import BODY, LEAD, TITLE

SERVE = [str(Path(sys.executable).with_name("briefing")), "serve"]
needs_model = pytest.mark.skipif(
    not (BUNDLED / "ctranslate2" / "model.bin").is_file(), reason="the bundled model is not there"
)


@contextmanager
def serving(command: list[str]) -> Iterator[tuple[subprocess.Popen, httpx.Client]]:
    """A server in a process of its own, and a client for it; `log_of` is what it logs."""
    with NamedTemporaryFile("w+") as log:
        process = subprocess.Popen(command, stderr=log, stdout=subprocess.PIPE, text=True)
        try:
            base = _base(process, Path(log.name))
            with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
                client.log = Path(log.name)
                yield process, client
        finally:
            process.kill()
            process.communicate()


def log_of(client: httpx.Client) -> list[dict]:
    """The server's log so far, which is JSON to the last line."""
    return [json.loads(line) for line in client.log.read_text().splitlines()]


def _base(process: subprocess.Popen, log: Path) -> str:
    """Where the server says that it listens."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"the server does not listen: {log.read_text()}")


def wait_ready(client: httpx.Client, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if client.get("/readyz").status_code == 200:
            return
        time.sleep(0.1)
    raise AssertionError("the model never became warm")


@pytest.mark.slow
@needs_model
def test_serve_with_the_bundled_model() -> None:
    with serving([*SERVE, "--port", "0"]) as (process, client):
        assert client.get("/healthz").json() == {"status": "ok"}
        wait_ready(client)
        response = client.post("/v1/briefs", json={"title": TITLE, "text": BODY})
        jsonschema.validate(response.json(), schema())
        assert response.json()["model"]["name"] == "bundled"
        assert "server" not in response.headers
        large_bodies_are_refused(client)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""


def large_bodies_are_refused(client: httpx.Client) -> None:
    """Past the limit the server answers and closes, so a client may see only the closing."""

    def parts() -> Iterator[bytes]:
        for _ in range(110):
            yield b"x" * 100_000

    try:
        response = client.post(
            "/v1/briefs", content=parts(), headers={"Content-Type": "text/plain"}
        )
    except (httpx.WriteError, httpx.ReadError):
        pass
    else:
        assert response.status_code == 413
    assert client.get("/readyz").status_code == 200


@pytest.mark.slow
@needs_model
def test_uvicorn_serves_the_package() -> None:
    with serving([sys.executable, "-m", "uvicorn", "api:app", "--port", "0"]) as (_, client):
        wait_ready(client)
        headers = {"Content-Type": "text/plain", "Accept": "text/markdown"}
        response = client.post("/v1/briefs", content=LEAD, headers=headers)
        assert response.status_code == 200
        assert response.text.startswith("#")


def run(*flags: str) -> subprocess.CompletedProcess:
    command = [*SERVE, *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_a_model_that_is_not_there_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"is_encoder_decoder": True}))
    ran = run("--port", "0", "--model", str(tmp_path))
    assert ran.returncode == 3
    assert "holds no weights" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.slow
def test_a_port_in_use_ends_with_3() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = run("--port", str(taken.getsockname()[1]))
    assert ran.returncode == 3
    assert "--port" in ran.stderr
    assert ran.stdout == ""


@pytest.mark.slow
def test_a_public_address_ends_with_2() -> None:
    ran = run("--host", "0.0.0.0", "--port", "0")
    assert ran.returncode == 2
    assert "API keys" in ran.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "8.8.8.8"])
def test_public_addresses_are_refused(host: str) -> None:
    with pytest.raises(ConfigError, match="API keys"):
        listen(host, 0)


def test_loopback_addresses_are_listened_on() -> None:
    for host in ("127.0.0.1", "localhost"):
        with listen(host, 0) as listener:
            assert listener.getsockname()[1] > 0


def test_an_unknown_host_is_an_error() -> None:
    for host in ("no-such-host.invalid", "a" * 300):
        with pytest.raises(ServerError, match="--host"):
            listen(host, 0)


def test_workers_that_die_early_are_replaced_ever_later_and_for_ever() -> None:
    assert [restart_pause(deaths) for deaths in range(7)] == [0, 1, 3, 7, 15, 30, 30]
    assert restart_pause(100_000) == 30


def test_what_killed_services_left_is_removed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, alive, other = (
        tmp_path / f"briefing-metrics-{name}"
        for name in (f"{gone.pid}-x", f"{os.getpid()}-x", "notes")
    )
    for folder in (left, alive, other):
        folder.mkdir()
    with server._metrics_folder() as made:
        assert Path(made).is_dir()
        assert (left.exists(), alive.exists(), other.exists()) == (False, True, True)
    assert not Path(made).exists()
