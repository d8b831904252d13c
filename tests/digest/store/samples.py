"""Sources, items and editions for tests of the store."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from briefing.briefs import ModelInfo
from briefing.digest import Citation, Item, Reference, Source, StoryBrief, StoryLine
from briefing.digest.sources import FetchState, SourceResult
from briefing.digest.store import Store
from briefing.digest.store.articles import take_in
from briefing.digest.store.editions import (
    EditionRow,
    fetched,
    keep_sources,
    open_edition,
    record_fetch,
    to_fetch,
)
from briefing.digest.store.pages import want_pages
from briefing.sections import Role

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HERALD = Source("Alder Herald", "feed", "https://herald.example/feed", "local", "herald.example")
WIRE = Source("Coast Wire", "feed", "https://wire.example/feed", None, "wire.example")


def item(guid: str, **fields: object) -> Item:
    values = {
        "url": f"https://herald.example/{guid}",
        "title": f"The ferry, part {guid}",
        "subtitle": None,
        "body": f"The council of Port Alder voted on part {guid} of its plan for the ferry.",
        "published": NOW - timedelta(hours=2),
    }
    return Item(guid, **{**values, **fields})


def opened(connection: Connection, day: date | None = None, made: datetime = NOW) -> EditionRow:
    """An edition that covers the day before it was made."""
    return open_edition(
        connection,
        day or made.date(),
        zone="UTC",
        since=made - DAY,
        until=made,
        made=made,
        previous=None,
    )


def given(
    store: Store,
    items: dict[Source, list[Item]],
    made: datetime = NOW,
    *,
    pages: int = 0,
    keep: timedelta = 90 * DAY,
) -> EditionRow:
    """An edition whose sources gave these items, all taken in."""
    with store.writing() as connection:
        keep_sources(connection, list(items))
        edition = opened(connection, made=made)
        for row in to_fetch(connection, edition.id):
            result = SourceResult(
                row.source, FetchState(last_success=made), tuple(items[row.source])
            )
            record_fetch(connection, edition.id, row.id, result, made)
        for each in fetched(connection, edition.id):
            take_in(connection, each, edition, keep=keep)
        want_pages(connection, edition, pages)
    return edition


def told(story: int, text: str = "The ferry stays.") -> StoryBrief:
    line = StoryLine(text, (Citation(1, 0, text),), 1.0, "extracted", Role.MAIN_EVENT)
    reference = Reference(1, "Alder Herald", "herald.example", "The ferry", None, NOW)
    model = ModelInfo("none", "none", "none", "cpu", "none")
    return StoryBrief(story, line, (line,), (), (reference,), "local", model)
