"""An article in under a kilobyte: all that grouping needs to know of it again tomorrow.

A signature holds a digest of the text (exact copies), a MinHash of its word shingles (Broder 1997;
near copies), the numbers it states (an update of a piece states others), and its heaviest terms
with their weights (articles on one event). Term weights use the planner's fixed table of document
frequencies, so that a signature never depends on what else is in the store.
"""

import hashlib
import math
import re
import struct
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from briefing.digest.records import Item
from briefing.digest.stories.errors import SignatureError
from briefing.language.tokens import stem
from briefing.plan.lexicon import STOPWORDS, tokenise
from briefing.plan.parameters import load, word_table
from briefing.plan.words import WordTable

if TYPE_CHECKING:
    from datasketch import MinHash

VERSION = 1
PERMUTATIONS = 64
TERMS = 100
_SHINGLE = 4
_MIX = np.uint32(0x01000193)
"""The multiplier of FNV-1, by which the words of a shingle are mixed."""
_COMBINING = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")
_HEAD = struct.Struct("<B16sIHH")
_TERM = np.dtype([("term", "<u4"), ("weight", "<f2")])
_READ = 4_000
"""Characters of the body whose terms are counted: what an article is about stands there."""
_LEAD = 350
_WORTH = (1.5, 1.0, 0.6)
"""What a word counts in the title, the lead and the rest."""
_BOOST = {"@": 1.6, "&": 1.3}
_NUMBERED = 1_500
_MOST_NUMBERS = 30


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature unpacked.

    ``text`` is the digest of the normalised words; ``sketch`` (64,) the MinHash; ``shingles`` how
    many there are; ``numbers`` hashes of those the beginning states; ``terms`` hash to weight,
    heaviest first, of Euclidean length 1.
    """

    text: bytes
    shingles: int
    sketch: NDArray[np.uint32]
    numbers: frozenset[int]
    terms: dict[int, float]

    def pack(self) -> bytes:
        """The signature as bytes."""
        pairs = np.array(list(self.terms.items()), dtype=_TERM)
        numbers = np.array(sorted(self.numbers), dtype="<u4")
        head = _HEAD.pack(VERSION, self.text, self.shingles, len(numbers), len(pairs))
        sketch = self.sketch.astype("<u4").tobytes()
        return b"".join((head, sketch, numbers.tobytes(), pairs.tobytes()))


def unpack(packed: bytes) -> Signature:
    """Read a signature back; SignatureError where it is of another version or damaged."""
    if not is_current(packed):
        raise SignatureError("an article's signature is of another version; make it again")
    _, text, shingles, numbers, terms = _HEAD.unpack_from(packed)
    at = _HEAD.size
    sketch = np.frombuffer(packed, "<u4", PERMUTATIONS, at).astype(np.uint32)
    at += sketch.nbytes
    stated = np.frombuffer(packed, "<u4", numbers, at)
    at += stated.nbytes
    pairs = np.frombuffer(packed, _TERM, terms, at)
    weights = dict(zip(pairs["term"].tolist(), pairs["weight"].tolist(), strict=True))
    return Signature(text, shingles, sketch, frozenset(stated.tolist()), weights)


@lru_cache(maxsize=1 << 12)
def terms_of(packed: bytes) -> dict[int, float]:
    """The terms alone, for those who keep many signatures packed."""
    return unpack(packed).terms


def is_current(packed: bytes) -> bool:
    """Whether this version reads the signature; one that it does not is to be made again."""
    if len(packed) < _HEAD.size or packed[0] != VERSION:
        return False
    _, _, _, numbers, terms = _HEAD.unpack_from(packed)
    size: int = _HEAD.size + 4 * (PERMUTATIONS + numbers) + _TERM.itemsize * terms
    return len(packed) == size


def signature(item: Item) -> bytes:
    """The signature of an article, a pure function of its title, standfirst and body."""
    title = " ".join(filter(None, (item.title, item.subtitle)))
    words = _WORD.findall(item.body.lower()) or _WORD.findall(title.lower())
    shingles = _shingles(words)
    return Signature(
        text=hashlib.blake2b("\n".join(words or [title]).encode(), digest_size=16).digest(),
        shingles=len(shingles),
        sketch=_sketch(shingles),
        numbers=frozenset(_numbers(item.body[:_NUMBERED])),
        terms=_terms(title, item.body),
    ).pack()


def _shingles(words: list[str]) -> list[int]:
    """The distinct runs of four words, hashed to 32 bits, in a fixed order."""
    hashes = np.array([_hash(word) for word in words] or [0], dtype=np.uint32)
    runs = max(1, len(hashes) - _SHINGLE + 1)
    mixed = np.zeros(runs, dtype=np.uint32)
    for at in range(min(_SHINGLE, len(hashes))):
        mixed = mixed * _MIX + hashes[at : at + runs]
    found: list[int] = np.unique(mixed).tolist()
    return found


@lru_cache(maxsize=1 << 17)
def _hash(word: str) -> int:
    return crc32(word.encode())


def _sketch(shingles: list[int]) -> NDArray[np.uint32]:
    made = minhash()
    made.update_batch(shingles)
    values: NDArray[np.uint32] = made.hashvalues.astype(np.uint32)
    return values


def minhash(values: NDArray[np.uint32] | None = None) -> "MinHash":
    """A MinHash of shingles that are hashed already; with ``values``, that of a signature."""
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
    """The fixed permutations, which cost more to make than a sketch."""
    from datasketch import MinHash

    return MinHash(num_perm=PERMUTATIONS, scheme="affine32").permutations


def _numbers(text: str) -> Iterator[int]:
    """Hashes of the numbers in figures and of the small ones in words, the first thirty."""
    found = (t.lower() for t in tokenise(text) if t[0].isdigit() or t.lower() in _SPELLED)
    for number in list(dict.fromkeys(found))[:_MOST_NUMBERS]:
        yield crc32(_SPELLED.get(number, number).encode())


_SPELLED = {
    word: str(value)
    for value, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen twenty".split(),
        start=2,
    )
}


def _terms(title: str, body: str) -> dict[int, float]:
    """The heaviest terms, of length 1: words, names (weighted up) and pairs of name words."""
    parts = [_tokens(part) for part in (title, body[:_LEAD], body[_LEAD:_READ])]
    lowered = {token for part in parts for token in part if token.islower()}
    counts: dict[str, float] = defaultdict(float)
    for tokens, worth in zip(parts, _WORTH, strict=True):
        for term in _terms_of(tokens, lowered):
            counts[term] += worth
    weighted = [(_weight(term, count), term) for term, count in counts.items()]
    best = sorted(weighted, key=lambda pair: (-pair[0], pair[1]))[:TERMS]
    length = math.sqrt(sum(weight * weight for weight, _ in best)) or 1.0
    return {crc32(term.encode()): float(np.float16(weight / length)) for weight, term in best}


def _tokens(text: str) -> list[str]:
    return tokenise(text if text.isascii() else _unaccented(text))


def _unaccented(text: str) -> str:
    return _COMBINING.sub("", unicodedata.normalize("NFKD", text))


def _terms_of(tokens: list[str], lowered: set[str]) -> Iterator[str]:
    """Stems of content words; names begin with ``@``, two name words side by side with ``&``.

    A capital at the start of a sentence, on a word that stands in lower case too, is no name.
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
    return word_table(load())
