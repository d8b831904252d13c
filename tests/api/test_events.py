"""A brief as server-sent events: sections as they are written, then the whole, or the problem."""

import asyncio
import json
from contextlib import aclosing

import httpx
import pytest

from briefing.api import create_app
from briefing.api.bodies import shown_while
from briefing.config import Settings
from tests.api.articles import BODY, TEXT, TITLE
from tests.api.fakes import Client, EchoBackend, GatedBackend, echo_briefer, problem, running, until

EVENTS = {"Accept": "text/event-stream"}
ASKED = {"title": TITLE, "text": BODY}


def events(answer: httpx.Response) -> list[tuple[str, dict]]:
    """Names and data of the events, parsed as the HTML standard says."""
    assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
    found = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_sections_then_the_brief(client: Client) -> None:
    whole = client.post(json=ASKED).json()
    found = events(client.post(json=ASKED, headers=EVENTS))
    *sections, (last, brief) = found
    assert last == "brief"
    assert {name for name, _ in sections} == {"headline", "key_points", "context"}
    assert brief == whole
    assert all(data == brief[name] for name, data in sections)


def test_only_what_was_asked_for_and_without_a_model(client: Client) -> None:
    asked = {**ASKED, "sections": ["key-points"], "extractive": True}
    found = events(client.post(json=asked, headers=EVENTS))
    assert [name for name, _ in found] == ["key_points", "brief"]
    assert found[-1][1]["model"]["name"] == "none"
    headers = {**EVENTS, "Content-Type": "text/plain"}
    assert events(client.post(content=TEXT, headers=headers))[-1][0] == "brief"


def test_who_takes_anything_gets_json(client: Client) -> None:
    for accept in ("*/*", "application/json, text/event-stream", "text/event-stream;q=0.1, */*"):
        answer = client.post(json=ASKED, headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"
    answer = client.post(json={**ASKED, "format": "text"}, headers=EVENTS)
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [({"text": "Ja."}, 422, "too-short"), ({"text": ""}, 422, "empty-input")],
)
def test_problems_of_the_article_set_the_status(client: Client, asked, status, code) -> None:
    problem(client.post(json=asked, headers=EVENTS), status, code)


def test_a_failure_on_the_way_is_an_event() -> None:
    backend = EchoBackend(error=RuntimeError("secret"))
    app = create_app(Settings(cache_bytes=0), echo_briefer(backend))
    asyncio.run(app.state.service.warm())
    backend.broken = True
    answer = Client(app).post(json={"text": BODY}, headers=EVENTS)
    ((name, document),) = events(answer)
    assert (name, document["type"]) == ("problem", "urn:briefing:problem:internal-error")
    assert "secret" not in answer.text
    assert app.state.service.admission.taken == 0
    asyncio.run(app.state.service.close())


def test_silence_is_filled_and_a_deadline_kept(monkeypatch) -> None:
    monkeypatch.setattr("briefing.api.bodies.HEARTBEAT", 0.02)
    backend = GatedBackend()
    backend.go.set()
    app = create_app(Settings(cache_bytes=0), echo_briefer(backend))

    async def scenario() -> None:
        async with running(app) as client:
            await client.post("/v1/briefs", json=ASKED)  # the planner is loaded by its first use
            backend.go.clear()
            headers = {**EVENTS, "X-Request-Timeout": "0.3"}
            answer = await client.post("/v1/briefs", json=ASKED, headers=headers)
            assert answer.text.count(": waiting\n\n") > 3
            assert events(answer)[-1][1]["type"] == "urn:briefing:problem:deadline-passed"
            backend.go.set()
            await until(lambda: app.state.service.admission.taken == 0)

    asyncio.run(scenario())


def test_a_stream_that_is_cancelled_leaves_nothing_behind() -> None:
    async def run() -> None:
        async def forever(_show: object) -> None:
            await asyncio.sleep(60)

        async def drain() -> None:
            async with aclosing(shown_while(forever, b"")) as items:
                async for _ in items:
                    pass

        reading = asyncio.create_task(drain())
        await until(lambda: len(asyncio.all_tasks()) == 4)
        reading.cancel()
        await asyncio.wait([reading])
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())
