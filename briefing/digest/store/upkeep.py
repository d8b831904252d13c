"""Export the store as JSON Lines; prune old articles and editions."""

import base64
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TextIO

from sqlalchemy import Connection, delete, or_, select, update

from briefing.digest.store.articles import forget_sources
from briefing.digest.store.tables import (
    articles,
    briefs,
    editions,
    metadata,
    revisions,
    stories,
)

_ROWS = 500


def export_store(connection: Connection, out: TextIO) -> int:
    """Write one object per row, ``{"table": NAME, COLUMN: VALUE, ...}``, table by table.

    Times are ISO 8601 in UTC, bytes base64. Memory use is constant. Returns the number of lines.
    """
    count = 0
    for table in metadata.sorted_tables:
        key = list(table.primary_key.columns)
        rows = connection.execution_options(yield_per=_ROWS).execute(select(table).order_by(*key))
        for row in rows.mappings():
            fields = {name: _plain(value) for name, value in row.items()}
            out.write(json.dumps({"table": table.name, **fields}, ensure_ascii=False) + "\n")
            count += 1
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


@dataclass(frozen=True, slots=True)
class Pruned:
    """Number of rows deleted from each table."""

    editions: int
    articles: int
    stories: int
    sources: int


def prune_store(connection: Connection, before: datetime, now: datetime) -> Pruned:
    """Delete data older than ``before``, and editions made after ``now`` (by a wrong clock).

    An undated article keeps its row without the text: its source may still list it, and it would
    be stored again as new. A dated one would be skipped for its age.
    """
    deleted_editions = connection.execute(
        delete(editions).where(or_(editions.c.made < before, editions.c.made > now))
    ).rowcount
    old = (articles.c.time < before, articles.c.news < before)
    deleted_articles = connection.execute(
        delete(articles).where(*old, articles.c.published.is_not(None))
    ).rowcount
    connection.execute(
        update(articles)
        .where(*old, articles.c.body != "")
        .values(body="", signature=None, duplicate_of=None, story_id=None)
    )
    connection.execute(delete(revisions).where(revisions.c.replaced < before))
    briefed = select(briefs.c.story_id).where(briefs.c.story_id == stories.c.id).exists()
    member = select(articles.c.id).where(articles.c.story_id == stories.c.id).exists()
    deleted_stories = connection.execute(delete(stories).where(~briefed, ~member)).rowcount
    return Pruned(deleted_editions, deleted_articles, deleted_stories, forget_sources(connection))
