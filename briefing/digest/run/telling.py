"""The steps that choose stories, have them told, and make the edition of them."""

from collections.abc import Iterator
from dataclasses import replace

from briefing.briefer import GROUP
from briefing.digest.edition import choose_stories, compose, rank_stories
from briefing.digest.records import Edition, Story, StoryBrief
from briefing.digest.run.work import Work, log, warn
from briefing.digest.store.briefs import (
    briefs_of,
    choose,
    failures_of,
    record_brief,
    to_brief,
    told_before,
)
from briefing.digest.store.editions import Step, advance, find, keep_document
from briefing.digest.store.sources import problems
from briefing.digest.store.stories import news_count, stories_in_news, stories_of
from briefing.digest.stories import HORIZON
from briefing.errors import BriefingError


def choose_what_to_tell(work: Work) -> None:
    """Decide which stories the edition tells."""
    edition = work.edition
    work.progress.step("choice", None)
    with work.store.reading() as connection:
        count = news_count(connection, edition.since, edition.until)
        stories = stories_in_news(connection, edition.since, edition.until, edition.since - HORIZON)
        told = told_before(connection, [story.id for story in stories], edition.day)
    briefs = {story: before.brief for story, before in told.items()}
    worth = rank_stories(stories, work.settings, edition.made, briefs)
    taken = choose_stories(stories, work.settings, edition.made, briefs)
    with work.store.writing() as connection:
        choose(connection, edition.id, taken)
        advance(
            connection,
            edition.id,
            Step.CHOSEN,
            left_out=len(worth) - len(taken),
            articles=count,
        )
    log("choice", stories=len(stories), chosen=len(taken), articles=count)


def tell_stories(work: Work) -> None:
    """Have the chosen stories told, and keep them a group at a time.

    On some back ends a score can hang, in its last digit, on what else is in the model's batch: so
    that a run that goes on writes the same, it goes on where a group begins.
    """
    stories = _chosen(work)
    work.progress.step("briefs", len(stories))
    waiting: list[tuple[Story, StoryBrief | BriefingError]] = []
    for told in _told(work, stories):
        waiting.append(told)
        work.progress.advance()
        if len(waiting) == GROUP:
            _keep(work, waiting)
            waiting.clear()
    _keep(work, waiting)
    with work.store.writing() as connection:
        advance(connection, work.edition.id, Step.BRIEFED)


def _chosen(work: Work) -> list[Story]:
    """What is still to be told, best first, under the topics that were chosen."""
    edition = work.edition
    with work.store.reading() as connection:
        topics = to_brief(connection, edition.id)
        found = stories_of(connection, topics, edition.since - HORIZON, edition.until)
    stories = {story.id: replace(story, topic=topics[story.id]) for story in found}
    return [stories[number] for number in topics]


def _told(work: Work, stories: list[Story]) -> Iterator[tuple[Story, StoryBrief | BriefingError]]:
    if not stories:
        return
    with work.store.reading() as connection:
        told = told_before(connection, [story.id for story in stories], work.edition.day)
    with work.telling(work.settings.edition.length) as teller:
        briefs = teller.tell(
            stories,
            {story: before.brief for story, before in told.items()},
            {story: before.date for story, before in told.items()},
        )
        yield from zip(stories, briefs, strict=True)


def _keep(work: Work, told: list[tuple[Story, StoryBrief | BriefingError]]) -> None:
    with work.store.writing() as connection:
        for story, brief in told:
            if isinstance(brief, BriefingError):
                title = story.articles[-1].item.title or f"story {story.id}"
                record_brief(connection, work.edition.id, story.id, None, f"{title}: {brief}")
                warn("brief", story=story.id, error=str(brief))
            else:
                record_brief(connection, work.edition.id, story.id, brief, None)


def compose_edition(work: Work) -> None:
    """Make the edition of what was told, and keep it; it is never changed again."""
    work.progress.step("edition", None)
    with work.store.reading() as connection:
        row = find(connection, work.edition.day)
        assert row is not None
        edition: Edition = compose(
            row.day,
            row.made,
            row.since,
            briefs_of(connection, row.id),
            work.settings,
            problems=problems(connection, row.id),
            failed=failures_of(connection, row.id),
            left_out=row.left_out,
            articles=row.articles,
            previous=row.previous,
        )
    with work.store.writing() as connection:
        keep_document(connection, work.edition.id, edition)
        advance(connection, work.edition.id, Step.COMPOSED)
    log("edition", date=str(edition.date), stories=len(edition.stories))
