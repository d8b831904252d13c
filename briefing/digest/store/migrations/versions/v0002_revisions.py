"""Versions of articles, and what a source or an edition covers at first."""

import sqlalchemy as sa
from alembic import op

from briefing.digest.store.tables import BigId, UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table of versions and the new columns."""
    op.create_table(
        "revisions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("article_id", BigId, nullable=False),
        sa.Column("replaced", UtcTime(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("subtitle", sa.Text()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("extent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name="fk_revisions_article_id_articles",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("article_id", "replaced", name="uq_revisions_article_id_replaced"),
    )
    op.create_index("ix_revisions_replaced", "revisions", ["replaced"])
    op.add_column("articles", sa.Column("given_hash", sa.Text()))
    # Of an article that was completed from its page, what its feed gave is not known.
    op.execute("UPDATE articles SET given_hash = content_hash WHERE page <> 'read'")
    op.add_column(
        "fetches",
        sa.Column("first", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("fetches", sa.Column("warnings", sa.Text()))
    op.add_column("editions", sa.Column("first_since", UtcTime()))
