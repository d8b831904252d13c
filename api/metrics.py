"""Count service events for Prometheus, aggregated over worker processes.

Names follow the Prometheus conventions (base units, ``_total`` for counters). Label values come
from the service alone, never from a client, a key or an unknown path, which bounds their number.
Metrics, logs and traces are observers of the same events.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector

from briefing import __version__
from briefing.briefs import Article, ModelInfo
from briefing.config import Settings
from briefing.reading.isolated import KillReason

Stage = Literal["fetch", "read", "plan", "write", "check"]
FetchOutcome = Literal["ok", "refused", "failed"]


class Observer:
    """Callbacks for service events; each does nothing unless overridden.

    Callbacks run in the event loop and must not block. Times are in seconds.
    """

    def began(self, *, method: str, id: str, headers: Mapping[str, str]) -> None:
        """A request arrived. Called in the request's context: context variables set here are
        visible to all work for the request, threads included.
        """

    def request(
        self,
        *,
        route: str,
        method: str,
        status: int,
        seconds: float,
        id: str,
        received: int,
        sent: int,
    ) -> None:
        """A request was answered; called in its context. Status 499: the client disconnected.

        ``received`` and ``sent`` are the sizes of the bodies on the wire, in bytes.
        """

    def caller(self, *, client: str, key: str) -> None:
        """Who sent the request that is about to be answered: address and name of the API key, ""
        where there is none.
        """

    def problem(self, code: str) -> None:
        """A problem was told: the whole response, or of one article of it."""

    def wrong_key(self, *, locked_out: bool) -> None:
        """A request had a wrong API key; its client is locked out or not."""

    def fetch(self, outcome: FetchOutcome) -> None:
        """A URL was fetched, or not."""

    def article(self, article: Article) -> None:
        """An article was read."""

    def stage(self, name: Stage, seconds: float) -> None:
        """An article passed a stage; ``seconds`` include time in queues."""

    def batch(self, *, lines: int, waited: float, queued: int) -> None:
        """A batch of ``lines`` went to the model; ``waited`` is the oldest line's wait, ``queued``
        the number of lines left in the queue.
        """

    def brief(self, *, generated: int, extracted: int, refused: int) -> None:
        """A brief was made, with its lines by origin; ``refused`` counts lines written by the
        model whose candidates the checker all rejected.
        """

    def cache(self, *, hit: bool) -> None:
        """A result was looked up; joining one in progress is a hit."""

    def places(self, taken: int) -> None:
        """The number of occupied slots changed to ``taken``."""

    def model(self, info: ModelInfo) -> None:
        """The model is loaded."""

    def reader_killed(self, reason: KillReason) -> None:
        """A process that read a document was killed, or died."""

    def close(self) -> None:
        """The service shut down."""


class Observers(Observer):
    """Forward each event to several observers, in order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        for name, method in vars(Observer).items():
            if not name.startswith("_") and callable(method):
                setattr(self, name, _fan_out([getattr(each, name) for each in observers]))


def _fan_out(methods: Sequence[Callable[..., None]]) -> Callable[..., None]:
    def call_all(*args: object, **kwargs: object) -> None:
        for method in methods:
            method(*args, **kwargs)

    return call_all


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_WAITS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LINES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics(Observer):
    """Prometheus metrics in their own registry."""

    def __init__(self, settings: Settings) -> None:
        self.registry = registry = CollectorRegistry(auto_describe=True)
        self._shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
        if not self._shared:
            ProcessCollector(registry=registry)
            GCCollector(registry=registry)
        gauge = partial(Gauge, registry=registry, multiprocess_mode="livesum")
        counter = partial(Counter, registry=registry)
        histogram = partial(Histogram, registry=registry)
        info = partial(Info, registry=registry)
        self._in_progress = gauge("briefing_requests_in_progress", "Requests in progress.")
        self._requests = counter(
            "briefing_requests",
            "Requests answered; status 499: the client disconnected.",
            ("route", "method", "status"),
        )
        self._seconds = histogram(
            "briefing_request_seconds",
            "Time from a request's head to the end of its response.",
            ("route",),
            buckets=_SECONDS,
        )
        self._received = counter("briefing_received_bytes", "Bytes of request bodies.")
        self._sent = counter("briefing_sent_bytes", "Bytes of response bodies.")
        self._stages = histogram(
            "briefing_stage_seconds",
            "Time of an article in a stage, queues included.",
            ("stage",),
            buckets=_SECONDS,
        )
        self._places = gauge("briefing_queue_articles", "Articles in progress or queued.")
        limit = gauge("briefing_queue_articles_limit", "Limit of briefing_queue_articles.")
        limit.set(settings.queue)
        self._queued = gauge(
            "briefing_queue_lines", "Lines still queued when the last batch went to the model."
        )
        self._waits = histogram(
            "briefing_queue_wait_seconds",
            "Queue time of the oldest line of each batch.",
            buckets=_WAITS,
        )
        self._batches = histogram("briefing_batch_lines", "Lines per batch.", buckets=_LINES)
        self._briefs = counter("briefing_briefs", "Briefs made, cached ones excluded.")
        self._lines = counter("briefing_lines", "Lines of briefs, by origin.", ("origin",))
        self._refused = counter(
            "briefing_lines_refused",
            "Lines written by the model whose candidates the checker all rejected.",
        )
        self._cache = counter("briefing_cache_lookups", "Results looked up.", ("result",))
        self._problems = counter(
            "briefing_problems", "Problems told, of requests and of single articles.", ("type",)
        )
        self._wrong_keys = counter(
            "briefing_wrong_keys", "Requests with a wrong API key.", ("locked_out",)
        )
        self._fetches = counter("briefing_fetches", "URLs fetched, by outcome.", ("outcome",))
        self._reader_kills = counter(
            "briefing_reader_kills",
            "Processes that read documents and were killed or died, by reason.",
            ("reason",),
        )
        self._model = info("briefing_model", "The model in use, once loaded.")
        self._ready = gauge(
            "briefing_ready", "1 once the model is loaded.", multiprocess_mode="livemin"
        )
        self._build = info("briefing_build", "The service's version.")
        self._build.info({"version": __version__})
        for origin in ("generated", "extracted"):
            self._lines.labels(origin)
        for reason in get_args(KillReason):
            self._reader_kills.labels(reason)
        for result in ("hit", "miss"):
            self._cache.labels(result)
        for locked_out in ("true", "false"):
            self._wrong_keys.labels(locked_out)
        for outcome in get_args(FetchOutcome):
            self._fetches.labels(outcome)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics, encoded as ``accept`` prefers, and their content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._aggregated() if self._shared else self.registry), content_type

    def _aggregated(self) -> CollectorRegistry:
        """Return the metrics of all processes; info metrics are equal in all, so this one's do."""
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        for info in (self._model, self._build):
            registry.register(info)
        return registry

    def began(self, **_: object) -> None:
        """Increment the requests in progress."""
        self._in_progress.inc()

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
        """Count the request, its duration and its bytes."""
        self._in_progress.dec()
        label = route or "none"
        known = method if method in _METHODS else "other"
        self._requests.labels(label, known, str(status)).inc()
        self._seconds.labels(label).observe(seconds)
        self._received.inc(received)
        self._sent.inc(sent)

    def stage(self, name: Stage, seconds: float) -> None:
        """Observe the duration of a stage."""
        self._stages.labels(name).observe(seconds)

    def batch(self, *, lines: int, waited: float, queued: int) -> None:
        """Observe the batch's size and wait, and set the queue length."""
        self._batches.observe(lines)
        self._waits.observe(max(0.0, waited))
        self._queued.set(queued)

    def brief(self, *, generated: int, extracted: int, refused: int) -> None:
        """Count the brief and its lines."""
        self._briefs.inc()
        self._lines.labels("generated").inc(generated)
        self._lines.labels("extracted").inc(extracted)
        self._refused.inc(refused)

    def cache(self, *, hit: bool) -> None:
        """Count the lookup by result."""
        self._cache.labels("hit" if hit else "miss").inc()

    def problem(self, code: str) -> None:
        """Count the problem by type."""
        self._problems.labels(code).inc()

    def wrong_key(self, *, locked_out: bool) -> None:
        """Count the wrong key."""
        self._wrong_keys.labels(str(locked_out).lower()).inc()

    def fetch(self, outcome: FetchOutcome) -> None:
        """Count the fetch by outcome."""
        self._fetches.labels(outcome).inc()

    def places(self, taken: int) -> None:
        """Set the queue gauge."""
        self._places.set(taken)

    def model(self, info: ModelInfo) -> None:
        """Set the model info and readiness."""
        parts = ("name", "revision", "backend", "device", "dtype")
        self._model.info({part: getattr(info, part) for part in parts})
        self._ready.set(1)

    def reader_killed(self, reason: KillReason) -> None:
        """Count it by reason."""
        self._reader_kills.labels(reason).inc()

    def close(self) -> None:
        """Set the service as not ready."""
        self._ready.set(0)
