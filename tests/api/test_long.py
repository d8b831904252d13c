"""Long titles are refused; long articles are read, planned and checked where they delay no one."""

import asyncio
import json
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from briefing.api import create_app, scheduler, service
from briefing.api.scheduler import CLIENT, LARGE, READERS, SMALL, SourceReader
from briefing.api.schemas import MOST_TITLE, CheckRequest
from briefing.api.service import LONG, plan_of
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.reading import article_from_text
from briefing.sections import Section
from tests.api.articles import BODY, LEAD, TEXT
from tests.api.fakes import Client, echo_briefer, post, problem, running, until

VOTES = " ".join(f"Councillor {n} of Millbrook spoke for the pier on Tuesday." for n in range(LONG))


@pytest.fixture(scope="module")
def roomy(_no_settings_from_outside: None) -> Iterator[Client]:
    """A service that takes bodies of any size."""
    app = create_app(Settings(cache_bytes=0), echo_briefer())
    asyncio.run(app.state.service.warm())
    yield Client(app)
    asyncio.run(app.state.service.close())


MARKS = "a\u0301" * MOST_TITLE
"""What is longer than it looks."""


@pytest.mark.parametrize("name", ["title", "subtitle"])
@pytest.mark.parametrize("value", ["word " * 900_000, MARKS], ids=["words", "marks"])
def test_a_title_without_end_is_refused_before_it_is_read(
    roomy: Client, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(SourceReader, "article", pytest.fail)
    found = problem(roomy.post(json={"text": BODY, name: value}), 422, "invalid-request")
    (mistake,) = found["errors"]
    assert mistake["pointer"] == f"#/{name}"
    assert str(MOST_TITLE) in mistake["detail"]
    assert len(json.dumps(found)) < 1_000
    line = roomy.post("/v1/briefs/batch", json=[{"text": BODY, name: value}]).json()[0]
    assert (line["status"], line["problem"]["errors"]) == (422, [mistake])
    job = roomy.post("/v1/jobs", json={"articles": [{"text": BODY, name: value}]})
    assert job.status_code == 202  # as in a batch, it is that article's result


def test_a_title_of_the_form_has_the_same_bound(roomy: Client) -> None:
    parts = {"kind": (None, "text"), "text": (None, TEXT), "title": (None, MARKS)}
    headers = {"Accept": "application/x-ndjson"}
    problem(roomy.post("/", files=parts, headers=headers), 422, "invalid-request")


def test_so_has_that_of_a_page(roomy: Client) -> None:
    title = "The old pier stays. " * MOST_TITLE
    inside = f"<article><h1>{title}</h1><p>{LEAD}</p><p>{BODY}</p></article>"
    page = f"<html><head><title>{title}</title></head><body>{inside}</body></html>"
    for kind, data in (("text/html", page), ("text/markdown", f"# {title}\n\n{BODY}")):
        answer = post(roomy, data.encode(), kind)
        assert "title has" in problem(answer, 422, "bad-input")["detail"]


def test_titles_that_are_long_but_readable_are_taken(roomy: Client) -> None:
    title = "The council of Millbrook votes on the old ferry terminal " * 40
    assert roomy.post(json={"text": BODY, "title": title[:MOST_TITLE]}).status_code == 200


def spied(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each call of `SourceReader.plan` was one of the event loop's thread."""
    seen: list[bool] = []
    plan = SourceReader.plan

    async def spy(reader: SourceReader, job: Callable[[], Any]) -> Any:
        seen.append(threading.current_thread() is threading.main_thread())
        return await plan(reader, job)

    monkeypatch.setattr(SourceReader, "plan", spy)
    return seen


@pytest.mark.slow
def test_a_long_article_is_planned_in_another_process(
    roomy: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = spied(monkeypatch)
    for extractive in (False, True):
        asked = {"text": f"{BODY} {VOTES}", "extractive": extractive}
        assert roomy.post(json=asked).status_code == 200
    assert len(seen) == 2
    assert roomy.post(json={"text": BODY}).status_code == 200
    assert len(seen) == 2


def test_its_plan_is_that_of_a_briefer() -> None:
    article = article_from_text(f"{BODY} {VOTES}")
    plan = plan_of(article, tuple(Section), "standard")
    assert plan == Briefer(extractive=True).draft(article).plan


def test_a_long_article_in_another_language_is_refused_at_once(
    roomy: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = spied(monkeypatch)
    text = "Der Rat der Stadt hat am Dienstag beschlossen, das alte Haus zu verkaufen. " * LONG
    problem(roomy.post(json={"text": text}), 422, "unsupported-language")
    assert not seen


def test_planning_and_checking_end_in_time_and_free_their_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduler, "LONGER", 0.002)
    app = create_app(Settings(), echo_briefer())
    long = f"{BODY} {VOTES}" * 3
    assert len(long) > LARGE

    async def scenario() -> None:
        async with running(app) as client:
            answer = await client.post("/v1/briefs", json={"text": long})
            assert "shorter" in problem(answer, 422, "too-complex")["detail"]
            answer = await client.post("/v1/check", json={"text": long, "claim": LEAD})
            assert "claim" in problem(answer, 422, "too-complex")["detail"]
            assert app.state.service.admission.taken == 0
            assert (await client.post("/v1/briefs", json={"text": BODY})).status_code == 200

    asyncio.run(scenario())


@pytest.mark.slow
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_long_check_says_what_a_short_one_says(roomy: Client, size: int) -> None:
    short = roomy.post("/v1/check", json={"text": BODY, "claim": LEAD}).json()
    text = f"{BODY} {VOTES * 3}"[: size + len(BODY)]
    found = roomy.post("/v1/check", json={"text": text, "claim": LEAD}).json()
    assert found["supported"] is short["supported"] is True
    assert found["claims"][0]["text"] == short["claims"][0]["text"]
    assert len(found["sentences"]) > len(short["sentences"])


def test_long_claims_hold_back_no_brief(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def held(check: CheckRequest, *_: object) -> dict[str, Any]:
        assert go.wait(60)
        return {"supported": True, "score": 1.0, "claims": [], "sentences": [check.text]}

    monkeypatch.setattr(service, "report_of", held)
    app = create_app(Settings(), echo_briefer())

    async def scenario() -> None:
        async with running(app) as client:
            asked = {"text": BODY, "claim": f"{LEAD} " * 30}
            checks = [asyncio.create_task(client.post("/v1/check", json=asked)) for _ in range(4)]
            await asyncio.sleep(0.2)
            assert (await client.post("/v1/briefs", json={"text": BODY})).status_code == 200
            assert not any(check.done() for check in checks)
            go.set()
            assert {(await check).status_code for check in checks} == {200}

    asyncio.run(scenario())


def reading(scenario: Callable[[SourceReader], Any]) -> None:
    async def run() -> None:
        reader = SourceReader(Settings())
        try:
            await scenario(reader)
        finally:
            await reader.close()

    asyncio.run(run())


def test_large_inputs_leave_a_reader_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is read at a time, and of each client one waits: clients take turns."""
    begun: list[str] = []

    async def scenario(reader: SourceReader) -> None:
        go = asyncio.Event()

        async def read(job: Callable[[], str], **_: object) -> str:
            begun.append(job())
            await go.wait()
            return job()

        monkeypatch.setattr(reader._isolated, "read", read)

        async def ask(client: str, size: int) -> str:
            CLIENT.set(client)
            return await reader.run(partial(str, client), size)

        asked = [asyncio.create_task(ask("many", LARGE + 1)) for _ in range(6)]
        await until(lambda: begun == ["many"])
        asked += [asyncio.create_task(ask("one", LARGE + 1))]
        asked += [asyncio.create_task(ask("small", LARGE)) for _ in range(READERS)]
        await until(lambda: len(begun) == 1 + READERS)
        go.set()
        await asyncio.gather(*asked)

    reading(scenario)
    assert begun[1 : 1 + READERS] == ["small"] * READERS
    assert begun.index("one") <= 2 + READERS


@pytest.mark.skipif(not hasattr(os, "nice"), reason="priorities of processes are those of POSIX")
def test_readers_go_after_the_service() -> None:
    own = os.nice(0)
    found: list[int] = []

    async def scenario(reader: SourceReader) -> None:
        found.append(await reader.run(partial(os.nice, 0), SMALL + 1))
        found.append(await reader.plan(partial(os.nice, 0)))

    reading(scenario)
    assert own < found[0] <= found[1] or own == 19


def test_a_url_without_end_is_refused(roomy: Client) -> None:
    address = "https://news.example/" + "a" * 1_000_000
    found = problem(roomy.post(json={"url": address}), 422, "invalid-request")
    assert found["errors"][0]["pointer"] == "#/url"


FERRY = (Path(__file__).parents[1] / "fixtures" / "ferry.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", FERRY),
        ("text/html", "<p>" + FERRY.replace("\n\n", "</p><p>") + "</p>"),
        ("application/json", json.dumps({"text": FERRY})),
    ],
)
def test_raw_bodies_have_a_length(roomy: Client, kind: str, body: str) -> None:
    data = body.encode()

    def lines(query: str) -> int:
        headers = {"Content-Type": kind}
        answer = roomy.post(f"/v1/briefs?{query}", content=data, headers=headers).json()
        return len(answer["key_points"]) + len(answer["context"])

    assert lines("length=1%20sentence") == 1 < lines("length=long")


def test_a_length_that_is_none_is_told_in_words(roomy: Client) -> None:
    headers = {"Content-Type": "text/plain"}
    for asked in ("5%20miles", "0%25", "", "x" * 500):
        answer = roomy.post(f"/v1/briefs?length={asked}", content=TEXT, headers=headers)
        found = problem(answer, 422, "invalid-request")
        assert "5 sentences" in found["detail"]
        assert "^" not in found["detail"]
        assert len(found["detail"]) < 300
    body = json.dumps({"text": BODY, "length": "short"})
    headers = {"Content-Type": "application/json"}
    own = roomy.post("/v1/briefs?length=long", content=body, headers=headers)
    assert own.json() == roomy.post(json=json.loads(body)).json()
