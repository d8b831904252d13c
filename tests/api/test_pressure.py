"""Deadlines, full queues, slow bodies, clients that leave, and what goes around every request."""

import asyncio
import logging

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from briefing.api import create_app
from briefing.api.app import Envelope
from briefing.api.bodies import BodyLimits, Deadline, receive_body
from briefing.api.metrics import Observer
from briefing.api.problems import DeadlinePassed
from briefing.config import Settings
from tests.api.articles import BODY
from tests.api.fakes import Client, EchoBackend, GatedBackend, echo_briefer, problem, running, until


def article(number: int) -> dict[str, str]:
    return {"title": f"Vote {number}", "text": BODY}


def gated(**settings):
    """An application whose model is warm and then waits."""
    backend = GatedBackend()
    backend.go.set()
    return create_app(Settings(**settings), echo_briefer(backend)), backend


def test_past_its_deadline_a_request_is_a_504_and_its_lines_are_never_written() -> None:
    app, backend = gated()

    async def scenario() -> None:
        async with running(app) as client:
            backend.go.clear()
            backend.sizes.clear()
            first = asyncio.create_task(client.post("/v1/briefs", json=article(0)))
            await until(lambda: backend.sizes)
            headers = {"X-Request-Timeout": "0.4"}
            late = await client.post("/v1/briefs", json=article(1), headers=headers)
            assert "0.4 seconds" in problem(late, 504, "deadline-passed")["detail"]
            await until(lambda: app.state.service.admission.taken == 1)
            backend.go.set()
            assert (await first).status_code == 200
            assert len(backend.sizes) == 1

    asyncio.run(scenario())


def test_the_servers_time_is_the_most_that_a_client_can_ask_for() -> None:
    app, backend = gated(request_timeout=0.3)

    async def scenario() -> None:
        async with running(app) as client:
            backend.go.clear()
            for headers in ({}, {"X-Request-Timeout": "500"}):
                late = await client.post("/v1/briefs", json=article(1), headers=headers)
                assert "0.3 seconds" in problem(late, 504, "deadline-passed")["detail"]
            backend.go.set()

    asyncio.run(scenario())


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "1e3", "", "nan", "1.23456"])
def test_deadlines_that_are_none(client: Client, seconds: str) -> None:
    response = client.post(json=article(1), headers={"X-Request-Timeout": seconds})
    problem(response, 400, "bad-header")


def test_a_full_queue_refuses_and_then_serves_again() -> None:
    app, backend = gated(queue=3)

    async def scenario() -> None:
        async with running(app) as client:
            backend.go.clear()
            tasks = [
                asyncio.create_task(client.post("/v1/briefs", json=article(n))) for n in range(3)
            ]
            await until(lambda: app.state.service.admission.taken == 3)
            for path, asked in (
                ("/v1/briefs", article(9)),
                ("/v1/briefs/batch", [article(9)]),
                ("/v1/check", {"text": BODY, "claim": BODY}),
            ):
                full = await client.post(path, json=asked)
                problem(full, 429, "queue-full")
                assert 1 <= int(full.headers["retry-after"]) <= 120
            assert (await client.get("/readyz")).status_code == 200
            backend.go.set()
            assert {each.status_code for each in await asyncio.gather(*tasks)} == {200}
            assert (await client.post("/v1/briefs", json=article(9))).status_code == 200

    asyncio.run(scenario())


def test_bodies_held_at_once_are_bounded() -> None:
    app, _ = gated(max_bodies=1_000)

    async def scenario() -> None:
        async with running(app) as client:
            large = await client.post("/v1/briefs", json={"text": BODY * 10})
            problem(large, 429, "queue-full")
            assert app.state.service.admission.bytes == 0
            assert (await client.post("/v1/briefs", json=article(1))).status_code == 200

    asyncio.run(scenario())


def test_a_slow_body_is_a_408() -> None:
    app, _ = gated(body_timeout=0.2)

    async def slow():
        yield b'{"text": "'
        await asyncio.sleep(1)
        yield b'"}'

    async def scenario() -> None:
        async with running(app) as client:
            headers = {"Content-Type": "application/json"}
            late = await client.post("/v1/briefs", content=slow(), headers=headers)
            problem(late, 408, "body-too-slow")
            headers["X-Request-Timeout"] = "0.1"
            late = await client.post("/v1/briefs", content=slow(), headers=headers)
            problem(late, 504, "deadline-passed")

    asyncio.run(scenario())


def test_a_timeout_that_ends_a_moment_early_is_the_deadline_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("briefing.api.bodies.Deadline.left", property(lambda _: 0.05))

    async def receive() -> Message:
        await asyncio.sleep(1)
        return {"type": "http.request"}

    async def scenario() -> None:
        limits = BodyLimits(100, 5, Deadline(0.05), lambda _: None)
        await receive_body(Request({"type": "http", "headers": []}, receive), limits)

    with pytest.raises(DeadlinePassed):
        asyncio.run(scenario())


def test_shutting_down_ends_what_waits_with_a_503() -> None:
    app, backend = gated()

    async def scenario() -> None:
        async with running(app) as client:
            backend.go.clear()
            task = asyncio.create_task(client.post("/v1/briefs", json=article(1)))
            await until(lambda: app.state.service.admission.taken == 1)
            app.state.service.drain(0.1)
            problem(await client.post("/v1/briefs", json=article(2)), 503, "draining")
            problem(await task, 503, "draining")
            backend.go.set()

    asyncio.run(scenario())


def test_what_fails_late_is_a_problem_and_logged(client: Client, monkeypatch, caplog) -> None:
    monkeypatch.setattr("briefing.api.routes.briefs.answer", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        response = client.post(json=article(1), headers={"X-Request-ID": "late-1"})
    problem(response, 500, "internal-error")
    assert response.headers["x-request-id"] == "late-1"
    assert "late-1" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/docs", "/docs/ui/swagger-ui.css"])
def test_request_ids_come_back(client: Client, path: str) -> None:
    given = client.get(path, headers={"X-Request-ID": "a.b-c:1/2+3="})
    assert given.headers["x-request-id"] == "a.b-c:1/2+3="
    made = {client.get(path).headers["x-request-id"] for _ in range(2)}
    assert len(made) == 2


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\x7f", "é".encode("latin-1"), "<a>"])
def test_request_ids_that_are_none_are_made_anew(client: Client, given) -> None:
    found = client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert len(found) == 32


def test_the_answer_to_a_refused_body_is_sent_before_the_rest_is_thrown_away() -> None:
    """And the connection is said to close: a client that goes on sending is not heard."""
    events: list[str] = []
    app = Envelope(create_app(Settings(max_body=1_000), echo_briefer()), Observer())

    async def receive():
        events.append("received")
        more = events.count("received") < 10
        return {"type": "http.request", "body": bytes(600), "more_body": more}

    async def send(message) -> None:
        events.append(message["type"].rpartition(".")[2])
        if message["type"] == "http.response.start":
            head = dict(message["headers"])
            assert (message["status"], head[b"connection"]) == (413, b"close")

    async def scenario() -> None:
        service = app._app.state.service
        await service.warm()
        headers = [(b"content-type", b"text/plain"), (b"transfer-encoding", b"chunked")]
        scope = {
            "type": "http", "method": "POST", "path": "/v1/briefs", "raw_path": b"/v1/briefs",
            "query_string": b"", "root_path": "", "headers": headers, "http_version": "1.1",
        }  # fmt: skip
        await app(scope, receive, send)
        await service.close()

    asyncio.run(scenario())
    assert events == ["received"] * 2 + ["start", "body"] + ["received"] * 8 + ["body"]


class Counting(Observer):
    def __init__(self) -> None:
        self.requests: list[tuple] = []
        self.stages: list[str] = []
        self.lines = 0
        self.hits: list[bool] = []
        self.briefs: list[tuple[int, int]] = []

    def request(self, *, route, method, status, seconds, id, received, sent):
        assert seconds >= 0
        assert sent > 0
        self.requests.append((route, method, status, id))

    def stage(self, name, seconds):
        self.stages.append(name)

    def batch(self, *, lines, waited, queued):
        assert waited >= 0
        self.lines += lines

    def brief(self, *, generated, extracted, refused):
        assert refused >= 0
        self.briefs.append((generated, extracted))

    def cache(self, *, hit):
        self.hits.append(hit)


def test_an_observer_is_told_what_happens() -> None:
    observer = Counting()
    app = create_app(Settings(), echo_briefer(EchoBackend()), observer)

    async def scenario() -> list[httpx.Response]:
        async with running(app) as client:
            sent = [
                await client.post("/v1/briefs", json=article(1), headers={"X-Request-ID": "r1"})
                for _ in range(2)
            ]
            return [*sent, await client.get("/no/such/place"), await client.put("/v1/briefs")]

    answers = asyncio.run(scenario())
    assert [answer.status_code for answer in answers] == [200, 200, 404, 405]
    assert observer.hits == [False, True]
    assert observer.stages == ["read", "plan", "write", "check"]
    assert observer.lines > 0
    assert sum(observer.briefs[0]) == len(answers[0].json()["key_points"]) + 1 + len(
        answers[0].json()["context"]
    )
    assert observer.requests[0] == ("/v1/briefs", "POST", 200, "r1")
    assert [request[2] for request in observer.requests] == [200, 200, 404, 405]
    assert "/no/such/place" not in str(observer.requests)
