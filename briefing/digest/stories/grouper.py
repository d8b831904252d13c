"""Articles on one event grouped as they arrive, over sources and days.

Online single-pass clustering (Allan, Papka and Lavrenko 1998, "On-line new event detection and
tracking"): an article joins the story that it is most like, if it is like enough, else it begins a
new one. Candidates come from an inverted index over the heaviest terms, whose lists are bounded,
so that placing an article costs the same however many are stored.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from briefing.digest.records import StoredArticle
from briefing.digest.stories.copies import Copies
from briefing.digest.stories.signatures import terms_of, unpack

HORIZON = timedelta(days=14)
"""How long a story may sleep and still be joined; older articles never matter."""
_INDEXED = 24
"""Terms of an article that it can be found by, heaviest first."""
_LISTED = 300
"""Articles that are remembered for a term, the latest."""
_COMPARED = 24
"""Candidates whose stories are looked at closely."""
_RECENT = 12
"""Members of a story that an article is compared with, the latest."""
_JOIN = 0.34
"""Least likeness to join; tuned by scripts/evaluate_grouping.py towards few false joins."""
_HALF_LIFE = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of an article that was placed in an earlier run."""

    article: int
    story: int
    time: datetime
    publisher: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article belongs.

    ``duplicate_of`` is the article that it is a copy of; ``story`` is None for a new story, which
    is to be announced with `Grouper.place`.
    """

    duplicate_of: int | None
    story: int | None


@dataclass(frozen=True, slots=True)
class _Member:
    article: int
    story: int
    time: datetime
    packed: bytes


def in_order(articles: Iterable[StoredArticle]) -> list[StoredArticle]:
    """The order in which the articles of one run are added, whatever order they arrived in."""
    return sorted(articles, key=lambda a: (a.time, a.content_hash, a.publisher, a.source, a.id))


class Grouper:
    """Places articles one by one among those that are known.

    The result is a function of ``known`` and the order of the additions (see `in_order`). An
    article of a story that is new goes into it once the caller has said which it is (`place`).
    """

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._copies = Copies()
        self._members: list[_Member] = []
        self._stories: dict[int, list[int]] = {}
        self._story_of: dict[int, int] = {}
        self._listed: dict[int, deque[int]] = {}
        self._waiting: tuple[StoredArticle, bytes] | None = None
        for one in sorted(known, key=lambda k: (k.time, k.article)):
            self._insert(one.article, one.story, one.time, one.signature)

    def add(self, article: StoredArticle, signature: bytes) -> Placement:
        """Where ``article`` belongs; its signature is that of `signature`.

        Raises SignatureError for a signature of another version, and ValueError where the story
        of the article before it has not been announced.
        """
        if self._waiting is not None:
            raise ValueError(f"article {self._waiting[0].id} has not been placed")
        read = unpack(signature)
        original = self._copies.original(read)
        if original is not None:
            return Placement(original, self._story_of[original])
        story = self._nearest(read.terms, article.time)
        if story is None:
            self._waiting = (article, signature)
        else:
            self._insert(article.id, story, article.time, signature)
        return Placement(None, story)

    def place(self, article: int, story: int) -> None:
        """Say which story the article begins that was added last."""
        if self._waiting is None or self._waiting[0].id != article:
            raise ValueError(f"article {article} is not waiting for a story")
        waiting, packed = self._waiting
        self._waiting = None
        self._insert(article, story, waiting.time, packed)

    def _insert(self, article: int, story: int, time: datetime, packed: bytes) -> None:
        read = unpack(packed)
        self._copies.insert(article, read)
        self._story_of[article] = story
        number = len(self._members)
        self._members.append(_Member(article, story, time, packed))
        self._stories.setdefault(story, []).append(number)
        for term in islice(read.terms, _INDEXED):
            self._listed.setdefault(term, deque(maxlen=_LISTED)).append(number)

    def _nearest(self, terms: dict[int, float], time: datetime) -> int | None:
        """The story that an article with ``terms`` is most like, where it is like enough."""
        stories = dict.fromkeys(self._members[number].story for number in self._near(terms))
        found = [(self._likeness(story, terms, time), -story) for story in stories]
        best = max(found, default=(0.0, 0))
        return -best[1] if best[0] >= _JOIN else None

    def _near(self, terms: dict[int, float]) -> list[int]:
        """The members that share most weight of their heaviest terms with ``terms``."""
        shared: dict[int, float] = {}
        for term, weight in islice(terms.items(), _INDEXED):
            for number in self._listed.get(term, ()):
                shared[number] = shared.get(number, 0.0) + weight
        return heapq.nlargest(_COMPARED, shared, key=lambda number: (shared[number], number))

    def _likeness(self, story: int, terms: dict[int, float], time: datetime) -> float:
        """How like a story an article is: the mean cosine with its latest members (group-average
        link, which chains less than the nearest member would), less with the days between.
        """
        latest = [self._members[number] for number in self._stories[story][-_RECENT:]]
        alike = (_cosine(terms, terms_of(m.packed)) * _fade(time - m.time) for m in latest)
        return sum(alike) / len(latest)


def _cosine(one: dict[int, float], other: dict[int, float]) -> float:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return sum(weight * large.get(term, 0.0) for term, weight in small.items())


def _fade(apart: timedelta) -> float:
    """1 for the same time, less with each day between, 0 beyond the horizon."""
    away = abs(apart)
    return 0.0 if away > HORIZON else 0.5 ** (away / _HALF_LIFE)
