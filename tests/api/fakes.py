"""A back end that obeys the protocol without a model, and a client for one application."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
from fastapi import FastAPI

from briefing.briefer import Briefer
from briefing.briefs import ModelInfo
from briefing.models import Decoding, Hypothesis, NBest
from tests.fakes import every_section

_TOKEN = re.compile(r"<[^>]*>")
Body = bytes | AsyncIterator[bytes]


class EchoBackend:
    """Writes the first source sentence of each prompt."""

    info = ModelInfo("echo", "1", "fake", "cpu", "none", "for tests")
    calls = 1
    articles = 32

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.broken = False

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        if self.error and self.broken:
            raise self.error
        return [(Hypothesis(_first(prompt), -0.5),) for batch in batches for prompt in batch]


class GatedBackend(EchoBackend):
    """An echo whose calls wait to be let go, and which remembers how many lines each had."""

    def __init__(self, calls: int = 1) -> None:
        super().__init__()
        self.calls = calls
        self.go = threading.Event()
        self.sizes: list[int] = []

    def generate(self, batches: Sequence[Sequence[str]], decoding: Decoding) -> list[NBest]:
        self.sizes.append(sum(map(len, batches)))
        assert self.go.wait(60)
        return super().generate(batches, decoding)


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The application in this event loop, warm, and a client for many requests at once."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test", timeout=60) as client,
    ):
        await until(lambda: app.state.service.ready)
        yield client


async def until(true: Callable[[], object]) -> None:
    """Wait for what must become true."""
    for _ in range(3_000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def _first(prompt: str) -> str:
    return _TOKEN.sub("", prompt.partition("<sep>")[0]).strip()


def echo_briefer(backend: EchoBackend | None = None) -> Briefer:
    """All sections are searched for alike, so that what is written together is one call."""
    family = every_section()
    alike = {name: replace(asked, decoding=Decoding()) for name, asked in family.sections.items()}
    return Briefer.over(backend or EchoBackend(), replace(family, sections=alike))


class Client:
    """Sends one request at a time to an application whose model is warm."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.send("GET", path, **options)

    def post(self, path: str = "/v1/briefs", **options: Any) -> httpx.Response:
        return self.send("POST", path, **options)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._send(method, path, options))

    async def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **options)


def post(client: Client, body: Body, content_type: str | None, **headers: str) -> httpx.Response:
    """Post a raw body."""
    named = {"Content-Type": content_type} if content_type else {}
    return client.post(content=body, headers={**named, **headers})


async def chunks(part: bytes, count: int) -> AsyncIterator[bytes]:
    """A body in chunks, of no declared length."""
    for _ in range(count):
        yield part


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer, which must be ``code``."""
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert (response.status_code, document["type"]) == (status, f"urn:briefing:problem:{code}")
    assert document["status"] == status
    assert document["title"]
    assert "Traceback" not in response.text
    return document
