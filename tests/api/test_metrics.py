"""Metrics: each event ends up under its name."""

import asyncio
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as parsed

from briefing.api import create_app
from briefing.api.auth import TRIES
from briefing.api.keys import KeyFile
from briefing.briefs import ModelInfo
from briefing.config import Settings
from briefing.models import Hypothesis
from briefing.options import KeyScope
from tests.api.articles import BODY, TITLE
from tests.api.fakes import Client, EchoBackend, GatedBackend, echo_briefer, running, until


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Values by name and the labels' values, in the order of the labels' names."""
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in parsed(text)
        for sample in family.samples
    }


def scraped(client: Client) -> dict[tuple[str, tuple[str, ...]], float]:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    return samples(response.text)


class Liar(EchoBackend):
    """Writes what is in no article."""

    def generate(self, batches, decoding):
        line = "Barnaby Quillfeather bought 7,341 camels in Ruritania on 29 February 1736."
        return [(Hypothesis(line, -0.1),) for batch in batches for _ in batch]


@pytest.fixture
def own():
    """A client of an application that has served nothing yet, by its back end."""
    apps = []

    def made(backend: EchoBackend) -> Client:
        app = create_app(Settings(queue=7), echo_briefer(backend))
        asyncio.run(app.state.service.warm())
        apps.append(app)
        return Client(app)

    yield made
    for app in apps:
        asyncio.run(app.state.service.close())


def test_a_brief_is_counted_where_it_belongs(own) -> None:
    client = own(EchoBackend())
    asked = {"title": TITLE, "text": BODY}
    brief = client.post(json=asked).json()
    assert client.post(json=asked).status_code == 200
    found = scraped(client)
    lines = [line for line in (brief["headline"], *brief["key_points"], *brief["context"]) if line]
    for origin in ("generated", "extracted"):
        shown = sum(line["origin"] == origin for line in lines)
        assert found["briefing_lines_total", (origin,)] == shown
    assert found["briefing_briefs_total", ()] == 1
    assert found["briefing_cache_lookups_total", ("hit",)] == 1
    assert found["briefing_cache_lookups_total", ("miss",)] == 1
    assert found["briefing_requests_total", ("POST", "/v1/briefs", "200")] == 2
    assert found["briefing_request_seconds_count", ("/v1/briefs",)] == 2
    assert found["briefing_queue_articles", ()] == 0
    assert found["briefing_queue_articles_limit", ()] == 7
    assert found["briefing_requests_in_progress", ()] == 1  # the scrape
    assert found["briefing_batch_lines_sum", ()] >= len(lines) - 1
    assert found["briefing_queue_wait_seconds_count", ()] == found["briefing_batch_lines_count", ()]
    for stage in ("read", "plan", "write", "check"):
        assert found["briefing_stage_seconds_count", (stage,)] == 1
    assert found["briefing_ready", ()] == 1
    assert found["briefing_model_info", ("fake", "cpu", "none", "echo", "1")] == 1
    assert found["briefing_received_bytes_total", ()] > 2 * len(BODY)
    assert found["briefing_sent_bytes_total", ()] > 2 * len(BODY)
    assert found["process_resident_memory_bytes", ()] > 1e6


def test_what_the_checker_refuses_is_counted(own) -> None:
    truthful, lying = own(EchoBackend()), own(Liar())
    refused = {}
    for name, client in (("echo", truthful), ("liar", lying)):
        client.post(json={"title": TITLE, "text": BODY})
        found = scraped(client)
        refused[name] = found["briefing_lines_refused_total", ()]
        written = found["briefing_batch_lines_sum", ()]
    assert refused["liar"] == written > refused["echo"]
    assert scraped(lying)["briefing_lines_total", ("generated",)] == 0


def test_labels_are_the_services_own_words(own) -> None:
    client = own(EchoBackend())
    for n in range(5):
        client.get(f"/nowhere/{n}")
        client.send(f"METHOD{n}", "/v1/briefs")
    found = scraped(client)
    assert found["briefing_requests_total", ("GET", "none", "404")] == 5
    refused = ("briefing_requests_total", ("other", "/v1/briefs", "405"))
    assert found[refused] == 5
    assert not any("METHOD" in str(labels) or "nowhere" in str(labels) for _, labels in found)


def test_open_metrics_where_it_is_asked_for(own) -> None:
    response = own(EchoBackend()).get(
        "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}
    )
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert {family.name for family in open_metrics(response.text)} >= {"briefing_model"}


def test_what_waits_shows_while_it_waits() -> None:
    backend = GatedBackend()
    backend.go.set()
    app = create_app(Settings(queue=3), echo_briefer(backend))

    async def scenario() -> None:
        async with running(app) as client:
            backend.go.clear()
            tasks = [
                asyncio.create_task(
                    client.post("/v1/briefs", json={"title": f"Vote {n}", "text": BODY})
                )
                for n in range(3)
            ]
            await until(lambda: app.state.service.admission.taken == 3)
            found = samples((await client.get("/metrics")).text)
            assert found["briefing_queue_articles", ()] == 3
            assert found["briefing_requests_in_progress", ()] == 4
            backend.go.set()
            await asyncio.gather(*tasks)
            found = samples((await client.get("/metrics")).text)
            assert found["briefing_requests_in_progress", ()] == 1

    asyncio.run(scenario())
    assert app.state.metrics.registry.get_sample_value("briefing_ready") == 0


def test_a_service_that_is_not_ready_says_so() -> None:
    app = create_app(Settings(), echo_briefer())
    read = app.state.metrics.registry.get_sample_value
    assert read("briefing_ready") == 0
    app.state.metrics.model(ModelInfo("m", "1", "b", "cpu", "int8"))
    assert read("briefing_ready") == 1


def test_problems_fetches_and_wrong_keys_are_counted(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    key = keys.add("a", list(KeyScope))
    settings = Settings(keys_path=keys.path, urls=True, read_timeout=0.05)
    app = create_app(settings, echo_briefer())
    right, wrong = {"X-API-Key": key}, {"X-API-Key": key[:-1]}
    slow = f"<html><body><article>{f'<p>{BODY}</p>' * 5_000}</article></body></html>"

    async def scenario() -> dict[tuple[str, tuple[str, ...]], float]:
        async with running(app) as client:
            for _ in range(TRIES + 2):
                await client.post("/v1/briefs", json={"text": BODY}, headers=wrong)
            items = [{"text": "Ja."}, {"url": "http://127.0.0.1/"}, {"url": "ftp://a/"}]
            await client.post("/v1/briefs/batch", json=items, headers=right)
            await client.post("/v1/briefs", json={"text": "Ja."}, headers=right)
            await client.post("/v1/briefs", json={"html": slow}, headers=right)
            return samples((await client.get("/metrics", headers=right)).text)

    found = asyncio.run(scenario())
    assert found["briefing_wrong_keys_total", ("false",)] == TRIES
    assert found["briefing_wrong_keys_total", ("true",)] == 2
    assert found["briefing_problems_total", ("key-wrong",)] == TRIES
    assert found["briefing_problems_total", ("locked-out",)] == 2
    assert found["briefing_problems_total", ("too-short",)] == 2
    assert found["briefing_problems_total", ("url-refused",)] == 2
    assert found["briefing_fetches_total", ("refused",)] == 2
    assert found["briefing_fetches_total", ("ok",)] == 0
    assert (
        found["briefing_reader_kills_total", ("time",)] >= 2
    )  # more where even a short text takes its time
