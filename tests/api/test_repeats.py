"""A client's retry costs nothing: kept results, entity tags, idempotency keys, joined work."""

import asyncio

import pytest

from briefing.api import create_app
from briefing.config import Settings
from tests.api.articles import BODY, TEXT
from tests.api.fakes import Client, EchoBackend, GatedBackend, echo_briefer, problem, running, until

KEY = {"Idempotency-Key": '"5a4e-1"'}


class Counting(EchoBackend):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def generate(self, batches, decoding):
        self.count += 1
        return super().generate(batches, decoding)


@pytest.fixture
def kept():
    """A client of an application that keeps results, and the back end that counts its calls."""
    backend = Counting()
    app = create_app(Settings(), echo_briefer(backend))
    asyncio.run(app.state.service.warm())
    backend.count = 0
    yield Client(app), backend
    asyncio.run(app.state.service.close())


def test_the_same_article_is_briefed_once(kept) -> None:
    client, backend = kept
    first = client.post(json={"text": BODY})
    assert backend.count == 1
    again = client.post(json={"text": BODY, "title": "", "sections": None})
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    for accept in ("text/markdown", "text/html", "text/plain"):
        other = client.post(json={"text": BODY}, headers={"Accept": accept})
        assert other.status_code == 200
        assert other.headers["etag"] != first.headers["etag"]
    assert backend.count == 1


@pytest.mark.parametrize(
    "change",
    [{"title": "A"}, {"subtitle": "B"}, {"length": "long"}, {"sections": ["headline"]}],
)
def test_whatever_a_brief_is_made_from_makes_another(kept, change) -> None:
    client, backend = kept
    first = client.post(json={"text": BODY})
    other = client.post(json={"text": BODY, **change})
    assert backend.count == 2
    assert other.headers["etag"] != first.headers["etag"]


def test_title_and_text_are_not_run_together(kept) -> None:
    client, backend = kept
    client.post(json={"title": "ab", "subtitle": "c", "text": BODY})
    client.post(json={"title": "a", "subtitle": "bc", "text": BODY})
    client.post(content=TEXT, headers={"Content-Type": "text/plain"})
    assert backend.count == 3


def test_errors_are_not_kept(kept, monkeypatch) -> None:
    client, backend = kept
    monkeypatch.setattr(backend, "error", RuntimeError("once"))
    monkeypatch.setattr(backend, "broken", True)
    monkeypatch.setattr(backend, "generate", lambda *_: 1 / 0)
    assert client.post(json={"text": BODY}).status_code == 500
    monkeypatch.undo()
    assert client.post(json={"text": BODY}).status_code == 200


def test_a_client_that_has_its_brief_is_told_so_without_work(kept) -> None:
    client, backend = kept
    etag = client.post(json={"text": BODY}).headers["etag"]
    assert etag.startswith('W/"')
    for named in (etag, etag.removeprefix("W/"), f'"other", {etag}'):
        response = client.post(json={"text": BODY}, headers={"If-None-Match": named})
        problem(response, 412, "precondition-failed")
        assert response.headers["etag"] == etag
    for named in ('"other"', 'W/"x"', "*"):
        response = client.post(json={"text": BODY}, headers={"If-None-Match": named})
        assert response.status_code == 200
    assert backend.count == 1


def test_a_retry_with_its_key_costs_nothing(kept) -> None:
    client, backend = kept
    first, again = (client.post(json={"text": BODY}, headers=KEY) for _ in range(2))
    assert first.content == again.content
    bare = client.post(json={"text": BODY}, headers={"Idempotency-Key": "5a4e-1"})
    assert bare.content == first.content
    assert backend.count == 1


def test_a_key_of_another_request_is_refused(kept) -> None:
    client, _ = kept
    client.post(json={"text": BODY}, headers=KEY)
    other = client.post(json={"text": BODY + " More."}, headers=KEY)
    assert "new key" in problem(other, 422, "idempotency-key-reused")["detail"]
    path = client.post("/v1/check", json={"text": BODY, "claim": "A."}, headers=KEY)
    problem(path, 422, "idempotency-key-reused")


def test_a_body_that_cannot_be_read_does_not_spend_its_key(kept) -> None:
    client, _ = kept
    assert client.post(content=b"{", headers={"Content-Type": "application/json", **KEY}).is_error
    assert client.post(json={"text": BODY}, headers=KEY).status_code == 200


@pytest.mark.parametrize("path", ["/v1/briefs", "/v1/check"])
def test_a_request_that_is_refused_leaves_its_key_to_the_mended_one(kept, path: str) -> None:
    client, _ = kept
    more = {"claim": BODY} if path == "/v1/check" else {}
    for text in ("Ja.", "Und nun etwas ganz anderes auf Deutsch, das niemand hier schreibt.", ""):
        refused = client.post("/v1/briefs", json={"text": text}, headers=KEY)
        assert refused.status_code == 422, refused.text
        assert "idempotency" not in refused.text
    assert client.post(path, json={"text": BODY, **more}, headers=KEY).status_code == 200
    other = client.post(path, json={"text": BODY + " More.", **more}, headers=KEY)
    problem(other, 422, "idempotency-key-reused")
    # A refusal for another's key frees nothing, nor does one of what was answered before.
    etag = client.post("/v1/briefs", json={"text": BODY}).headers["etag"]
    client.post(path, json={"text": BODY, **more}, headers={**KEY, "If-None-Match": etag})
    other = client.post(path, json={"text": "Ja.", **more}, headers=KEY)
    problem(other, 422, "idempotency-key-reused")


def test_another_content_type_is_another_request(kept) -> None:
    client, _ = kept
    page = f"<html><body><article><p>{BODY}</p></article></body></html>"

    def send(content_type: str):
        headers = {"Content-Type": content_type, **KEY}
        return client.post(content=page.encode(), headers=headers)

    assert send("text/html; charset=utf-8").status_code == 200
    assert send("Text/HTML;charset=UTF-8").status_code == 200
    for other in ("text/plain", "text/html", "text/html; charset=latin-1"):
        problem(send(other), 422, "idempotency-key-reused")
    headers = {"Content-Type": "text/html; charset=utf-8", **KEY}
    other = client.post("/v1/briefs?extractive=true", content=page.encode(), headers=headers)
    problem(other, 422, "idempotency-key-reused")


@pytest.mark.parametrize("key", ["", '""', "a b", "x" * 256, '"' + "x" * 256 + '"', '"', "\x7f"])
def test_keys_that_are_none(kept, key: str) -> None:
    client, _ = kept
    response = client.post(json={"text": BODY}, headers={"Idempotency-Key": key})
    problem(response, 400, "bad-header")


def test_the_same_request_many_times_at_once_is_computed_once() -> None:
    backend = GatedBackend()
    backend.go.set()
    app = create_app(Settings(queue=1), echo_briefer(backend))

    async def scenario():
        async with running(app) as client:
            backend.sizes.clear()
            backend.go.clear()
            tasks = [
                asyncio.create_task(client.post("/v1/briefs", json={"text": BODY}))
                for _ in range(20)
            ]
            await until(lambda: backend.sizes)
            tasks[0].cancel()  # the first to come may go; the others still want it
            await asyncio.sleep(0.05)
            backend.go.set()
            return await asyncio.gather(*tasks[1:])

    answers = asyncio.run(scenario())
    found = {
        (answer.status_code, answer.content) for answer in answers if answer.status_code != 429
    }
    assert {status for status, _ in found} == {200}
    assert len(found) == 1
    assert len(backend.sizes) == 1
