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
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database."""
    return request.param


@pytest.fixture
def place(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a new store is to be: a path, then a database."""
    if database == "sqlite":
        yield str(tmp_path / "digest.sqlite")
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"digest{next(_numbers)}"
    yield new_database(server, name)
    drop_database(server, name)


@pytest.fixture(scope="session")
def new_sqlite(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A new store, whose tables are made."""
    path = tmp_path_factory.mktemp("new") / "digest.sqlite"
    Store.open(str(path)).close()
    return path.read_bytes()


@pytest.fixture(scope="session")
def new_postgresql(postgresql_server: str) -> str:
    """The name of the database of such a store."""
    Store.open(new_database(postgresql_server, "new")).close()
    return "new"


@pytest.fixture
def store(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A new store, on each database: a copy, since it takes long to make the tables."""
    if database == "sqlite":
        path = tmp_path / "digest.sqlite"
        path.write_bytes(request.getfixturevalue("new_sqlite"))
        with Store.open(str(path)) as opened:
            yield opened
        return
    server, name = request.getfixturevalue("postgresql_server"), f"digest{next(_numbers)}"
    like = request.getfixturevalue("new_postgresql")
    with Store.open(new_database(server, name, like)) as opened:
        yield opened
    drop_database(server, name)
