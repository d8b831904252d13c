"""Claims that an article tells only to deny them: fact checks, rumours, corrections.

A sentence is refuted where a later one calls a claim, report or rumour false and speaks of the same
names and things. No line is made from it.
"""

import re
from collections.abc import Sequence

from briefing.language.lexicon import word_class
from briefing.language.tokens import Token, tokens

_NEAR = 12
"""Words between what names a claim and what calls it false."""
_SHARED = 0.4
"""Least share of the later sentence's content that the refuted one holds."""
_NO_EVIDENCE = re.compile(
    r"\b(?:no|not any|little) (?:\w+ ){0,2}(?:evidence|proof|basis|truth|sign|indication)\b",
    re.IGNORECASE,
)


def refuted(texts: Sequence[str]) -> list[bool]:
    """Whether each sentence makes a claim that a later one calls false."""
    found = [False] * len(texts)
    read = [tokens(text) for text in texts]
    content = [frozenset(t.stem for t in words if not t.function) for words in read]
    for later, words in enumerate(read):
        if not _calls_false(texts[later], words):
            continue
        said = content[later] - _verdict_stems()
        if len(said) < 2:
            said |= content[later - 1] if later else frozenset()
        for at in range(later):
            shared = len(said & content[at])
            if shared >= 3 and shared >= _SHARED * len(said):
                found[at] = True
    return found


def _calls_false(text: str, words: Sequence[Token]) -> bool:
    false = [i for i, token in enumerate(words) if token.key in word_class("falsehoods")]
    claims = [i for i, token in enumerate(words) if token.key in word_class("claim_nouns")]
    if any(abs(i - j) <= _NEAR for i in false for j in claims):
        return True
    return bool(_NO_EVIDENCE.search(text)) and bool(claims)


def _verdict_stems() -> frozenset[str]:
    """The words of the verdict itself, which say nothing of the claim."""
    verdict = word_class("falsehoods") | word_class("claim_nouns") | {"evidence", "proof", "fact"}
    return frozenset(token.stem for word in verdict for token in tokens(word))
