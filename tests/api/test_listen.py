"""Where the server listens: TLS, Unix sockets."""

import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import trustme

from briefing.api.connections import ServerError, check_certificate, listen_unix
from briefing.config import Settings
from briefing.errors import ConfigError
from tests.api.articles import BODY
from tests.api.fakes import problem


@pytest.fixture(scope="module")
def tls(tmp_path_factory) -> tuple[trustme.CA, Path, Path]:
    """An authority, and the files of a certificate and its key."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    made = authority.issue_cert("localhost", "127.0.0.1")
    cert, key = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    made.private_key_pem.write_to_path(key)
    return authority, cert, key


@contextmanager
def server(folder: Path, **settings: object) -> Iterator[tuple[subprocess.Popen, Path]]:
    """A server in a process of its own, and its log."""
    given = [f"{name}={value}" for name, value in settings.items()]
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.api.slow_server", "0", *given], stderr=log
        )
        try:
            end = time.monotonic() + 120
            while "listening on" not in (folder / "log").read_text():
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < end
                time.sleep(0.05)
            yield process, folder / "log"
        finally:
            process.kill()
            process.communicate()


def said(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def ready(client: httpx.Client) -> None:
    end = time.monotonic() + 120
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < end
        time.sleep(0.1)


@contextmanager
def reads_nothing(where: httpx.URL, context: ssl.SSLContext) -> Iterator[None]:
    """A client that asks for more than all buffers hold."""
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        plain.connect((where.host, where.port))
        with context.wrap_socket(plain, server_hostname=where.host) as connection:
            connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
            yield


@pytest.mark.slow
def test_tls(tmp_path: Path, tls) -> None:
    authority, cert, key = tls
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with server(tmp_path, tls_cert=cert, tls_key=key, send_timeout=1) as (process, log):
        where = said(log)[0]["message"].partition("listening on ")[2]
        assert where.startswith("https://127.0.0.1:")
        with httpx.Client(base_url=where, verify=context, timeout=60, trust_env=False) as client:
            ready(client)
            for _ in range(3):
                assert client.post("/v1/briefs", json={"text": BODY}).status_code == 200
                schema = client.get("/openapi.json")
                assert len(schema.content) == int(schema.headers["content-length"])
            with reads_nothing(httpx.URL(where), context):
                end = time.monotonic() + 60
                while not [line for line in said(log) if line.get("status") == 499]:
                    assert time.monotonic() < end, "it still waits for its reader"
                    time.sleep(0.2)
            used = client.get("/healthz").extensions["network_stream"]
            time.sleep(1.5)  # owed nothing, it is kept
            assert client.get("/healthz").extensions["network_stream"] is used
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{where}/healthz", trust_env=False)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_unix_socket(tmp_path: Path, workers: int) -> None:
    path = tmp_path / "briefing.sock"
    with socket.socket(socket.AF_UNIX) as stale:  # of a server that was killed
        stale.bind(str(path))
    with server(tmp_path, uds=path, workers=workers) as (process, log):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, base_url="http://localhost", timeout=60) as client:
            ready(client)
            assert client.post("/v1/briefs", json={"text": BODY}).status_code == 200
            foreign = {"Origin": "https://other.example"}
            problem(client.post("/v1/briefs", json={}, headers=foreign), 403, "cross-site")
            forwarded = {"X-Forwarded-For": "203.0.113.9"}
            problem(client.get("/v1/models", headers=forwarded), 401, "key-missing")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    # The log is written behind the answers, and whole when the server has ended.
    assert [line["client"] for line in said(log) if line.get("status") == 403] == ["unix"]
    assert not path.exists()


def test_a_unix_socket_in_use_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with listen_unix(path):
        with pytest.raises(ServerError, match="--uds"), listen_unix(path):
            raise AssertionError
        assert path.is_socket()
    assert not path.exists()
    path.write_text("a file")
    with pytest.raises(ServerError), listen_unix(path):
        raise AssertionError
    assert path.read_text() == "a file"
    for bad in (tmp_path / "none" / "a.sock", tmp_path / ("x" * 200)):
        with pytest.raises((ServerError, OSError)), listen_unix(bad):
            raise AssertionError


def test_a_unix_socket_is_removed_however_the_service_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    with pytest.raises(KeyboardInterrupt), listen_unix(path):
        raise KeyboardInterrupt
    assert not path.exists()


def test_tls_files_that_are_none(tmp_path: Path, tls) -> None:
    _, cert, key = tls
    other = trustme.CA().issue_cert("localhost")
    other.private_key_pem.write_to_path(tmp_path / "other.pem")
    (tmp_path / "text.pem").write_text("no certificate")
    for files in (
        {"tls_cert": tmp_path / "none.pem"},
        {"tls_cert": tmp_path / "text.pem"},
        {"tls_cert": cert},
        {"tls_key": key},
        {"tls_cert": cert, "tls_key": tmp_path / "other.pem"},
    ):
        with pytest.raises(ConfigError, match="tls_cert"):
            check_certificate(Settings(**files))
    check_certificate(Settings(tls_cert=cert, tls_key=key))
    check_certificate(Settings())
