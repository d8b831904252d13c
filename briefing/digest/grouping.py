"""Online clustering of articles into stories by their signatures, with near-duplicate detection.

A signature takes about a kilobyte: a digest of the text (exact duplicates), a MinHash of its word
shingles (Broder 1997; near duplicates), the numbers it states (an update states others), and its
heaviest terms with their weights (articles on one event), and which of several places of one name
it tells of. Term weights use the planner's fixed document frequencies, so that a signature does not
depend on the rest of the store.

Single-pass clustering (Allan, Papka and Lavrenko 1998, "On-line new event detection and
tracking"): an article joins the most similar story above a threshold, else it starts a new one.
Candidates come from an inverted index over the heaviest terms with bounded posting lists, so that
the cost per article does not grow with the store.

An article is a duplicate of an earlier one if that contains most of its word shingles (containment,
Broder 1997) and all of its numbers. A longer version, or one with other numbers, is an update.
"""

import hashlib
import heapq
import math
import re
import struct
import unicodedata
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from briefing.digest import Item, StoredArticle
from briefing.digest.places import places
from briefing.errors import SignatureError
from briefing.language.dates import is_day_or_month
from briefing.language.tokens import stem
from briefing.planning.document import WordTable, load_parameters, word_table
from briefing.planning.lexicon import STOPWORDS, tokenise

if TYPE_CHECKING:
    from datasketch import MinHash

_VERSION = 2
PERMUTATIONS = 64
TERMS = 100
_SHINGLE = 4
_MIX = np.uint32(0x01000193)
"""FNV-1 prime, which mixes the word hashes of a shingle."""
_COMBINING = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")
_HEADER = struct.Struct("<B16sIHHBB")
_TERM = np.dtype([("term", "<u4"), ("weight", "<f2")])
_TERM_CHARS = 4_000
"""Characters of the body whose terms are counted: they say what an article is about."""
_LEAD_CHARS = 350
_PART_WEIGHTS = (1.5, 1.0, 0.6)
"""Weight of a word in the title, the lead and the rest."""
_BOOST = {"@": 1.6, "&": 1.3}
_NUMBER_CHARS = 1_500
_MAX_NUMBERS = 30


@dataclass(frozen=True, slots=True)
class Signature:
    """An unpacked signature.

    ``text`` is the digest of the normalised words; ``sketch`` (64,) the MinHash; ``shingles``
    their number; ``numbers`` the hashes of the numbers at the beginning of the body; ``terms``
    maps hashes to weights, heaviest first, of Euclidean length 1; ``places`` the hash of a place to
    that of what tells it from others of its name; ``beside`` has the hashes of the other names of
    an article with such a place.
    """

    text: bytes
    shingles: int
    sketch: NDArray[np.uint32]
    numbers: frozenset[int]
    terms: dict[int, float]
    places: dict[int, int]
    beside: frozenset[int]

    def pack(self) -> bytes:
        """Serialise the signature."""
        pairs = np.array(list(self.terms.items()), dtype=_TERM)
        numbers = np.array(sorted(self.numbers), dtype="<u4")
        places = np.array(list(self.places.items()), dtype="<u4")
        beside = np.array(sorted(self.beside), dtype="<u4")
        sketch, parts = self.sketch.astype("<u4"), (numbers, pairs, places, beside)
        header = _HEADER.pack(_VERSION, self.text, self.shingles, *map(len, parts))
        return header + b"".join(part.tobytes() for part in (sketch, *parts))


def unpack(packed: bytes) -> Signature:
    """Deserialise a signature; raises SignatureError for another version or damaged data."""
    if not is_current(packed):
        raise SignatureError("the signature is damaged or of another version; compute it again")
    _, text, shingles, numbers, terms, places, beside = _HEADER.unpack_from(packed)
    at = _HEADER.size
    sketch = np.frombuffer(packed, "<u4", PERMUTATIONS, at).astype(np.uint32)
    at += sketch.nbytes
    stated = np.frombuffer(packed, "<u4", numbers, at)
    at += stated.nbytes
    pairs = np.frombuffer(packed, _TERM, terms, at)
    at += pairs.nbytes
    weights = dict(zip(pairs["term"].tolist(), pairs["weight"].tolist(), strict=True))
    where = np.frombuffer(packed, "<u4", 2 * places, at)
    others = np.frombuffer(packed, "<u4", beside, at + where.nbytes)
    return Signature(
        text=text,
        shingles=shingles,
        sketch=sketch,
        numbers=frozenset(stated.tolist()),
        terms=weights,
        places=dict(where.reshape(-1, 2).tolist()),
        beside=frozenset(others.tolist()),
    )


@lru_cache(maxsize=1 << 12)
def unpacked(packed: bytes) -> Signature:
    """A packed signature, read (cached)."""
    return unpack(packed)


def is_current(packed: bytes) -> bool:
    """Whether this version can read the signature; otherwise it has to be computed again."""
    if len(packed) < _HEADER.size or packed[0] != _VERSION:
        return False
    _, _, _, numbers, terms, places, beside = _HEADER.unpack_from(packed)
    hashes = PERMUTATIONS + numbers + 2 * places + beside
    size: int = _HEADER.size + 4 * hashes + _TERM.itemsize * terms
    return len(packed) == size


def signature(item: Item) -> bytes:
    """Compute the packed signature of an article from its title, subtitle and body."""
    title = " ".join(filter(None, (item.title, item.subtitle)))
    words = _WORD.findall(item.body.lower()) or _WORD.findall(title.lower())
    shingles = _shingles(words)
    terms = _terms(title, item.body)
    where = places(f"{title}\n{item.body[:_NUMBER_CHARS]}")
    return Signature(
        text=hashlib.blake2b("\n".join(words or [title]).encode(), digest_size=16).digest(),
        shingles=len(shingles),
        sketch=_sketch(shingles),
        numbers=frozenset(_numbers(item.body[:_NUMBER_CHARS])),
        terms={crc32(term.encode()): weight for term, weight in terms.items()},
        places=where,
        beside=frozenset(_beside(terms, where) if where else ()),
    ).pack()


def _shingles(words: list[str]) -> list[int]:
    """The distinct word 4-grams, hashed to 32 bits, in ascending order."""
    hashes = np.array([_hash(word) for word in words] or [0], dtype=np.uint32)
    runs = max(1, len(hashes) - _SHINGLE + 1)
    mixed = np.zeros(runs, dtype=np.uint32)
    for at in range(min(_SHINGLE, len(hashes))):
        mixed = mixed * _MIX + hashes[at : at + runs]
    distinct: list[int] = np.unique(mixed).tolist()
    return distinct


@lru_cache(maxsize=1 << 17)
def _hash(word: str) -> int:
    return crc32(word.encode())


def _sketch(shingles: list[int]) -> NDArray[np.uint32]:
    sketch = minhash()
    sketch.update_batch(shingles)
    values: NDArray[np.uint32] = sketch.hashvalues.astype(np.uint32)
    return values


def minhash(values: NDArray[np.uint32] | None = None) -> "MinHash":
    """A MinHash over hashed shingles; ``values`` restores the sketch of a signature."""
    from datasketch import MinHash

    return MinHash(
        num_perm=PERMUTATIONS,
        scheme="affine32",
        hashfunc=int,
        hashvalues=values,
        permutations=_permutations(),
    )


@cache
def _permutations() -> Any:
    """The fixed permutations (cached: they cost more than a sketch)."""
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, scheme="affine32").permutations


def _numbers(text: str) -> Iterator[int]:
    """Hashes of the first 30 distinct numbers, in figures or spelled out (2 to 20)."""
    numbers = (t.lower() for t in tokenise(text) if t[0].isdigit() or t.lower() in _SPELLED)
    for number in list(dict.fromkeys(numbers))[:_MAX_NUMBERS]:
        yield crc32(_SPELLED.get(number, number).encode())


_SPELLED = {
    word: str(value)
    for value, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen twenty".split(),
        start=2,
    )
}


_MOST_BESIDE = 24


def _beside(terms: Iterable[str], where: Mapping[int, int]) -> Iterator[int]:
    """Hashes of the heaviest names that are no place of ``where`` and no day."""
    of_places = {*where, *where.values()}
    names = (term for term in terms if term[0] == "@" and not is_day_or_month(term[1:]))
    hashes = (crc32(name.encode()) for name in names)
    return islice((each for each in hashes if each not in of_places), _MOST_BESIDE)


def _terms(title: str, body: str) -> dict[str, float]:
    """The heaviest terms, normalised to length 1: words, names (boosted) and name bigrams."""
    parts = [_tokens(part) for part in (title, body[:_LEAD_CHARS], body[_LEAD_CHARS:_TERM_CHARS])]
    lowered = {token for part in parts for token in part if token.islower()}
    counts: dict[str, float] = defaultdict(float)
    for tokens, weight in zip(parts, _PART_WEIGHTS, strict=True):
        for term in _terms_of(tokens, lowered):
            counts[term] += weight
    weighted = [(_weight(term, count), term) for term, count in counts.items()]
    best = sorted(weighted, key=lambda pair: (-pair[0], pair[1]))[:TERMS]
    length = math.sqrt(sum(weight * weight for weight, _ in best)) or 1.0
    return {term: float(np.float16(weight / length)) for weight, term in best}


def _tokens(text: str) -> list[str]:
    return tokenise(text if text.isascii() else _unaccented(text))


def _unaccented(text: str) -> str:
    return _COMBINING.sub("", unicodedata.normalize("NFKD", text))


def _terms_of(tokens: list[str], lowered: set[str]) -> Iterator[str]:
    """Stems of content words, names prefixed with ``@`` and name bigrams prefixed with ``&``.

    A capitalised word that also occurs in lower case is not a name (sentence start).
    """
    before = ""
    for token in tokens:
        low = token.lower()
        content = low[0].isalpha() and len(low) > 2 and low not in STOPWORDS
        named = content and token[0].isupper() and low not in lowered
        if named:
            yield f"@{low}"
            if before:
                yield f"&{before} {low}"
        elif content:
            yield stem(low)
        before = low if named else ""


def _weight(term: str, count: float) -> float:
    kind = term[0]
    rarity = max(map(_rarity, term.lstrip("@&").split()))
    return _BOOST.get(kind, 1.0) * math.log1p(count) * rarity


@lru_cache(maxsize=1 << 17)
def _rarity(word: str) -> float:
    _, idf = _table().weights(np.array([crc32(word.encode())], dtype=np.uint32))
    return float(idf[0])


@cache
def _table() -> WordTable:
    return word_table(load_parameters())


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
_MOST_OF_TERM = 0.12
"""Largest part of the similarity that the heaviest shared term makes up. The frequencies lack the
names of small places, which then weigh most: of 120 unrelated articles whose main place got one
such name 31 joined others without this bound, and none with it, at the same F1 of the roundups.
A second name is not bounded: two tell one event."""
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
        read = unpack(signature)
        original = self._copies.original(read)
        if original is not None:
            return Placement(original, self._story_of[original])
        story = article.story or self._nearest(read, article.time)
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
        read = unpack(packed)
        self._copies.insert(article, read)
        self._story_of[article] = story
        number = len(self._members)
        self._members.append(_Member(article, story, time, packed))
        self._stories.setdefault(story, []).append(number)
        for term in islice(read.terms, _INDEXED):
            self._postings.setdefault(term, deque(maxlen=_MAX_POSTINGS)).append(number)

    def _nearest(self, read: Signature, time: datetime) -> int | None:
        """The most similar story; None if none reaches the threshold."""
        stories = {self._members[number].story for number in self._candidates(read.terms)}
        scored = ((self._similarity(story, read, time), -story) for story in stories)
        best = max(scored, default=(0.0, 0))
        return -best[1] if best[0] >= _JOIN else None

    def _candidates(self, terms: dict[int, float]) -> list[int]:
        """The members with the largest shared weight of indexed terms."""
        shared: dict[int, float] = {}
        for term, weight in islice(terms.items(), _INDEXED):
            for number in self._postings.get(term, ()):
                shared[number] = shared.get(number, 0.0) + weight
        return heapq.nlargest(_COMPARED, shared, key=lambda number: (shared[number], number))

    def _similarity(self, story: int, read: Signature, time: datetime) -> float:
        """Mean time-decayed cosine with the latest members of a story; 0 if one is elsewhere.

        Group-average linkage chains less than single linkage.
        """
        latest = [self._members[number] for number in self._stories[story][-_RECENT:]]
        known = [(unpacked(member.packed), _decay(time - member.time)) for member in latest]
        if any(_elsewhere(read, other) for other, _ in known):
            return 0.0
        return sum(_cosine(read.terms, other.terms) * decay for other, decay in known) / len(latest)


def _elsewhere(one: Signature, other: Signature) -> bool:
    """Whether two articles tell of different places of one name."""
    return _places_differ(one, other) or _places_differ(other, one)


def _places_differ(one: Signature, other: Signature) -> bool:
    """Whether a name is that of a place in ``one``, and most likely of another in ``other``.

    That has something else behind the name, or has the name alone and no other name of ``one``:
    the flood in Paris, Texas, is not that of the Seine.
    """
    for name, behind in one.places.items():
        theirs = other.places.get(name)
        if theirs == behind or behind in other.terms:
            continue
        if theirs is None:
            apart = name in other.terms and one.beside.isdisjoint(other.terms)
        else:
            apart = theirs not in one.terms
        if apart:
            return True
    return False


def _cosine(one: dict[int, float], other: dict[int, float]) -> float:
    """The cosine of two articles' terms, less what the heaviest shared one has over its bound."""
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    shared = [weight * large[term] for term, weight in small.items() if term in large]
    return sum(shared) - max(0.0, max(shared, default=0.0) - _MOST_OF_TERM)


def _decay(distance: timedelta) -> float:
    """Exponential decay with the time between two articles; 0 beyond the horizon."""
    return 0.0 if abs(distance) > HORIZON else 0.5 ** (abs(distance) / _HALF_LIFE)
