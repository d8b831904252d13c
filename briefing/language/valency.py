"""How often a verb or noun stands with, and without, each kind of dependent.

Counted over parsed news (scripts/train/language/valency.py), never listed: what a word cannot do
without is what it is seldom seen without. The counts are the features that Filippova and Strube
2008 ("Dependency tree based sentence compression") take for the importance of an edge.
"""

import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

import numpy as np

from briefing.language.parse import COMPLEMENTS, Parse

_WORDED = frozenset({"prep", "prt", "agent"})
_POST_NOMINAL = ("prep", "acl", "relcl", "appos")
_PRE_NOMINAL = ("amod", "compound", "nummod", "nmod")
_COMPLETING = COMPLEMENTS | {"prep", "agent", "advmod", "pcomp", "obj"}
_PRIOR = 4.0
"""Weight of the prior, in occurrences: half of the words in the tables are seen under 20 times."""


def observations(parse: Parse) -> Iterator[tuple[str, ...]]:
    """What one sentence adds to the counts: the first element of each name is its table."""
    for index, tag in enumerate(parse.tags):
        if tag[0] == "V":
            yield from _of_verb(parse, index)
        elif tag in ("NN", "NNS"):
            yield from _of_noun(parse, index)


def _of_verb(parse: Parse, index: int) -> Iterator[tuple[str, ...]]:
    key = (parse.lemmas[index], _voice(parse, index))
    children = parse.children[index]
    right = [at for at in children if at > index]
    relations = {parse.relations[at] for at in right}
    has_object = any(parse.relations[at] == "dobj" for at in children)
    yield ("v", *key)
    yield ("vo", *key, str(has_object))
    if not relations & _COMPLETING:
        yield ("v0", *key)
    if not relations & COMPLEMENTS:
        yield ("v1", *key)
    if has_object and not relations & (_COMPLETING - {"dobj", "obj"}):
        yield ("vo0", *key)
    for relation, word in {(parse.relations[at], _word(parse, at)) for at in right}:
        yield ("vd", *key, relation, word)
    for word in {parse.lower[at] for at in right if parse.relations[at] == "prep"}:
        yield ("vp", *key, str(has_object), word)


def _of_noun(parse: Parse, index: int) -> Iterator[tuple[str, ...]]:
    lemma, marked = parse.lemmas[index], parse.determiner(index)
    children = parse.children[index]
    before = any(at < index and parse.relations[at] in _PRE_NOMINAL for at in children)
    after = [at for at in children if at > index and parse.relations[at] in _POST_NOMINAL]
    yield ("n", lemma)
    yield ("nm", lemma, marked)
    if not after:
        yield ("n0", lemma)
        yield ("nm0", lemma, marked)
        if not before:
            yield ("nb", lemma, marked)
    for relation, word in {(parse.relations[at], _word(parse, at)) for at in after}:
        yield ("nd", lemma, relation, word)


def _voice(parse: Parse, index: int) -> str:
    return "p" if parse.is_passive(index) else "a"


def _word(parse: Parse, at: int) -> str:
    return parse.lower[at] if parse.relations[at] in _WORDED else ""


class Valency:
    """The counts of one language, as shares smoothed towards a prior."""

    def __init__(self, counts: Mapping[int, int]) -> None:
        self._counts = counts

    def _count(self, *name: str) -> int:
        return self._counts.get(identity(name), 0)

    def _share(self, part: tuple[str, ...], whole: tuple[str, ...], prior: float) -> float:
        return (self._count(*part) + _PRIOR * prior) / (self._count(*whole) + _PRIOR)

    def verb_with(self, parse: Parse, verb: int, relation: str, word: str = "") -> float:
        """Share of the verb's uses, in this voice, that have such a dependent on the right."""
        key = (parse.lemmas[verb], _voice(parse, verb))
        return self._share(("vd", *key, relation, word), ("v", *key), 0.1)

    def verb_with_preposition(self, parse: Parse, verb: int, word: str) -> float:
        """Share of its uses, with or without an object as here, that have this preposition."""
        key = (parse.lemmas[verb], _voice(parse, verb))
        has_object = str(any(parse.relations[at] == "dobj" for at in parse.children[verb]))
        return self._share(("vp", *key, has_object, word), ("vo", *key, has_object), 0.05)

    def verb_alone(self, parse: Parse, verb: int) -> float:
        """Share of its uses with nothing that completes it, not even a phrase or adverb."""
        key = (parse.lemmas[verb], _voice(parse, verb))
        return self._share(("v0", *key), ("v", *key), 0.3)

    def verb_with_object_alone(self, parse: Parse, verb: int) -> float:
        """Share of its uses with an object that have nothing more: low for "put", "accuse"."""
        key = (parse.lemmas[verb], _voice(parse, verb))
        return self._share(("vo0", *key), ("vo", *key, "True"), 0.5)

    def verb_without_complement(self, parse: Parse, verb: int) -> float:
        """Share of its uses without object or clause."""
        key = (parse.lemmas[verb], _voice(parse, verb))
        return self._share(("v1", *key), ("v", *key), 0.4)

    def noun_with(self, parse: Parse, noun: int, relation: str, word: str = "") -> float:
        """Share of the noun's uses that have such a dependent behind it."""
        lemma = parse.lemmas[noun]
        return self._share(("nd", lemma, relation, word), ("n", lemma), 0.1)

    def noun_alone(self, parse: Parse, noun: int, marked: str) -> float:
        """Share of its uses with this determiner that have nothing behind."""
        lemma = parse.lemmas[noun]
        return self._share(("nm0", lemma, marked), ("nm", lemma, marked), 0.5)

    def noun_bare(self, parse: Parse, noun: int, marked: str) -> float:
        """Share of its uses with this determiner that have nothing before nor behind."""
        lemma = parse.lemmas[noun]
        return self._share(("nb", lemma, marked), ("nm", lemma, marked), 0.3)


def identity(name: tuple[str, ...]) -> int:
    """The 32-bit key of an observation."""
    return zlib.crc32("\t".join(name).encode())


@cache
def valency(language: str = "en") -> Valency:
    """The counts that ship for a language."""
    path = resources.files("briefing.language") / "data" / language / "valency.npz"
    with path.open("rb") as file, np.load(file) as stored:
        pairs = zip(stored["keys"].tolist(), stored["counts"].tolist(), strict=True)
        return Valency(dict(pairs))
