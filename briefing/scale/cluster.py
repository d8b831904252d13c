"""The Ray engine: a pool of workers on the cluster at $RAY_ADDRESS, or on a local one.

Ray's usage statistics and dashboard are disabled. Ray Data assigns tasks to a pool of actors,
restarts actors that die, and scales the pool. A task names rows of a file; the worker reads them
and writes their results itself, so that neither articles nor briefs pass through the driver or the
object store.

Ray Data retries the task of a dead actor without limit. A ledger, a further actor, records the
tasks that were started: a task that is started again was running when its worker died, and is
returned as failed. The caller decides whether to retry it.
"""

import logging
import os
import pickle
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

from briefing.config import Settings
from briefing.errors import BriefingError, ClusterError, ConfigError, MissingExtra
from briefing.scale import BriefersMaker, ShardJob, Task, TaskOutcome, Worker, make_briefer

_STORE = 256 * 2**20
"""Bytes of a local cluster's object store, which carries only tasks and tallies."""
_THREADS = 4
"""Default number of cores per worker: several workers of four are faster than larger ones."""
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    # Silences Ray's own processes; errors of a run are in its results.
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    # Seconds between checks of Ray's agents whether their parent process was killed.
    "RAY_DASHBOARD_AGENT_CHECK_PARENT_INTERVAL_S": "2",
    "RAY_RUNTIME_ENV_AGENT_CHECK_PARENT_INTERVAL_S": "2",
}
_CONNECT_SECONDS = 15
"""Connection timeout of a cluster; Ray itself would retry for minutes."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a worker pool, with the resources of each worker.

    ``most`` None means as many as fit. ``gpus`` may be a fraction; ``threads`` are whole cores.
    """

    least: int
    most: int | None
    threads: int
    gpus: float


@contextmanager
def cluster() -> Iterator[bool]:
    """Connect to a cluster; yield whether it was started here, to be shut down with the block.

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
def quiet_cluster() -> Iterator[bool]:
    """Like `cluster`, but with standard output redirected to standard error.

    Ray prints messages about dead workers to standard output, which is for results only.
    """
    with redirect_stdout(sys.stderr), cluster() as started:
        yield started


def pool_size(settings: Settings, *, own: bool) -> Size:
    """Return the size of the worker pool by the settings and the connected cluster.

    Raises:
        ConfigError: no machine has the resources of a worker.
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
            f"only {room}; lower --workers or --threads"
        )
    return Size(least, most, threads, gpus)


def _gpus(settings: Settings, available: bool) -> float:
    if settings.gpus_per_worker is not None:
        return settings.gpus_per_worker
    return 1.0 if settings.device == "cuda" or (settings.device == "auto" and available) else 0.0


def _room(node: dict[str, float], threads: int, gpus: float) -> int:
    """The number of workers that fit on one machine."""
    by_cores = int(node.get("CPU", 0) // threads)
    if not gpus:
        return by_cores
    available = node.get("GPU", 0)
    by_gpus = int(available // gpus) if gpus >= 1 else int(available) * int(1 / gpus)
    return min(by_cores, by_gpus)


def _bounds(workers: str | None, room: int, *, own: bool) -> tuple[int, int | None]:
    if workers is None:
        # A shared cluster may scale up with demand.
        return (room, room) if own else (max(1, room), None)
    least, _, most = workers.partition("..")
    bounds = int(least), int(most or least)
    if bounds[0] > bounds[1]:
        raise ConfigError(f"--workers {workers}: the first number must be the smaller one")
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
        _check_reachable(address)
        ray.init(address=address or "local", **common)
    except (OSError, RuntimeError, ValueError) as error:
        where = f"the Ray cluster at {address}" if address else "a Ray cluster on this machine"
        raise ClusterError(f"cannot connect to {where}: {error}; check RAY_ADDRESS") from error


def _check_reachable(address: str | None) -> None:
    """Raise OSError if nothing listens at ``host:port``."""
    host, _, port = (address or "").rpartition("://")[2].rpartition(":")
    if port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()


def _ray() -> Any:
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise MissingExtra(
            "--engine ray needs Ray; install it with: pip install 'briefing-local[ray]'"
        ) from error
    return ray


_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_FEW = 8
"""Up to this many items are processed here, without the cluster."""
_DEATHS = 3
"""Allowed consecutive deaths of a worker while it starts."""
_HOPELESS = 16
"""Allowed deaths of workers before the first task is done."""
_WAIT = 900
"""Timeout in seconds for a shared cluster to provide the minimum number of workers."""


class RayEngine:
    """Runs tasks on a cluster; ``own`` says that it was started for this run."""

    apart = True

    def __init__(
        self, settings: Settings, *, own: bool, make: BriefersMaker = make_briefer
    ) -> None:
        self._size = pool_size(settings, own=own)
        self._own = own
        self._make = make
        self._successes = self._deaths = 0

    def each(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item]
    ) -> Sequence[_Result]:
        """See `briefing.scale.Engine`."""
        if len(items) <= _FEW:
            return [function(item) for item in items]
        import ray

        call = ray.remote(num_cpus=1)(_guarded)
        results = ray.get([call.remote(function, item) for item in items])
        for result in results:
            if isinstance(result, BriefingError):
                raise result
        return list(results)

    def run(
        self, job: ShardJob, tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, TaskOutcome | None]]:
        """See `briefing.scale.Engine`."""
        threads = self._size.threads
        # A worker sees all cores of its machine, so its own share is set explicitly.
        job = replace(job, settings=job.settings.model_copy(update={"threads": threads}))
        make = partial(Worker, job, self._make)
        outcomes = spread(tasks, make, self._size, wait=0 if self._own else _WAIT)
        for index, outcome in outcomes:
            self._successes += outcome is not None
            self._deaths += outcome is None
            if self._deaths > _HOPELESS and not self._successes:
                raise ClusterError(_HOPELESS_MESSAGE)
            yield tasks[index], outcome


def spread(
    tasks: Sequence[_Item],
    make: Callable[[], Callable[[_Item], _Result]],
    size: Size,
    *,
    wait: int = 0,
) -> Iterator[tuple[int, _Result | None]]:
    """Run tasks on workers created by ``make``; yield (index, result) as they complete.

    The result is None if the worker died or the task raised. No task is retried.

    Raises:
        ClusterError: no worker can start.
    """
    missing = set(range(len(tasks)))
    try:
        for row in _stream(tasks, make, size, wait):
            missing.discard(row["index"])
            result = pickle.loads(row["result"])  # noqa: S301 - from our workers
            if isinstance(result, ClusterError):
                raise result
            yield row["index"], result
    except BriefingError:
        raise
    except Exception as error:
        if not type(error).__module__.startswith("ray"):
            raise
        raise ClusterError(_why(error)) from error
    for index in sorted(missing):
        yield index, None


def _stream(
    tasks: Sequence[Any], make: Callable[[], Callable[[Any], Any]], size: Size, wait: int
) -> Iterator[dict[str, Any]]:
    import ray.data

    _configure(ray.data.DataContext.get_current(), wait)
    ledger = ray.remote(num_cpus=0)(_Ledger).remote()
    rows = [{"index": n, "task": pickle.dumps(task)} for n, task in enumerate(tasks)]
    most = min(size.most or len(tasks), len(tasks))
    pool = ray.data.ActorPoolStrategy(
        min_size=min(size.least, most), max_size=most, max_tasks_in_flight_per_actor=1
    )
    results = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        _Actor,
        fn_constructor_args=(make, ledger),
        compute=pool,
        num_cpus=size.threads,
        num_gpus=size.gpus,
    )
    yield from results.iter_rows()


class _Ledger:
    """The tasks that were started, and the consecutive starts of each actor's worker."""

    def __init__(self) -> None:
        self._begun: set[int] = set()
        self._starts: Counter[str] = Counter()

    def start(self, actor: str) -> bool:
        """Count a start of the actor's worker; return False after too many failed ones."""
        self._starts[actor] += 1
        return self._starts[actor] <= _DEATHS

    def started(self, actor: str) -> None:
        """Record that the actor's worker has started."""
        del self._starts[actor]

    def begin(self, index: int) -> bool:
        """Record the start of a task; return whether it is the first one."""
        first = index not in self._begun
        self._begun.add(index)
        return first


class _Actor(Generic[_Item, _Result]):
    """A worker as a Ray Data callable: one row per call, with pickled task and result.

    The worker is created on the first call, because Ray restarts an actor that dies during
    construction without limit.
    """

    def __init__(self, make: Callable[[], Callable[[_Item], _Result]], ledger: Any) -> None:
        self._make = make
        self._ledger = ledger
        self._work: Callable[[_Item], _Result] | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        index = int(row["index"])
        return {"index": index, "result": pickle.dumps(self._run(index, row["task"]))}

    def _run(self, index: int, task: bytes) -> _Result | ClusterError | None:
        """The result; None if the task was started before."""
        import ray

        work = self._work = self._work or self._start()
        if work is None:
            return ClusterError(_STILLBORN)
        if not ray.get(self._ledger.begin.remote(index)):
            return None
        return work(pickle.loads(task))  # noqa: S301 - from our driver

    def _start(self) -> Callable[[_Item], _Result] | None:
        """Create the worker; None after too many failed starts."""
        import ray

        actor = ray.get_runtime_context().get_actor_id()
        if not ray.get(self._ledger.start.remote(actor)):
            return None
        work = self._make()
        ray.get(self._ledger.started.remote(actor))
        return work


def _configure(context: Any, wait: int) -> None:
    context.max_errored_blocks = -1
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    if wait:
        context.wait_for_min_actors_s = wait
    # Failures are in the results; Ray would log them with tracebacks.
    logging.getLogger("ray.data").setLevel(logging.CRITICAL + 1)


def _guarded(function: Callable[[_Item], _Result], item: _Item) -> _Result | BriefingError:
    """Return our errors, because Ray would wrap raised ones."""
    try:
        return function(item)
    except BriefingError as error:
        return error


def _why(error: Exception) -> str:
    kind = type(error).__name__
    if kind == "GetTimeoutError":
        return (
            f"the cluster did not provide the workers within {_WAIT} s; request fewer resources "
            "with --workers, --threads or --gpus-per-worker"
        )
    return f"Ray ended the run ({kind}: {' '.join(str(error).split())[:300]}); see its logs"


_STILLBORN = (
    f"a worker process died {_DEATHS} times while loading the model, probably out of memory; "
    "give workers more memory, or start fewer with --workers"
)
_HOPELESS_MESSAGE = (
    f"{_HOPELESS} workers died before the first task was done; give them more memory, or "
    "start fewer with --workers"
)
