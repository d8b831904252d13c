"""Find claims that an article itself calls false: rumours, forgeries, fact checks, corrections.

No line is made of such a sentence, however much it looks like the news. A verdict is found by its
words; what it denies is the sentence that it tells again, the one that its noun names ("the
rumour"), or the one before it.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from briefing.language.parse import DOUBLE_QUOTES
from briefing.language.tokens import Token, tokens
from briefing.language.word_lists import alternatives, word_class

_NEAR = 12
"""Maximum distance in words between the claim noun and the word that calls it false."""
_SHARED = 0.4
"""Minimum share of the later sentence's content words in the refuted one."""
_LEAST_SHARED = 3
"""Least content words that a sentence shares with the claim that it tells again."""
_TOLD_AGAIN = 2
"""Least content words that a quotation shares with a claim that it tells again."""
_NO_EVIDENCE = re.compile(
    r"\b(?:no|not any|little) (?:\w+ ){0,2}(?:evidence|proof|basis|truth|sign|indication)\b",
    re.IGNORECASE,
)
_CLAIM_LABEL = re.compile(r"(?:the )?claims?\s*[:–—]", re.IGNORECASE)
_VERDICT_LABEL = re.compile(
    r"(?:the |our )?(?:verdict|ruling|rating|conclusion)\s*[:–—]", re.IGNORECASE
)
_VERDICT = re.compile(
    r"(?:this|that|it|these|they|the \w+) (?:is|are|was|were) (?:\w+ly )?"
    r"(?:(?:an? )?(?:false|fake|untrue|fabricated|baseless|misleading|hoax)|not true)\W*",
    re.IGNORECASE,
)
"""A verdict on what stands before it: "This is false.", "The photo is a fake."."""
_NEVER = re.compile(
    r"\b(?:no such \w+(?: \w+)? (?:exists?|existed|happened|occurred|took place|was ever|were ever)"
    r"|never (?:said|wrote|posted|tweeted|signed) (?:it|this|that|so|any such thing))\b",
    re.IGNORECASE,
)
"""A verdict on the sentence before it: "No such plan exists.", "The mayor never said it."."""
_EARLIER = re.compile(
    r"\b(?:an?|the|our|this) (?:earlier|previous|original|initial) (?:\w+ )?"
    r"(?:posts?|entry|update|versions?|story|article|report|item|headline)(?: of [\w ]+?)?"
    r" (?:\w+ly )?(?:said|stated|reported|claimed|had said)(?: that)?\b",
    re.IGNORECASE,
)
"""A correction: "An earlier post said that a man had died."."""
_HEDGED = re.compile(
    r"\b(?:later|since|admitted|acknowledged|conceded|retracted|confirmed|clarified)\b",
    re.IGNORECASE,
)
"""What a verdict in another's words needs, or it is one party's denial of another's charge."""


def refuted(texts: Sequence[str]) -> list[bool]:
    """Whether each sentence makes a claim that the article calls false.

    Another sentence calls it false, or a fact check does so and the sentence quotes the claim.
    """
    denied = [False] * len(texts)
    tokenized = [tokens(text) for text in texts]
    content = [frozenset(t.stem for t in words if not t.function) for words in tokenized]
    calls_false = [_calls_false(text, words) for text, words in zip(texts, tokenized, strict=True)]
    on_before = [_is_verdict_on_before(text) for text in texts]
    for later, text in enumerate(texts):
        for at in chain(_corrected(later, text, content), _forged(later, texts)):
            denied[at] = True
        if calls_false[later] or on_before[later]:
            for at in _denied_by(later, text, content, on_before=on_before[later]):
                denied[at] = True
    checked = _checked(texts, tokenized, content, calls_false, on_before)
    for at, text in enumerate(texts):
        told_again = any(mark in text for mark in DOUBLE_QUOTES) or _CLAIM_LABEL.match(text)
        if told_again and len(checked & content[at]) >= _TOLD_AGAIN:
            denied[at] = True
    return denied


def _denied_by(
    later: int, text: str, content: Sequence[frozenset[str]], *, on_before: bool
) -> Iterable[int]:
    """The sentences before ``later`` that its verdict is about."""
    claim = content[later] - _verdict_stems()
    named = _claimed(text, later, content)
    if on_before or len(claim) < _TOLD_AGAIN:
        at = later - 1 if on_before or named is None else named
        if at < 0:
            return
        claim = content[at] - _verdict_stems()
        yield at
    found = [at for at in range(later) if _tells_again(claim, content[at])]
    yield from found
    if not found and named is not None and _is_own_verdict(text):
        yield named


def _forged(later: int, texts: Sequence[str]) -> Iterable[int]:
    """The sentences that rest on what this one calls a forgery: "according to a letter"."""
    forgery = _forgery().match(texts[later])
    if forgery is None:
        return
    source = re.compile(
        rf"\baccording to (?:an?|the|one) (?:[\w-]+ ){{0,3}}?{re.escape(forgery['what'])}\b",
        re.IGNORECASE,
    )
    for at in range(later):
        if source.search(texts[at]):
            yield at


def _tells_again(claim: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(claim & other)
    return shared >= _LEAST_SHARED and shared >= _SHARED * len(claim)


def _claimed(text: str, later: int, content: Sequence[frozenset[str]]) -> int | None:
    """The nearest sentence before a verdict on "the rumour" that tells of one."""
    verdict = _named_verdict().search(text)
    if verdict is None:
        return None
    named = {token.stem for token in tokens(verdict["claim"])}
    return next((at for at in reversed(range(later)) if named & content[at]), None)


def _corrected(later: int, text: str, content: Sequence[frozenset[str]]) -> Iterable[int]:
    """The sentences, before or after, that tell all of what a correction says was told before."""
    correction = _EARLIER.search(text)
    if correction is None:
        return
    claim = frozenset(t.stem for t in tokens(text[correction.end() :]) if not t.function)
    if len(claim) < _LEAST_SHARED:
        return
    for at, words in enumerate(content):
        if at != later and claim <= words:
            yield at


def _is_verdict_on_before(text: str) -> bool:
    """Whether the article, in its own words, says that what stands before is not so."""
    never = _NEVER.search(text)
    if never is None:
        return _pretence().match(text) is not None and _is_own_verdict(text)
    return _is_own_verdict(text[: never.start()] + text[never.end() :])


def _is_own_verdict(text: str) -> bool:
    if any(mark in text for mark in DOUBLE_QUOTES):
        return False
    words = {token.key for token in tokens(text)}
    return not words & word_class("reporting_words") or bool(_HEDGED.search(text))


@lru_cache(maxsize=1)
def _forgery() -> re.Pattern[str]:
    """A sentence that calls a document no real one: "The letter is a forgery, the firm said."."""
    return re.compile(
        r"\W*(?:but )?the (?:[\w-]+ ){0,2}?(?P<what>[\w-]+)"
        r" (?:is|are|was|were|turned out to be) (?:\w+ly )?(?:an? )?"
        rf"(?:{alternatives('pretences')}|forged|fabricated|fake|not genuine)\b",
        re.IGNORECASE,
    )


@lru_cache(maxsize=1)
def _named_verdict() -> re.Pattern[str]:
    """A verdict that names what it is about: "the report was wrong"."""
    claims, false = (alternatives(name) for name in ("claim_nouns", "falsehoods"))
    return re.compile(
        rf"\b(?:the|this|that|these|those) (?:[\w-]+ )?(?P<claim>{claims})"
        r" (?:is|are|was|were|has been|have been|proved|turned out)"
        rf" (?:to be )?(?:\w+ly )?(?:an? )?(?:{false}|not true)\b",
        re.IGNORECASE,
    )


@lru_cache(maxsize=1)
def _pretence() -> re.Pattern[str]:
    """A sentence that says that what stands before it was a joke or a hoax."""
    return re.compile(
        r"\W*(?:but )?(?:it|this|that|all of (?:it|this)) (?:was|were|had been|turned out to be) "
        rf"(?:\w+ly )?(?:an? |the )?(?:(?!not\b)[\w’'-]+ ){{0,4}}?"
        rf"(?:{alternatives('pretences')})\b",
        re.IGNORECASE,
    )


def _checked(
    texts: Sequence[str],
    tokenized: Sequence[Sequence[Token]],
    content: Sequence[frozenset[str]],
    calls_false: Sequence[bool],
    on_before: Sequence[bool],
) -> frozenset[str]:
    """The content words of the claim that a fact check calls false; empty if it is none."""
    labelled = [at for at, text in enumerate(texts) if _CLAIM_LABEL.match(text)]
    false = [
        at
        for at, words in enumerate(tokenized)
        if calls_false[at] or (_VERDICT_LABEL.match(texts[at]) and _false_words(words))
    ]
    if labelled and false:
        return content[labelled[0]]
    short = next(
        (at for at, text in enumerate(texts) if at and (_VERDICT.fullmatch(text) or on_before[at])),
        0,
    )
    return content[short - 1] if short else frozenset()


def _calls_false(text: str, words: Sequence[Token]) -> bool:
    if _VERDICT.fullmatch(text):
        return True
    false = _false_words(words)
    claims = [i for i, token in enumerate(words) if token.key in word_class("claim_nouns")]
    if any(abs(i - j) <= _NEAR for i in false for j in claims):
        return True
    return bool(_NO_EVIDENCE.search(text)) and bool(claims)


def _false_words(words: Sequence[Token]) -> list[int]:
    return [i for i, token in enumerate(words) if token.key in word_class("falsehoods")]


def _verdict_stems() -> frozenset[str]:
    """The stems of the verdict's own words, which are not part of the claim."""
    verdict = word_class("falsehoods") | word_class("claim_nouns") | {"evidence", "proof", "fact"}
    return frozenset(token.stem for word in verdict for token in tokens(word))
