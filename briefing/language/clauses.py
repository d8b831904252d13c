"""The clauses of a sentence that can stand alone: what it says in one, told one by one.

"The dam cracked, and Ada Holt, who runs it, resigned" says that the dam cracked, that Ada Holt
resigned, and that she runs the dam. Joined clauses and predicates of the main line are told apart
(also under a speaker, who is kept: "The council said the dam cracked"), and so are asides with
"who" and "which" after a comma. A clause of its own verb gets the subject and the auxiliary that
it shares, and what stands before both.
"""

from collections.abc import Iterator, Sequence

from briefing.language.parse import AUXILIARIES, NOUN_TAGS, Parse, surface
from briefing.language.word_lists import word_class

_FRONTED = frozenset({"advcl", "prep", "npadvmod"})
_ALTERNATIVES = frozenset({"or", "nor", "either", "neither", "than"})
_SUBJECT = ("nsubj", "nsubjpass")
_RELATIVE = frozenset({"who", "which"})


def clauses(parse: Parse) -> tuple[str, ...]:
    """Return the clauses of a sentence, each as a line of its own; empty if it has only one."""
    everything = set(range(len(parse)))
    told: list[set[int]] = []
    removed: set[int] = set()
    for first in _spine(parse):
        frame = everything - set(parse.subtree(first))
        for joined in _joined(parse, first):
            told.append(frame | _clause(parse, joined))
            removed |= _whole(parse, joined)
    for at in range(len(parse)):
        if not removed & {at} and (noun := _lost_subject(parse, at)) is not None:
            clause = set(parse.subtree(noun)) | set(parse.subtree(at))
            told.append(clause)
            removed |= clause | {parse.subtree(noun)[0] - 1}
    asides = [at for at in range(len(parse)) if _is_aside(parse, at)]
    if not told and not asides:
        return ()
    apart = {i for at in asides for i in parse.subtree(at)}
    kept = [everything - removed - apart, *(one - apart for one in told)]
    kept += [_aside(parse, at) for at in asides]
    lines = (_line(parse, tokens, asides) for tokens in kept)
    return tuple(dict.fromkeys(f"{line}." for line in lines if line))


def _line(parse: Parse, tokens: set[int], asides: Sequence[int]) -> str:
    """Return tokens as a line, without the commas around an aside."""
    text = surface(parse, tokens)
    for at in asides:
        before = parse.words[max(0, parse.subtree(at)[0] - 2)]
        text = text.replace(f"{before}, ", f"{before} ", 1)
    return text


def _spine(parse: Parse) -> Iterator[int]:
    """Yield the verbs of the main line: the roots, and what is said to be so under each."""
    for root in parse.roots:
        at: int | None = root
        while at is not None and parse.is_verb(at):
            yield at
            at = parse.child(at, "ccomp")


def _joined(parse: Parse, first: int) -> Iterator[int]:
    """Yield the verbs joined to one that can stand with its subject, or with their own."""
    for at in parse.conjuncts(first):
        if at == first or not parse.is_verb(at) or at in parse.quoted:
            continue
        if _ALTERNATIVES & set(parse.coordinators(parse.heads[at], at)):
            continue
        if _own_subject(parse, at) is not None:
            if parse.is_finite(at) and _subject(parse, at) is not None:
                yield at
        elif _may_share(parse, at):
            yield at


def _may_share(parse: Parse, at: int) -> bool:
    """Whether a joined predicate surely has the subject of the verb before it.

    Not after a clause, whose subject it may have ("said it would strike but called it off"), nor
    after a denial that may hold for both.
    """
    between = {i for other in parse.conjuncts(_owner(parse, at)) for i in parse.children[other]}
    if any(parse.relations[i] in ("ccomp", "neg") for i in between if i < at):
        return False
    first = parse.subtree(at)[0]
    begun = first > 0 and (parse.relations[first - 1] == "cc" or not parse.is_word[first - 1])
    stands = parse.is_finite(at) or bool(_shared(parse, at))
    return begun and stands and _subject(parse, at) is not None


def _lost_subject(parse: Parse, at: int) -> int | None:
    """Return the noun before a verb without a subject that was read as one of a list.

    "He works in Faro and critics called it off": "Faro and critics" is none.
    """
    free = parse.relations[at] in ("ccomp", "advcl", "conj") and not parse.markers(at)
    if not (free and parse.is_verb(at) and parse.is_finite(at)) or at in parse.quoted:
        return None
    first = parse.subtree(at)[0]
    if parse.subject(at) is not None or first < 2 or not parse.is_word[first - 1]:
        return None
    nouns = (i for i in (first - 1, *parse.ancestors(first - 1)) if parse.relations[i] == "conj")
    noun = next((i for i in nouns if parse.tags[i] in NOUN_TAGS), None)
    if noun is None or parse.subtree(noun)[-1] != first - 1:
        return None
    return noun if parse.relations[parse.subtree(noun)[0] - 1] == "cc" else None


def _own_subject(parse: Parse, at: int) -> int | None:
    return parse.child(at, *_SUBJECT, "expl", "csubj")


def _owner(parse: Parse, at: int) -> int:
    """Return the verb of a coordination that has the subject of a joined one."""
    while _own_subject(parse, at) is None and parse.relations[at] == "conj":
        at = parse.heads[at]
    return at


def _subject(parse: Parse, at: int) -> int | None:
    subject = _own_subject(parse, _owner(parse, at))
    return subject if subject is not None and parse.tags[subject][0] != "W" else None


def _shared(parse: Parse, at: int) -> set[int]:
    """Return the auxiliaries that a joined verb shares: "was fined and jailed"."""
    owner = _owner(parse, at)
    if owner == at or parse.is_finite(at):
        return set()
    return {c for c in parse.children[owner] if parse.relations[c] in AUXILIARIES}


def _whole(parse: Parse, at: int) -> set[int]:
    """Return the tokens of a joined clause and the conjunction before it."""
    head = parse.heads[at]
    joins = {c for c in parse.children[head] if parse.relations[c] == "cc" and c < at}
    return set(parse.subtree(at)) | ({max(joins)} if joins else set())


def _own(parse: Parse, at: int) -> set[int]:
    """Return the tokens of a clause without those that are joined to it."""
    own = set(parse.subtree(at))
    for child in parse.children[at]:
        if parse.relations[child] == "conj":
            own -= _whole(parse, child)
    return own


def _clause(parse: Parse, at: int) -> set[int]:
    """Return the tokens of a joined clause, with what it shares of the one before it."""
    owner, subject = _owner(parse, at), _subject(parse, at)
    assert subject is not None
    tokens = _own(parse, at)
    if owner != at:
        tokens |= _shared(parse, at) | set(parse.subtree(subject))
        before = parse.children[owner]
    else:
        before = tuple(
            c
            for c in parse.children[parse.heads[at]]
            if parse.markers(c) & word_class("conditions")
        )
    for child in before:
        if child < subject and parse.relations[child] in _FRONTED:
            tokens |= set(parse.subtree(child))
    return tokens


def _is_aside(parse: Parse, at: int) -> bool:
    """Whether a clause with "who" or "which" is an aside on a noun."""
    if parse.relations[at] != "relcl" or not parse.after_comma(at) or at in parse.quoted:
        return False
    pronoun = parse.child(at, *_SUBJECT)
    if pronoun is None or parse.lower[pronoun] not in _RELATIVE or not parse.is_finite(at):
        return False
    return pronoun == parse.subtree(at)[0] and not parse.is_verb(parse.heads[at])


def _aside(parse: Parse, at: int) -> set[int]:
    """Return the tokens of an aside with its noun in the place of the pronoun."""
    first = parse.subtree(at)[0]
    noun = {i for i in parse.subtree(parse.heads[at]) if i < first}
    return noun | (set(parse.subtree(at)) - {first})
