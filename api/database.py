"""Open the service's SQLite files: results and idempotency keys, jobs, use of API keys."""

import sqlite3
from pathlib import Path
from typing import Literal


def open_database(
    path: Path | None,
    schema: str,
    *,
    synchronous: Literal["OFF", "NORMAL", "FULL"] = "FULL",
    wait: float = 5.0,
) -> sqlite3.Connection:
    """Open a file, or a database in memory, and create its tables; it may be used by any thread.

    In WAL mode a killed process loses no transaction. What a crash of the machine loses is said by
    ``synchronous``: nothing (FULL), the last transactions (NORMAL), or perhaps the file (OFF).
    ``wait`` is how many seconds another process's write is waited for.

    Raises:
        sqlite3.Error: the file cannot be used.
    """
    database = sqlite3.connect(
        path or ":memory:", timeout=wait, isolation_level=None, check_same_thread=False
    )
    try:
        database.executescript(
            f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; {schema}"
        )
    except sqlite3.Error:
        database.close()
        raise
    return database
