"""Everything in the store as JSON Lines."""

import base64
import json
from datetime import date, datetime
from typing import Any, TextIO

from sqlalchemy import Connection, select

from briefing.digest.store.tables import metadata

_CHUNK = 500


def export(connection: Connection, out: TextIO) -> int:
    """Write one object a row, ``{"table": NAME, COLUMN: VALUE, ...}``, in order of the tables.

    Times are ISO 8601 in UTC, bytes base64. Memory stays constant. Returns the number of lines.
    """
    count = 0
    for table in metadata.sorted_tables:
        key = list(table.primary_key.columns)
        rows = connection.execution_options(yield_per=_CHUNK).execute(select(table).order_by(*key))
        for row in rows.mappings():
            fields = {name: _plain(value) for name, value in row.items()}
            out.write(json.dumps({"table": table.name, **fields}, ensure_ascii=False) + "\n")
            count += 1
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
