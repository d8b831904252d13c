"""The tables. Migrations make them (`migrations/`); a test holds that both say the same.

A run fills them from left to right: sources -> fetches -> articles -> stories -> briefs ->
editions -> deliveries. docs/digest-store.md describes them for people.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from briefing.digest.store.types import BigId, UtcTime

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
"""The last id given to an article and a story.

Sequences would leave gaps where a transaction was rolled back, and a run that was killed would
number its articles otherwise than one that was not.
"""

sources = Table(
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

deliveries = Table(
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
