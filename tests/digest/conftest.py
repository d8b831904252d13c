"""Stores to test with, on both databases."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefing.digest.store import Store
from tests.digest.databases import drop_database, new_database, postgresql

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server, for all tests that want one."""
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a new store is to be: a path, then a database."""
    if request.param == "sqlite":
        yield str(tmp_path / "digest.sqlite")
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"digest{next(_numbers)}"
    yield new_database(server, name)
    drop_database(server, name)


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A new store, on each database."""
    with Store.open(place) as opened:
        yield opened
