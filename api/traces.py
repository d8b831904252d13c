"""OpenTelemetry traces: a span a request, one below it for each stage.

They are made where the extra ``otel`` is installed and the standard variables of OpenTelemetry name
an endpoint (``OTEL_EXPORTER_OTLP_ENDPOINT`` or ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT``).
"""

import logging
import os
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from api.observer import Observer, Stage
from briefing import __version__

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_log = logging.getLogger(__name__)
_span: ContextVar[Any] = ContextVar("span", default=None)


def tracing() -> "Traces | None":
    """Traces to the endpoint that the environment names; None where it names none."""
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        _log.warning("there are no traces: install them with pip install 'briefing[otel]'")
        return None
    named = {"service.name": "briefing", "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider)


class Traces(Observer):
    """Spans by the semantic conventions for HTTP servers; a client's own trace is continued."""

    def __init__(self, provider: "TracerProvider") -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("briefing", __version__)
        self._incoming = TraceContextTextMapPropagator()

    def began(self, *, method: str, id: str, headers: Mapping[str, str]) -> None:
        """Open the request's span."""
        from opentelemetry.trace import SpanKind

        named = {"http.request.method": method, "briefing.request_id": id}
        context = self._incoming.extract(dict(headers))
        span = self._tracer.start_span(
            method, context=context, kind=SpanKind.SERVER, attributes=named
        )
        _span.set(span)

    def stage(self, name: Stage, seconds: float) -> None:
        """Add a span that has just ended."""
        from opentelemetry.trace import set_span_in_context

        parent = _span.get()
        if parent is None:
            return
        end = time.time_ns()
        span = self._tracer.start_span(
            name, context=set_span_in_context(parent), start_time=end - int(seconds * 1e9)
        )
        span.end(end)

    def request(self, *, route: str, method: str, status: int, **_: object) -> None:
        """Close the request's span."""
        from opentelemetry.trace import StatusCode

        span = _span.get()
        if span is None:
            return
        span.update_name(f"{method} {route}" if route else method)
        span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end()

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()
