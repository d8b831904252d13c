"""Multi-document briefs: one brief per story, with disputed numbers and novelty.

Articles come in, lines checked with evidence across articles go out. A `StoryBriefer` runs in this
process or on the workers of a Ray cluster, with the same results.
"""

import logging
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Protocol

from briefing.briefer import Briefer, Planned
from briefing.briefs import Brief
from briefing.config import Settings, load_settings
from briefing.digest import Change, Reference, Story, StoryBrief
from briefing.digest.telling.changes import read_item
from briefing.digest.telling.lines import (
    Figures,
    LastTold,
    compare_figures,
    favour,
    still_open,
    story_lines,
)
from briefing.digest.telling.merged import Merged, merge, out_of_date
from briefing.errors import BriefingError, ClusterError, InternalError, ModelError, WorkerDied
from briefing.options import Length
from briefing.planning import plan_union
from briefing.scale import ALONE, BriefersMaker, make_briefer
from briefing.scale.cluster import pool_size, quiet_cluster, spread

__all__ = ["LocalStoryBriefer", "read_item"]

_log = logging.getLogger(__name__)
_TEASERS = "From excerpts alone: what feeds give, or pages show without a subscription."


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A story waiting for its brief from the model."""

    merged: Merged
    figures: Figures
    stale: frozenset[int]
    memory: LastTold
    previous: StoryBrief | None


class LocalStoryBriefer:
    """Brief stories with the model of ``briefer`` at the given length.

    ``until`` is the end of the period that they are of (see `out_of_date`).
    """

    def __init__(
        self, briefer: Briefer, *, length: Length = "standard", until: datetime | None = None
    ) -> None:
        self._briefer = briefer
        self._length = length
        self._until = until

    def brief(
        self,
        stories: Iterable[Story],
        previous: Mapping[int, StoryBrief] | None = None,
        since: Mapping[int, date] | None = None,
    ) -> Iterator[StoryBrief | BriefingError]:
        """Yield one result per story, in order: its brief, or the error if it cannot be briefed.

        ``previous`` maps a story to its brief in the last edition that covered it, and ``since``
        to that edition's date. Lines of several stories share the model's batches.

        Raises ModelError or DeviceError if the model itself cannot be used.
        """
        pending: deque[_Prepared | None] = deque()
        known = previous or {}
        planned = (self._plan(story, known.get(story.id), pending) for story in stories)
        for result in self._briefer.brief_many(planned, length=self._length):
            prepared = pending.popleft()
            if isinstance(result, BriefingError) or prepared is None:
                yield result if isinstance(result, BriefingError) else InternalError("no story")
                continue
            number = prepared.merged.story.id
            try:
                yield _story_brief(prepared, result, (since or {}).get(number))
            except Exception as error:
                yield _as_result(number, error)

    def _plan(
        self, story: Story, previous: StoryBrief | None, pending: deque[_Prepared | None]
    ) -> Planned | BriefingError:
        """Merge and plan a story; appends the data needed for its result to ``pending``."""
        try:
            merged = merge(story, previous)
            figures, memory = compare_figures(merged), LastTold(previous)
            stale = figures.stale | out_of_date(merged, self._until)
            plan = plan_union(
                self._briefer.planner,
                merged.article,
                merged.parts,
                length=self._length,
                favour=favour(merged, memory, stale),
            )
        except ModelError:
            raise
        except Exception as error:
            pending.append(None)
            return _as_result(story.id, error)
        pending.append(_Prepared(merged, figures, stale, memory, previous))
        return Planned(merged.article, plan, follow_up=previous is not None)


def _as_result(story: int, error: Exception) -> BriefingError:
    """The error as the story's result, so that the edition goes on without it."""
    if isinstance(error, BriefingError):
        return error
    _log.error("unexpected error briefing story %d", story, exc_info=error)
    return InternalError(
        f"{type(error).__name__} while briefing story {story}: {error}; please report it with the "
        "story's articles"
    )


def _story_brief(
    prepared: _Prepared, brief: Brief, since: date | None
) -> StoryBrief | BriefingError:
    merged, previous = prepared.merged, prepared.previous
    lines = story_lines(merged, brief, prepared.figures, prepared.memory, prepared.stale)
    if lines.headline is None:
        return InternalError(
            f"no headline for story {merged.story.id}; its articles have no self-contained sentence"
        )
    known = {reference.id for reference in previous.references} if previous else set()
    told = StoryBrief(
        story=merged.story.id,
        headline=lines.headline,
        key_points=lines.key_points,
        context=lines.context,
        references=_references(merged, known),
        topic=merged.story.topic,
        model=brief.model,
        disagreements=prepared.figures.disagreements,
        since=since,
        salience=_salience(brief),
        warnings=(*brief.warnings, *_teasers(merged)),
        changes=_changes(merged),
    )
    return still_open(told, merged.fresh)


def _changes(merged: Merged) -> tuple[Change, ...]:
    return tuple(each.change(article) for article, each in merged.changes.items() if each.said)


def _references(merged: Merged, known: set[int]) -> tuple[Reference, ...]:
    """References to the story's articles by time, without duplicates."""
    articles = sorted(
        (a for a in merged.story.articles if a.duplicate_of is None), key=lambda a: (a.time, a.id)
    )
    changes = {change.article: change.kind for change in _changes(merged)}
    return tuple(
        Reference(
            id=a.id,
            source=a.source,
            publisher=a.publisher,
            title=a.item.title,
            url=a.item.url,
            time=a.time,
            extent=a.item.extent,
            new=a.id not in known and a.id not in changes,
            change=changes.get(a.id),
            recording=a.item.recording,
            dated=a.item.published is not None,
        )
        for a in articles
    )


def _salience(brief: Brief) -> float:
    """Mean salience of the sentences cited by headline and key points."""
    head = (brief.headline,) if brief.headline else ()
    cited = {i for line in (*head, *brief.key_points) for i in line.evidence}
    values = [brief.salience[i] for i in cited]
    return round(sum(values) / len(values), 4) if values else 0.0


def _teasers(merged: Merged) -> tuple[str, ...]:
    teasers = all(origin.article.item.extent == "teaser" for origin in merged.origins)
    return (_TEASERS,) if teasers else ()


CHUNK = 8
"""Stories per task: enough for full batches, few to repeat after a worker dies."""
_DIED = WorkerDied(
    f"the worker process died {ALONE} times while briefing this story alone, most likely out of "
    "memory; give workers more memory"
)

Told = StoryBrief | BriefingError


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Consecutive stories with their arguments for `LocalStoryBriefer.brief`."""

    first: int
    stories: tuple[Story, ...]
    previous: Mapping[int, StoryBrief]
    since: Mapping[int, date]

    def __len__(self) -> int:
        return len(self.stories)

    def singles(self) -> Iterator["_Chunk"]:
        """Split into chunks of one story."""
        for offset, story in enumerate(self.stories):
            yield _chunk(self.first + offset, (story,), self.previous, self.since)


@dataclass(slots=True)
class _InOrder:
    """Reorder buffer: takes results in any order, yields them in the order of the stories."""

    _next: int = 0
    _pending: dict[int, Told] = field(default_factory=dict)

    def take(self, first: int, results: Sequence[Told]) -> Iterator[Told]:
        """Buffer ``results`` and yield those whose turn it is."""
        self._pending.update(enumerate(results, first))
        while self._next in self._pending:
            yield self._pending.pop(self._next)
            self._next += 1


class ClusterStoryBriefer:
    """Brief stories like `LocalStoryBriefer`, in chunks on the workers of a cluster."""

    def __init__(
        self,
        settings: Settings,
        *,
        own: bool,
        extractive: bool = False,
        length: Length = "standard",
        until: datetime | None = None,
        make: BriefersMaker = make_briefer,
    ) -> None:
        """``own`` means that the cluster was started for this run.

        Raises:
            ConfigError: no machine of the cluster has the resources for a worker.
        """
        self._size = pool_size(settings, own=own)
        sized = settings.model_copy(update={"threads": self._size.threads})
        self._worker = partial(_Worker, sized, extractive, length, until, make)

    def brief(
        self,
        stories: Sequence[Story],
        previous: Mapping[int, StoryBrief],
        since: Mapping[int, date],
    ) -> Iterator[Told]:
        """See `LocalStoryBriefer.brief`. A story that repeatedly kills its worker gives WorkerDied.

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
            retries: list[_Chunk] = []
            for index, result in spread(chunks, self._worker, self._size):
                chunk = chunks[index]
                if isinstance(result, BriefingError):
                    raise result
                if result is not None:
                    yield from ordered.take(chunk.first, result)
                elif len(chunk) > 1:
                    retries += chunk.singles()
                else:
                    deaths[chunk.first] += 1
                    if deaths[chunk.first] < ALONE:
                        retries.append(chunk)
                    else:
                        yield from ordered.take(chunk.first, [_DIED])
            if len(retries) == sum(map(len, chunks)) > ALONE * CHUNK:
                raise ClusterError(
                    "every worker died before it had briefed a story; give workers more memory, or "
                    "start fewer with BRIEFING_RAY_WORKERS"
                )
            chunks = retries


class _Worker:
    """Cluster worker: holds a model and briefs chunks of stories."""

    def __init__(
        self,
        settings: Settings,
        extractive: bool,
        length: Length,
        until: datetime | None,
        make: BriefersMaker,
    ) -> None:
        self._failure: BriefingError | None = None
        try:
            self._briefer = LocalStoryBriefer(
                make(settings, extractive), length=length, until=until
            )
        except BriefingError as error:  # returned with the first chunk, to avoid restarts
            self._failure = error

    def __call__(self, chunk: _Chunk) -> list[Told] | BriefingError:
        """One result per story, or the error that prevents all of them."""
        if self._failure:
            return self._failure
        try:
            return list(self._briefer.brief(chunk.stories, chunk.previous, chunk.since))
        except BriefingError as error:
            return error


def _chunk(
    first: int,
    stories: Sequence[Story],
    previous: Mapping[int, StoryBrief],
    since: Mapping[int, date],
) -> _Chunk:
    """Create a chunk with only the arguments of its own stories."""
    ids = {story.id for story in stories}
    return _Chunk(
        first,
        tuple(stories),
        {number: brief for number, brief in previous.items() if number in ids},
        {number: day for number, day in since.items() if number in ids},
    )


class StoryBriefer(Protocol):
    """Interface of what briefs stories here, or on the workers of a cluster."""

    def brief(
        self,
        stories: Sequence[Story],
        previous: Mapping[int, StoryBrief],
        since: Mapping[int, date],
    ) -> Iterator[StoryBrief | BriefingError]:
        """Yield one result per story, in order."""


class StoryBriefers:
    """Create story briefers on demand; the model is loaded once, on first use."""

    def __init__(self, *, extractive: bool = False, engine: str | None = None) -> None:
        """``engine`` overrides the engine in Briefing's settings."""
        self._extractive = extractive
        self._engine = engine
        self._briefer: Briefer | None = None

    @contextmanager
    def __call__(self, length: Length, until: datetime | None = None) -> Iterator[StoryBriefer]:
        """Yield a story briefer for the given length and end of the period.

        A cluster that is started for it is shut down afterwards.

        Raises:
            ModelError, DeviceError: the model cannot be used. MissingExtra, ClusterError: Ray is
                not installed, or its cluster cannot be reached.
        """
        settings = load_settings(engine=self._engine)
        if settings.engine == "ray":
            with quiet_cluster() as started:
                yield ClusterStoryBriefer(
                    settings, own=started, extractive=self._extractive, length=length, until=until
                )
        else:
            yield LocalStoryBriefer(self._local(settings), length=length, until=until)

    def _local(self, settings: Settings) -> Briefer:
        self._briefer = self._briefer or Briefer.of(settings, extractive=self._extractive)
        return self._briefer
