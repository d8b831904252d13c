"""Each type of problem is provoked by a test, here where it is not where it belongs."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from briefing.api import create_app
from briefing.api.problems import PROBLEM_KINDS
from briefing.config import Settings
from briefing.errors import InputError, PromptError, Stalled
from briefing.reading.isolated import IsolatedReader
from tests.api.articles import BODY
from tests.api.fakes import Client, EchoBackend, echo_briefer, problem, running

TESTS = Path(__file__).parent


@pytest.mark.parametrize("code", PROBLEM_KINDS)
def test_there_is_a_test_of(code: str) -> None:
    """A new kind needs a test that gets its problem document, by its status and code."""
    said = f"{PROBLEM_KINDS[code].status}, " + rf'"{code}"|urn:briefing:problem:{code}\b'
    files = [path.read_text("utf-8") for path in TESTS.rglob("test_*.py")]
    assert any(re.search(said, text) for text in files)


def test_too_long() -> None:
    app = create_app(Settings(), echo_briefer())

    async def scenario() -> None:
        async with running(app) as client:
            page = f"<html><body><article><p>{BODY}</p>{'<b>' * 160_000}</article></body></html>"
            answer = await client.post("/v1/briefs", json={"html": page})
            problem(answer, 413, "too-long")

    asyncio.run(scenario())


def test_too_complex() -> None:
    app = create_app(Settings(read_timeout=0.05), echo_briefer())

    async def scenario() -> None:
        async with running(app) as client:
            page = f"<html><body><article>{f'<p>{BODY}</p>' * 5_000}</article></body></html>"
            answer = await client.post("/v1/briefs", json={"html": page})
            problem(answer, 422, "too-complex")

    asyncio.run(scenario())


@pytest.mark.parametrize("path", ["/v1/briefs", "/v1/check"])
def test_reader_busy(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    async def stall(*_: object, **__: object) -> None:
        raise Stalled("The machine is too busy.")

    monkeypatch.setattr(IsolatedReader, "read", stall)
    app = create_app(Settings(), echo_briefer())

    async def scenario() -> None:
        async with running(app) as client:
            body = {"text": BODY * 200, **({"claim": BODY} if "check" in path else {})}
            answer = await client.post(path, json=body)
            problem(answer, 503, "reader-busy")
            assert int(answer.headers["retry-after"]) > 0

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("text/plain", "a shorter text"),
        ("text/html", "the article's text"),
        ("application/json", "a shorter text"),
    ],
)
def test_what_helps_depends_on_what_was_sent(kind: str, advice: str) -> None:
    text = " ".join(f"Gull {n} came back to the harbour at dawn." for n in range(9_000))
    body = json.dumps({"text": text}) if kind.endswith("json") else f"<p>{text}</p>"
    app = create_app(Settings(read_timeout=0.02), echo_briefer())

    async def scenario() -> None:
        async with running(app) as client:
            answer = await client.post("/v1/briefs", content=body, headers={"Content-Type": kind})
            assert f"Send {advice}" in problem(answer, 422, "too-complex")["detail"]

    asyncio.run(scenario())


def test_bad_input(client: Client, backend: EchoBackend, monkeypatch) -> None:
    monkeypatch.setattr(backend, "error", InputError("It cannot be briefed."))
    monkeypatch.setattr(backend, "broken", True)
    found = problem(client.post(json={"text": BODY}), 422, "bad-input")
    assert found["detail"] == "It cannot be briefed."


def test_bad_prompt_is_confidential(client: Client, backend: EchoBackend, monkeypatch) -> None:
    monkeypatch.setattr(backend, "error", PromptError("/secret/prompts.toml has no template"))
    monkeypatch.setattr(backend, "broken", True)
    found = problem(client.post(json={"text": BODY}), 503, "bad-prompt")
    assert "secret" not in str(found)


def test_client_gone(client: Client) -> None:
    """Nobody reads the answer; it is what the log and the metrics say."""
    scope = {
        **{"type": "http", "method": "POST", "path": "/v1/briefs", "query_string": b""},
        **{"http_version": "1.1", "scheme": "http", "root_path": ""},
        "headers": [(b"content-type", b"text/plain"), (b"content-length", b"100")],
    }
    said: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        said.append(message)

    asyncio.run(client.app(scope, receive, send))
    assert said[0]["status"] == 499
    assert b"urn:briefing:problem:client-gone" in said[1]["body"]
