"""One application over the echo back end, warm before the first test."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from briefing.api import create_app
from briefing.config import Settings
from tests.api.fakes import Client, EchoBackend, echo_briefer

MAX_BODY = 50_000


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("BRIEFING_")]:
            patch.delenv(name)
        patch.setenv("BRIEFING_CONFIG", os.devnull)
        patch.setenv("BRIEFING_KEYS_PATH", "/nonexistent/keys.json")
        yield


@pytest.fixture(scope="session")
def backend() -> EchoBackend:
    return EchoBackend()


@pytest.fixture(scope="session")
def client(_no_settings_from_outside: None, backend: EchoBackend) -> Iterator[Client]:
    app = create_app(Settings(max_body=MAX_BODY, cache_bytes=0), echo_briefer(backend))
    asyncio.run(app.state.service.warm())
    yield Client(app)
    asyncio.run(app.state.service.close())
