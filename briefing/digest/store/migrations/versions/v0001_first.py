"""Initial tables."""

import sqlalchemy as sa
from alembic import op

from briefing.digest.store.tables import BigId, UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last", BigId, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "editions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("made", UtcTime(), nullable=False),
        sa.Column("previous", sa.Date()),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("left_out", sa.Integer(), server_default="0", nullable=False),
        sa.Column("articles", sa.Integer(), server_default="0", nullable=False),
        sa.Column("document", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_editions"),
        sa.UniqueConstraint("date", name="uq_editions_date"),
    )
    op.create_index("ix_editions_made", "editions", ["made"])
    op.create_table(
        "sources",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text()),
        sa.Column("publisher", sa.Text()),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("read_location", sa.Text()),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("digest", sa.Text()),
        sa.Column("moved_to", sa.Text()),
        sa.Column("last_success", UtcTime()),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", UtcTime()),
        sa.Column("retry_after", UtcTime()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.UniqueConstraint("name", name="uq_sources_name"),
    )
    op.create_table(
        "stories",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("opened", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
    )
    op.create_table(
        "articles",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("subtitle", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published", UtcTime()),
        sa.Column("updated", UtcTime()),
        sa.Column("language", sa.Text()),
        sa.Column("author", sa.Text()),
        sa.Column("topic", sa.Text()),
        sa.Column("extent", sa.Text(), nullable=False),
        sa.Column("time", UtcTime(), nullable=False),
        sa.Column("news", UtcTime(), nullable=False),
        sa.Column("first_seen", UtcTime(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("page_error", sa.Text()),
        sa.Column("signature", sa.LargeBinary()),
        sa.Column("duplicate_of", BigId),
        sa.Column("story_id", BigId),
        sa.ForeignKeyConstraint(
            ["duplicate_of"], ["articles.id"], name="fk_articles_duplicate_of", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_articles_source_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_articles_story_id"),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        sa.UniqueConstraint("source_id", "guid", name="uq_articles_source_id_guid"),
    )
    op.create_index("ix_articles_content_hash", "articles", ["content_hash"])
    op.create_index("ix_articles_duplicate_of", "articles", ["duplicate_of"])
    op.create_index("ix_articles_news_story_id", "articles", ["news", "story_id"])
    op.create_index("ix_articles_story_id", "articles", ["story_id"])
    op.create_index("ix_articles_time", "articles", ["time"])
    op.create_index(
        "ix_articles_unplaced",
        "articles",
        ["time", "id"],
        sqlite_where=sa.text("story_id IS NULL"),
        postgresql_where=sa.text("story_id IS NULL"),
    )
    op.create_index(
        "ix_articles_unsigned",
        "articles",
        ["time", "id"],
        sqlite_where=sa.text("signature IS NULL"),
        postgresql_where=sa.text("signature IS NULL"),
    )
    op.create_index("ix_articles_url", "articles", ["url"])
    op.create_index(
        "ix_articles_wanted",
        "articles",
        ["id"],
        sqlite_where=sa.text("page = 'wanted'"),
        postgresql_where=sa.text("page = 'wanted'"),
    )
    op.create_table(
        "briefs",
        sa.Column("id", BigId, nullable=False),
        sa.Column("edition_id", BigId, nullable=False),
        sa.Column("story_id", BigId, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text()),
        sa.Column("document", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name="fk_briefs_edition_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_briefs_story_id"),
        sa.PrimaryKeyConstraint("id", name="pk_briefs"),
        sa.UniqueConstraint("edition_id", "story_id", name="uq_briefs_edition_id_story_id"),
    )
    op.create_index("ix_briefs_story_id_edition_id", "briefs", ["story_id", "edition_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("edition_id", BigId, nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("changed", UtcTime(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name="fk_deliveries_edition_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("edition_id", "recipient", name="uq_deliveries_edition_id_recipient"),
    )
    op.create_table(
        "fetches",
        sa.Column("id", BigId, nullable=False),
        sa.Column("edition_id", BigId, nullable=False),
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("before", UtcTime()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("problem", sa.Text()),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name="fk_fetches_edition_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_fetches_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fetches"),
        sa.UniqueConstraint("edition_id", "source_id", name="uq_fetches_edition_id_source_id"),
    )
    op.create_index("ix_fetches_source_id", "fetches", ["source_id"])
