"""The tables' version: a store is brought up to date when it is opened."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from briefing.digest.store.errors import StoreTooNew

HEAD = "0001"
"""The newest migration; a test holds that it is."""
MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 7_310_465_001
"""PostgreSQL's advisory lock for migrating: two processes that open a new store take turns."""


def version(connection: Connection) -> str | None:
    """The store's version; None where it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def migrate(connection: Connection) -> None:
    """Bring the tables up to date, in the connection's transaction.

    Raises:
        StoreTooNew: they are of a version that this one does not know.
    """
    # Imported here: Alembic takes longer than opening a store that is up to date.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    found = version(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreTooNew(
            f"the store's tables are of version {found}, newer than this program's {HEAD}; update "
            "Briefing, or name another store"
        )
    command.upgrade(config, "head")
