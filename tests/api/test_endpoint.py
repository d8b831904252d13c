"""A service whose chat model is behind an endpoint that fails at times."""

import asyncio
import threading
import time

import pytest

from briefing.api import create_app
from briefing.briefer import Briefer
from briefing.config import Settings
from briefing.models import Endpoint
from tests.api.articles import BODY
from tests.api.fakes import Client, problem, running, until
from tests.models.chat_server import Answer, chatting, completion

LINE = completion("The council of Millbrook voted on Tuesday to close its old ferry terminal.")
KEY = {"Idempotency-Key": "7c1"}


def app_at(url, **settings):
    return create_app(Settings(), Briefer("openai:smol", endpoint=Endpoint(url, **settings)))


def test_a_brief_of_which_a_request_failed_is_not_kept() -> None:
    broken = threading.Event()

    def answers(asked):
        refused = broken.is_set() and asked["max_tokens"] == 60
        return Answer(b'{"error": "overloaded"}', 400) if refused else LINE

    with chatting(answers) as server:
        app = app_at(server.url)
        asyncio.run(app.state.service.warm())
        client = Client(app)
        broken.set()
        failed = client.post(json={"text": BODY}, headers=KEY)
        assert "on 1 of 3 requests: status 400: overloaded." in str(failed.json()["warnings"])
        assert "etag" not in failed.headers
        assert failed.headers["cache-control"] == "no-store"
        broken.clear()
        whole = client.post(json={"text": BODY}, headers=KEY)
        assert "overloaded" not in whole.text
        broken.set()
        again = client.post(json={"text": BODY}, headers=KEY)
        assert again.content == whole.content
        assert again.headers["etag"]
        asyncio.run(app.state.service.close())


def test_a_server_that_refuses_all_is_an_unusable_model(caplog) -> None:
    with chatting(lambda _: Answer(b'{"error": "no credit"}', 402)) as server:
        app = app_at(server.url)
        asyncio.run(app.state.service.warm())
        problem(Client(app).post(json={"text": BODY}), 503, "bad-model")
        assert "status 402: no credit" in caplog.text
        asyncio.run(app.state.service.close())


@pytest.mark.parametrize("calls", [1, 4])
def test_the_service_ends_without_waiting_for_the_endpoint(calls) -> None:
    hangs, end = threading.Event(), threading.Event()

    def answers(_):
        if hangs.is_set():
            end.wait(20)
        return LINE

    async def scenario() -> float:
        with chatting(answers) as server:
            app = app_at(server.url, calls=calls)
            async with running(app) as client:
                hangs.set()
                post = asyncio.ensure_future(client.post("/v1/briefs", json={"text": BODY}))
                await until(lambda: server.under_way)
                app.state.service.work.cut()
                await post
                began = time.monotonic()
            took = time.monotonic() - began
            end.set()
        return took

    assert asyncio.run(scenario()) < 3
