"""On Ray Serve: the service's own batches beside ``serve.batch``, on the same replica.

The second application is what Serve's documentation has for models: requests that arrive within a
few milliseconds are one call, which briefs all their articles.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from briefing.models.backend import cores
from briefing.scale.cluster import cluster
from scripts.benchmark.articles import made_articles

DEPLOY = Path(__file__).parents[1] / "deploy" / "ray"
CLIENTS = (1, 4, 16)
ROUNDS = 3
BATCH, WAIT = 16, 0.01
"""Articles, and seconds that they gather, of ``serve.batch``."""


def compare(count: int) -> Iterator[str]:
    """A row for each way and number of clients."""
    os.environ.setdefault("BRIEFING_WITHOUT_KEYS", "1")
    sys.path.insert(0, str(DEPLOY))
    from ray import serve

    rows = made_articles(count)
    with cluster():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        serve.start(http_options={"host": "127.0.0.1", "port": port})
        try:
            urls = {}
            for name, prefix, path, application in _ways():
                serve.run(application, name=name, route_prefix=prefix)
                urls[name] = f"http://127.0.0.1:{port}{path}"
                asyncio.run(_load(urls[name], rows[:4], 2))
            for clients in CLIENTS:
                seconds, latencies = _alternating(urls, rows, clients)
                for name in urls:
                    yield (
                        f"| {name} | {clients} | {ROUNDS * count / seconds[name]:.1f} | "
                        f"{1000 * median(latencies[name]):.0f} ms |"
                    )
        finally:
            serve.shutdown()


def _alternating(
    urls: dict[str, str], rows: list[dict[str, str]], clients: int
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Each way in turn, so that a machine that gets busier is so for both."""
    seconds = dict.fromkeys(urls, 0.0)
    latencies: dict[str, list[float]] = {name: [] for name in urls}
    for _ in range(ROUNDS):
        for name, url in urls.items():
            took, each = asyncio.run(_load(url, rows, clients))
            seconds[name] += took
            latencies[name] += each
    return seconds, latencies


def _ways() -> Iterator[tuple[str, str, str, Any]]:
    """Name, route, path of a brief and application of each way."""
    import app  # type: ignore[import-not-found]

    options = {
        "num_cpus": 1,  # Serve's own processes need some of the machine
        "runtime_env": {
            "env_vars": {
                "BRIEFING_WITHOUT_KEYS": "1",
                "BRIEFING_THREADS": str(cores()),
                "BRIEFING_CACHE_BYTES": "0",
                "PYTHONPATH": f"{DEPLOY}:{Path(__file__).parents[2]}",
            }
        },
    }
    own = app.Briefing.options(
        autoscaling_config=None, num_replicas=1, ray_actor_options=options, max_ongoing_requests=320
    )
    yield "the service, its own batches", "/", "/v1/briefs", own.bind()
    yield "serve.batch", "/batched", "/batched", _batched(options)


def _batched(options: dict[str, Any]) -> Any:
    from ray import serve
    from starlette.requests import Request

    @serve.deployment(max_ongoing_requests=320, ray_actor_options=options)
    class Batched:
        def __init__(self) -> None:
            from briefing.briefer import Briefer
            from briefing.config import load_settings

            self._briefer = Briefer.of(load_settings())
            self._briefer.warm()

        @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=WAIT)
        async def brief(self, rows: list[dict[str, str]]) -> list[str]:
            return await asyncio.to_thread(self._all, rows)

        def _all(self, rows: list[dict[str, str]]) -> list[str]:
            from briefing.batch import article_of
            from briefing.rendering import to_json

            results = self._briefer.brief_many([article_of(row) for row in rows])
            return [
                str(r) if isinstance(r, Exception) else to_json(r, indent=None) for r in results
            ]

        async def __call__(self, request: Request) -> str:
            return str(await self.brief(await request.json()))

    return Batched.bind()


async def _load(url: str, rows: list[dict[str, str]], clients: int) -> tuple[float, list[float]]:
    """Seconds for all articles, so many asked for at a time, and each one's latency."""
    import httpx

    left, latencies = iter(rows), []

    async def client(session: httpx.AsyncClient) -> None:
        for row in left:
            began = time.perf_counter()
            answer = await session.post(url, json={"text": row["text"]})
            answer.raise_for_status()
            latencies.append(time.perf_counter() - began)

    async with httpx.AsyncClient(timeout=600, limits=httpx.Limits(max_connections=None)) as session:
        began = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(clients)))
        return time.perf_counter() - began, latencies
