"""Online clustering of articles into stories, with near-duplicate detection.

Single-pass clustering (Allan, Papka and Lavrenko 1998, "On-line new event detection and
tracking"): an article joins the most similar story above a threshold, else it starts a new one.
Candidates come from an inverted index over the heaviest terms with bounded posting lists, so that
the cost per article does not grow with the store.

An article is a duplicate of an earlier one if that contains most of its word shingles (containment,
Broder 1997) and all of its numbers. A longer version, or one with other numbers, is an update.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from briefing.digest.records import StoredArticle
from briefing.digest.signatures import PERMUTATIONS, Signature, minhash, terms_of, unpack

_BANDS, _ROWS = 8, 3
"""LSH: texts are compared with probability 0.86 at similarity 0.6, and almost 1 at 0.8."""
_MIN_CONTAINMENT = 0.75
_MIN_JACCARD = 0.35


class Copies:
    """Index of seen texts for duplicates: by digest, and by MinHash LSH."""

    def __init__(self) -> None:
        from datasketch import MinHashLSH

        self._texts: dict[bytes, int] = {}
        self._seen: dict[int, Signature] = {}
        self._index = MinHashLSH(num_perm=PERMUTATIONS, params=(_BANDS, _ROWS))

    def original(self, signature: Signature) -> int | None:
        """The article that ``signature`` duplicates (most similar, then earliest), or None."""
        if (same := self._texts.get(signature.text)) is not None:
            return same
        candidates = [
            (-contained, article)
            for article in self._index.query(minhash(signature.sketch))
            if (contained := _containment(signature, self._seen[article])) >= _MIN_CONTAINMENT
        ]
        return min(candidates)[1] if candidates else None

    def insert(self, article: int, signature: Signature) -> None:
        """Add an article that is not a duplicate."""
        self._texts.setdefault(signature.text, article)
        if article not in self._seen:
            self._seen[article] = replace(signature, terms={})
            self._index.insert(article, minhash(signature.sketch), check_duplication=False)


def _containment(new: Signature, known: Signature) -> float:
    """Estimate the share of ``new`` shingles contained in ``known``; 0 for an update."""
    jaccard = float((new.sketch == known.sketch).mean())
    if jaccard < _MIN_JACCARD or not new.numbers <= known.numbers:
        return 0.0
    shared = jaccard * (new.shingles + known.shingles) / (1 + jaccard)
    return min(1.0, shared / max(new.shingles, 1))


HORIZON = timedelta(days=14)
"""How long a story may be inactive and still be joined; older articles are ignored."""
_INDEXED = 24
"""Indexed terms per article, heaviest first."""
_MAX_POSTINGS = 300
"""Length of a posting list: the latest articles of a term."""
_COMPARED = 24
"""Candidate articles whose stories are scored."""
_RECENT = 12
"""Latest members of a story that an article is compared with."""
_JOIN = 0.34
"""Minimum similarity to join; tuned by scripts/evaluate_grouping.py towards few false joins."""
_HALF_LIFE = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Known:
    """An article placed in an earlier run, as stored."""

    article: int
    story: int
    time: datetime
    publisher: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Placement:
    """The cluster of an article.

    ``duplicate_of`` is the id of the original of a duplicate; ``story`` is None for a new story,
    whose id must be given with `Grouper.place`.
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
    """Sort the articles of a run into the order in which to add them."""
    return sorted(articles, key=lambda a: (a.time, a.content_hash, a.publisher, a.source, a.id))


class Grouper:
    """Incremental clustering of articles into stories.

    The result is a function of ``known`` and the order of additions (see `in_order`). The article
    that starts a new story is added to it once the caller has given the story's id (`place`).
    """

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._copies = Copies()
        self._members: list[_Member] = []
        self._stories: dict[int, list[int]] = {}
        self._story_of: dict[int, int] = {}
        self._postings: dict[int, deque[int]] = {}
        self._waiting: tuple[StoredArticle, bytes] | None = None
        for one in sorted(known, key=lambda k: (k.time, k.article)):
            self._insert(one.article, one.story, one.time, one.signature)

    def add(self, article: StoredArticle, signature: bytes) -> Placement:
        """Place ``article``; ``signature`` is the result of `signature`.

        An article that has a story, because it has changed, stays there unless it is a copy now.

        Raises SignatureError for a signature of another version, and ValueError if the previous
        article still needs `place`.
        """
        if self._waiting is not None:
            raise ValueError(f"article {self._waiting[0].id} has not been placed")
        unpacked = unpack(signature)
        original = self._copies.original(unpacked)
        if original is not None:
            return Placement(original, self._story_of[original])
        story = article.story or self._nearest(unpacked.terms, article.time)
        if story is None:
            self._waiting = (article, signature)
        else:
            self._insert(article.id, story, article.time, signature)
        return Placement(None, story)

    def place(self, article: int, story: int) -> None:
        """Set the story id of the last added article, which started a new story."""
        if self._waiting is None or self._waiting[0].id != article:
            raise ValueError(f"article {article} is not waiting for a story")
        waiting, packed = self._waiting
        self._waiting = None
        self._insert(article, story, waiting.time, packed)

    def _insert(self, article: int, story: int, time: datetime, packed: bytes) -> None:
        unpacked = unpack(packed)
        self._copies.insert(article, unpacked)
        self._story_of[article] = story
        number = len(self._members)
        self._members.append(_Member(article, story, time, packed))
        self._stories.setdefault(story, []).append(number)
        for term in islice(unpacked.terms, _INDEXED):
            self._postings.setdefault(term, deque(maxlen=_MAX_POSTINGS)).append(number)

    def _nearest(self, terms: dict[int, float], time: datetime) -> int | None:
        """The most similar story; None if none reaches the threshold."""
        stories = {self._members[number].story for number in self._candidates(terms)}
        scored = ((self._similarity(story, terms, time), -story) for story in stories)
        best = max(scored, default=(0.0, 0))
        return -best[1] if best[0] >= _JOIN else None

    def _candidates(self, terms: dict[int, float]) -> list[int]:
        """The members with the largest shared weight of indexed terms."""
        shared: dict[int, float] = {}
        for term, weight in islice(terms.items(), _INDEXED):
            for number in self._postings.get(term, ()):
                shared[number] = shared.get(number, 0.0) + weight
        return heapq.nlargest(_COMPARED, shared, key=lambda number: (shared[number], number))

    def _similarity(self, story: int, terms: dict[int, float], time: datetime) -> float:
        """Mean time-decayed cosine with the latest members of a story.

        Group-average linkage chains less than single linkage.
        """
        latest = [self._members[number] for number in self._stories[story][-_RECENT:]]
        cosines = (_cosine(terms, terms_of(m.packed)) * _decay(time - m.time) for m in latest)
        return sum(cosines) / len(latest)


def _cosine(one: dict[int, float], other: dict[int, float]) -> float:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return sum(weight * large.get(term, 0.0) for term, weight in small.items())


def _decay(distance: timedelta) -> float:
    """Exponential decay with the time between two articles; 0 beyond the horizon."""
    return 0.0 if abs(distance) > HORIZON else 0.5 ** (abs(distance) / _HALF_LIFE)
