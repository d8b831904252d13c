"""Tasks until every row has its result: what fails is done again in pieces, down to one article.

A worker that dies takes its task with it, and whatever killed it would kill the next one. So a
task that failed is cut into pieces, those that fail are cut again, and an article that fails alone
twice gets that as its result. The others of its shard are briefed, each once.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from briefing.batch import error_object
from briefing.errors import BriefingError, InputError
from briefing.scale.engine import Engine
from briefing.scale.errors import WorkerDied
from briefing.scale.folder import Done
from briefing.scale.shards import Shard, spans
from briefing.scale.work import Job, Outcome, Task, task_rows

FAN = 32
"""Pieces that a task is cut into: few rounds, and each death costs few others their work."""
ALONE = 2
"""Times that one article, or one story, may fail alone."""
_DIED = WorkerDied(
    f"its worker process ended {ALONE} times while it briefed this article alone, for want of "
    "memory most likely; give workers more memory, or leave the article out"
)


@dataclass(slots=True)
class Rounds:
    """The tasks of one run, and what is known of shards that are done piece by piece."""

    engine: Engine
    job: Job
    _open: Counter[int] = field(default_factory=Counter)
    _pieces: dict[int, list[range]] = field(default_factory=dict)
    _alone: Counter[Task] = field(default_factory=Counter)

    def settle(self, shards: Sequence[Shard]) -> Iterator[Done]:
        """Do all shards; each is told when it is written.

        Raises:
            ClusterError, ModelError, DeviceError: no worker can start. OutputError: it cannot be
                written.
        """
        tasks = [Task(shard, range(shard.rows)) for shard in shards]
        self._open.update(shard.number for shard in shards)
        while tasks:
            again: list[Task] = []
            for task, outcome in self.engine.run(self.job, tasks):
                if outcome and outcome.fatal:
                    raise outcome.fatal
                if outcome and not outcome.fault:
                    yield from self._finished(task, outcome.done)
                elif more := self._again(task):
                    again += more
                else:
                    yield from self._condemned(task, outcome)
            tasks = again

    def _again(self, task: Task) -> list[Task]:
        """What is to be tried after a failure; nothing where it is enough."""
        if len(task.rows) == 1:
            self._alone[task] += 1
            return [task] if self._alone[task] < ALONE else []
        pieces = [Task(task.shard, rows) for rows in spans(task.rows, FAN)]
        self._open[task.shard.number] += len(pieces) - 1
        return pieces

    def _condemned(self, task: Task, outcome: Outcome | None) -> Iterator[Done]:
        """One article's failure as its result."""
        error: BriefingError = (outcome.fault if outcome else None) or _DIED
        results = [{"id": self._name(task), **error_object(error)}]
        if task.whole:
            yield from self._finished(task, self.job.folder.write(task.shard, results))
        else:
            self.job.folder.write_span(task.shard, task.rows, results)
            yield from self._finished(task, None)

    def _name(self, task: Task) -> object:
        try:
            return next(task_rows(self.job, task)).name
        except InputError:
            return task.shard.first + task.rows.start + 1

    def _finished(self, task: Task, done: Done | None) -> Iterator[Done]:
        """A task is done; the shard is where no piece of it is open."""
        if done:
            yield done
            return
        number = task.shard.number
        pieces = self._pieces.setdefault(number, [])
        pieces.append(task.rows)
        self._open[number] -= 1
        if not self._open[number]:
            yield self.job.folder.join(task.shard, self._pieces.pop(number))
