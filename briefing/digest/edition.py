"""Editions: what a reader wants, time window, story ranking and selection, sections.

Before briefing, stories are ranked by publishers, freshness, content and followed words, and
selected within the reading time. After briefing they are ranked again and put into sections.

Words match whole, whatever their case. What would leave an article out is looked for in titles
only, and so are followed words; what an article is about in its title, standfirst and lead: a word
in passing says neither.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from math import log2
from zoneinfo import ZoneInfo

from briefing.digest import (
    Edition,
    EditionSection,
    Item,
    Novelty,
    SourceProblem,
    Story,
    StoryBrief,
)
from briefing.digest.settings import DigestSettings, EditionTable, SourceTable, TopicTable

_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """A pattern matching any of ``words`` (or phrases); None if there are none."""
    folded = {_folded(word) for word in words} - {""}
    if not folded:
        return None
    # Longest first, so that "rugby league" does not match as "rugby".
    either = "|".join(re.escape(word) for word in sorted(folded, key=lambda w: (-len(w), w)))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")


def _folded(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()


def occurrences(words: Sequence[str], text: str) -> int:
    """Count the whole-word, case-insensitive matches of ``words`` in ``text``."""
    pattern = _pattern(tuple(words))
    return sum(1 for _ in pattern.finditer(_folded(text))) if pattern else 0


_LEAD_WORDS = 60
"""Words of an article's beginning that say what it is about."""
_NEVER = datetime.min.replace(tzinfo=UTC)


def title_and_lead(item: Item) -> str:
    """Title, standfirst and lead of an article."""
    lead = " ".join(item.body.split()[:_LEAD_WORDS])
    return "\n".join((item.title or "", item.subtitle or "", lead))


def wanted_items(items: Iterable[Item], table: SourceTable) -> tuple[Item, ...]:
    """The items of a source that its settings ask for: ``only``, ``skip``, then ``limit``."""
    wanted = [
        item
        for item in items
        if not occurrences(table.skip, item.title or "")
        and (not table.only or occurrences(table.only, title_and_lead(item)))
    ]
    newest = sorted(wanted, key=lambda item: item.published or _NEVER, reverse=True)[: table.limit]
    kept = {item.guid for item in newest}
    return tuple(item for item in wanted if item.guid in kept)


def topic_of(story: Story, text: str, topics: Iterable[TopicTable]) -> str | None:
    """The topic of a story.

    The topic given by its sources, if it is one of ``topics``; else the topic whose words occur
    most often in ``text`` (the first of equals); else the one given by its sources.
    """
    tables = list(topics)
    given = _folded(story.topic or "")
    for table in tables:
        if given and _folded(table.name) == given:
            return table.name
    counts = [occurrences(table.words, text) for table in tables]
    most = max(counts, default=0)
    if most:
        return tables[counts.index(most)].name
    return story.topic


def topic_weight(topic: str | None, topics: Sequence[TopicTable]) -> float:
    """The weight of a topic; 1 if it is not in the settings."""
    return next((table.weight for table in topics if table.name == topic), 1.0)


def source_weight(sources: Iterable[str], settings: DigestSettings) -> float:
    """The greatest weight of some sources, by name."""
    weights = {table.shown_name: table.weight for table in settings.sources if table.weight != 1}
    return max((weights.get(source, 1.0) for source in sources), default=1.0)


@dataclass(frozen=True, slots=True)
class Window:
    """The edition's date in its zone, and the period that it covers: after ``since``, up to
    ``until`` (aware, UTC); of a source that is read for the first time, after ``first_since``.
    """

    date: date
    since: datetime
    until: datetime
    first_since: datetime


def edition_date(now: datetime, zone: ZoneInfo) -> date:
    """The local day of ``now``."""
    return now.astimezone(zone).date()


def window(
    zone: ZoneInfo,
    now: datetime,
    *,
    date: date | None = None,
    since: timedelta | None = None,
    last: datetime | None = None,
    days: int = 1,
) -> Window:
    """The window of a run at ``now``.

    With ``date``, that local day (23 or 25 hours if clocks change) up to ``now``; else the last
    ``since``; else the time since the end of the ``last`` edition, but at first, and of a source
    that is read for the first time, the last ``days`` of 24 hours.
    """
    if date is not None:
        start, end = _midnight(date, zone), _midnight(date + timedelta(days=1), zone)
        return Window(date, start, min(end, now), start)
    today, days_ago = edition_date(now, zone), now - timedelta(days=days)
    if since is not None:
        return Window(today, now - since, now, now - since)
    start = days_ago if last is None else min(last, now)
    return Window(today, start, now, min(start, days_ago))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The start of a local day in UTC; if its midnight is skipped, the first moment after."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _titles(story: Story) -> str:
    """The titles of the story's articles: what muted and followed words are looked for in."""
    return "\n".join(article.item.title or "" for article in story.articles)


def _openings(story: Story) -> str:
    """The openings of the story's articles: what topics are looked for in."""
    return "\n".join(title_and_lead(article.item) for article in story.articles)


FOLLOWED = 2.0
"""Factor on the rank of a story with a followed word."""
_DIGITS = 9  # beyond them the order would depend on the processor's rounding


@dataclass(frozen=True, slots=True)
class Merits:
    """Ranking features of a story. ``newest`` is the time of its newest article not yet covered;
    ``salience`` is in 0..1; ``weight`` is the greatest of its sources.
    """

    story: int
    publishers: int
    newest: datetime
    salience: float
    topic: str | None
    followed: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scores stories by the settings and the time of the run."""

    settings: DigestSettings
    now: datetime

    def score(self, merits: Merits) -> float:
        """The score of a story; 0 if the weight of its topic or of all its sources is 0.

        Each doubling of the independent publishers adds as much as the first one; the score
        halves with each half-life; salience is a factor of 0.5 to 1.5.
        """
        edition = self.settings.edition
        age = max(self.now - merits.newest, timedelta()) / timedelta(hours=edition.half_life)
        breadth = 1 + log2(max(merits.publishers, 1))
        wanted = FOLLOWED if merits.followed else 1.0
        weight = topic_weight(merits.topic, self.settings.topics) * merits.weight
        freshness: float = 0.5**age
        return weight * wanted * breadth * (0.5 + merits.salience) * freshness

    def key(self, merits: Merits) -> tuple[float, float, int]:
        """Sort key: best score first, then the newer story, then the lower id."""
        score = round(self.score(merits), _DIGITS)
        return (-score, -merits.newest.timestamp(), merits.story)


WORDS_A_MINUTE = 230
"""Silent reading of English non-fiction is 238 words a minute (Brysbaert 2019); slightly less for
fact-dense lines."""
_LINE_WORDS = 19
_LINES = {"short": 3, "standard": 7, "long": 10}
_MIN_WORDS = 25
_SHARE = 0.5


def estimated_words(story: Story, length: str) -> int:
    """Estimate the words of a story's brief: full length, or half of a short article."""
    longest = max((len(article.item.body.split()) for article in story.articles), default=0)
    return min(_LINES[length] * _LINE_WORDS, max(_MIN_WORDS, round(longest * _SHARE)))


def minutes(words: int) -> float:
    """Reading time of ``words`` in minutes."""
    return words / WORDS_A_MINUTE


class Budget:
    """Budget of stories and reading time.

    The first story always fits, so that an edition is never empty for lack of room.
    """

    def __init__(self, edition: EditionTable, spare: float = 1.0) -> None:
        self._words = edition.minutes * WORDS_A_MINUTE * spare
        self._stories = edition.stories
        self.used = 0
        self.taken = 0

    def take(self, words: int) -> bool:
        """Add a story of so many words if it fits; return whether it did."""
        full = self.taken >= self._stories or self.used + words > self._words
        if full and self.taken:
            return False
        self.taken += 1
        self.used += words
        return True


def words_of(brief: StoryBrief) -> int:
    """The words of a story's lines, changes and disagreements."""
    values = (claim.value for each in brief.disagreements for claim in each.claims)
    about = (each.about for each in brief.disagreements)
    passages = [passage for each in brief.changes for passage in each.passages]
    changed = (text for each in passages for text in (each.after.text, each.before or ""))
    return brief.words + sum(len(text.split()) for text in (*values, *about, *changed))


_SPARE = 1.25
"""Over-selection factor: some briefs fail, and some turn out shorter."""
_SUBSTANTIAL = 400
"""Words from which an article counts as fully substantial."""


def choose_stories(
    stories: Iterable[Story],
    settings: DigestSettings,
    now: datetime,
    told: Mapping[int, StoryBrief],
) -> list[Story]:
    """Select the stories to brief, best first, within the budget.

    Selects a few more than fit the reading time; `compose` cuts once the word counts are known.
    """
    budget = Budget(settings.edition, _SPARE)
    length = settings.edition.length
    return [
        story
        for story in rank_stories(stories, settings, now, told)
        if budget.take(estimated_words(story, length))
    ]


def rank_stories(
    stories: Iterable[Story],
    settings: DigestSettings,
    now: datetime,
    told: Mapping[int, StoryBrief],
) -> list[Story]:
    """Rank the eligible stories, best first, each with the topic of its section.

    Leaves out muted stories, topics of weight 0, stories with titles only, and stories in ``told``
    (the last brief of each story) without a new or changed article since.
    """
    ranking = Ranking(settings, now)
    ranked = []
    for story in stories:
        before = told.get(story.id)
        if not _has_text(story) or not _new_articles(story, before):
            continue
        if occurrences(settings.edition.mute, _titles(story)):
            continue
        topic = topic_of(story, _openings(story), settings.topics)
        placed = replace(story, topic=topic)
        merits = _merits(placed, settings, before)
        if ranking.score(merits) > 0:
            ranked.append((ranking.key(merits), placed))
    return [story for _, story in sorted(ranked, key=lambda each: each[0])]


def _has_text(story: Story) -> bool:
    """Whether any article has text beyond its title."""
    return any(article.item.body.strip() for article in story.articles)


def _new_articles(story: Story, before: StoryBrief | None) -> set[int]:
    """The ids of the story's articles that ``before`` did not cover, or not as they are now."""
    known = {reference.id for reference in before.references} if before else set()
    changed = {article.id for article in story.articles if article.told is not None}
    return {article.id for article in story.articles} - (known - changed)


def _merits(story: Story, settings: DigestSettings, before: StoryBrief | None) -> Merits:
    new = _new_articles(story, before)
    return Merits(
        story=story.id,
        publishers=len(story.publishers),
        newest=max(article.time for article in story.articles if article.id in new),
        salience=_estimated_salience(story),
        topic=story.topic,
        followed=occurrences(settings.edition.follow, _titles(story)) > 0,
        weight=source_weight((article.source for article in story.articles), settings),
    )


def _estimated_salience(story: Story) -> float:
    """Estimate a story's salience before briefing: the length of its fullest article.

    Teasers count half: the text that they lack cannot be briefed.
    """
    shares = (
        min(len(article.item.body.split()) / _SUBSTANTIAL, 1.0)
        * (0.5 if article.item.extent == "teaser" else 1.0)
        for article in story.articles
    )
    return max(shares)


_LEAD_FROM = 3
"""Minimum number of stories for a lead story before the sections."""


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
    until: datetime | None = None,
) -> Edition:
    """Compose the edition of a day; the order of ``briefs`` does not matter.

    Leaves out follow-ups without a new line or a change. ``left_out`` counts the stories dropped
    for lack of room before briefing; those cut here are added. ``articles`` counts the articles
    read, ``previous`` is the date of the previous edition, ``until`` the end of the period.
    """
    ranking = Ranking(settings, now)
    ranked = sorted(
        (brief for brief in briefs if _has_news(brief)),
        key=lambda brief: ranking.key(_brief_merits(brief, settings)),
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
        until=until,
    )


def _has_news(brief: StoryBrief) -> bool:
    new = any(line.novelty is Novelty.NEW for line in brief.lines)
    return brief.since is None or new or bool(brief.changes)


def _brief_merits(brief: StoryBrief, settings: DigestSettings) -> Merits:
    new = [each for each in brief.references if each.new or each.change] or brief.references
    titles = "\n".join(each.title or "" for each in brief.references)
    return Merits(
        story=brief.story,
        publishers=len({reference.publisher for reference in brief.references}),
        newest=max(reference.time for reference in new),
        salience=brief.salience,
        topic=brief.topic,
        followed=occurrences(settings.edition.follow, titles) > 0,
        weight=source_weight((each.source for each in brief.references), settings),
    )


def _sections(ranked: Sequence[StoryBrief], order: Sequence[str]) -> tuple[EditionSection, ...]:
    """The lead story, then the topics: those in ``order``, other topics by name, then no topic.

    With a single topic there is no lead: its best story comes first anyway.
    """
    topics = {brief.topic for brief in ranked}
    lead = ranked[:1] if len(ranked) >= _LEAD_FROM and len(topics) > 1 else []
    rest = ranked[len(lead) :]
    places = {name: place for place, name in enumerate(order)}
    ordered = sorted(
        {brief.topic for brief in rest},
        key=lambda topic: (topic is None, places.get(topic or "", len(places)), topic or ""),
    )
    return (
        *(EditionSection(brief.topic, (brief,), lead=True) for brief in lead),
        *(
            EditionSection(topic, tuple(brief for brief in rest if brief.topic == topic))
            for topic in ordered
        ),
    )
