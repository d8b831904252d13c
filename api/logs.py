"""Structured logs, as JSON lines or text, and OpenTelemetry traces.

A trace has one span per request, with a child span per stage.
"""

import json
import logging
import os
import queue
import re
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from typing import TYPE_CHECKING, Any, TextIO, cast

from briefing import __version__
from briefing.api.metrics import Observer, Stage
from briefing.briefs import Article
from briefing.config import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


MOST_WAITING = 10_000
"""Records queued for a slow log stream; further ones are dropped, so that logging never blocks."""
LAST_SECONDS = 5
"""Seconds to wait for the log stream at shutdown."""
OWN = ("briefing", "uvicorn")
"""Loggers whose level is set; others, which might quote articles, stay at WARNING."""
PROBE_ROUTES = ("/healthz", "/readyz", "/metrics")
"""Routes that machines ask every few seconds."""
_TRACEPARENT = re.compile(
    r"[0-9a-f]{2}-(?P<trace_id>[0-9a-f]{32})-(?P<span_id>[0-9a-f]{16})-[0-9a-f]{2}.*"
)
"""The header of W3C Trace Context."""
_access = logging.getLogger("briefing.api.access")


@dataclass(slots=True)
class _Account:
    """Values collected for the log record of a request."""

    id: str
    trace: Mapping[str, str] = field(default_factory=dict)
    stages: dict[Stage, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    caller: dict[str, str] = field(default_factory=dict)

    def add(self, **counts: int) -> None:
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count


_account: ContextVar[_Account | None] = ContextVar("account", default=None)


class RequestLog(Observer):
    """Logs one record per request, with its sizes and the durations of its stages.

    A brief shared by several requests is counted for the first of them.
    """

    def __init__(self, *, texts: bool = False) -> None:
        self._texts = texts

    def began(self, *, id: str, headers: Mapping[str, str], **_: object) -> None:
        """Start collecting for a request."""
        trace = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
        _account.set(_Account(id, trace.groupdict() if trace else {}))

    def caller(self, **names: str) -> None:
        """Keep the names that there are."""
        if account := _account.get():
            account.caller = {name: value for name, value in names.items() if value}

    def problem(self, code: str) -> None:
        """Count a problem."""
        if account := _account.get():
            account.problems[code] = account.problems.get(code, 0) + 1

    def stage(self, name: Stage, seconds: float) -> None:
        """Add the duration of a stage."""
        if account := _account.get():
            account.stages[name] = account.stages.get(name, 0.0) + seconds

    def cache(self, *, hit: bool) -> None:
        """Count a cache hit or miss."""
        if account := _account.get():
            account.add(**{"cache_hits" if hit else "cache_misses": 1})

    def brief(self, *, generated: int, extracted: int, refused: int) -> None:
        """Count a brief and its lines."""
        if account := _account.get():
            account.add(briefs=1, generated=generated, extracted=extracted, refused=refused)

    def article(self, article: Article) -> None:
        """Count the article's size; log its text if that is enabled."""
        if account := _account.get():
            account.add(words=article.words, sentences=len(article.sentences))
        if self._texts:
            texts = {"title": article.title, "subtitle": article.subtitle, "text": article.body}
            _access.info("article", extra={"fields": texts})

    def request(
        self,
        *,
        route: str,
        method: str,
        status: int,
        seconds: float,
        received: int,
        sent: int,
        **_: object,
    ) -> None:
        """Log the request; probes, unless they are refused, at level debug."""
        account = _account.get()
        fields: dict[str, Any] = {
            "route": route or "none",
            "method": method[:16],
            "status": status,
            "seconds": round(seconds, 4),
            "received_bytes": received,
            "sent_bytes": sent,
        }
        if account:
            fields |= account.caller | account.counts
            if status >= 400 and len(account.problems) == 1:
                fields["problem"] = next(iter(account.problems))
            elif account.problems:
                fields["problems"] = account.problems
            if account.stages:
                fields["stages"] = {name: round(s, 4) for name, s in account.stages.items()}
        probe = route in PROBE_ROUTES and status in (200, 503)
        level = logging.DEBUG if probe else logging.INFO
        _access.log(level, "request", extra={"fields": fields})


class Formatter(logging.Formatter):
    """Formats records as JSON (``form`` "json") or text.

    Exceptions are logged as types and tracebacks; their messages, which may quote the input, only
    with ``texts``.
    """

    def __init__(self, form: str, *, texts: bool) -> None:
        super().__init__()
        self._json = form == "json"
        self._texts = texts

    def format(self, record: logging.LogRecord) -> str:
        """Format a record; JSON is one line of ASCII."""
        fields = {**getattr(record, "fields", {})}
        for name in ("request_id", "trace_id", "span_id"):
            if value := getattr(record, name, None):
                fields[name] = value
        error = record.exc_info[1] if record.exc_info else None
        trace = self._trace(error) if error else ""
        message = record.getMessage()
        if not self._json:
            return self._line(record.levelno, message, fields) + (f"\n{trace}" if trace else "")
        created = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        document = {
            "time": created.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
            **fields,
        }
        if trace:
            document["exception"] = trace
        return json.dumps(document, default=str)

    @staticmethod
    def _line(level: int, message: str, fields: Mapping[str, Any]) -> str:
        prefix = "" if level <= logging.INFO else f"{logging.getLevelName(level).lower()}: "
        suffix = "".join(f" {name}={value}" for name, value in fields.items())
        return f"briefing: {prefix}{message}{suffix}"

    def _trace(self, error: BaseException) -> str:
        if self._texts:
            return "".join(traceback.format_exception(error)).rstrip()
        parts = [
            "".join(traceback.format_tb(each.__traceback__)) + type(each).__qualname__
            for each in _chain(error)
        ]
        return "\n\ncaused\n\n".join(reversed(parts))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


class _Handler(QueueHandler):
    """Queues records for the listener's thread without blocking."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Add the ids of request and trace to the record."""
        account = _account.get()
        record.request_id = account.id if account else None
        for name, value in _trace_ids(account).items():
            setattr(record, name, value)
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue the record, or drop it if the queue is full."""
        with suppress(queue.Full):
            self.queue.put_nowait(record)


def _trace_ids(account: _Account | None) -> Mapping[str, str]:
    """Return the ids of the request's span; without traces, those that the client sent."""
    if span := _span.get():
        context = span.get_span_context()
        return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
    return account.trace if account else {}


class _Listener(QueueListener):
    """Writes queued records; waits a bounded time for a blocked stream when stopped."""

    def stop(self) -> None:
        """Write the remaining records, for at most ``LAST_SECONDS`` twice."""
        with suppress(queue.Full):
            cast("queue.Queue[None]", self.queue).put(None, timeout=LAST_SECONDS)
            if self._thread:
                self._thread.join(LAST_SECONDS)


@contextmanager
def logging_to(stream: TextIO, settings: Settings) -> Iterator[None]:
    """Send the process's logs, uvicorn's included, to ``stream`` as configured in ``settings``.

    A thread writes them, so that a slow stream blocks nothing; queued records are written on exit.
    """
    form = settings.log_format
    if form == "auto":
        form = "text" if stream.isatty() else "json"
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter(form, texts=settings.log_text))
    records: queue.Queue[logging.LogRecord] = queue.Queue(MOST_WAITING)
    listener = _Listener(records, handler)
    root = logging.getLogger()
    previous, root.handlers[:] = root.handlers[:], [_Handler(records)]
    for name in OWN:
        logging.getLogger(name).setLevel(settings.log_level.upper())
    listener.start()
    try:
        yield
    finally:
        root.handlers[:] = previous
        for name in OWN:
            logging.getLogger(name).setLevel(logging.NOTSET)
        listener.stop()


_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_log = logging.getLogger(__name__)
_span: ContextVar[Any] = ContextVar("span", default=None)


def tracing() -> "Traces | None":
    """Return an exporter of traces to the OTLP endpoint in the environment, None without one."""
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        _log.warning("tracing is disabled; install it with pip install 'briefing-local[otel]'")
        return None
    attributes = {"service.name": "briefing", "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(attributes))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider)


class Traces(Observer):
    """Spans by the OpenTelemetry conventions for HTTP servers; continues the client's trace."""

    def __init__(self, provider: "TracerProvider") -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("briefing", __version__)
        self._propagator = TraceContextTextMapPropagator()

    def began(self, *, method: str, id: str, headers: Mapping[str, str]) -> None:
        """Start the request's span."""
        from opentelemetry.trace import SpanKind

        attributes = {"http.request.method": method, "briefing.request_id": id}
        context = self._propagator.extract(dict(headers))
        span = self._tracer.start_span(
            method, context=context, kind=SpanKind.SERVER, attributes=attributes
        )
        _span.set(span)

    def stage(self, name: Stage, seconds: float) -> None:
        """Add the span of a stage that has just ended."""
        from opentelemetry.trace import set_span_in_context

        parent = _span.get()
        if parent is None:
            return
        end = time.time_ns()
        span = self._tracer.start_span(
            name, context=set_span_in_context(parent), start_time=end - int(seconds * 1e9)
        )
        span.end(end)

    def caller(self, *, client: str, **_: object) -> None:
        """Name the client."""
        if (span := _span.get()) and client:
            span.set_attribute("client.address", client)

    def problem(self, code: str) -> None:
        """Name the problem."""
        if span := _span.get():
            span.set_attribute("error.type", code)

    def request(self, *, route: str, method: str, status: int, **_: object) -> None:
        """End the request's span."""
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
        """Export the remaining spans."""
        self._provider.shutdown()
