from collections.abc import Callable

import pytest

from briefing.language import Parse, Parses, parses_for


@pytest.fixture(scope="session")
def parses() -> Parses:
    found = parses_for("en")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def parse(parses: Parses) -> Callable[[str], Parse]:
    def one(text: str) -> Parse:
        found = parses.one(text)
        assert found is not None
        return found

    return one
