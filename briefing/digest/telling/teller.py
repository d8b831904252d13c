"""Stories told: articles in, checked lines out, each with its evidence across articles."""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from briefing.brief import Brief
from briefing.briefer import Briefer, Planned
from briefing.digest.records import Reference, Story, StoryBrief
from briefing.digest.telling.figures import Figures, compare
from briefing.digest.telling.lines import story_lines
from briefing.digest.telling.merged import Merged, merge
from briefing.digest.telling.novelty import Memory, favour
from briefing.errors import BriefingError, InternalError, ModelError
from briefing.plan import Length, plan_union

_log = logging.getLogger(__name__)
_TEASERS = "Told from what its sources show without a subscription."


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A story on its way through the model."""

    merged: Merged
    figures: Figures
    memory: Memory
    previous: StoryBrief | None


class Teller:
    """Briefs stories with the model of ``briefer``, at the given length."""

    def __init__(self, briefer: Briefer, *, length: Length = "standard") -> None:
        self._briefer = briefer
        self._length = length

    def tell(
        self,
        stories: Iterable[Story],
        previous: Mapping[int, StoryBrief] | None = None,
        since: Mapping[int, date] | None = None,
    ) -> Iterator[StoryBrief | BriefingError]:
        """One result a story, in order; a story that cannot be told gives its error.

        ``previous`` maps a story to its brief in the last edition that told it, and ``since`` to
        that edition's date. Lines of several stories share the model's batches.

        Raises ModelError or DeviceError where the model itself cannot be used.
        """
        waiting: deque[_Prepared | None] = deque()
        known = previous or {}
        given = (self._given(story, known.get(story.id), waiting) for story in stories)
        for result in self._briefer.brief_many(given, length=self._length):
            prepared = waiting.popleft()
            if isinstance(result, BriefingError) or prepared is None:
                yield result if isinstance(result, BriefingError) else InternalError("no story")
                continue
            number = prepared.merged.story.id
            try:
                yield _told(prepared, result, (since or {}).get(number))
            except Exception as error:
                yield _fault(number, error)

    def _given(
        self, story: Story, previous: StoryBrief | None, waiting: deque[_Prepared | None]
    ) -> Planned | BriefingError:
        """The story's merged article with its plan; the way back is left in ``waiting``."""
        try:
            merged = merge(story, previous)
            figures, memory = compare(merged), Memory(previous)
            plan = plan_union(
                self._briefer.planner,
                merged.article,
                merged.parts,
                length=self._length,
                favour=favour(merged, memory, figures.stale),
            )
        except ModelError:
            raise
        except Exception as error:
            waiting.append(None)
            return _fault(story.id, error)
        waiting.append(_Prepared(merged, figures, memory, previous))
        return Planned(merged.article, plan)


def _fault(story: int, error: Exception) -> BriefingError:
    """One story's fault as its result, so that it never ends the edition."""
    if isinstance(error, BriefingError):
        return error
    _log.error("a fault in telling story %d", story, exc_info=error)
    return InternalError(
        f"{type(error).__name__} while telling story {story}: {error}; please report it with the "
        "story's articles"
    )


def _told(prepared: _Prepared, brief: Brief, since: date | None) -> StoryBrief | BriefingError:
    merged, previous = prepared.merged, prepared.previous
    lines = story_lines(merged, brief, prepared.figures, prepared.memory)
    if lines.headline is None:
        return InternalError(
            f"no headline could be made for story {merged.story.id}; its articles hold no sentence "
            "that can stand alone"
        )
    had = {reference.id for reference in previous.references} if previous else set()
    return StoryBrief(
        story=merged.story.id,
        headline=lines.headline,
        key_points=lines.key_points,
        context=lines.context,
        references=_references(merged.story, had),
        topic=merged.story.topic,
        model=brief.model,
        disagreements=prepared.figures.disagreements,
        since=since,
        salience=_salience(brief),
        warnings=(*brief.warnings, *_teasers(merged)),
    )


def _references(story: Story, had: set[int]) -> tuple[Reference, ...]:
    """The story's articles by time, copies left out."""
    own = sorted(
        (a for a in story.articles if a.duplicate_of is None), key=lambda a: (a.time, a.id)
    )
    return tuple(
        Reference(
            id=a.id,
            source=a.source,
            publisher=a.publisher,
            title=a.item.title,
            url=a.item.url,
            time=a.time,
            extent=a.item.extent,
            new=a.id not in had,
        )
        for a in own
    )


def _salience(brief: Brief) -> float:
    """How much an editor would make of it: the mean salience behind headline and key points."""
    head = (brief.headline,) if brief.headline else ()
    cited = {i for line in (*head, *brief.key_points) for i in line.evidence}
    values = [brief.salience[i] for i in cited]
    return round(sum(values) / len(values), 4) if values else 0.0


def _teasers(merged: Merged) -> tuple[str, ...]:
    told = {origin.article.id: origin.article for origin in merged.origins}
    return (_TEASERS,) if all(a.item.extent == "teaser" for a in told.values()) else ()
