"""Valency counts of verbs and nouns, and the drop model: how often editors delete a dependent.

The counts are taken from parsed news (scripts/train/language/valency.py): a word rarely seen
without a dependent needs it. Filippova and Strube 2008 ("Dependency tree based sentence
compression") use such features for the importance of an edge. P(drop | edge) is a logistic model
over hashed features of the edge: the counts, the words, and the position of the dependent; trained
on titles and key points that editors cut from one sentence (scripts/train/language/drop.py).
"""

import math
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

import numpy as np

from briefing.language.parse import COMPLEMENTS, PROPER_TAGS, Parse
from briefing.language.word_lists import word_class
from briefing.learned import HashedModel, hashed_model

_WORDED = frozenset({"prep", "prt", "agent"})
_POST_NOMINAL = ("prep", "acl", "relcl", "appos")
_COMPLETING = COMPLEMENTS | {"prep", "agent", "advmod", "pcomp", "obj"}
_PRIOR = 4.0
"""Weight of the prior, in occurrences; half of the counted words occur under 20 times."""


def observations(parse: Parse) -> Iterator[tuple[str, ...]]:
    """Yield the counts of one sentence; the first element of each name is its table."""
    for index, tag in enumerate(parse.tags):
        if tag[0] == "V":
            yield from _of_verb(parse, index)
        elif tag in ("NN", "NNS"):
            yield from _of_noun(parse, index)


def _of_verb(parse: Parse, index: int) -> Iterator[tuple[str, ...]]:
    key = (parse.lemmas[index], _voice(parse, index))
    right = [at for at in parse.children[index] if at > index]
    relations = {parse.relations[at] for at in right}
    has_object = parse.child(index, "dobj") is not None
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
    after = [
        at for at in parse.children[index] if at > index and parse.relations[at] in _POST_NOMINAL
    ]
    yield ("n", lemma)
    yield ("nm", lemma, marked)
    if not after:
        yield ("nm0", lemma, marked)
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

    def verb_with(self, parse: Parse, verb: int, relation: str) -> float:
        """Return the share of the verb's uses in this voice with such a dependent after it."""
        key = (parse.lemmas[verb], _voice(parse, verb))
        return self._share(("vd", *key, relation, ""), ("v", *key), 0.1)

    def verb_with_preposition(self, parse: Parse, verb: int, word: str) -> float:
        """Return the share of its uses, with or without object as here, with ``word``."""
        key = (parse.lemmas[verb], _voice(parse, verb))
        has_object = str(parse.child(verb, "dobj") is not None)
        return self._share(("vp", *key, has_object, word), ("vo", *key, has_object), 0.05)

    def verb_alone(self, parse: Parse, verb: int) -> float:
        """Return the share of its uses without complement, prepositional phrase or adverb."""
        key = (parse.lemmas[verb], _voice(parse, verb))
        return self._share(("v0", *key), ("v", *key), 0.3)

    def verb_with_object_alone(self, parse: Parse, verb: int) -> float:
        """Return the share of its uses with an object and nothing more: low for "accuse"."""
        key = (parse.lemmas[verb], _voice(parse, verb))
        return self._share(("vo0", *key), ("vo", *key, "True"), 0.5)

    def verb_without_complement(self, parse: Parse, verb: int) -> float:
        """Return the share of its uses without object or clause."""
        key = (parse.lemmas[verb], _voice(parse, verb))
        return self._share(("v1", *key), ("v", *key), 0.4)

    def noun_with(self, parse: Parse, noun: int, relation: str, word: str = "") -> float:
        """Return the share of the noun's uses with such a dependent after it."""
        lemma = parse.lemmas[noun]
        return self._share(("nd", lemma, relation, word), ("n", lemma), 0.1)

    def noun_alone(self, parse: Parse, noun: int, marked: str) -> float:
        """Return the share of its uses with this determiner and nothing after it."""
        lemma = parse.lemmas[noun]
        return self._share(("nm0", lemma, marked), ("nm", lemma, marked), 0.5)


def identity(name: tuple[str, ...]) -> int:
    """Return the 32-bit key of an observation."""
    return zlib.crc32("\t".join(name).encode())


@cache
def valency(language: str = "en") -> Valency:
    """Load the bundled counts of a language."""
    path = resources.files("briefing.language") / "data" / language / "valency.npz"
    with path.open("rb") as file, np.load(file) as stored:
        pairs = zip(stored["keys"].tolist(), stored["counts"].tolist(), strict=True)
        return Valency(dict(pairs))


SIZE = 1 << 16
"""Number of hashed features."""
UNASKED = frozenset({"det", "punct", "cc", "", "dep", "intj", "case", "aux", "auxpass", "ROOT"})
"""Relations that the drop model does not cover."""
_LEXICAL = frozenset({"prep", "advmod", "prt", "agent", "mark", "amod"})
_NAMED_HEADS = frozenset("ROOT ccomp relcl advcl conj pobj nsubj nsubjpass dobj xcomp".split())


def edge_features(parse: Parse, child: int, title: bool, counts: Valency) -> Iterator[str]:
    """Yield the names of the features of the edge from ``child`` to its head."""
    head = parse.heads[child]
    relation, lemma = parse.relations[child], parse.lemmas[head]
    kind = _kind(parse, head)
    side = "L" if child < head else "R"
    base = f"{relation} {kind} {side}"
    first, last = parse.edges[child]
    above = parse.relations[head]
    yield base
    yield f"{base} title{title:d}"
    yield f"{base} comma{parse.after_comma(child):d}"
    yield f"{base} above {above if above in _NAMED_HEADS else 'other'}"
    yield f"{base} size{min(6, int(math.log2(last - first + 1) * 1.5))}"
    yield f"{base} size{min(6, int(math.log2(last - first + 1) * 1.5))} title{title:d}"
    yield f"{base} end{last >= len(parse) - 2:d}"
    yield f"{base} depth{sum(1 for _ in parse.ancestors(child)) if len(parse) < 80 else 9}"
    yield f"{relation} head {lemma}"
    if relation in _LEXICAL:
        yield f"{relation} {kind} {parse.lower[child]}"
        yield f"{relation} {lemma} {parse.lower[child]}"
    if relation in ("advcl", "acl", "relcl", "ccomp", "xcomp"):
        opener = next((parse.lower[at] for at in parse.children[child] if at < child), "")
        yield f"{relation} opens {opener}"
    if kind == "V":
        yield from _verb_rates(parse, child, base, counts)
    elif kind in "NP":
        yield from _noun_rates(parse, child, base, kind, counts)
    yield from _of_inside(parse, child, kind)


def _kind(parse: Parse, head: int) -> str:
    if parse.is_verb(head):
        return "V"
    tag = parse.tags[head]
    return "N" if tag in ("NN", "NNS") else "P" if tag in PROPER_TAGS else tag[:2]


def _verb_rates(parse: Parse, child: int, base: str, counts: Valency) -> Iterator[str]:
    head, relation = parse.heads[child], parse.relations[child]
    right = [at for at in parse.children[head] if at > head and parse.is_word[at]]
    has_object = any(parse.relations[at] == "dobj" for at in right)
    yield f"{base} passive{parse.is_passive(head):d} object{has_object:d}"
    if child < head:
        return
    if relation == "prep":
        word = parse.lower[child]
        share = _bucket(counts.verb_with_preposition(parse, head, word))
        yield f"prep V share{share}"
        yield f"prep V share{share} {word}"
    else:
        yield f"{relation} V share{_bucket(counts.verb_with(parse, head, relation))}"
    only = not any(at != child and parse.relations[at] in COMPLEMENTS for at in right)
    yield f"{base} only{only:d} alone{_bucket(counts.verb_alone(parse, head))}"
    yield f"{base} only{only:d} bare{_bucket(counts.verb_without_complement(parse, head))}"
    yield f"{base} rank{min(3, right.index(child)) if child in right else 4}"
    yield f"{base} next{parse.edges[child][0] == head + 1:d}"


def _noun_rates(parse: Parse, child: int, base: str, kind: str, counts: Valency) -> Iterator[str]:
    head, relation = parse.heads[child], parse.relations[child]
    marked = parse.determiner(head)
    before = any(
        parse.relations[at] in ("amod", "compound", "nummod")
        for at in parse.children[head]
        if at < head
    )
    yield f"{base} det {marked} before{before:d}"
    if child < head or kind != "N":
        return
    if relation == "prep":
        share = _bucket(counts.noun_with(parse, head, "prep", parse.lower[child]))
        yield f"prep N share{share}"
        yield f"prep N share{share} det {marked}"
    else:
        yield f"{relation} N share{_bucket(counts.noun_with(parse, head, relation))}"
    alone = _bucket(counts.noun_alone(parse, head, marked))
    yield f"{base} alone{alone} det {marked} before{before:d}"
    after = [
        at
        for at in parse.children[head]
        if at > head and parse.relations[at] in ("prep", "acl", "relcl")
    ]
    yield f"{base} only{len(after) == 1:d}"


def _of_inside(parse: Parse, child: int, kind: str) -> Iterator[str]:
    """Yield features of the inside of a dependent: a time, a name, a number."""
    relation = parse.relations[child]
    if relation == "prep":
        inner = parse.child(child, "pobj", "pcomp")
        if inner is not None:
            what = _what(parse, inner)
            yield f"pobj {parse.lower[child]} {what}"
            yield f"pobj {kind} {what}"
    elif relation == "npadvmod":
        yield f"npadvmod {_what(parse, child)}"
    elif relation == "appos":
        yield f"appos {_what(parse, child)}"


def _what(parse: Parse, at: int) -> str:
    times = word_class("times")
    year = parse.tags[at] == "CD" and len(parse.words[at]) == 4
    if year or parse.lower[at] in times or parse.lemmas[at] in times:
        return "time"
    return parse.tags[at][:3]


def _bucket(share: float) -> int:
    return max(-5, min(3, round(math.log(share / (1 - share) + 1e-9)))) if 0 < share < 1 else 3


class DropModel:
    """The drop model of one language."""

    def __init__(self, model: HashedModel) -> None:
        self._model = model

    def probability(self, parse: Parse, child: int, *, title: bool) -> float:
        """Return the probability that an editor deletes ``child``; ``title``: in a headline."""
        return self._model.probability(edge_features(parse, child, title, valency()))


@cache
def drop_model(language: str = "en") -> DropModel:
    """Load the bundled drop model of a language."""
    return DropModel(hashed_model("drop", language))
