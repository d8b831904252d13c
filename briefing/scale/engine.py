"""The contract of an engine: tasks in, outcomes back as they come, in any order."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from briefing.scale.work import Job, Make, Outcome, Task, Worker, make_briefer

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Engine(Protocol):
    """Where a run's tasks are done. ``apart`` says that it is in other processes."""

    apart: bool

    def each(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item]
    ) -> Sequence[_Result]:
        """What a function gives for each item, in order; what it raises is raised."""

    def run(self, job: Job, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome | None]]:
        """Each task once, with what came of it; None where its worker died.

        Raises:
            ClusterError: no worker can start.
        """


class LocalEngine:
    """The process that asks, with one briefer for all tasks."""

    apart = False

    def __init__(self, make: Make = make_briefer) -> None:
        self._make = make
        self._worker: Worker | None = None

    def each(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item]
    ) -> Sequence[_Result]:
        """See `Engine`."""
        return [function(item) for item in items]

    def run(self, job: Job, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome | None]]:
        """See `Engine`; here a worker that dies is the run itself."""
        self._worker = self._worker or Worker(job, self._make)
        for task in tasks:
            yield task, self._worker(task)
