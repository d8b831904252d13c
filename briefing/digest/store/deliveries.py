"""Deliveries: which edition went to whom.

A message is marked ``sending`` before the server is asked and ``sent`` in the transaction that
follows its acceptance. A process killed between the two leaves ``sending``: the server may or may
not have it, so the next run sends it again, with the same Message-ID, by which mail programs know
it. That instant is the only one in which a message can go out twice.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from briefing.digest.store.tables import deliveries


def address(
    connection: Connection, edition: int, letters: Sequence[tuple[str, str]], at: datetime
) -> None:
    """Keep to whom (recipient, Message-ID) an edition is to go; those known stay as they are."""
    known = set(
        connection.scalars(select(deliveries.c.recipient).where(deliveries.c.edition_id == edition))
    )
    rows = [
        {
            "edition_id": edition,
            "recipient": recipient,
            "message_id": message_id,
            "status": "pending",
            "changed": at,
        }
        for recipient, message_id in letters
        if recipient not in known
    ]
    if rows:
        connection.execute(insert(deliveries), rows)


def undelivered(connection: Connection, edition: int) -> set[str]:
    """Recipients who do not have the edition."""
    query = select(deliveries.c.recipient).where(
        deliveries.c.edition_id == edition, deliveries.c.status != "sent"
    )
    return set(connection.scalars(query))


def mark(
    connection: Connection,
    edition: int,
    recipient: str,
    status: str,
    at: datetime,
    error: str | None = None,
) -> None:
    """Record ``pending``, ``sending`` or ``sent``, and why it is not sent."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.edition_id == edition, deliveries.c.recipient == recipient)
        .values(status=status, changed=at, error=error)
    )


def forget(connection: Connection, edition: int) -> None:
    """Let the edition go to everybody once more."""
    connection.execute(
        update(deliveries).where(deliveries.c.edition_id == edition).values(status="pending")
    )
