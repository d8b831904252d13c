"""The Ray cluster: the one that $RAY_ADDRESS names, or one on this machine that ends with the run.

Nothing is reported to Ray's makers, nothing is fetched, and there is no dashboard.
"""

import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any

from briefing.config import Settings
from briefing.errors import ConfigError
from briefing.scale.errors import ClusterError, MissingExtra

_STORE = 256 * 2**20
"""Bytes of a local cluster's object store: only tasks and tallies go through it."""
_THREADS = 4
"""Cores of a worker where nobody says: more lose to several workers of four."""
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    # Of Ray's own processes; what is worth telling of a run is in its results.
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    # Ray's agents look a few times, so many seconds apart, whether a killed run is gone.
    "RAY_DASHBOARD_AGENT_CHECK_PARENT_INTERVAL_S": "2",
    "RAY_RUNTIME_ENV_AGENT_CHECK_PARENT_INTERVAL_S": "2",
}
_PATIENCE = 15
"""Seconds in which a cluster must answer; Ray itself would ask for minutes."""


@dataclass(frozen=True, slots=True)
class Size:
    """A pool of workers: how many, and what each one has. ``most`` None: as many as there is room.

    ``gpus`` may be a fraction; ``threads`` are whole cores.
    """

    least: int
    most: int | None
    threads: int
    gpus: float


@contextmanager
def cluster() -> Iterator[bool]:
    """Connected to a cluster; yields whether it was started here and ends with the block.

    Raises:
        MissingExtra: Ray is not installed. ClusterError: the cluster cannot be reached.
    """
    ray = _ray()
    if ray.is_initialized():
        yield False
        return
    address = os.environ.get("RAY_ADDRESS")
    _connect(ray, address)
    try:
        yield address is None
    finally:
        ray.shutdown()


@contextmanager
def told_apart() -> Iterator[bool]:
    """`cluster` for a command: what Ray prints goes to standard error.

    Ray tells on standard output of workers that died; that is for results alone.
    """
    with redirect_stdout(sys.stderr), cluster() as started:
        yield started


def pool_size(settings: Settings, *, own: bool) -> Size:
    """The pool that the settings describe, on the cluster that is connected.

    Raises:
        ConfigError: no machine of it has what a worker needs.
    """
    nodes = [node["Resources"] for node in _ray().nodes() if node["Alive"]]
    smallest = min((int(node.get("CPU", 0)) for node in nodes if node.get("CPU")), default=1)
    threads = settings.threads or min(_THREADS, max(1, smallest))
    gpus = _gpus(settings, any(node.get("GPU") for node in nodes))
    room = sum(_room(node, threads, gpus) for node in nodes)
    if own and not room:
        raise ConfigError(
            f"no worker of {threads} cores and {gpus:g} GPUs fits on this machine; "
            "lower --threads or --gpus-per-worker"
        )
    least, most = _bounds(settings.ray_workers, room, own=own)
    if own and least > room:
        raise ConfigError(
            f"{least} workers of {threads} cores and {gpus:g} GPUs do not fit on this machine, "
            f"which has room for {room}; lower --workers or --threads"
        )
    return Size(least, most, threads, gpus)


def _gpus(settings: Settings, there: bool) -> float:
    if settings.gpus_per_worker is not None:
        return settings.gpus_per_worker
    return 1.0 if settings.device == "cuda" or (settings.device == "auto" and there) else 0.0


def _room(node: dict[str, float], threads: int, gpus: float) -> int:
    """How many workers one machine takes."""
    by_cores = int(node.get("CPU", 0) // threads)
    if not gpus:
        return by_cores
    there = node.get("GPU", 0)
    by_gpus = int(there // gpus) if gpus >= 1 else int(there) * int(1 / gpus)
    return min(by_cores, by_gpus)


def _bounds(given: str | None, room: int, *, own: bool) -> tuple[int, int | None]:
    if given is None:
        # Elsewhere the cluster may grow with what is asked of it.
        return (room, room) if own else (max(1, room), None)
    least, _, most = given.partition("..")
    bounds = int(least), int(most or least)
    if bounds[0] > bounds[1]:
        raise ConfigError(f"--workers {given}: the first number is the smaller one")
    return bounds


def _connect(ray: Any, address: str | None) -> None:
    common: dict[str, Any] = {
        "log_to_driver": False,
        "logging_level": logging.CRITICAL,
        "namespace": "briefing",
    }
    if address is None:
        common |= {"include_dashboard": False, "object_store_memory": _STORE}
    try:
        _check_answers(address)
        ray.init(address=address or "local", **common)
    except (OSError, RuntimeError, ValueError) as error:
        where = f"the Ray cluster at {address}" if address else "a Ray cluster on this machine"
        raise ClusterError(f"{where} cannot be used: {error}; check RAY_ADDRESS") from error


def _check_answers(address: str | None) -> None:
    """Raise OSError where nothing listens at ``host:port``."""
    host, _, port = (address or "").rpartition("://")[2].rpartition(":")
    if port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()


def _ray() -> Any:
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise MissingExtra(
            "--engine ray needs Ray; install it with: pip install 'briefing[ray]'"
        ) from error
    return ray
