"""How likely an editor is to leave a dependent out when its head stays: P(drop | edge).

A logistic model over hashed features of the edge, trained on titles and key points that editors cut
from one sentence (scripts/train/language/drop.py). Its features are the counts of `valency`, the
words, and where the dependent stands.
"""

import math
from collections.abc import Iterator
from functools import cache

from briefing.language.hashed import HashedModel, hashed_model
from briefing.language.lexicon import word_class
from briefing.language.parse import COMPLEMENTS, PROPER_TAGS, Parse
from briefing.language.valency import Valency, valency

SIZE = 1 << 16
"""Places of the hashed features."""
UNASKED = frozenset({"det", "punct", "cc", "", "dep", "intj", "case", "aux", "auxpass", "ROOT"})
"""Relations that the model is not asked of."""
_LEXICAL = frozenset({"prep", "advmod", "prt", "agent", "mark", "amod"})
_NAMED_HEADS = frozenset("ROOT ccomp relcl advcl conj pobj nsubj nsubjpass dobj xcomp".split())


def features(parse: Parse, child: int, title: bool, counts: Valency) -> Iterator[str]:
    """Names of the features of the edge from ``child`` to its head."""
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
        yield from _of_verb(parse, child, base, counts)
    elif kind in "NP":
        yield from _of_noun(parse, child, base, kind, counts)
    yield from _of_inside(parse, child, kind)


def _kind(parse: Parse, head: int) -> str:
    if parse.is_verb(head):
        return "V"
    tag = parse.tags[head]
    return "N" if tag in ("NN", "NNS") else "P" if tag in PROPER_TAGS else tag[:2]


def _of_verb(parse: Parse, child: int, base: str, counts: Valency) -> Iterator[str]:
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


def _of_noun(parse: Parse, child: int, base: str, kind: str, counts: Valency) -> Iterator[str]:
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
    """What stands inside the dependent: a time, a name, a number."""
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
    return (
        "time"
        if year or parse.lower[at] in times or parse.lemmas[at] in times
        else (parse.tags[at][:3])
    )


def _bucket(share: float) -> int:
    return max(-5, min(3, round(math.log(share / (1 - share) + 1e-9)))) if 0 < share < 1 else 3


class DropModel:
    """The model of one language."""

    def __init__(self, model: HashedModel) -> None:
        self._model = model

    def probability(
        self, parse: Parse, child: int, *, title: bool, counts: Valency | None = None
    ) -> float:
        """How likely an editor leaves the dependent out; ``title``: for a headline."""
        return self._model.probability(features(parse, child, title, counts or valency()))


@cache
def drop_model(language: str = "en") -> DropModel:
    """The model that ships for a language."""
    return DropModel(hashed_model("drop", language))
