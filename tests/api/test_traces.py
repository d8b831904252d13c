"""Traces: spans of a request and its stages, and when there are any."""

import asyncio
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from briefing.api import create_app
from briefing.api.logs import Traces, tracing
from briefing.config import Settings
from tests.api.articles import BODY
from tests.api.fakes import echo_briefer, running

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_request_is_a_span_in_its_clients_trace_and_each_stage_one_below() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app = create_app(Settings(), echo_briefer(), observer=Traces(provider))
    spans = []

    async def scenario() -> None:
        async with running(app) as client:
            headers = {"traceparent": PARENT}
            answer = await client.post("/v1/briefs", json={"text": BODY}, headers=headers)
            assert answer.status_code == 200
            await client.post("/v1/briefs", content=b"")
            spans.extend(exporter.get_finished_spans())

    asyncio.run(scenario())
    request = next(s for s in spans if s.name == "POST /v1/briefs")
    assert f"{request.context.trace_id:032x}" in PARENT
    assert request.attributes["http.route"] == "/v1/briefs"
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["client.address"] == "127.0.0.1"
    assert "error.type" not in request.attributes
    assert "unsupported-media-type" in [s.attributes.get("error.type") for s in spans]
    stages = [s for s in spans if s.parent and s.parent.span_id == request.context.span_id]
    assert {s.name for s in stages} == {"read", "plan", "write", "check"}
    assert all(request.start_time <= s.start_time <= s.end_time for s in stages)
    assert not [s for s in spans if s.name == "POST /v1/briefs" and not s.end_time]


@pytest.mark.parametrize("variable", [None, "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_traces_are_made_where_an_endpoint_is_named(monkeypatch, variable: str | None) -> None:
    if variable:
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    made = tracing()
    assert (made is not None) is (variable is not None)
    if made:
        made.close()


def test_without_the_extra_there_are_none(monkeypatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert tracing() is None
