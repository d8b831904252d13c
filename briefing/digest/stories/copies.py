"""Copies: the same text again, or nearly (wire copy, a trimmed or lightly edited reprint).

An article is a copy of an earlier one where most of its word shingles stand there (containment,
Broder 1997) and it states no number that the earlier one does not. A longer version, or one with
other numbers, is an update and not a copy: it may tell something new.
"""

from dataclasses import replace

from briefing.digest.stories.signatures import PERMUTATIONS, Signature, minhash

_BANDS, _ROWS = 8, 3
"""Two texts that share 0.6 of their shingles are compared in 86 of 100 cases, at 0.8 always."""
_CONTAINED = 0.75
_LEAST_ALIKE = 0.35


class Copies:
    """The texts seen so far, by digest and in a MinHash index (locality-sensitive hashing)."""

    def __init__(self) -> None:
        from datasketch import MinHashLSH

        self._texts: dict[bytes, int] = {}
        self._seen: dict[int, Signature] = {}
        self._index = MinHashLSH(num_perm=PERMUTATIONS, params=(_BANDS, _ROWS))

    def original(self, signature: Signature) -> int | None:
        """The article that one with ``signature`` is a copy of: the likest, then the earliest."""
        if (same := self._texts.get(signature.text)) is not None:
            return same
        found = [
            (-contained, article)
            for article in self._index.query(minhash(signature.sketch))
            if (contained := _contained(signature, self._seen[article])) >= _CONTAINED
        ]
        return min(found)[1] if found else None

    def insert(self, article: int, signature: Signature) -> None:
        """Remember an article that is no copy."""
        self._texts.setdefault(signature.text, article)
        if article not in self._seen:
            self._seen[article] = replace(signature, terms={})
            self._index.insert(article, minhash(signature.sketch), check_duplication=False)


def _contained(new: Signature, known: Signature) -> float:
    """The share of the new one's shingles that the known one has; 0 for an update of it."""
    alike = float((new.sketch == known.sketch).mean())
    if alike < _LEAST_ALIKE or not new.numbers <= known.numbers:
        return 0.0
    shared = alike * (new.shingles + known.shingles) / (1 + alike)
    return min(1.0, shared / max(new.shingles, 1))
