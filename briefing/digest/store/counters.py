"""Ids that a run which was killed gives the same as one that was not."""

from sqlalchemy import Connection, insert, select, update

from briefing.digest.store.tables import counters


def next_ids(connection: Connection, name: str, count: int) -> range:
    """The next ``count`` ids of a kind; they are given again if the transaction is rolled back."""
    last = connection.scalar(select(counters.c.last).where(counters.c.name == name))
    if last is None:
        connection.execute(insert(counters).values(name=name, last=count))
        return range(1, count + 1)
    connection.execute(update(counters).where(counters.c.name == name).values(last=last + count))
    return range(last + 1, last + count + 1)
