"""Workers on Ray: Ray Data hands tasks to a pool of actors, restarts those that die, and scales it.

A task is a few numbers that say which rows of which file; the worker reads them and writes their
results itself, so that neither articles nor briefs go through the driver or the object store.

Ray Data gives the task of an actor that died to the next one, without end. A ledger, one more
actor, knows which tasks were begun: one that is begun again killed its worker, or was there when
something else did, and is answered as that. What to do about it is the caller's to decide.
"""

import logging
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Generic, TypeVar

from briefing.config import Settings
from briefing.errors import BriefingError
from briefing.scale.cluster import Size, pool_size
from briefing.scale.errors import ClusterError
from briefing.scale.work import Job, Make, Outcome, Task, Worker, make_briefer

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_FEW = 8
"""Items that are not worth a round through the cluster."""
_DEATHS = 3
"""Workers that may die in a row while they start."""
_HOPELESS = 16
"""Workers that may die before one of them has done a task."""
_WAIT = 900
"""Seconds that a cluster may take to grow by the least number of workers."""


class RayEngine:
    """The workers of a cluster. ``own`` says that it was started for this run."""

    apart = True

    def __init__(self, settings: Settings, *, own: bool, make: Make = make_briefer) -> None:
        self._size = pool_size(settings, own=own)
        self._own = own
        self._make = make
        self._successes = self._deaths = 0

    def each(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item]
    ) -> Sequence[_Result]:
        """See `briefing.scale.engine.Engine`."""
        if len(items) <= _FEW:
            return [function(item) for item in items]
        import ray

        call = ray.remote(num_cpus=1)(_guarded)
        results = ray.get([call.remote(function, item) for item in items])
        for result in results:
            if isinstance(result, BriefingError):
                raise result
        return list(results)

    def run(self, job: Job, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome | None]]:
        """See `briefing.scale.engine.Engine`."""
        threads = self._size.threads
        # Ray shows a worker all cores of its machine: it is told which part is its own.
        job = replace(job, settings=job.settings.model_copy(update={"threads": threads}))
        make = partial(Worker, job, self._make)
        found = spread(tasks, make, self._size, wait=0 if self._own else _WAIT)
        for index, outcome in found:
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
    """What workers, made by ``make``, give for each task, by its index, in the order they come.

    A task whose worker died, or which raised, gives None: each is done once, and it is for the
    caller to say what is worth another try.

    Raises:
        ClusterError: no worker can start.
    """
    missing = set(range(len(tasks)))
    try:
        for row in _stream(tasks, make, size, wait):
            missing.discard(row["index"])
            result = pickle.loads(row["result"])  # noqa: S301 - our workers' own
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
    done = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        _Actor,
        fn_constructor_args=(make, ledger),
        compute=pool,
        num_cpus=size.threads,
        num_gpus=size.gpus,
    )
    yield from done.iter_rows()


class _Ledger:
    """Which tasks were begun, and how often in a row an actor died as it started."""

    def __init__(self) -> None:
        self._begun: set[int] = set()
        self._starts: Counter[str] = Counter()

    def start(self, actor: str) -> bool:
        """Whether an actor may start its worker, or died of that too often."""
        self._starts[actor] += 1
        return self._starts[actor] <= _DEATHS

    def started(self, actor: str) -> None:
        """The actor's worker is there."""
        del self._starts[actor]

    def begin(self, index: int) -> bool:
        """Whether the task is begun for the first time."""
        first = index not in self._begun
        self._begun.add(index)
        return first


class _Actor(Generic[_Item, _Result]):
    """A worker as Ray Data calls it: one row a call, whatever is in it as bytes.

    The worker is made with the first call: an actor that dies while Ray makes it is made again
    without end.
    """

    def __init__(self, make: Callable[[], Callable[[_Item], _Result]], ledger: Any) -> None:
        self._make = make
        self._ledger = ledger
        self._work: Callable[[_Item], _Result] | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        index = int(row["index"])
        return {"index": index, "result": pickle.dumps(self._done(index, row["task"]))}

    def _done(self, index: int, task: bytes) -> _Result | ClusterError | None:
        """The result; None where the task is here for the second time."""
        import ray

        work = self._work = self._work or self._started()
        if work is None:
            return ClusterError(_STILLBORN)
        if not ray.get(self._ledger.begin.remote(index)):
            return None
        return work(pickle.loads(task))  # noqa: S301 - our own driver's

    def _started(self) -> Callable[[_Item], _Result] | None:
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
    # What failed is told in the results; Ray's own account of it has tracebacks.
    logging.getLogger("ray.data").setLevel(logging.CRITICAL + 1)


def _guarded(function: Callable[[_Item], _Result], item: _Item) -> _Result | BriefingError:
    """Ray wraps what is raised; ours goes as it is."""
    try:
        return function(item)
    except BriefingError as error:
        return error


def _why(error: Exception) -> str:
    kind = type(error).__name__
    if kind == "GetTimeoutError":
        return (
            f"the cluster had no room for the workers within {_WAIT} s; ask for fewer with "
            "--workers, --threads or --gpus-per-worker"
        )
    return f"Ray ended the run ({kind}: {' '.join(str(error).split())[:300]}); see its logs"


_STILLBORN = (
    f"a worker's process ended {_DEATHS} times while it loaded the model, for want of memory most "
    "likely; give workers more memory, or start fewer with --workers"
)
_HOPELESS_MESSAGE = (
    f"{_HOPELESS} workers ended before one of them had done a task; give them more memory, or "
    "start fewer with --workers"
)
