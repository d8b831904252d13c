"""The text of some tokens of a sentence: spaces, commas, brackets and quotation marks put right."""

import re
from collections.abc import Collection, Iterable
from itertools import pairwise

from briefing.language.parse import DOUBLE_QUOTES, Parse

_SYMBOLS = frozenset({"%", "$", "£", "€", "#", "&"})
_ASIDES = frozenset({"appos", "relcl", "acl", "advcl"})
_AFTER_COMMA = _ASIDES | frozenset({"npadvmod", "conj", "dobj", "attr", "oprd"})
"""Relations whose dependents keep the comma that they follow."""
_FRONTED = frozenset({"advcl", "prep", "npadvmod", "advmod", "ccomp", "pcomp"})
_NO_SPACE_BEFORE = re.compile(r"\s+(['’]s\b|n['’]t\b|[,.;:?!%)\]])")
_ARTICLE = re.compile(r"\b([Aa]n?)( )(?=([a-z]))")
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]|,(?=\s*[,.;:])")


def surface(parse: Parse, kept: Collection[int]) -> str:
    """The kept tokens as a line, with the punctuation that still belongs; no stop is added."""
    chosen = _with_punctuation(parse, kept)
    text = _joined(parse, sorted(chosen))
    text = _EMPTY.sub("", _NO_SPACE_BEFORE.sub(r"\1", text))
    text = re.sub(r"\s+", " ", text).strip(" ,;:-–—")
    if sum(text.count(mark) for mark in '"“”') % 2:
        text = re.sub('["“”]', "", text)
    if sorted(chosen) != list(range(len(parse))):
        text = _ARTICLE.sub(_agreeing, text)
    small = text[:1].islower() and _plain_start(parse, chosen)
    return text[:1].upper() + text[1:] if small else text


def _agreeing(match: re.Match[str]) -> str:
    """The form of "a" or "an", where the word that decided it is gone."""
    article, gap, letter = match.group(1), match.group(2), match.group(3)
    vowel = letter.lower() in "aeio"
    if vowel and article.lower() == "a":
        article += "n"
    elif not vowel and letter.lower() not in "aeiouhfmnrsx8" and article.lower() == "an":
        article = article[0]
    return article + gap


def _plain_start(parse: Parse, chosen: Collection[int]) -> bool:
    """Whether the first word may take a capital: not iPhone or eBay."""
    first = next((at for at in sorted(chosen) if parse.is_word[at]), 0)
    return parse.words[first].islower()


def _joined(parse: Parse, tokens: list[int]) -> str:
    pieces: list[str] = []
    for at, after in zip(tokens, [*tokens[1:], None], strict=True):
        pieces.append(parse.words[at])
        if after is None:
            break
        if after == at + 1:
            pieces.append(parse.text[parse.ends[at] : parse.starts[after]])
        elif not (parse.words[at][-1] in "$£€([“" or parse.words[after] in ("'s", "’s", "n't")):
            pieces.append(" ")
    return "".join(pieces)


def _with_punctuation(parse: Parse, kept: Collection[int]) -> set[int]:
    words = {at for at in kept if parse.is_word[at] or parse.words[at] in _SYMBOLS}
    words |= {at for at in kept if parse.relations[at] == "case"}
    chosen = set(words)
    visible = [at for at in range(len(parse)) if parse.is_word[at] or at in words]
    chosen |= _symbols(parse, words)
    for first, last in (*parse.quotations, *parse.brackets):
        inner = [at for at in range(first + 1, last) if parse.is_word[at]]
        if inner and words.issuperset(inner):
            chosen |= {first, last}
    for at in range(len(parse)):
        if at in chosen or parse.is_word[at] or parse.words[at] in _UNPAIRED_ELSEWHERE:
            continue
        left = max((w for w in visible if w < at), default=None)
        right = min((w for w in visible if w > at), default=None)
        if left in words and right in words and parse.words[at] not in (".", "!", "?"):
            chosen.add(at)
    chosen |= set(_commas(parse, words, chosen))
    return chosen


_UNPAIRED_ELSEWHERE = DOUBLE_QUOTES | frozenset("()[]")


def _symbols(parse: Parse, words: Collection[int]) -> set[int]:
    """Currency and per cent signs of the numbers that stay."""
    found = set()
    for at, word in enumerate(parse.words):
        if word in _SYMBOLS and not parse.is_word[at]:
            beside = at + 1 if word in "$£€#" else at - 1
            if beside in words:
                found.add(at)
    return found


def _commas(parse: Parse, words: Collection[int], chosen: Collection[int]) -> Iterable[int]:
    """Commas that a part between two kept words leaves behind."""
    order = sorted(words)
    for at in order:
        if parse.relations[at] in _AFTER_COMMA and parse.after_comma(at) and parse.heads[at] < at:
            first = parse.edges[at][0]
            if first in words and any(w < first for w in words) and parse.words[first - 1] == ",":
                yield first - 1
    for left, right in pairwise(order):
        gap = [at for at in range(left + 1, right) if parse.words[at] == ","]
        if right == left + 1 or not gap or any(at in chosen for at in gap):
            continue
        if (
            _closes_aside(parse, left, right, words)
            or _ends_fronted(parse, left, right, words)
            or _opens_part(parse, left, right)
        ):
            yield gap[-1]


def _closes_aside(parse: Parse, left: int, right: int, words: Collection[int]) -> bool:
    return any(
        at in words
        and parse.relations[at] in _ASIDES
        and parse.edges[at][1] < right
        and parse.after_comma(at)
        and any(w < parse.edges[at][0] for w in words)
        for at in (left, *parse.ancestors(left))
    )


def _ends_fronted(parse: Parse, left: int, right: int, words: Collection[int]) -> bool:
    """Whether a phrase before the clause ends here: "In March, the court ..."."""
    at = left
    while parse.heads[at] != at and parse.heads[at] < right:
        at = parse.heads[at]
    head = parse.heads[at]
    return (
        head != at
        and head >= right
        and head in words
        and parse.is_verb(head)
        and parse.relations[at] in _FRONTED
    )


def _opens_part(parse: Parse, left: int, right: int) -> bool:
    """Whether a participle or a clause with its own subject begins here."""
    for at in (right, *parse.ancestors(right)):
        if at <= left or parse.edges[at][0] > right:
            continue
        if parse.relations[at] in ("advcl", "acl") and parse.tags[at] == "VBG":
            return True
        if parse.relations[at] == "conj" and parse.is_verb(at):
            return parse.subject(at) is not None
    return False
