"""More clients than there is room for, and clients that are slow on purpose.

``OVERLOAD_SECONDS=60 pytest tests/api/test_load.py`` keeps the overload up for a minute.
"""

import asyncio
import json
import os
import resource
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count

import httpx
import psutil
import pytest

from tests.api.articles import BODY
from tests.api.fakes import problem
from tests.api.test_lifecycle import address, answer_of, article, slow
from tests.api.test_server import log_of, serving, wait_ready

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("OVERLOAD_SECONDS", "1"))
CONNECTIONS = 1_000
GET = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.fixture(autouse=True)
def _files() -> Iterator[None]:
    """Enough open files for this process and the servers that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CONNECTIONS
    if soft < wanted:
        assert hard == resource.RLIM_INFINITY or hard >= wanted, "raise `ulimit -Hn` to 4000"
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def connections(client: httpx.Client, number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(address(client), timeout=60))
            for _ in range(number)
        ]


def memory(process) -> int:
    return psutil.Process(process.pid).memory_info().rss


def test_a_thousand_connections_at_once_are_all_answered() -> None:
    with slow(0, header_timeout=120) as (process, client):
        wait_ready(client)
        before = memory(process)
        with connections(client, CONNECTIONS) as opened:
            for each in opened:
                each.sendall(GET[:30])
            assert client.post("/v1/briefs", json=article(1)).status_code == 200
            for each in opened:
                each.sendall(GET[30:])
            assert Counter(answer_of(each)[:12] for each in opened) == {
                b"HTTP/1.1 200": CONNECTIONS
            }
        assert memory(process) - before < 100_000_000


def test_a_thousand_slow_heads_are_cut_off_and_hold_back_nobody() -> None:
    """Each sends a byte now and then, which does not give it more time (Slowloris)."""
    with slow(0, header_timeout=3) as (_, client):
        wait_ready(client)
        with connections(client, CONNECTIONS) as opened:
            for byte in (b"G", b"E", b"T"):
                for each in opened:
                    with suppress(OSError):  # it may be cut off already
                        each.sendall(byte)
                assert client.post("/v1/briefs", json={"text": BODY}).status_code == 200
            answers = Counter(_end_of(each) for each in opened)
        assert set(answers) <= {b"HTTP/1.1 408", b"reset"}
        assert answers[b"HTTP/1.1 408"] > 0
        assert client.get("/readyz").status_code == 200


def _end_of(connection: socket.socket) -> bytes:
    """How it is ended; what is sent after its end makes a reset, which outruns the answer."""
    try:
        return answer_of(connection)[:12]
    except ConnectionResetError:
        return b"reset"


def test_slow_bodies_are_cut_off_and_hold_no_places() -> None:
    head = b"POST /v1/briefs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
    with slow(0, body_timeout=1, queue=4) as (_, client):
        wait_ready(client)
        with connections(client, 50) as opened:
            for each in opened:
                each.sendall(head + b"Content-Length: 1000\r\n\r\nThe council")
            assert client.post("/v1/briefs", json=article(1)).status_code == 200
            for each in opened:
                said = answer_of(each)
                assert said.startswith(b"HTTP/1.1 408 ")
                assert b"body-too-slow" in said


def test_a_reader_that_stops_costs_bounded_memory_and_is_let_go() -> None:
    lines = 200
    # Much to send, little to write: all but the first are known.
    articles = [{"text": BODY * 30, "sections": ["headline"]}] * lines
    body = json.dumps(articles).encode()
    with slow(0, max_batch=lines, send_timeout=1) as (process, client):
        wait_ready(client)
        client.post("/v1/briefs/batch", json=articles[:20])
        before = memory(process)
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
            connection.connect(address(client))
            connection.sendall(
                b"POST /v1/briefs/batch HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nAccept: application/x-ndjson\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body) + body
            )
            assert b'{"index": ' in connection.recv(8_192, socket.MSG_WAITALL)
            end, numbers = time.monotonic() + 300, count()
            while not [line for line in log_of(client) if line.get("status") == 499]:
                assert client.post("/v1/briefs", json=article(next(numbers))).status_code == 200
                assert time.monotonic() < end, "it still waits for its reader"
                time.sleep(0.2)
        assert memory(process) - before < 150_000_000
        assert b"queue" in client.get("/metrics").content
        assert "briefing_queue_articles 0.0" in client.get("/metrics").text


def test_ten_times_too_much_is_turned_away_and_then_all_is_as_before() -> None:
    with slow(0.1, queue=8, batch_lines=16, request_timeout=5) as (process, client):
        wait_ready(client)
        free = _rate(client, 1_000)
        before = memory(process)
        statuses = asyncio.run(_overload(str(client.base_url)))
        assert set(statuses) <= {200, 429, 504}, statuses
        assert statuses[200] > 0
        assert statuses[429] >= 80 - 8, "it was no overload"
        assert memory(process) - before < 100_000_000
        assert "briefing_queue_articles 0.0" in client.get("/metrics").text
        after = _rate(client, 2_000)
        assert after > free / 3, "a shared machine is not steady, a third is slow"
        print(f"{SECONDS:g} s: {dict(statuses)}; alone {free:.1f}/s before, {after:.1f}/s after")


def _rate(client: httpx.Client, first: int) -> float:
    """Articles a second of a client that is alone."""
    began = time.monotonic()
    for number in range(first, first + 8):
        assert client.post("/v1/briefs", json=article(number)).status_code == 200
    return 8 / (time.monotonic() - began)


async def _overload(base: str) -> Counter[int]:
    """80 clients for 8 places; who is turned away asks again at once, not when it is told to."""
    statuses: Counter[int] = Counter()
    end = time.monotonic() + SECONDS
    numbers = iter(range(10_000, 10_000_000))
    limits = httpx.Limits(max_connections=80)

    async def ask(client: httpx.AsyncClient) -> None:
        while time.monotonic() < end:
            answer = await client.post("/v1/briefs", json=article(next(numbers)))
            statuses[answer.status_code] += 1
            if answer.status_code == 429:
                assert int(answer.headers["retry-after"]) >= 1
                await asyncio.sleep(0.1)

    async with httpx.AsyncClient(
        base_url=base, timeout=60, limits=limits, trust_env=False
    ) as client:
        await asyncio.gather(*(ask(client) for _ in range(80)))
    return statuses


def test_clients_that_read_nothing_are_cut_off() -> None:
    with slow(0, send_timeout=1) as (process, client):
        wait_ready(client)
        asked = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with ExitStack() as opened:
            for _ in range(10):
                connection = opened.enter_context(socket.socket())
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
                connection.connect(address(client))
                connection.sendall(asked * 60)
            end = time.monotonic() + 60
            while held(process) > 1:  # that of the client
                assert time.monotonic() < end, "they are held"
                time.sleep(0.2)
        said = [line for line in log_of(client) if line.get("level") == "error"]
        assert not said
        assert client.get("/healthz").status_code == 200


def held(process) -> int:
    """Sockets that a process has, beside the one that listens."""
    return sum(each.status != "LISTEN" for each in psutil.Process(process.pid).net_connections())


def test_too_many_connections_are_refused_in_words() -> None:
    with slow(0, max_connections=20) as (process, client):
        wait_ready(client)
        with connections(client, 20):
            crowded = httpx.get(f"{client.base_url}/readyz", trust_env=False)
            assert problem(crowded, 503, "too-many-connections")["detail"]
            assert (crowded.headers["retry-after"], crowded.headers["connection"]) == ("5", "close")
            assert httpx.get(f"{client.base_url}/healthz", trust_env=False).status_code == 200
            with connections(client, 60):
                end = time.monotonic() + 60
                while held(process) > 30:
                    assert time.monotonic() < end, "they are not closed"
                    time.sleep(0.1)
        end = time.monotonic() + 60
        while httpx.get(f"{client.base_url}/readyz", trust_env=False).status_code != 200:
            assert time.monotonic() < end
            time.sleep(0.1)
        said = [line for line in log_of(client) if "max_connections" in line["message"]]
        assert len(said) == 1


def test_few_files_are_told_of_before_they_run_out() -> None:
    server = f"ulimit -n 128; exec {sys.executable} -m tests.api.slow_server 0"
    with serving(["bash", "-c", server]) as (process, client):
        wait_ready(client)
        said = [line["message"] for line in log_of(client) if "ulimit" in line["message"]]
        assert len(said) == 1
        with connections(client, 150):
            end = time.monotonic() + 60
            while held(process) > 70:
                assert time.monotonic() < end, "they are not closed"
                time.sleep(0.1)
        assert client.post("/v1/briefs", json=article(1)).status_code == 200
