"""Old articles and editions leave the store."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from briefing.digest.store.sources import forget_sources
from briefing.digest.store.tables import articles, briefs, editions, stories


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows of each kind left the store."""

    editions: int
    articles: int
    stories: int
    sources: int


def prune(connection: Connection, before: datetime, now: datetime) -> Pruned:
    """Delete what is older than ``before``, and editions made after ``now`` (the clock was wrong).

    Of an article without a date the row stays, without its text: its source may still list it, and
    it would come again as new. One with a date would be passed over for its age.
    """
    gone = connection.execute(
        delete(editions).where(or_(editions.c.made < before, editions.c.made > now))
    ).rowcount
    old = (articles.c.time < before, articles.c.news < before)
    articles_gone = connection.execute(
        delete(articles).where(*old, articles.c.published.is_not(None))
    ).rowcount
    connection.execute(
        update(articles)
        .where(*old, articles.c.body != "")
        .values(body="", signature=None, duplicate_of=None, story_id=None)
    )
    told = select(briefs.c.story_id).where(briefs.c.story_id == stories.c.id).exists()
    member = select(articles.c.id).where(articles.c.story_id == stories.c.id).exists()
    stories_gone = connection.execute(delete(stories).where(~told, ~member)).rowcount
    return Pruned(gone, articles_gone, stories_gone, forget_sources(connection))
