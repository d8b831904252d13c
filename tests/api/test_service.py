"""Health, loading, failure, and what runs where."""

import asyncio
import subprocess
import sys
import threading

import httpx
import pytest

from briefing.api import create_app
from briefing.api.scheduler import SourceReader
from briefing.config import Settings
from briefing.errors import ModelError
from tests.api.articles import BODY
from tests.api.fakes import Client, EchoBackend, echo_briefer, problem


class SlowBriefer:
    """A briefer that waits to be let go, and then may fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.go = threading.Event()
        self.error = error
        self.threads: set[str] = set()
        self.writer = echo_briefer().writer
        self.model = echo_briefer().model

    def warm(self) -> None:
        self.threads.add(threading.current_thread().name)
        assert self.go.wait(30)
        if self.error:
            raise self.error

    def interrupt(self) -> None:
        self.go.set()

    def extractive(self) -> "SlowBriefer":
        return self


async def until(client: httpx.AsyncClient, status: int) -> httpx.Response:
    for _ in range(500):
        response = await client.get("/readyz")
        if response.status_code == status:
            return response
        await asyncio.sleep(0.01)
    raise AssertionError(f"/readyz never answered {status}")


def over(app) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


def test_alive_and_ready(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_the_model_is_loaded_in_a_thread_while_requests_are_answered() -> None:
    briefer = SlowBriefer()
    app = create_app(Settings(), briefer)

    async def scenario() -> None:
        async with app.router.lifespan_context(app), over(app) as client:
            assert (await client.get("/healthz")).status_code == 200
            for response in (
                await client.get("/readyz"),
                await client.post("/v1/briefs", json={"text": BODY}),
            ):
                problem(response, 503, "not-ready")
                assert int(response.headers["retry-after"]) > 0
            briefer.go.set()
            await until(client, 200)

    asyncio.run(scenario())
    assert briefer.threads
    assert threading.main_thread().name not in briefer.threads


@pytest.mark.parametrize("error", [ModelError("no weights in /secret"), OSError("/secret")])
def test_a_model_that_cannot_be_loaded(error: Exception) -> None:
    briefer = SlowBriefer(error)
    briefer.go.set()
    app = create_app(Settings(), briefer)
    told: list[str] = []
    app.state.service.on_failure = lambda: told.append(threading.current_thread().name)

    async def scenario() -> None:
        async with app.router.lifespan_context(app), over(app) as client:
            for _ in range(500):
                if told:
                    break
                await asyncio.sleep(0.01)
            for response in (
                await client.get("/readyz"),
                await client.post("/v1/briefs", json={"text": BODY}),
            ):
                assert "secret" not in str(problem(response, 503, "bad-model"))
            assert (await client.get("/healthz")).status_code == 200

    asyncio.run(scenario())
    assert told == [threading.main_thread().name]
    assert "secret" in str(app.state.service.failure)


def test_a_back_end_of_one_call_is_called_by_one() -> None:
    class Jealous(EchoBackend):
        inside = 0

        def generate(self, batches, decoding):
            self.inside += 1
            assert self.inside == 1
            made = super().generate(batches, decoding)
            self.inside -= 1
            return made

    app = create_app(Settings(), echo_briefer(Jealous()))

    async def scenario() -> list[httpx.Response]:
        async with app.router.lifespan_context(app), over(app) as client:
            await until(client, 200)
            asked = [
                client.post("/v1/briefs", json={"title": f"Vote {i}", "text": BODY})
                for i in range(6)
            ]
            return await asyncio.gather(*asked)

    answers = asyncio.run(scenario())
    assert {answer.status_code for answer in answers} == {200}
    titles = [answer.json()["article"]["title"] for answer in answers]
    assert titles == [f"Vote {i}" for i in range(6)]


def test_the_length_of_the_settings_is_the_default() -> None:
    app = create_app(Settings(length="short"), echo_briefer())
    asyncio.run(app.state.service.warm())
    client = Client(app)
    default = client.post(json={"text": BODY})
    assert default.content == client.post(json={"text": BODY, "length": "short"}).content
    asyncio.run(app.state.service.close())


@pytest.mark.slow
@pytest.mark.parametrize("module", ["api", "briefing.api.app", "briefing.api.server"])
def test_importing_is_light(module: str) -> None:
    code = f"import sys, {module}; print({{'torch', 'transformers'}} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


@pytest.mark.slow
def test_app_is_made_once_when_asked_for() -> None:
    code = (
        "import api; assert 'app' not in vars(api); from api import app; "
        "assert api.app is app; assert not hasattr(api, 'nothing'); print(type(app).__name__)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "FastAPI"


def test_readers_that_never_start_do_not_keep_the_service_from_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = threading.Event()

    class Silent:
        """A process that never says that it is there."""

        def __init__(self, **_: object) -> None:
            asked.set()

        def start(self) -> None:
            pass

        kill = start

    async def scenario() -> None:
        reading = SourceReader(Settings())
        monkeypatch.setattr(reading._isolated._quick._context, "Process", Silent)
        reading.start()
        assert await asyncio.to_thread(asked.wait, 60)
        await asyncio.wait_for(reading.close(), 30)

    asyncio.run(scenario())
