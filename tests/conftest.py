"""Fixtures that several rooms share."""

import os
import sys
from pathlib import Path

import pytest

from briefing.models.folder import BUNDLED

FIXTURES = Path(__file__).parent / "fixtures"

# Threads of torch spin while they wait for each other, on cores that other workers and the
# processes that tests start need: a tiny model took ten times as long beside them.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Hundreds of processes are started, here and by what is tested: where Python keeps no compiled
# modules, as in many containers, each of them would compile all of them again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first, so that none of them is left when the others are done."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def ferry() -> Path:
    """A self-written article of about 220 words."""
    return FIXTURES / "ferry.txt"


@pytest.fixture(scope="session")
def command() -> str:
    """The installed ``briefing`` command of the interpreter that runs the tests."""
    path = Path(sys.executable).with_name("briefing")
    assert path.exists(), "install the project first: pip install -e '.[dev]'"
    return str(path)


@pytest.fixture(scope="session")
def bundled() -> Path:
    """The bundled model's folder."""
    return BUNDLED
