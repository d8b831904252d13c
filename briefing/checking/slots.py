"""Refute a name that stands where the article has another: "Meridian was founded in 1898".

A name has a slot beside a word: its subject or object, what it owns or is part of, the office that
it holds. If the article fills the slot with another name beside the same numbers, names or nouns,
and nowhere with this one, the line has exchanged them. A slot that a pronoun or a plain noun fills
("the bank was founded in 1898") may be anybody's, and refutes nothing.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from briefing.language.names import PLACES
from briefing.language.parse import COMMON_TAGS, NOUN_TAGS, PROPER_TAGS, Parse
from briefing.language.structure import SAYING
from briefing.language.tokens import stem
from briefing.language.word_lists import word_class

_OWNERS = ("at", "of")
"""Prepositions of a noun that tell whose it is, as "'s" does."""
_CLAUSES = frozenset("ccomp advcl relcl conj acl xcomp parataxis".split())
_ASIDES = frozenset({"ccomp", "advcl", "relcl", "acl"})
_SURE = {"subject": "#", "object": "#", "is": "#=@", "owner": "#="}
"""What two clauses must share to be of one event: numbers (#), names (@), or names in apposition
(=). A verb has many subjects and objects in one article: only the same number tells its event."""
_PAST = frozenset({"former", "ex"})
_FILLERS = NOUN_TAGS | {"PRP", "PRP$", "WP", "WDT", "DT", "CD"}


class Slot(NamedTuple):
    """What fills a slot beside a word: the token and its name, if it is one.

    ``names`` are all names in its phrase ("Ada Holt of Kell and Ben Sund"), ``around`` is what
    stands beside the word besides, ``text`` the name as written.
    """

    word: str
    relation: str
    at: int
    name: frozenset[str]
    names: frozenset[str]
    around: frozenset[str]
    text: str


def misnamed(
    parse: Parse, trees: Callable[[str], Sequence[Parse]]
) -> Iterator[tuple[int, int, str]]:
    """Yield first and last token of names of a line whose slots the article gives to others.

    ``trees`` returns the sentences with a stem; the third value is the other name.
    """
    for ours in slots(parse):
        if not ours.name or ours.name & PLACES:
            continue
        theirs = [
            slot
            for tree in trees(stem(ours.word) if ours.relation == "is" else ours.word)
            for slot in slots(tree)
            if slot[:2] == ours[:2]
        ]
        if other := _rival(ours, theirs):
            if ours.relation != "is" or _is_something_else(ours, trees):
                yield *_run(parse, ours.at), other


def _is_something_else(ours: Slot, trees: Callable[[str], Sequence[Parse]]) -> bool:
    """Whether the article gives another office to a name: there may be several of the first."""
    return any(
        slot.relation == "is" and slot.name & ours.name
        for word in sorted(ours.name)
        for tree in trees(stem(word))
        for slot in slots(tree)
    )


def _rival(ours: Slot, theirs: Sequence[Slot]) -> str:
    """Return the name that the article has in a slot; empty if it may have ours."""
    close = [slot for slot in theirs if _is_close(ours, slot)]
    if not close or any(not slot.name or slot.name & PLACES for slot in close):
        return ""
    if any(_is_one(ours.name, slot.names) for slot in theirs):
        return ""
    return close[0].text if len({slot.name for slot in close}) == 1 else ""


def _is_close(ours: Slot, theirs: Slot) -> bool:
    """Whether two slots are of one event or thing, by what stands around them."""
    if _PAST & (ours.around | theirs.around):
        return False
    if ours.relation == "is" and not ours.around:
        return True
    return any(word[0] in _SURE[ours.relation] for word in ours.around & theirs.around)


def _is_one(name: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two names share a word, or one may be the other's initials."""
    if name & other:
        return True
    letters = {frozenset(word[0] for word in one) for one in (name, other) if len(one) > 1}
    short = [next(iter(one)) for one in (name, other) if len(one) == 1]
    return any(frozenset(word) <= initials for word in short for initials in letters)


def slots(parse: Parse) -> Iterator[Slot]:
    """Yield the slots of a sentence, whatever fills them."""
    for at, tag in enumerate(parse.tags):
        if tag not in _FILLERS or parse.relations[at] == "compound":
            continue
        relation, head = parse.relations[at], parse.heads[at]
        if relation in ("nsubj", "nsubjpass", "dobj") and parse.is_verb(head):
            yield from _of_verb(parse, at, head)
        elif relation == "poss":
            yield from _of_noun(parse, at, head)
        elif relation == "pobj" and parse.lower[head] in _OWNERS:
            if parse.tags[parse.heads[head]] in COMMON_TAGS:
                yield from _of_noun(parse, at, parse.heads[head])
        elif relation == "pobj" and parse.relations[head] == "agent":
            yield from _of_verb(parse, at, parse.heads[head], "subject")
        yield from _offices(parse, at)


def _of_verb(parse: Parse, at: int, verb: int, relation: str = "") -> Iterator[Slot]:
    if parse.lemmas[verb] in SAYING or parse.lemmas[verb] in ("be", "have"):
        return
    relation = relation or ("subject" if parse.relations[at] == "nsubj" else "object")
    yield _slot(parse, stem(parse.lower[verb]), relation, at, verb)


def _of_noun(parse: Parse, at: int, noun: int) -> Iterator[Slot]:
    verb = parse.heads[noun] if parse.relations[noun].startswith("nsubj") else noun
    yield _slot(parse, stem(parse.lower[noun]), "owner", at, verb, noun)


def _offices(parse: Parse, at: int) -> Iterator[Slot]:
    """Yield the offices of a name: "the judge, Ada Holt,", "judge Ada Holt", "Holt is judge"."""
    if parse.tags[at] not in PROPER_TAGS:
        return
    head, relation = parse.heads[at], parse.relations[at]
    around = [*parse.children[at], *([head] if relation == "appos" else [])]
    for noun in around:
        if parse.tags[noun] in COMMON_TAGS and (
            noun == head or parse.relations[noun] in ("appos", "compound")
        ):
            yield _slot(parse, parse.lower[noun], "is", at, noun)
    if relation == "nsubj" and parse.lemmas[head] == "be":
        noun_of = parse.child(head, "attr")
        if noun_of is not None and parse.tags[noun_of] in COMMON_TAGS:
            yield _slot(parse, parse.lower[noun_of], "is", at, noun_of)


def _slot(parse: Parse, word: str, relation: str, at: int, head: int, noun: int = -1) -> Slot:
    first, last = _run(parse, at)
    own = {*range(first, last + 1), head, noun}
    name = frozenset(parse.lower[first : last + 1]) if _is_named(parse, at) else frozenset[str]()
    names = frozenset(parse.lower[i] for i in _under(parse, at, _ASIDES) if _is_named(parse, i))
    around = {_mark(parse, i) for i in _under(parse, head, _CLAUSES) if i not in own}
    written = parse.span_text(first, last)
    return Slot(word, relation, at, name, name | names, frozenset(around - {""}), written)


def _is_named(parse: Parse, at: int) -> bool:
    """Whether a token is of a name, and no month or day."""
    named = parse.tags[at] in PROPER_TAGS and parse.words[at][0].isupper()
    return named and parse.lower[at] not in word_class("times")


def _run(parse: Parse, at: int) -> tuple[int, int]:
    """Return first and last token of the name that ends at a token."""
    first = at
    while first and parse.heads[first - 1] == at and parse.tags[first - 1] in PROPER_TAGS:
        first -= 1
    return first, at


def _under(parse: Parse, head: int, without: Collection[str]) -> Iterator[int]:
    """Yield the tokens under a word, but not below these relations."""
    for at in parse.children[head]:
        if parse.relations[at] not in without:
            yield at
            yield from _under(parse, at, without)


def _mark(parse: Parse, at: int) -> str:
    """Return the stem of a content word, marked for names and numbers; empty for others."""
    tag, word = parse.tags[at], stem(parse.lower[at])
    if tag == "CD":
        return f"#{word}"
    if _is_named(parse, at):
        return f"{'=' if parse.relations[at] == 'appos' else '@'}{word}"
    return word if tag in NOUN_TAGS or tag[0] in "VJ" else ""
