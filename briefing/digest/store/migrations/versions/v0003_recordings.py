"""Recordings of articles that have a page too."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.add_column("articles", sa.Column("recording", sa.Text()))
