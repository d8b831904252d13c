"""A real server under signals, slow and vanishing clients, and uploads that are too large."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.api.articles import BODY
from tests.api.fakes import problem
from tests.api.test_server import log_of, serving, wait_ready

pytestmark = pytest.mark.slow


def slow(seconds: float, **settings: object):
    """A server whose model takes ``seconds`` for each batch."""
    given = [f"{name}={value}" for name, value in settings.items()]
    return serving([sys.executable, "-m", "tests.api.slow_server", str(seconds), *given])


def article(number: int) -> dict[str, str]:
    return {"title": f"Vote {number}", "text": BODY}


def address(client: httpx.Client) -> tuple[str, int]:
    return client.base_url.host, client.base_url.port or 0


def answer_of(connection: socket.socket) -> bytes:
    """All that the server says until it closes."""
    connection.settimeout(30)
    said = b""
    while part := connection.recv(65_536):
        said += part
    return said


def is_full(client: httpx.Client) -> bool:
    """Whether there is no free place: what has none is refused before it is found to be empty."""
    return client.post("/v1/check", json={}).status_code == 429


def wait_full(client: httpx.Client, seconds: float = 20) -> None:
    """Until all places are taken."""
    end = time.monotonic() + seconds
    while not is_full(client):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_sigterm_finishes_what_is_queued_and_ends_with_0() -> None:
    with slow(0.8, queue=4) as (process, client), ThreadPoolExecutor(8) as pool:
        wait_ready(client)
        asked = [pool.submit(client.post, "/v1/briefs", json=article(n)) for n in range(4)]
        wait_full(client)
        process.send_signal(signal.SIGTERM)
        assert [each.result().status_code for each in asked] == [200] * 4
        out, _ = process.communicate(timeout=30)
        assert {line["level"] for line in log_of(client)} == {"info"}
    assert (process.returncode, out) == (0, "")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{client.base_url}/healthz", trust_env=False)


def test_what_is_not_done_within_the_grace_time_is_told_so() -> None:
    with slow(3.0, queue=2, grace=0.3) as (process, client), ThreadPoolExecutor(8) as pool:
        wait_ready(client)
        asked = [pool.submit(client.post, "/v1/briefs", json=article(n)) for n in range(2)]
        wait_full(client)
        process.send_signal(signal.SIGTERM)
        for each in asked:
            problem(each.result(), 503, "draining")
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_a_second_sigterm_ends_at_once() -> None:
    with (
        slow(30.0, queue=1, request_timeout=100) as (process, client),
        ThreadPoolExecutor() as pool,
    ):
        asked = None
        try:
            wait_ready(client)
            asked = pool.submit(client.post, "/v1/briefs", json=article(0))
            wait_full(client)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=5)
            assert process.returncode == 128 + signal.SIGTERM
        finally:
            process.kill()
    assert isinstance(asked.exception(), httpx.HTTPError)


def test_a_client_that_goes_away_frees_its_place() -> None:
    with slow(2.0, queue=2) as (_, client):
        wait_ready(client)
        body = json.dumps(article(0)).encode()
        head = b"POST /v1/briefs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        for number in (1, 2):
            body = json.dumps(article(number)).encode()
            connection = socket.create_connection(address(client))
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            if number == 1:
                first = connection
        wait_full(client)
        first.close()
        connection.close()
        began = time.monotonic()
        while is_full(client):
            assert time.monotonic() - began < 1.7  # their lines would have taken 2 seconds and more
        assert client.post("/v1/briefs", json=article(3)).status_code == 200


@pytest.fixture(scope="module")
def strict() -> Iterator[httpx.Client]:
    """A server that waits little for heads and takes small bodies."""
    with slow(0, header_timeout=0.5, max_body=100_000) as (_, client):
        wait_ready(client)
        yield client


def test_a_head_that_is_never_finished_is_a_408(strict: httpx.Client) -> None:
    client = strict
    for sent in (b"", b"POST /v1/br", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "):
        with socket.create_connection(address(client)) as connection:
            connection.sendall(sent)
            said = answer_of(connection)
        assert said.startswith(b"HTTP/1.1 408 "), sent
        assert b"urn:briefing:problem:head-too-slow" in said
    assert client.get("/healthz").status_code == 200
    time.sleep(1)  # a connection between two requests is not in a head
    assert client.get("/healthz").status_code == 200


def test_what_is_no_http_is_a_400(strict: httpx.Client) -> None:
    with socket.create_connection(address(strict)) as connection:
        connection.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
        said = answer_of(connection)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"urn:briefing:problem:bad-request" in said


@pytest.mark.parametrize("chunked", [False, True])
def test_a_fast_uploader_sees_that_its_body_is_too_large(
    strict: httpx.Client, chunked: bool
) -> None:
    """It sends everything before it reads, and still finds the answer and no reset."""
    size = 8_000_000
    head = b"POST /v1/briefs HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
    with socket.create_connection(address(strict)) as connection:
        if chunked:
            connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(size // 100_000):
                connection.sendall(b"186a0\r\n" + bytes(100_000) + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
        else:
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % size)
            connection.sendall(bytes(size))
        said = answer_of(connection)
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"urn:briefing:problem:body-too-large" in said


def test_a_client_that_asks_first_is_refused_without_its_body(strict: httpx.Client) -> None:
    with socket.create_connection(address(strict)) as connection:
        connection.sendall(
            b"POST /v1/briefs HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
            b"Content-Length: 500000\r\nExpect: 100-continue\r\n\r\n"
        )
        said = answer_of(connection)
    assert said.startswith(b"HTTP/1.1 413 ")


def test_a_slow_reader_slows_its_stream_and_holds_back_nobody() -> None:
    count = 300
    with slow(0, max_batch=count) as (_, client):
        wait_ready(client)
        articles = [{"text": BODY * 20}] * count  # all but the first are known
        body = json.dumps(articles).encode()
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
            connection.connect(address(client))
            connection.sendall(
                b"POST /v1/briefs/batch HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nAccept: application/x-ndjson\r\n"
                b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            assert b'{"index": ' in connection.recv(8_192, socket.MSG_WAITALL)
            assert client.post("/v1/briefs", json=article(1)).status_code == 200


def test_a_killed_server_answers_each_retry_once(tmp_path: Path) -> None:
    settings = {"cache_path": tmp_path / "results.sqlite", "queue": 100}
    found: dict[int, bytes] = {}
    lock = threading.Lock()

    def ask(client: httpx.Client, number: int) -> None:
        headers = {"Idempotency-Key": f"key-{number}"}
        try:
            answer = client.post("/v1/briefs", json=article(number), headers=headers)
        except httpx.HTTPError:
            return
        assert answer.status_code == 200
        with lock:
            assert found.setdefault(number, answer.content) == answer.content

    with slow(0.3, batch_lines=20, **settings) as (process, client), ThreadPoolExecutor(50) as pool:
        wait_ready(client)
        asked = [pool.submit(ask, client, n) for n in range(50)]
        while len(found) < 5:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        for each in asked:
            each.result()
    assert 5 <= len(found) < 50
    with slow(0, **settings) as (_, client), ThreadPoolExecutor(10) as pool:
        wait_ready(client)
        for each in [pool.submit(ask, client, n) for n in range(50)]:
            each.result()
        headers = {"Idempotency-Key": "key-0"}
        other = client.post("/v1/briefs", json=article(1), headers=headers)
        problem(other, 422, "idempotency-key-reused")
    assert sorted(found) == list(range(50))


def test_the_start_says_what_is_wrong_with_the_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database " * 1_000)
    command = [str(Path(sys.executable).with_name("briefing")), "serve", "--port", "0"]
    ran = subprocess.run(
        command,
        env={"BRIEFING_CACHE_PATH": str(tmp_path / "file"), "BRIEFING_CONFIG": "/dev/null"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert "cache_path" in ran.stderr
    assert "Traceback" not in ran.stderr
