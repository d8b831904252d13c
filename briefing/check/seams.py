"""Where a line leaves words of its source out: does the cut run along the joints of the sentence?

A small model that compresses by copying goes wrong where it cuts. It stops inside a phrase ("Minor
has granted." of "has granted more than $1.5 million"), or joins a verb to the object of another
("unleashed the Act" of "unleashed a firestorm when he signed the Act"). Both hold only words of
the source, in order, so overlap does not see them. The source itself shows it: the words left out
must begin where a phrase begins and end where one ends. Dependency-based compression asks the same
of subtrees (Filippova and Strube 2008, "Dependency tree based sentence compression"); this does it
without a parser, for English.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from briefing.check.evidence import Evidence
from briefing.check.facts import read
from briefing.check.form import verb_like
from briefing.check.lexicon import NEGATIONS
from briefing.check.words import Token

_OPENS = frozenset(
    "in on at for from with by as after before while because since until when where which "
    "who whose that and but or nor amid during over under against about into despite although if "
    "whether including through between among toward towards within without across along "
    "around behind beyond near outside inside upon via per so yet though unless last next this "
    "yesterday today tonight tomorrow monday tuesday wednesday thursday friday saturday sunday "
    "earlier later".split()
)
_SUBORDINATES = frozenset(
    "while when if although though because since after before unless as whether that who which "
    "whose where until".split()
)
_JOINS = frozenset(("and", "or", "but", "nor"))
_REPORTS = frozenset(
    "said says say told added noted suggest suggests argued argue warned claimed claim believe "
    "believes announced thinks".split()
)
_MARKS = frozenset(',;:.!?()[]—–"')
_SMALL = 2
"""A gap of so many words is a modifier: an adjective, an adverb, "on Monday"."""
_CELLS = 40_000
_RUN = 0.5
"""What it is worth that two neighbours of the line are neighbours in the source."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A source word, and whether it opens its sentence."""

    token: Token
    first: bool


def broken(line: str, source: Evidence, novel: float = 1.0) -> bool:
    """True where a cut of the line runs through a phrase of its source.

    So is a line more than ``novel`` of whose content words do not stand in the source in the
    line's order, or that moves a number from its place.
    """
    words = read(line).words
    places = [
        _Place(token, at == 0)
        for reading in source.readings
        for at, token in enumerate(reading.words)
    ]
    if not words or not places or len(words) * len(places) > _CELLS:
        return False
    found = aligned(words, places)
    where = [at for at in found if at is not None]
    loose = [word for word, at in zip(words, found, strict=True) if at is None]
    if not where or _made_up(loose, words, source) > novel or any(_fact(t, source) for t in loose):
        return True
    return (
        _bad_start(where[0], places)
        or any(_bad_cut(one, two, places) for one, two in _cuts(where))
        or any(_runs_on(at, where, places) for at in range(1, len(where)))
        or not _may_stop(where[-1], places)
    )


def aligned(words: Sequence[Token], places: Sequence[_Place]) -> list[int | None]:
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
            if chain.at not in chains or chain.score >= chains[chain.at].score:
                chains[chain.at] = chain
    found: list[int | None] = [None] * len(words)
    link = max(chains.values(), key=lambda c: (c.score, -c.at), default=None)
    while link:
        found[link.word] = link.at
        link = link.before
    return found


@dataclass(frozen=True, slots=True)
class _Chain:
    """An alignment that ends with ``word`` of the line at ``at`` of the source."""

    score: float
    word: int
    at: int
    before: "_Chain | None"


def _extend(chains: dict[int, _Chain], word: int, at: int) -> _Chain:
    """The best alignment that puts ``word`` at ``at``."""
    best, before = 0.0, None
    for chain in chains.values():
        if chain.at < at and chain.word < word:
            score = chain.score + (_RUN if chain.at == at - 1 and chain.word == word - 1 else 0.0)
            if score > best:
                best, before = score, chain
    return _Chain(best + 1.0, word, at, before)


def _made_up(loose: Sequence[Token], words: Sequence[Token], source: Evidence) -> float:
    """Share of the content words that the source does not hold, or holds elsewhere.

    A word that moved counts twice: a compression does not move words.
    """
    content = sum(not word.function for word in words)
    weights = [1 + (word.stem in source.stems) for word in loose if not word.function]
    return sum(weights) / content if content else 0.0


def _fact(token: Token, source: Evidence) -> bool:
    """Whether a word without a place in the source needs one: a number, or a new capital."""
    named = token.capital and not token.initial and token.stem not in source.stems
    return token.key[0].isdigit() or named


def _cuts(where: Sequence[int]) -> Iterator[tuple[int, int]]:
    return ((one, two) for one, two in pairwise(where) if two != one + 1)


def _bad_start(first: int, places: Sequence[_Place]) -> bool:
    """A line may not begin inside a phrase or a subordinate clause of its source.

    Without its "While", "While the talks went on, he ..." is two sentences run together.
    """
    if places[first].first:
        return False
    at = first - 1
    while at and places[at].token.capital and not places[at].first:
        at -= 1  # over the first words of a name: "Residents of Port | Alder voted"
    before = places[at].token.key
    inside = before in _SUBORDINATES or before in _OPENS or before in ("of", "to", "than")
    return inside and not _marked(places[first].token)


def _bad_cut(one: int, two: int, places: Sequence[_Place]) -> bool:
    """The words between two neighbours of the line, left out: are they a phrase?"""
    gone = [place.token for place in places[one + 1 : two]]
    if any(token.key in NEGATIONS for token in gone):
        return True
    crosses = any(place.first for place in places[one + 1 : two + 1])
    if len(gone) <= _SMALL and not crosses and not _owner(one, places):
        return _name_lost(gone, places[two].token)
    modifier = gone[0].key == "of" and verb_like([place.token for place in places], two)
    return not modifier and not (_may_stop(one, places) and _may_resume(two, places))


def _name_lost(gone: Sequence[Token], following: Token) -> bool:
    """True for "officer Hugh Holt said" without its name; "President Barack Obama" may go short."""
    names = any(token.capital for token in gone) and gone[0].key not in _OPENS
    return names and not following.capital


def _owner(at: int, places: Sequence[_Place]) -> bool:
    """Whether the word is a possessive: what it owns may not be left out."""
    possessive = places[at].token.text.endswith(("'s", "’s"))
    return possessive or places[at + 1].token.gap.startswith("'")


def _runs_on(at: int, where: Sequence[int], places: Sequence[_Place]) -> bool:
    """True where a cut is followed by a verb though the line has a verb already, or lost it.

    "They vote in spring said it will comply" of "They vote in spring, and the owner said ...".
    """
    one, two = where[at - 1], where[at]
    tokens = [place.token for place in places]
    if two - one <= _SMALL + 1 or places[two].first or not verb_like(tokens, two):
        return False
    if any(verb_like(tokens, place) for place in where[:at]):
        return True
    aside = tokens[one + 1].key in _SUBORDINATES
    return not aside and any(verb_like(tokens, place) for place in range(one + 1, two))


def _may_stop(at: int, places: Sequence[_Place]) -> bool:
    """Whether a phrase can end after the source word at ``at``."""
    if at + 1 == len(places) or places[at + 1].first:
        return True
    last, following = places[at].token, places[at + 1].token
    if _marked(following):
        return True
    if last.key in _REPORTS or last.key in _OPENS or _inside_name(at, places):
        return False
    if following.text.endswith(("'s", "’s")):
        return False  # "Tuesday's collapse" is no time
    if following.key == "by" and last.key.endswith("ed"):
        return False
    return following.key in _OPENS or _destination(at + 1, places)


def _inside_name(at: int, places: Sequence[_Place]) -> bool:
    """Whether a name goes on: "the National Association | for the Advancement of ..."."""
    if not places[at].token.capital or places[at + 1].token.key not in ("for", "of", "and"):
        return False
    after = [place.token for place in places[at + 2 : at + 4]]
    return any(t.capital for t in after[:1]) or (
        len(after) == 2 and after[0].key == "the" and after[1].capital
    )


def _destination(at: int, places: Sequence[_Place]) -> bool:
    """Whether "to" opens a phrase of its own ("to the island"), not what a verb needs."""
    if places[at].token.key != "to" or at + 1 == len(places):
        return False
    after = places[at + 1].token
    return after.key in ("the", "a", "an") or after.capital


def _may_resume(at: int, places: Sequence[_Place]) -> bool:
    """Whether a line can go on with the source word at ``at`` after words left out before it."""
    token = places[at].token
    if places[at].first or _marked(token):
        return token.key not in _JOINS or _clause_follows(at, places)
    if token.key in _JOINS:
        return False
    tokens = [place.token for place in places]
    return token.key in _OPENS or verb_like(tokens, at)


def _clause_follows(at: int, places: Sequence[_Place]) -> bool:
    tokens = [place.token for place in places]
    return any(verb_like(tokens, i) for i in range(at + 1, min(at + 6, len(tokens))))


def _marked(token: Token) -> bool:
    """Whether a mark of punctuation stands before the word, not inside it as in "a.com"."""
    apart = " " in token.gap or any(c in '()[]—"' for c in token.gap)
    return (
        apart and (any(c in _MARKS for c in token.gap) or " - " in token.gap)
    ) or "--" in token.gap
