"""POST /v1/briefs/batch: a list, or lines as they come."""

import asyncio
import json
from contextlib import asynccontextmanager

import jsonschema
import pytest

from briefing.api import create_app
from briefing.api.bodies import Deadline, Pending
from briefing.api.problems import document_of
from briefing.api.routes.briefs import BATCH_WINDOW, _lines
from briefing.config import Settings
from briefing.errors import BriefingError
from briefing.rendering import schema
from tests.api.articles import BODY, PAGE, TITLE
from tests.api.fakes import Client, GatedBackend, echo_briefer, problem, running, until

PATH = "/v1/briefs/batch"
NDJSON = {"Accept": "application/x-ndjson"}


def lines(response) -> list[dict]:
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def articles(count: int) -> list[dict]:
    return [{"title": f"Vote {n}", "text": BODY} for n in range(count)]


def test_a_list_is_answered_in_its_order(client: Client) -> None:
    asked = [{"title": TITLE, "text": BODY}, {"html": PAGE}, {"text": BODY, "length": "short"}]
    response = client.post(PATH, json=asked)
    assert response.headers["content-type"] == "application/json"
    found = response.json()
    assert [each["index"] for each in found] == [0, 1, 2]
    for each in found:
        assert each["status"] == 200
        jsonschema.validate(each["brief"], schema())
    assert found[0]["brief"] == client.post(json=asked[0]).json()


@pytest.mark.slow
def test_more_than_a_window(client: Client) -> None:
    count = 2 * BATCH_WINDOW + 5
    found = client.post(PATH, json=articles(count)).json()
    assert [each["brief"]["article"]["title"] for each in found] == [
        f"Vote {n}" for n in range(count)
    ]
    streamed = lines(client.post(PATH, json=articles(count), headers=NDJSON))
    assert sorted(each["index"] for each in streamed) == list(range(count))
    for each in streamed:
        assert each["brief"]["article"]["title"] == f"Vote {each['index']}"


@pytest.mark.parametrize("headers", [{}, NDJSON])
def test_one_articles_problem_is_its_own(client: Client, headers) -> None:
    asked = [
        {"text": BODY}, {"text": ""}, {"text": 3}, "text", {"txet": BODY}, {"text": "Too short."},
        {"html": "<html></html>"}, {"url": "http://127.0.0.1/"}, {"text": BODY, "format": "json"},
        None, {"text": BODY},
    ]  # fmt: skip
    response = client.post(PATH, json=asked, headers=headers)
    assert response.status_code == 200
    found = lines(response) if headers else response.json()
    found.sort(key=lambda each: each["index"])
    codes = [each.get("problem", {}).get("type", "").rpartition(":")[2] for each in found]
    assert codes == [
        "", "empty-input", "invalid-request", "invalid-request", "invalid-request", "too-short",
        "no-article", "url-input-off", "invalid-request", "invalid-request", "",
    ]  # fmt: skip
    for each in found:
        assert each["status"] == each.get("problem", {"status": 200})["status"]
        assert ("brief" in each) != ("problem" in each)


@pytest.mark.parametrize("body", [b"{}", b"3", b"null", b"[]", b'"x"'])
def test_what_is_no_list_of_articles(client: Client, body: bytes) -> None:
    response = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    problem(response, 422, "invalid-request")


def test_more_than_may_be_asked_for() -> None:
    app = create_app(Settings(max_batch=2), echo_briefer())
    asyncio.run(app.state.service.warm())
    response = Client(app).post(PATH, json=articles(3))
    assert "1 to 2" in problem(response, 422, "invalid-request")["detail"]
    asyncio.run(app.state.service.close())


def test_other_types_and_formats(client: Client) -> None:
    problem(client.post(PATH, content=b"text", headers={"Content-Type": "text/plain"}),
            415, "unsupported-media-type")  # fmt: skip
    response = client.post(PATH, json=articles(1), headers={"Accept": "text/html"})
    problem(response, 406, "not-acceptable")


def test_a_full_queue_is_said_before_the_stream_begins() -> None:
    backend = GatedBackend()
    backend.go.set()
    app = create_app(Settings(queue=4), echo_briefer(backend))

    async def scenario() -> None:
        async with running(app) as client:
            backend.go.clear()
            first = asyncio.create_task(client.post(PATH, json=articles(3), headers=NDJSON))
            await until(lambda: app.state.service.admission.taken == 3)
            refused = await client.post(PATH, json=articles(2), headers=NDJSON)
            problem(refused, 429, "queue-full")
            backend.go.set()
            assert len(lines(await first)) == 3
            assert app.state.service.admission.taken == 0

    asyncio.run(scenario())


def test_articles_past_the_deadline_are_problems_of_their_own() -> None:
    backend = GatedBackend()
    backend.go.set()
    app = create_app(Settings(), echo_briefer(backend))

    async def scenario():
        async with running(app) as client:
            backend.go.clear()
            headers = {**NDJSON, "X-Request-Timeout": "0.3"}
            answer = await client.post(PATH, json=articles(BATCH_WINDOW + 9), headers=headers)
            backend.go.set()
            return answer

    found = lines(asyncio.run(scenario()))
    assert len(found) == BATCH_WINDOW + 9
    assert {each["problem"]["type"] for each in found} == {"urn:briefing:problem:deadline-passed"}


def test_what_is_not_read_is_not_made() -> None:
    made: list[int] = []

    class Service(FakeService):
        async def result(self, order, key, flow, *, placed) -> bytes:
            made.append(order)
            return b"{}"

    async def scenario() -> None:
        stream = _lines(Service(), [object()] * 500, Deadline(60))
        for _ in range(3):
            await anext(stream)
        await asyncio.sleep(0.2)
        assert 0 < len(made) <= 2 * BATCH_WINDOW
        await stream.aclose()
        await asyncio.sleep(0.1)
        assert len(made) <= 2 * BATCH_WINDOW

    asyncio.run(scenario())


def test_a_batch_that_is_cut_begins_nothing_more() -> None:
    made = []

    class Service(FakeService):
        async def result(self, order, key, flow, *, placed) -> bytes:
            made.append(order)
            await asyncio.sleep(60)
            return b"{}"

        def problem_document(self, error: BriefingError) -> dict:
            return document_of(error)

    async def scenario() -> None:
        service = Service()
        stream = _lines(service, [object()] * 100, Deadline(60))
        first = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.1)
        begun = len(made)
        service.work.cut()
        lines = [await first, *[line async for line in stream]]
        assert [json.loads(line)["status"] for line in lines] == [503] * 100
        assert len(made) == begun

    asyncio.run(scenario())


class FakeService:
    """As much of a service as a stream needs."""

    def __init__(self) -> None:
        self.work = Pending()

    async def run(self, job) -> None:
        return None

    @asynccontextmanager
    async def fetched(self, order, *, placed):
        yield order

    async def key(self, order) -> bytes:
        return b""


def test_surrogates_in_a_list(client: Client) -> None:
    body = json.dumps([{"text": BODY + " \ud800"}]).encode()
    (found,) = post_json(client, body).json()
    assert found["status"] == 200


def post_json(client: Client, body: bytes):
    return client.post(PATH, content=body, headers={"Content-Type": "application/json"})
