"""A site and a digest of it, new for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.digest.run.sites import Digest, Site, serving_site


@pytest.fixture
def site() -> Iterator[Site]:
    with serving_site() as served:
        yield served


@pytest.fixture
def digest(site: Site, tmp_path: Path) -> Digest:
    return Digest(site, tmp_path)
