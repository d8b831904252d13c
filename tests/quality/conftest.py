"""The gate's briefs: all articles, once, by the bundled model on the CPU."""

import pytest

from briefing.briefer import Briefer
from briefing.briefs import Brief
from tests.quality.measures import Pair
from tests.quality.samples import SAMPLES


@pytest.fixture(scope="session")
def pairs() -> tuple[Pair, ...]:
    """Each article and its brief."""
    found = Briefer(device="cpu").brief_many(sample.article for sample in SAMPLES)
    made: list[Pair] = []
    for sample, brief in zip(SAMPLES, found, strict=True):
        assert isinstance(brief, Brief), (sample.name, brief)
        made.append(Pair(sample, brief))
    return tuple(made)
