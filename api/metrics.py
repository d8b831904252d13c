"""What happens in the service, as Prometheus metrics, of all its processes where it has several.

Names follow Prometheus' own rules (base units, ``_total`` for counters). Labels hold only what the
service itself names: never a client, a key, or a path that leads nowhere.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector

from api.observer import Observer, Stage
from briefing import __version__
from briefing.brief import ModelInfo
from briefing.config import Settings

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_WAITS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LINES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics(Observer):
    """Counts everything, in a registry of its own."""

    def __init__(self, settings: Settings) -> None:
        self.registry = registry = CollectorRegistry(auto_describe=True)
        self._shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
        if not self._shared:
            ProcessCollector(registry=registry)
            GCCollector(registry=registry)
        self._in_progress = Gauge(
            "briefing_requests_in_progress",
            "Requests not answered yet.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._requests = Counter(
            "briefing_requests",
            "Requests answered; status 499 is a client that went away.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "briefing_request_seconds",
            "Time from a request's head to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._received = Counter(
            "briefing_received_bytes", "Bytes of request bodies.", registry=registry
        )
        self._sent = Counter("briefing_sent_bytes", "Bytes of answers' bodies.", registry=registry)
        self._stages = Histogram(
            "briefing_stage_seconds",
            "Time of one article in a stage, queues included.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._places = Gauge(
            "briefing_queue_articles",
            "Articles in the works or waiting.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        most = Gauge(
            "briefing_queue_articles_limit",
            "Articles that may be there.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        most.set(settings.queue)
        self._queued = Gauge(
            "briefing_queue_lines",
            "Lines left waiting when the last batch went to the model.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._waits = Histogram(
            "briefing_queue_wait_seconds",
            "Wait of the oldest line of each batch.",
            buckets=_WAITS,
            registry=registry,
        )
        self._batches = Histogram(
            "briefing_batch_lines", "Lines that shared a batch.", buckets=_LINES, registry=registry
        )
        self._briefs = Counter("briefing_briefs", "Briefs made, kept ones not.", registry=registry)
        self._lines = Counter(
            "briefing_lines", "Lines of briefs, by origin.", ("origin",), registry=registry
        )
        self._refused = Counter(
            "briefing_lines_refused",
            "Lines written by the model of which the checker let no candidate be shown.",
            registry=registry,
        )
        self._cache = Counter(
            "briefing_cache_lookups", "Results looked up.", ("result",), registry=registry
        )
        self._model = Info("briefing_model", "The model in use, once warm.", registry=registry)
        self._ready = Gauge(
            "briefing_ready",
            "1 once the model is warm.",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._build = Info("briefing_build", "The service's version.", registry=registry)
        self._build.info({"version": __version__})
        for origin in ("generated", "extracted"):
            self._lines.labels(origin)
        for result in ("hit", "miss"):
            self._cache.labels(result)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All metrics in the format that ``accept`` prefers, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._of_all() if self._shared else self.registry), content_type

    def _of_all(self) -> CollectorRegistry:
        """What all processes counted; facts, which are the same in each, are this one's."""
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        for fact in (self._model, self._build):
            registry.register(fact)
        return registry

    def began(self, **_: object) -> None:
        """Count it as in progress."""
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
        """Count the request, its time and its bytes."""
        self._in_progress.dec()
        known = method if method in _METHODS else "other"
        self._requests.labels(route or "none", known, str(status)).inc()
        self._seconds.labels(route or "none").observe(seconds)
        self._received.inc(received)
        self._sent.inc(sent)

    def stage(self, name: Stage, seconds: float) -> None:
        """Add to the stage's histogram."""
        self._stages.labels(name).observe(seconds)

    def batch(self, *, lines: int, waited: float, queued: int) -> None:
        """Add to the histograms of sizes and waits."""
        self._batches.observe(lines)
        self._waits.observe(max(0.0, waited))
        self._queued.set(queued)

    def brief(self, *, generated: int, extracted: int, refused: int) -> None:
        """Count its lines."""
        self._briefs.inc()
        self._lines.labels("generated").inc(generated)
        self._lines.labels("extracted").inc(extracted)
        self._refused.inc(refused)

    def cache(self, *, hit: bool) -> None:
        """Count the look-up."""
        self._cache.labels("hit" if hit else "miss").inc()

    def places(self, taken: int) -> None:
        """Set the gauge."""
        self._places.set(taken)

    def model(self, info: ModelInfo) -> None:
        """Name the model."""
        parts = ("name", "revision", "backend", "device", "dtype")
        self._model.info({part: getattr(info, part) for part in parts})
        self._ready.set(1)

    def close(self) -> None:
        """Nothing is taken any more."""
        self._ready.set(0)
