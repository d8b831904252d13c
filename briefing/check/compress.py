"""Shorten a source sentence by deletion only, so that every word of the result is the source's.

What may be deleted is in ``trims``; here the cheapest deletions that reach the wanted length are
chosen, and none is made that leaves no sentence, breaks a quotation, loses a negation, or puts two
facts together that the source keeps apart.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from briefing.check.conditions import loses_condition
from briefing.check.evidence import evidence, negation
from briefing.check.form import has_verb, malformed
from briefing.check.quotes import quotations
from briefing.check.support import HARD, states
from briefing.check.trims import ALWAYS, TIERS, Span, leads
from briefing.check.words import fold, stem, tokens

_HARMFUL = frozenset({"unbalanced", "cut-short", "no-verb", "no-content", "loop"})
_STATED = HARD - {"attribution"}
"""Kinds of claim that a deletion must leave true."""
_ROUNDS = 12
_LONGEST = 1500
"""Characters; what is longer is no sentence that rules for sentences apply to."""


_BULLETS = "•·▪●◦‣∙*–—- "


def compress(sentence: str, most_words: int, keep: Iterable[str] = ()) -> str:
    """``sentence`` cut to ``most_words`` words, or as near as grammar lets it come.

    Words of ``keep`` are never cut. The result's words are a subsequence of the sentence's; only
    the case of the first letter and the final full stop may differ.
    """
    kept = frozenset(stem(token.key) for word in keep for token in tokens(word))
    return _compressed(" ".join(sentence.split()), most_words, kept)


@lru_cache(maxsize=1024)
def _compressed(source: str, most_words: int, kept: frozenset[str]) -> str:
    """A sentence is asked for as headline, as line and as last resort."""
    if len(source) > _LONGEST:
        return source
    text = source.lstrip(_BULLETS)
    for tier in ALWAYS:
        text = _cut_all(text, source, list(tier(fold(text))), kept)
    for _ in range(_ROUNDS):
        if _size(text) <= most_words:
            break
        shorter = next(_shorter(text, source, most_words, kept), None)
        if shorter is None:
            break
        text = shorter
    return _finish(text, source)


def _size(text: str) -> int:
    return len(text.split())


def _cut_all(text: str, source: str, spans: list[Span], kept: frozenset[str]) -> str:
    """Make the deletions that hold, one after the other, from the left."""
    while spans:
        result = _apply(text, spans[0], source, kept)
        if result is None:
            return text
        text, spans = result, list(leads(fold(result)))
    return text


def _shorter(text: str, source: str, most: int, kept: frozenset[str]) -> Iterator[str]:
    """Shorter versions of ``text``, those of the mildest tier first.

    In a tier the longest result within the limit is best; where none is within it, the shortest.
    """
    for tier in TIERS:
        results = [_apply(text, span, source, kept) for span in tier(fold(text))]
        good = [r for r in results if r is not None]
        fitting = [r for r in good if _size(r) <= most]
        if fitting:
            yield max(fitting, key=_size)
        elif good:
            yield min(good, key=_size)


def _apply(text: str, span: Span, source: str, kept: frozenset[str]) -> str | None:
    """``text`` without ``span``, or None where that does harm."""
    start, end = span
    cut = tokens(text[start:end])
    if any(negation(token) or token.stem in kept for token in cut):
        return None
    if any(a < end and start < b and not (start <= a and b <= end) for a, b in quotations(text)):
        return None
    result = _finish(_join(text[:start], text[end:]), source)
    return result if _sound(result, source) and _size(result) < _size(text) else None


def _join(left: str, right: str) -> str:
    """Two pieces with one space between them where words meet."""
    left, right = left.rstrip(), right.lstrip()
    glue = " " if left and right and right[0] not in ".,;:?!)" else ""
    return left + glue + right


def _finish(text: str, source: str) -> str:
    """A capital at the start and the source's final mark at the end."""
    text = text.strip(" ,;:-–—")
    if text and text[0].islower() and re.match(r"[a-z]+\b(?![A-Z])", text):
        text = text[0].upper() + text[1:] if not _starts(source, text) else text
    if text and text[-1] not in ".!?\"'”’)" and source.rstrip()[-1:] in ".!?\"'”’":
        text += "."
    return text


def _starts(source: str, text: str) -> bool:
    """True where the text still starts as its source does, which may be a name like iPhone."""
    return source.startswith(text.split(" ", 1)[0]) and not source[:1].isupper()


def _sound(text: str, source: str) -> bool:
    """True where ``text`` is still a sentence and states nothing that the source does not."""
    words = tokens(text)
    if len(words) < 4 or not has_verb(words) or malformed(text, faults=_HARMFUL):
        return False
    if loses_condition(text, evidence((source,))):
        return False
    return states(text, [source], _STATED)
