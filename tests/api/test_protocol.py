"""Shapes of HTTP, sent by hand: HEAD, absolute targets, framing, half-closed clients, drains."""

import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.api.articles import BODY
from tests.api.fakes import problem
from tests.api.test_lifecycle import address, answer_of, article, is_full, slow, wait_full
from tests.api.test_server import log_of, wait_ready

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service() -> Iterator[httpx.Client]:
    with slow(0.3, without_keys="true") as (_, client):
        wait_ready(client)
        yield client


def exchange(client: httpx.Client, sent: bytes, *, shut: bool = False) -> bytes:
    """All that is said to what is ``sent``, up to the end of the connection."""
    with socket.create_connection(address(client)) as connection:
        connection.sendall(sent)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        return answer_of(connection)


def post(number: int = 0, *extra: str, text: str = BODY) -> bytes:
    body = json.dumps({"title": f"Vote {number}", "text": text}).encode()
    head = ["POST /v1/briefs HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    head += [f"Content-Length: {len(body)}", *extra]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def get(target: str, host: str = "localhost", *extra: str) -> bytes:
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *extra]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/v1/models"),
        *("/v1/info", "/static/page.js", "/static/result.css", "/docs/ui/swagger-ui.css"),
    ],
)
def test_head_is_get_without_its_content(service: httpx.Client, path: str) -> None:
    whole, head = service.get(path), service.head(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]
    if path != "/metrics":  # counts its own requests
        assert head.headers["content-length"] == whole.headers["content-length"]
    assert service.get("/healthz").status_code == 200


def test_head_of_a_job_and_of_a_kept_brief(service: httpx.Client) -> None:
    made = service.post("/v1/jobs", json={"articles": [article(11)]})
    page = service.post("/", files={"text": (None, BODY)}, headers={"Accept": "text/html"}).text
    found = re.search(r'href="(\?brief=[^"]+)"', page)
    assert found
    for path in (made.headers["location"], f"/{found[1]}"):
        whole, head = service.get(path), service.head(path)
        assert (whole.status_code, head.status_code, head.content) == (200, 200, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]
    for path in ("/v1/jobs/none", "/?brief=none"):
        assert service.head(path).status_code == service.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/digest.atom", "/v1/digests", "/v1/digests/latest", "/none"])
def test_head_of_what_is_not_there_is_as_get(service: httpx.Client, path: str) -> None:
    head = service.head(path)
    assert (head.status_code, head.content) == (404, b"")
    assert head.headers["content-type"] == "application/problem+json"


def test_what_is_not_allowed_names_all_that_is(service: httpx.Client) -> None:
    answer = service.put("/")
    problem(answer, 405, "method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert service.head("/v1/briefs").headers["allow"] == "POST"
    assert service.get("/v1/check").headers["allow"] == "POST"


@pytest.mark.parametrize("authority", ["localhost", "example.org:8080", "[::1]:80", "127.0.0.1"])
def test_absolute_targets_are_taken(service: httpx.Client, authority: str) -> None:
    for scheme in ("http", "HTTPS"):
        said = exchange(service, get(f"{scheme}://{authority}/healthz"))
        assert said.startswith(b"HTTP/1.1 200 ")
    said = exchange(service, get(f"http://{authority}/v1/digests?limit=0"))
    assert said.startswith(b"HTTP/1.1 422 ")
    assert exchange(service, get(f"http://{authority}")).startswith(b"HTTP/1.1 200 ")
    assert exchange(service, get(f"http://{authority}?a=b")).startswith(b"HTTP/1.1 200 ")


def test_an_absolute_target_goes_before_the_host() -> None:
    """A page that was made to lead here by its name gains nothing by an honest Host."""
    with slow(0) as (_, client):
        wait_ready(client)
        for target, host, status in (
            ("http://evil.example/v1/models", "localhost", b"403"),
            ("http://localhost/v1/models", "evil.example", b"200"),
            ("/v1/models", "evil.example", b"403"),
        ):
            assert exchange(client, get(target, host)).split(b" ", 2)[1] == status, target


@pytest.mark.parametrize("protocol", ["websocket", "h2c", "TLS/1.0, x"])
def test_an_upgrade_is_not_taken(service: httpx.Client, protocol: str) -> None:
    extra = ("Connection: upgrade, close", f"Upgrade: {protocol}")
    assert exchange(service, get("/healthz", "localhost", *extra)).startswith(b"HTTP/1.1 200 ")


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"transfer-encoding: Chunked\r\ncontent-length: 0",
    ],
)
def test_two_framings_end_the_connection(service: httpx.Client, framing: bytes) -> None:
    head = b"POST /v1/briefs HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
    said = exchange(service, head + framing + b"\r\n\r\n0\r\n\r\n" + SMUGGLED)
    assert said.count(b"HTTP/1.1 ") == 1
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"send one of them" in said
    assert 'briefing_problems_total{type="bad-request"}' in service.get("/metrics").text
    told = [line for line in log_of(service) if line["message"] == "request refused"]
    assert (told[-1]["problem"], told[-1]["client"]) == ("bad-request", "127.0.0.1")
    assert b"Connection: close" in said


@pytest.mark.parametrize("length", [257, 300, 5_000])
def test_a_boundary_that_is_too_long_is_a_422(service: httpx.Client, length: int) -> None:
    boundary = "b" * length
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="text"\r\n\r\n{BODY}\r\n'
    answer = service.post("/", content=f"{body}--{boundary}--\r\n", headers=headers)
    assert answer.status_code == 422
    assert "70 characters" in answer.text
    answer = service.post("/", content=b"", headers=headers | {"Accept": "application/x-ndjson"})
    problem(answer, 422, "invalid-request")


def test_a_half_closed_client_gets_its_answer(service: httpx.Client) -> None:
    said = exchange(service, post(1), shut=True)
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"briefing.brief/1"' in said
    assert exchange(service, get("/healthz"), shut=True).startswith(b"HTTP/1.1 200 OK\r\n")
    # Of an older version, and by a body in chunks.
    body = BODY.encode()
    sent = b"POST /v1/briefs HTTP/1.0\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
    assert b" 200 OK\r\n" in exchange(service, sent % len(body) + body, shut=True)[:20]
    head = b"POST /v1/briefs HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert exchange(service, chunked, shut=True).startswith(b"HTTP/1.1 200 OK\r\n")


def test_all_that_a_half_closed_client_sent_is_answered(service: httpx.Client) -> None:
    said = exchange(service, post(2) + SMUGGLED + post(3), shut=True)
    assert said.count(b"HTTP/1.1 200 OK\r\n") == 3
    # What is not whole is not waited for.
    began = time.monotonic()
    said = exchange(service, post(4) + post(5)[:-10], shut=True)
    assert said.count(b"HTTP/1.1 ") == 1
    said = exchange(service, post(6) + b"GET /heal", shut=True)
    assert said.count(b"HTTP/1.1 ") == 1
    assert exchange(service, post(7)[:-1], shut=True) == b""
    assert time.monotonic() - began < 20


def test_a_slow_answer_is_whole_for_a_half_closed_client() -> None:
    with slow(2.5) as (_, client):  # time for four of the bytes that are sent ahead
        wait_ready(client)
        said = exchange(client, post(1), shut=True)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(body)["schema"] == "briefing.brief/1"


def test_one_that_half_closed_and_went_away_frees_its_place() -> None:
    with slow(4.0, queue=1) as (_, client):
        wait_ready(client)
        connection = socket.create_connection(address(client))
        connection.sendall(post(1))
        connection.shutdown(socket.SHUT_WR)
        wait_full(client)
        time.sleep(0.5)
        assert is_full(client)
        connection.close()
        began = time.monotonic()
        while is_full(client):
            assert time.monotonic() - began < 3.5
            time.sleep(0.05)


def test_a_drain_answers_bodies_that_are_half_sent() -> None:
    with slow(1.0, grace=20) as (process, client), ThreadPoolExecutor(2) as pool:
        wait_ready(client)
        asked = pool.submit(client.post, "/v1/briefs", json=article(0))
        with socket.create_connection(address(client)) as connection:
            connection.sendall(post(1)[:-10])
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            said = answer_of(connection)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"urn:briefing:problem:draining" in said
        assert time.monotonic() - began < 15
        assert asked.result().status_code == 200
        process.communicate(timeout=30)
        assert not [line for line in log_of(client) if line["level"] == "error"]
    assert process.returncode == 0


def test_a_delayed_drain_serves_on_unready() -> None:
    with slow(0, drain_delay=2) as (process, client):
        wait_ready(client)
        process.send_signal(signal.SIGTERM)
        until_unready(client)
        problem(client.get("/readyz"), 503, "draining")
        assert client.get("/healthz").status_code == 200
        fresh = httpx.post(f"{client.base_url}/v1/briefs", json=article(0), trust_env=False)
        assert fresh.status_code == 200
        process.communicate(timeout=30)
    assert process.returncode == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{client.base_url}/healthz", trust_env=False)


def test_a_second_signal_ends_the_delay() -> None:
    with slow(0, drain_delay=60) as (process, client):
        wait_ready(client)
        process.send_signal(signal.SIGTERM)
        until_unready(client)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 128 + signal.SIGTERM


def until_unready(client: httpx.Client) -> None:
    end = time.monotonic() + 10
    while client.get("/readyz").status_code == 200:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_worker_listens_once_it_is_warm() -> None:
    with slow(0, workers=2) as (_, client):

        def ask() -> list[int]:
            with httpx.Client(base_url=client.base_url, timeout=60, trust_env=False) as own:
                return [own.post("/v1/briefs", json=article(n)).status_code for n in range(5)]

        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(ask) for _ in range(4)]
            assert [each.result() for each in asked] == [[200] * 5] * 4


LONG = b"a" * 70_000
ASK = b"Host: localhost\r\nConnection: close\r\n"
TYPED = ASK + b"Content-Type: text/plain\r\n"
STARTS = (
    *(b"GET /healthz HTTP/1.1", b"GET  /healthz HTTP/1.1", b"get /healthz HTTP/1.1"),
    *(
        b"GET /healthz HTTP/1.0",
        b"GET /healthz HTTP/0.9",
        b"GET /healthz HTTP/2.0",
        b"GET /healthz",
    ),
    *(b"GET /healthz http/1.1", b"GET /healthz HTTP/1.1 x", b" GET /healthz HTTP/1.1"),
    *(b"GET /healthz\x00 HTTP/1.1", b"GET /health\xc3\xa9 HTTP/1.1", b"G\xffT / HTTP/1.1"),
    *(b"GET /../../etc/passwd HTTP/1.1", b"GET /static/../app.py HTTP/1.1"),
    *(b"GET /static/%2e%2e/app.py HTTP/1.1", b"GET /static/%2e%2e%2fapp.py HTTP/1.1"),
    *(b"GET //healthz HTTP/1.1", b"GET /healthz/ HTTP/1.1", b"GET /%68ealthz HTTP/1.1"),
    *(b"GET /%zz HTTP/1.1", b"GET /%00 HTTP/1.1", b"GET /%ff HTTP/1.1", b"GET ? HTTP/1.1"),
    *(b"GET /?brief=%00 HTTP/1.1", b"GET /?brief=%ff HTTP/1.1", b"GET /?brief=.. HTTP/1.1"),
    *(b"GET /v1/jobs/%00 HTTP/1.1", b"GET /v1/jobs/../.. HTTP/1.1", b"GET /v1/jobs/ HTTP/1.1"),
    *(b"GET /v1/digests?limit=1e9 HTTP/1.1", b"GET /v1/digests/2026-02-30 HTTP/1.1"),
    *(b"OPTIONS * HTTP/1.1", b"OPTIONS /v1/briefs HTTP/1.1", b"TRACE / HTTP/1.1"),
    *(b"CONNECT localhost:80 HTTP/1.1", b"PRI * HTTP/2.0", b"PATCH / HTTP/1.1", b"X / HTTP/1.1"),
    *(b"DELETE /v1/jobs/none HTTP/1.1", b"HEAD /v1/briefs HTTP/1.1", b"GET /v1/check HTTP/1.1"),
    *(b"GET http://[::1/ HTTP/1.1", b"GET http:///healthz HTTP/1.1", b"GET ftp://a/ HTTP/1.1"),
    *(b"GET /" + LONG + b" HTTP/1.1", LONG + b" / HTTP/1.1", b"", b"\x16\x03\x01\x02\x00\x01"),
    *(b"GET /v1/chat/completions HTTP/1.1", b"POST /v1/chat/completions HTTP/1.1"),
)
"""First lines."""
HEADS = (
    *(b"Host: localhost", b"Host:", b"Host: a\r\nHost: b", b"Host: a b", b"Host: \xff", b""),
    *(b"A: b\x00", b"A: b\nC: d", b"A : b", b": b", b"A", b" A: b", b"A:\r\n folded", b"A: \x7f"),
    *(b"A: " + LONG, b"A: b\r\n" * 2_000, b"Cookie: " + b"a=b; " * 2_000, b"Range: bytes=0-0"),
    *(b"Accept: " + b"a/b," * 5_000, b"Accept: */*;q=9", b"Accept: \xff", b"TE: trailers"),
    *(b"If-None-Match: " + b'"a",' * 5_000, b"If-Modified-Since: never", b"X-Request-ID: a\xffb"),
    *(b"X-Request-Timeout: -1", b"X-Request-Timeout: 1e9", b"traceparent: 00-" + b"0" * 32),
    *(b"Forwarded: for=\xff", b"X-Forwarded-For: " + b"1," * 900, b"Origin: null", b"Expect: x"),
    *(b"Upgrade: h2c", b"Upgrade: websocket\r\nSec-WebSocket-Key: a", b"Content-Length: 0"),
    *(b"Authorization: Bearer \xff", b"Authorization: " + b"a" * 9_000, b"X-API-Key:"),
)
"""Header fields of a GET."""
FRAMES = (
    *(b"Content-Length: 5\r\n\r\nabcde", b"Content-Length: 5\r\n\r\nabc", b"\r\n"),
    *(
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: +5\r\n\r\nabcde",
        b"Content-Length:\r\n\r\n",
    ),
    *(b"Content-Length: 5, 5\r\n\r\nabcde", b"Content-Length: 5, 6\r\n\r\nabcdef"),
    *(b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", b"Content-Length: 0x5\r\n\r\nabcde"),
    *(b"Content-Length: " + b"9" * 400 + b"\r\n\r\n", b"Content-Length: 1e1\r\n\r\nabcdefghij"),
    *(b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",),
    *(b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcdef\r\n0\r\n\r\n",),
    *(b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"Transfer-Encoding: chunked\r\n\r\n-1\r\n"),
    *(b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\n",),
    *(b"Transfer-Encoding: chunked\r\n\r\n5;" + LONG + b"\r\nabcde\r\n0\r\n\r\n",),
    *(b"Transfer-Encoding: chunked\r\n\r\n0\r\nA: " + LONG + b"\r\n\r\n",),
    *(b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"Transfer-Encoding: x\r\n\r\n"),
    *(b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",),
    *(b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",),
    *(b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",),
    *(b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\na",),
    *(b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nabcde",),
    *(b"Idempotency-Key: " + b"k" * 300 + b"\r\nContent-Length: 1\r\n\r\na",),
    *(b"Content-Length: 99999999\r\n\r\na", b"X-Request-Timeout: 0\r\nContent-Length: 1\r\n\r\na"),
)
"""The rest of a POST."""


def shapes() -> Iterator[bytes]:
    for start in STARTS:
        yield start + b"\r\n" + ASK + b"\r\n"
    for head in HEADS:
        yield b"GET /v1/info HTTP/1.1\r\n" + (b"" if b"Host" in head else ASK) + head + b"\r\n\r\n"
    for frame in FRAMES:
        yield b"POST /v1/briefs HTTP/1.1\r\n" + TYPED + frame
    for cut in (1, 20, 60, 120, 250):
        yield post(8)[:cut]


def test_a_hundred_shapes_are_answered_or_closed(service: httpx.Client) -> None:
    """None fails in the service, and none is waited for."""
    sent = list(shapes())
    assert len(sent) > 100
    with ThreadPoolExecutor(8) as pool:
        for shape, said in zip(
            sent, pool.map(lambda each: exchange(service, each, shut=True), sent), strict=True
        ):
            assert not said or said.startswith(b"HTTP/1.1 "), shape[:200]
            for status in re.findall(rb"^HTTP/1\.1 (\d+)", said, re.M):
                assert status < b"500" or status in (b"503", b"504"), (shape[:200], said[:400])
            assert b"Traceback" not in said, shape[:200]
            assert b"root:" not in said, shape[:200]
    assert service.get("/healthz").status_code == 200
    assert not [line for line in log_of(service) if line["level"] == "error"]


def test_there_is_no_chat_of_other_services(service: httpx.Client) -> None:
    asked = {"model": "briefing", "messages": [{"role": "user", "content": BODY}]}
    problem(service.post("/v1/chat/completions", json=asked), 404, "not-found")
