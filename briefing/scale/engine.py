"""The contract of an engine: tasks in, outcomes back as they come, in any order."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from briefing.scale.work import Job, Make, Outcome, Task, Worker, make_briefer


class Engine(Protocol):
    """Where a run's tasks are done."""

    def run(self, job: Job, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome | None]]:
        """Each task once, with what came of it; None where its worker died.

        Raises:
            ClusterError: no worker can start.
        """


class LocalEngine:
    """This process, with one briefer for all tasks."""

    def __init__(self, make: Make = make_briefer) -> None:
        self._make = make
        self._worker: Worker | None = None

    def run(self, job: Job, tasks: Sequence[Task]) -> Iterator[tuple[Task, Outcome | None]]:
        """See `Engine`; here a worker that dies is the run itself."""
        self._worker = self._worker or Worker(job, self._make)
        for task in tasks:
            yield task, self._worker(task)
