"""Alembic's entry: migrate over the connection, and in the transaction, of the caller."""

from alembic import context

from briefing.digest.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can do it once the driver's own late BEGIN is out of the way; see database.py.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
