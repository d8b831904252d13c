"""Before briefing: which stories are worth it, within the reader's time."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from briefing.digest.edition.budget import Budget, estimated_words
from briefing.digest.edition.ranking import Merits, Ranking
from briefing.digest.edition.words import occurrences, text_of, topic_of
from briefing.digest.records import Story, StoryBrief
from briefing.digest.settings import DigestSettings

_SPARE = 1.25
"""More is briefed than there is room for: some briefs fail, and some turn out shorter."""
_SUBSTANTIAL = 400
"""Words from which an article is no stub."""


def choose_stories(
    stories: Iterable[Story],
    settings: DigestSettings,
    now: datetime,
    told: Mapping[int, StoryBrief],
) -> list[Story]:
    """The stories to brief, best first: those of `rank_stories` for which there is room.

    A few more than the reading time holds; `compose` cuts once their words are known.
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
    """All stories that an edition may tell, best first, each under the topic of its section.

    Left out are muted stories, topics of weight 0, stories of titles alone, and stories in ``told``
    (what the last edition that told a story said) to which no article was added since.
    """
    ranking = Ranking(settings, now)
    found = []
    for story in stories:
        before = told.get(story.id)
        if not _told_by(story) or not _news(story, before):
            continue
        text = text_of(story)
        if occurrences(settings.edition.mute, text):
            continue
        placed = replace(story, topic=topic_of(story, text, settings.topics))
        merits = _merits(placed, settings, before, text)
        if ranking.score(merits) > 0:
            found.append((ranking.key(merits), placed))
    return [story for _, story in sorted(found, key=lambda each: each[0])]


def _told_by(story: Story) -> bool:
    """Whether any article says something beyond its title."""
    return any(article.item.body.strip() for article in story.articles)


def _news(story: Story, before: StoryBrief | None) -> set[int]:
    """The articles that the story has beyond those told."""
    known = {reference.id for reference in before.references} if before else set()
    return {article.id for article in story.articles} - known


def _merits(story: Story, settings: DigestSettings, before: StoryBrief | None, text: str) -> Merits:
    news = _news(story, before)
    return Merits(
        story=story.id,
        publishers=len(story.publishers),
        newest=max(article.time for article in story.articles if article.id in news),
        salience=_promise(story),
        topic=story.topic,
        followed=occurrences(settings.edition.follow, text) > 0,
    )


def _promise(story: Story) -> float:
    """What a story's salience may be, before it is briefed: how much its fullest article says.

    Teasers count half: what they lack cannot be told.
    """
    shares = (
        min(len(article.item.body.split()) / _SUBSTANTIAL, 1.0)
        * (0.5 if article.item.extent == "teaser" else 1.0)
        for article in story.articles
    )
    return max(shares)
