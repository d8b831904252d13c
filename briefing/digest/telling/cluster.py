"""Stories told by the workers of a Ray cluster, with the results that one process would give."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from briefing.config import Settings
from briefing.digest.records import Story, StoryBrief
from briefing.digest.telling.teller import Teller
from briefing.errors import BriefingError
from briefing.plan import Length
from briefing.scale.cluster import pool_size, told_apart
from briefing.scale.errors import ClusterError, WorkerDied
from briefing.scale.pool import spread
from briefing.scale.rounds import ALONE
from briefing.scale.work import Make, make_briefer

CHUNK = 8
"""Stories that go to a worker together: enough for full batches, few to do again."""
_DIED = WorkerDied(
    f"its worker process ended {ALONE} times while it told this story alone, for want of memory "
    "most likely; give workers more memory"
)

Told = StoryBrief | BriefingError


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Stories in a row, with what `Teller.tell` is to know of them."""

    first: int
    stories: tuple[Story, ...]
    previous: Mapping[int, StoryBrief]
    since: Mapping[int, date]

    def __len__(self) -> int:
        return len(self.stories)

    def singles(self) -> Iterator["_Chunk"]:
        """Its stories, each as a chunk of its own."""
        for offset, story in enumerate(self.stories):
            yield _chunk(self.first + offset, (story,), self.previous, self.since)


@dataclass(slots=True)
class _InOrder:
    """Results that come in any order, handed on in the order of the stories."""

    _next: int = 0
    _waiting: dict[int, Told] = field(default_factory=dict)

    def take(self, first: int, told: Sequence[Told]) -> Iterator[Told]:
        """Keep these; give what is no longer waited for."""
        self._waiting.update(enumerate(told, first))
        while self._next in self._waiting:
            yield self._waiting.pop(self._next)
            self._next += 1


class ClusterTeller:
    """Tells stories as `Teller` does, chunks of them at a time on each worker."""

    def __init__(
        self,
        settings: Settings,
        *,
        own: bool,
        extractive: bool = False,
        length: Length = "standard",
        make: Make = make_briefer,
    ) -> None:
        """``own`` says that the cluster was started for this run.

        Raises:
            ConfigError: no machine of the cluster has what a worker needs.
        """
        self._size = pool_size(settings, own=own)
        told = settings.model_copy(update={"threads": self._size.threads})
        self._worker = partial(_Worker, told, extractive, length, make)

    def tell(
        self,
        stories: Sequence[Story],
        previous: Mapping[int, StoryBrief],
        since: Mapping[int, date],
    ) -> Iterator[Told]:
        """See `Teller.tell`. A story that ends its worker's process again and again gives that.

        Raises:
            ModelError, DeviceError: the model cannot be used. ClusterError: no worker can start.
        """
        ordered = _InOrder()
        chunks = [
            _chunk(first, stories[first : first + CHUNK], previous, since)
            for first in range(0, len(stories), CHUNK)
        ]
        deaths: Counter[int] = Counter()
        while chunks:
            again: list[_Chunk] = []
            for index, result in spread(chunks, self._worker, self._size):
                chunk = chunks[index]
                if isinstance(result, BriefingError):
                    raise result
                if result is not None:
                    yield from ordered.take(chunk.first, result)
                elif len(chunk) > 1:
                    again += chunk.singles()
                else:
                    deaths[chunk.first] += 1
                    if deaths[chunk.first] < ALONE:
                        again.append(chunk)
                    else:
                        yield from ordered.take(chunk.first, [_DIED])
            if len(again) == sum(map(len, chunks)) > ALONE * CHUNK:
                raise ClusterError(
                    "every worker ended before it had told a story; give them more memory, or "
                    "start fewer with BRIEFING_RAY_WORKERS"
                )
            chunks = again


class _Worker:
    """One briefer, telling chunk after chunk."""

    def __init__(self, settings: Settings, extractive: bool, length: Length, make: Make) -> None:
        self._failure: BriefingError | None = None
        try:
            self._teller = Teller(make(settings, extractive), length=length)
        except BriefingError as error:  # told with the first chunk, so that nobody starts it again
            self._failure = error

    def __call__(self, chunk: _Chunk) -> list[Told] | BriefingError:
        """What came of each story, or what keeps all of them from being told."""
        if self._failure:
            return self._failure
        try:
            return list(self._teller.tell(chunk.stories, chunk.previous, chunk.since))
        except BriefingError as error:
            return error


def _chunk(
    first: int,
    stories: Sequence[Story],
    previous: Mapping[int, StoryBrief],
    since: Mapping[int, date],
) -> _Chunk:
    """A chunk that takes along what concerns its own stories alone."""
    ids = {story.id for story in stories}
    return _Chunk(
        first,
        tuple(stories),
        {number: brief for number, brief in previous.items() if number in ids},
        {number: day for number, day in since.items() if number in ids},
    )


@contextmanager
def cluster_teller(
    settings: Settings, *, extractive: bool, length: Length
) -> Iterator[ClusterTeller]:
    """The teller of a cluster, which ends with the block where it was started here.

    Raises:
        MissingExtra: Ray is not installed. ClusterError: the cluster cannot be reached.
    """
    with told_apart() as started:
        yield ClusterTeller(settings, own=started, extractive=extractive, length=length)
