"""How much a story matters: who tells it, how new it is, what it holds, what its reader follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2

from briefing.digest.settings import DigestSettings, TopicTable

FOLLOWED = 2.0
"""What a followed word multiplies a story's rank by."""
_DIGITS = 9  # beyond them the order would hang on the processor's rounding


@dataclass(frozen=True, slots=True)
class Merits:
    """What a rank is made of. ``newest`` is the time of its last article that is news; ``salience``
    is in 0..1.
    """

    story: int
    publishers: int
    newest: datetime
    salience: float
    topic: str | None
    followed: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """The reader's settings and the time of the run."""

    settings: DigestSettings
    now: datetime

    def score(self, merits: Merits) -> float:
        """A rank above 0, or 0 for a topic whose weight is 0.

        Each doubling of the independent publishers adds as much as the first one gave; news loses
        half with each half-life; salience decides between 0.5 and 1.5 times.
        """
        edition = self.settings.edition
        age = max(self.now - merits.newest, timedelta()) / timedelta(hours=edition.half_life)
        breadth = 1 + log2(max(merits.publishers, 1))
        wanted = FOLLOWED if merits.followed else 1.0
        weight = weight_of(merits.topic, self.settings.topics)
        freshness: float = 0.5**age
        return weight * wanted * breadth * (0.5 + merits.salience) * freshness

    def key(self, merits: Merits) -> tuple[float, float, int]:
        """Sorts the best story first; of equals the newer, then the one known for longer."""
        rank = round(self.score(merits), _DIGITS)
        return (-rank, -merits.newest.timestamp(), merits.story)


def weight_of(topic: str | None, topics: Sequence[TopicTable]) -> float:
    """The weight of a topic; 1 where the settings do not name it."""
    return next((table.weight for table in topics if table.name == topic), 1.0)
