"""Article signatures: compact features for deduplication and clustering.

A signature takes under a kilobyte: a digest of the text (exact duplicates), a MinHash of its word
shingles (Broder 1997; near duplicates), the numbers it states (an update states others), and its
heaviest terms with their weights (articles on one event). Term weights use the planner's fixed
document frequencies, so that a signature does not depend on the rest of the store.
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
from briefing.errors import SignatureError
from briefing.language.tokens import stem
from briefing.planning.document import WordTable, load_parameters, word_table
from briefing.planning.lexicon import STOPWORDS, tokenise

if TYPE_CHECKING:
    from datasketch import MinHash


_VERSION = 1
PERMUTATIONS = 64
TERMS = 100
_SHINGLE = 4
_MIX = np.uint32(0x01000193)
"""FNV-1 prime, which mixes the word hashes of a shingle."""
_COMBINING = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")
_HEADER = struct.Struct("<B16sIHH")
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
    maps hashes to weights, heaviest first, of Euclidean length 1.
    """

    text: bytes
    shingles: int
    sketch: NDArray[np.uint32]
    numbers: frozenset[int]
    terms: dict[int, float]

    def pack(self) -> bytes:
        """Serialise the signature."""
        pairs = np.array(list(self.terms.items()), dtype=_TERM)
        numbers = np.array(sorted(self.numbers), dtype="<u4")
        header = _HEADER.pack(_VERSION, self.text, self.shingles, len(numbers), len(pairs))
        sketch = self.sketch.astype("<u4").tobytes()
        return b"".join((header, sketch, numbers.tobytes(), pairs.tobytes()))


def unpack(packed: bytes) -> Signature:
    """Deserialise a signature; raises SignatureError for another version or damaged data."""
    if not is_current(packed):
        raise SignatureError("the signature is damaged or of another version; compute it again")
    _, text, shingles, numbers, terms = _HEADER.unpack_from(packed)
    at = _HEADER.size
    sketch = np.frombuffer(packed, "<u4", PERMUTATIONS, at).astype(np.uint32)
    at += sketch.nbytes
    stated = np.frombuffer(packed, "<u4", numbers, at)
    at += stated.nbytes
    pairs = np.frombuffer(packed, _TERM, terms, at)
    weights = dict(zip(pairs["term"].tolist(), pairs["weight"].tolist(), strict=True))
    return Signature(text, shingles, sketch, frozenset(stated.tolist()), weights)


@lru_cache(maxsize=1 << 12)
def terms_of(packed: bytes) -> dict[int, float]:
    """The terms of a packed signature (cached)."""
    return unpack(packed).terms


def is_current(packed: bytes) -> bool:
    """Whether this version can read the signature; otherwise it has to be computed again."""
    if len(packed) < _HEADER.size or packed[0] != _VERSION:
        return False
    _, _, _, numbers, terms = _HEADER.unpack_from(packed)
    size: int = _HEADER.size + 4 * (PERMUTATIONS + numbers) + _TERM.itemsize * terms
    return len(packed) == size


def signature(item: Item) -> bytes:
    """Compute the packed signature of an article from its title, subtitle and body."""
    title = " ".join(filter(None, (item.title, item.subtitle)))
    words = _WORD.findall(item.body.lower()) or _WORD.findall(title.lower())
    shingles = _shingles(words)
    return Signature(
        text=hashlib.blake2b("\n".join(words or [title]).encode(), digest_size=16).digest(),
        shingles=len(shingles),
        sketch=_sketch(shingles),
        numbers=frozenset(_numbers(item.body[:_NUMBER_CHARS])),
        terms=_terms(title, item.body),
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


def _terms(title: str, body: str) -> dict[int, float]:
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
    return {crc32(term.encode()): float(np.float16(weight / length)) for weight, term in best}


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
