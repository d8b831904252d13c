"""Tables, column types, and JSON serialisation of records.

Migrations create the tables (`migrations/`); a test checks that both agree. A run fills them in
the order sources -> fetches -> articles -> stories -> briefs -> editions -> deliveries; see
docs/digest-store.md. A run that was killed and resumed assigns the same ids as one that was not.
"""

from collections.abc import Hashable
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.types import TypeDecorator

from briefing.digest import Item


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC: ``timestamptz`` in PostgreSQL, sortable ISO text in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; without an offset for SQLite.

        Raises:
            ValueError: a naive time, whose zone would have to be guessed.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Convert to an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit identifier; SQLite requires INTEGER for row ids."""


ITEM = tuple(field.name for field in fields(Item))
"""The columns of an article that hold its `Item`."""
TEXTS = ("title", "subtitle", "body", "extent")
"""Those that a new version of it replaces."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last", BigId, nullable=False),
)
"""The last id assigned to an article and a story.

Sequences leave gaps after a rollback, so that a resumed run would assign other ids.
"""

sources_table = Table(
    "sources",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("topic", Text),
    Column("publisher", Text),
    Column("position", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("read_location", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("digest", Text),
    Column("moved_to", Text),
    Column("last_success", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", UtcTime),
    Column("retry_after", UtcTime),
    Column("error", Text),
)

editions = Table(
    "editions",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("date", Date, nullable=False, unique=True),
    Column("zone", Text, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("made", UtcTime, nullable=False, index=True),
    Column("previous", Date),
    Column("step", Text, nullable=False),
    Column("left_out", Integer, nullable=False, server_default="0"),
    Column("articles", Integer, nullable=False, server_default="0"),
    Column("document", Text),
    Column("first_since", UtcTime),
)

fetches = Table(
    "fetches",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("edition_id", ForeignKey("editions.id", ondelete="CASCADE"), nullable=False),
    Column("source_id", ForeignKey("sources.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("before", UtcTime),
    Column("outcome", Text, nullable=False),
    Column("items", Integer, nullable=False),
    Column("document", Text),
    Column("problem", Text),
    Column("first", Boolean, nullable=False, server_default=false()),
    Column("warnings", Text),
    UniqueConstraint("edition_id", "source_id"),
)

stories = Table(
    "stories",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=False),
    Column("opened", UtcTime, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=False),
    Column("source_id", ForeignKey("sources.id"), nullable=False),
    Column("guid", Text, nullable=False),
    Column("url", Text, index=True),
    Column("title", Text),
    Column("subtitle", Text),
    Column("body", Text, nullable=False),
    Column("published", UtcTime),
    Column("updated", UtcTime),
    Column("language", Text),
    Column("author", Text),
    Column("topic", Text),
    Column("extent", Text, nullable=False),
    Column("time", UtcTime, nullable=False, index=True),
    Column("news", UtcTime, nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column("content_hash", Text, nullable=False, index=True),
    Column("page", Text, nullable=False),
    Column("page_error", Text),
    Column("signature", LargeBinary),
    Column("duplicate_of", ForeignKey("articles.id", ondelete="SET NULL"), index=True),
    Column("story_id", ForeignKey("stories.id"), index=True),
    Column("given_hash", Text),
    Column("recording", Text),
    UniqueConstraint("source_id", "guid"),
    Index("ix_articles_news_story_id", "news", "story_id"),
    Index(
        "ix_articles_wanted",
        "id",
        sqlite_where=text("page = 'wanted'"),
        postgresql_where=text("page = 'wanted'"),
    ),
    Index(
        "ix_articles_unplaced",
        "time",
        "id",
        sqlite_where=text("story_id IS NULL"),
        postgresql_where=text("story_id IS NULL"),
    ),
    Index(
        "ix_articles_unsigned",
        "time",
        "id",
        sqlite_where=text("signature IS NULL"),
        postgresql_where=text("signature IS NULL"),
    ),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("article_id", ForeignKey("articles.id", ondelete="CASCADE"), nullable=False),
    Column("replaced", UtcTime, nullable=False, index=True),
    Column("kind", Text),
    Column("title", Text),
    Column("subtitle", Text),
    Column("body", Text, nullable=False),
    Column("extent", Text, nullable=False),
    UniqueConstraint("article_id", "replaced"),
)

briefs = Table(
    "briefs",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("edition_id", ForeignKey("editions.id", ondelete="CASCADE"), nullable=False),
    Column("story_id", ForeignKey("stories.id"), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("topic", Text),
    Column("document", Text),
    Column("error", Text),
    UniqueConstraint("edition_id", "story_id"),
    Index("ix_briefs_story_id_edition_id", "story_id", "edition_id"),
)

deliveries_table = Table(
    "deliveries",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("edition_id", ForeignKey("editions.id", ondelete="CASCADE"), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("changed", UtcTime, nullable=False),
    Column("error", Text),
    UniqueConstraint("edition_id", "recipient"),
)


_Record = TypeVar("_Record")


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump(kind: type[_Record], record: _Record) -> str:
    """Serialise a dataclass of `briefing.digest` as deterministic JSON."""
    return _adapter(cast(Hashable, kind)).dump_json(record).decode()


def load_record(kind: type[_Record], text: str) -> _Record:
    """Deserialise a record written by `dump`; fields added since get their defaults."""
    record: _Record = _adapter(cast(Hashable, kind)).validate_json(text)
    return record


def next_ids(connection: Connection, name: str, count: int) -> range:
    """Reserve the next ``count`` ids of a kind; a rollback releases them."""
    last = connection.scalar(select(counters.c.last).where(counters.c.name == name))
    if last is None:
        connection.execute(insert(counters).values(name=name, last=count))
        return range(1, count + 1)
    connection.execute(update(counters).where(counters.c.name == name).values(last=last + count))
    return range(last + 1, last + count + 1)
