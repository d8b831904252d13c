"""Whether other words say the same: spellings, synonyms, actives of passives, who did what."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import permutations

from briefing.language import Parse, parses_for
from briefing.language.parse import NOUN_TAGS
from briefing.language.structure import Structure
from briefing.language.tokens import Token, ordinary, similar, stem, tokens, vectors
from briefing.language.word_lists import distinct, opposites, word_class

_SYNONYMS = 0.77
"""Least cosine of two words that mean the same."""
_LONG_WORD = 8
"""Letters of a word that hardly any other word is like but for a letter."""
_TURNING = re.compile(r"(?:un|in|im|il|ir|dis|non|mis|de|anti|re)(?=\w{3})")
"""Beginnings that turn a word: "unsafe", "illegal", "reopened"."""


def _parsed(texts: Sequence[str], language: str) -> list[Parse]:
    """The parses of the sentences; none where one cannot be parsed."""
    parses = parses_for(language)
    found = [each for each in parses.of(texts) if each is not None] if parses else []
    return found if len(found) == len(texts) else []


def of_others(text: str, former: str, language: str) -> bool:
    """Whether the same words say of others what the former said: who beat whom."""
    ours, theirs = tokens(text), tokens(former)
    stems = [[token.stem for token in each if not token.function] for each in (ours, theirs)]
    if stems[0] == stems[1] or Counter(stems[0]) != Counter(stems[1]):
        return False
    if _is_exchange(ours, theirs):
        return True
    doing = [_doing(Structure([each])) for each in _parsed([text, former], language)]
    return len(doing) == 2 and any(
        doing[1].get(verb) and nouns.isdisjoint(doing[1][verb]) for verb, nouns in doing[0].items()
    )


def _is_exchange(ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Whether two words changed places around a word with a meaning, and all others stayed.

    Headlines are parsed badly, and sentences of many languages not at all.
    """
    moved = [at for at, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a.key != b.key]
    if len(ours) != len(theirs) or len(moved) != 2:
        return False
    first, last = moved
    between = [token for token in ours[first + 1 : last] if not token.function]
    symmetric = frozenset(map(stem, word_class("symmetric_verbs")))
    return bool(between) and symmetric.isdisjoint(token.stem for token in between)


def _doing(tree: Structure) -> dict[str, frozenset[str]]:
    """Who does what: the nouns that are the subject of each verb, in the passive its agent."""
    found: dict[str, frozenset[str]] = {}
    for (verb, role), places in tree.fillers.items():
        if role == "subject" and tree.lemmas[verb] not in word_class("symmetric_verbs"):
            nouns = frozenset(tree.stems[at] for at in places if tree.tags[at] in NOUN_TAGS)
            found[tree.stems[verb]] = found.get(tree.stems[verb], frozenset()) | nouns
    return {verb: nouns for verb, nouns in found.items() if nouns}


def turned_active(
    text: str, former: str, new: Sequence[Token], known: Collection[str], language: str
) -> bool:
    """Whether a passive became an active, and nothing but its subject is new.

    "The road was closed" and "Police closed the road" are one where police are ``known``.
    """
    words = {word.stem for word in new}
    if not words.issubset(known):
        return False
    parsed = _parsed([text, former], language)
    if not parsed:
        return False
    ours, theirs = (Structure([each]) for each in parsed)
    passive = {
        theirs.stems[verb]
        for verb, role in theirs.fillers
        if role == "object" and (verb, "subject") not in theirs.fillers
    }
    subjects = {
        ours.stems[each]
        for (verb, role), places in ours.fillers.items()
        if role == "subject" and ours.stems[verb] in passive and (verb, "object") in ours.fillers
        for place in places
        for each in (place, *ours.children[place])
    }
    return words <= subjects


def new_words(words: Sequence[Token], before: Sequence[Token]) -> list[Token]:
    """The words that are not there before, in another form, spelling or synonym."""
    stems = {token.stem for token in before}
    gone = [token for token in before if token.stem not in {word.stem for word in words}]
    return [
        word
        for word in words
        if word.stem not in stems
        and not any(similar(word.stem, each.stem) or _same_word(word, each) for each in gone)
    ]


def _same_word(one: Token, other: Token) -> bool:
    """Whether a word is another spelling or a synonym of the other."""
    if one.capital == other.capital and _respelt(one.key, other.key):
        return True
    if one.capital and not one.initial:
        return False
    if _exclusive(one, other):
        return False
    both = vectors().of([one.key, other.key])
    return float(both[0] @ both[1]) >= _SYNONYMS


def _exclusive(one: Token, other: Token) -> bool:
    """Whether two near words cannot mean the same: opposites, colours, "legal" and "illegal"."""
    ours, theirs = _forms(one), _forms(other)
    if {one.key, one.stem} & theirs or {other.key, other.stem} & ours:
        return True
    return any(
        bool(ours & mine) and bool(theirs & yours)
        for kind in _kinds()
        for mine, yours in permutations(kind, 2)
    )


def _forms(word: Token) -> frozenset[str]:
    """A word, its stem, and both without a beginning that turns them."""
    forms = {word.key, word.stem}
    return frozenset(forms | {_TURNING.sub("", form, count=1) for form in forms})


@cache
def _kinds() -> tuple[tuple[frozenset[str], ...], ...]:
    """Words with their stems, by what they mean, of each kind that has no synonyms in it."""
    return tuple(
        tuple(side.union(map(stem, side)) for side in kind) for kind in (*opposites(), *distinct())
    )


def _respelt(one: str, other: str) -> bool:
    """Whether they differ by one letter or by the order of two, and are not two words."""
    shorter = min(len(one), len(other))
    words = ordinary(one) and ordinary(other)
    if shorter < 5 or (words and (shorter < _LONG_WORD or one[0] != other[0])):
        return False
    if any(character.isdigit() for character in one + other):
        return False
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    edits = [max(b - a, d - c) for tag, a, b, c, d in blocks if tag != "equal"]
    swapped = sorted(one) == sorted(other) and sum(edits) <= 2
    return sum(edits) <= 1 or swapped
