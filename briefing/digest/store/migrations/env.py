"""Alembic environment: migrate in the connection and transaction of the caller."""

from alembic import context

from briefing.digest.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite supports it because the driver's own late BEGIN is disabled; see `Store`.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
