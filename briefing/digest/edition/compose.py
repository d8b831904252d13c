"""After briefing: sections, best first, within the reading time."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from briefing.digest.edition.budget import Budget, minutes, words_of
from briefing.digest.edition.ranking import Merits, Ranking
from briefing.digest.edition.words import occurrences
from briefing.digest.records import (
    Edition,
    EditionSection,
    Novelty,
    SourceProblem,
    StoryBrief,
)
from briefing.digest.settings import DigestSettings

_LEAD_FROM = 3
"""Stories from which the best one stands before the sections."""


def compose(
    date: date,
    now: datetime,
    since: datetime,
    briefs: Iterable[StoryBrief],
    settings: DigestSettings,
    *,
    problems: Sequence[SourceProblem] = (),
    failed: Sequence[str] = (),
    left_out: int = 0,
    articles: int = 0,
    previous: date | None = None,
) -> Edition:
    """The edition of a day, whatever the order of ``briefs``.

    A story told before of which every line is known is not told again. ``left_out`` counts the
    stories for which there was no room before briefing; those cut here are added. ``articles``
    counts what was read, ``previous`` is the date of the edition before.
    """
    ranking = Ranking(settings, now)
    ranked = sorted(
        (brief for brief in briefs if _has_news(brief)),
        key=lambda brief: ranking.key(_merits(brief, settings)),
    )
    budget = Budget(settings.edition)
    taken = [brief for brief in ranked if budget.take(words_of(brief))]
    return Edition(
        date=date,
        title=settings.edition.title,
        zone=settings.edition.timezone,
        since=since,
        made=now,
        sections=_sections(taken, [table.name for table in settings.topics]),
        problems=tuple(sorted(problems, key=lambda problem: problem.source)),
        left_out=left_out + len(ranked) - len(taken),
        articles=articles,
        minutes=round(minutes(budget.used), 1),
        previous=previous,
        failed=tuple(failed),
    )


def _has_news(brief: StoryBrief) -> bool:
    return brief.since is None or any(line.novelty is Novelty.NEW for line in brief.lines)


def _merits(brief: StoryBrief, settings: DigestSettings) -> Merits:
    news = [reference for reference in brief.references if reference.new] or brief.references
    text = "\n".join(
        [*(line.text for line in brief.lines), *(each.title or "" for each in brief.references)]
    )
    return Merits(
        story=brief.story,
        publishers=len({reference.publisher for reference in brief.references}),
        newest=max(reference.time for reference in news),
        salience=brief.salience,
        topic=brief.topic,
        followed=occurrences(settings.edition.follow, text) > 0,
    )


def _sections(ranked: Sequence[StoryBrief], order: Sequence[str]) -> tuple[EditionSection, ...]:
    """The lead story, then the topics: those of the settings first, in their order, then others
    by name, then what has none. A single topic needs no lead: its best story is the first.
    """
    topics = {brief.topic for brief in ranked}
    lead = ranked[:1] if len(ranked) >= _LEAD_FROM and len(topics) > 1 else []
    rest = ranked[len(lead) :]
    places = {name: place for place, name in enumerate(order)}
    ordered = sorted(
        {brief.topic for brief in rest},
        key=lambda topic: (topic is None, places.get(topic or "", len(places)), topic or ""),
    )
    first = [EditionSection(brief.topic, (brief,), lead=True) for brief in lead]
    others = [
        EditionSection(topic, tuple(brief for brief in rest if brief.topic == topic))
        for topic in ordered
    ]
    return (*first, *others)
