"""The service on Ray Serve: what ``briefing serve`` serves, a copy of it in each replica.

    BRIEFING_WITHOUT_KEYS=1 serve run app:build          # here; serve.yaml for a cluster

Settings are those of ``BRIEFING_*`` and the settings file, as everywhere. Each replica shares the
batches of its model among its own requests (api/scheduler.py) and refuses what is over its queue
with 429 and Retry-After; Serve passes on what a replica has no room for to another one, and adds
replicas while more requests are in progress on each than the autoscaling aims at.
"""

import asyncio

import ray
from fastapi import FastAPI
from ray import serve
from ray.serve import Application

from briefing.api.app import create_app
from briefing.api.keys import KeyFile
from briefing.api.problems import NotReady
from briefing.api.service import Service
from briefing.config import Settings, load_settings
from briefing.errors import ConfigError

SPARE = 64
"""Requests beyond a replica's queue that reach it, to be told when to come again, or for its
health, metrics and pages."""
BUSY = 16
"""Requests in progress on a replica from which on another one gains: two full batches."""
DRAIN_SPARE = 20
"""Seconds beyond the time of the longest request that a replica may take to go."""


def application() -> FastAPI:
    """What one replica serves.

    Raises:
        ConfigError: a setting is wrong, or there are neither API keys nor leave to do without.
    """
    settings = load_settings()
    if not (settings.without_keys or KeyFile(settings.keys_file).all()):
        raise ConfigError(
            "there are no API keys; add one with `briefing keys add NAME` and name their file with "
            "BRIEFING_KEYS_PATH, or set BRIEFING_WITHOUT_KEYS=1 to let anybody in"
        )
    return create_app(_with_cores(settings))


def _with_cores(settings: Settings) -> Settings:
    """On a cluster every replica sees all cores of its machine: it is told which are its own."""
    own = ray.get_runtime_context().get_assigned_resources().get("CPU", 0)
    if settings.threads or own < 1:
        return settings
    return settings.model_copy(update={"threads": int(own)})


@serve.deployment(
    name="briefing",
    max_queued_requests=-1,
    autoscaling_config={
        "min_replicas": 1,
        "max_replicas": 8,
        "target_ongoing_requests": BUSY,
        "upscale_delay_s": 5,
        "downscale_delay_s": 300,
    },
    health_check_period_s=5,
    health_check_timeout_s=60,
    graceful_shutdown_wait_loop_s=1,
    ray_actor_options={"num_cpus": 1},
)
@serve.ingress(application)
class Briefing:
    """A replica. Its health is the service's: it gets requests once its model is warm."""

    app: FastAPI

    async def check_health(self) -> None:
        """Return once the model is there; Serve takes a replica in after its first answer.

        Raises:
            BriefingError: the model cannot be used. Draining: the replica is going.
        """
        service: Service = self.app.state.service
        while True:
            try:
                service.check_ready()
            except NotReady:
                await asyncio.sleep(0.1)
            else:
                return


def build(arguments: dict[str, str]) -> Application:  # noqa: ARG001 - Serve's own signature
    """The application: to a replica as many requests as its queue (``BRIEFING_QUEUE``) takes, and
    as long to go as its longest one lasts; it is gone as soon as none is left.
    """
    settings = load_settings()
    longest = max(settings.request_timeout, settings.batch_timeout)
    return Briefing.options(
        max_ongoing_requests=settings.queue + SPARE,
        graceful_shutdown_timeout_s=longest + DRAIN_SPARE,
    ).bind()
