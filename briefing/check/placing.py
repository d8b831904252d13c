"""Where each word of a line stands in its source."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from briefing.check.evidence import Evidence
from briefing.check.words import Token, tokens

CELLS = 40_000
"""Words of the line times words of the source, beyond which nothing is said."""
_RUN = 0.5
"""What it is worth that two neighbours of the line are neighbours in the source."""


@dataclass(frozen=True, slots=True)
class Place:
    """A word of the source, and whether it opens its sentence."""

    token: Token
    first: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A line over its source: its words, the source's, and for each of the line its place."""

    words: tuple[Token, ...]
    places: tuple[Place, ...]
    found: tuple[int | None, ...]

    @property
    def where(self) -> list[int]:
        """The places that were found, in order."""
        return [at for at in self.found if at is not None]


@lru_cache(maxsize=64)
def placed(line: str, source: Evidence) -> Placed | None:
    """Where the words of ``line`` stand; None without words, or with too many to say."""
    words, places = tokens(line), places_of(source)
    if not words or not places or len(words) * len(places) > CELLS:
        return None
    return Placed(words, places, tuple(aligned(words, places)))


@lru_cache(maxsize=64)
def places_of(source: Evidence) -> tuple[Place, ...]:
    """The words of the source in order."""
    return tuple(
        Place(token, at == 0)
        for reading in source.readings
        for at, token in enumerate(reading.words)
    )


def punctuated(line: str, source: Evidence) -> str:
    """The line with the commas of its source between words that stand together there."""
    over = placed(line, source)
    if over is None:
        return line
    words, found = over.words, over.found
    text = line[: words[0].end]
    for i in range(1, len(words)):
        at, earlier = found[i], found[i - 1]
        gap = line[words[i - 1].end : words[i].start]
        together = at is not None and earlier is not None and at == earlier + 1
        if at is not None and together and gap == " " and over.places[at].token.gap == ", ":
            gap = ", "
        text += gap + line[words[i].start : words[i].end]
    return text + line[words[-1].end :]


def aligned(words: Sequence[Token], places: Sequence[Place]) -> list[int | None]:
    """For each word of the line its place in the source, in order, unbroken runs preferred.

    The alignment with the most words, then the fewest cuts: Needleman and Wunsch 1970, with a
    bonus for neighbours. ``chains`` are the best ways, so far, to end at a place.
    """
    stands: dict[str, list[int]] = {}
    for at, place in enumerate(places):
        stands.setdefault(place.token.stem, []).append(at)
    chains: dict[int, _Chain] = {}
    for i, word in enumerate(words):
        made = [_extend(chains, i, at) for at in stands.get(word.stem, ())]
        for chain in made:
            at = chain[2]
            if at not in chains or chain[0] >= chains[at][0]:
                chains[at] = chain
    found: list[int | None] = [None] * len(words)
    link = max(chains.values(), key=lambda c: (c[0], -c[2]), default=None)
    while link:
        _, i, at, link = link
        found[i] = at
    return found


_Chain = tuple[float, int, int, "_Chain | None"]
"""An alignment: its score, the word of the line that it ends with, that word's place in the
source, and the alignment before (bare, since an article needs thousands).
"""


def _extend(chains: dict[int, _Chain], word: int, at: int) -> _Chain:
    """The best alignment that puts ``word`` at ``at``; ``chains`` end with earlier words."""
    best, before = 0.0, None
    for chain in chains.values():
        score, last, end, _ = chain
        if end < at:
            if end == at - 1 and last == word - 1:
                score += _RUN
            if score > best:
                best, before = score, chain
    return best + 1.0, word, at, before
