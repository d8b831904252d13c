"""What may be cut from a sentence: spans of text that grammar can spare, in tiers.

The rules follow the trimming of Zajic et al. 2007 ("Multi-candidate reduction") and the deletions
that Knight and Marcu 2002 and Clarke and Lapata 2008 learned: datelines, asides, appositives,
relative clauses, attributions, adverbials, participles. No parser: each rule is a pattern with
guards, and ``compress`` checks what remains.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from briefing.check.form import has_verb, may_have_verb, verb_like
from briefing.check.patterns import (
    ADVERB,
    APPOSED,
    ASIDE,
    BARE_LINK,
    CONNECTIVE,
    DASHES,
    DATELINE,
    DEPENDENT,
    DETERMINED,
    HOWEVER,
    LEAD,
    NEEDS_PLACE,
    NO_CLAUSE,
    NO_PHRASE,
    PASSIVE,
    PLACES,
    RELATIVE,
    SAID,
    SUBJECT,
    TAIL_LINK,
    WHEN,
)
from briefing.check.words import Token, fold, tokens

Span = tuple[int, int]


def leads(text: str) -> Iterator[Span]:
    """Openings that nobody misses: dateline, connective."""
    if match := DATELINE.match(text):
        yield 0, match.end()
    if match := CONNECTIVE.match(text):
        yield 0, match.end()


def asides(text: str) -> Iterator[Span]:
    """Brackets, text between dashes, parenthetical adverbs."""
    for pattern in (ASIDE, DASHES):
        yield from (match.span() for match in pattern.finditer(text))
    for match in HOWEVER.finditer(text):
        end = match.end() - 1 if match.group().endswith(" ") else match.end()
        yield match.start(), end


def _commas(text: str) -> list[int]:
    """Places of commas that are not inside numbers or quotation marks."""
    quoted, found = False, []
    for at, c in enumerate(text):
        quoted ^= c == '"'
        if c == "," and not quoted and text[at + 1 : at + 2] == " ":
            found.append(at)
    return found


def inserts(text: str) -> Iterator[Span]:
    """Appositives and relative clauses between two commas, followed by the verb they interrupt."""
    commas = _commas(text)
    for number, start in enumerate(commas):
        first = _word_at(text, start + 2)
        for end in commas[number + 1 : number + 3]:
            inside, after = text[start + 2 : end], text[end + 2 :]
            if _inserted(text[:start], first, inside, after):
                yield start, end + 1
                break


def _inserted(before: str, first: str, inside: str, after: str) -> bool:
    """True where ``inside`` interrupts a subject and its verb."""
    relative, plain = first in RELATIVE, tokens(inside)
    if not relative and first not in APPOSED and not first.isdigit():
        return False
    verbal = has_verb if relative else may_have_verb
    if relative != verbal(tokens("x " + inside)) or len(plain) > 28:
        return False
    following = tokens("x " + after)[:3]
    if len(following) < 2 or not _finite(following, 1) or has_verb(tokens(before)[1:]):
        return False
    return re.search(r"\w$", before) is not None


def _finite(words: tuple[Token, ...], at: int) -> bool:
    """True for a finite verb at ``at``, past one adverb."""
    if words[at].key in ("and", "or", "but") or words[at].capital:
        return False
    adverb = words[at].key.endswith("ly") and at + 1 < len(words)
    return verb_like(words, at + 1 if adverb else at)


def _word_at(text: str, at: int) -> str:
    match = re.compile(r"[\w'-]+").match(text, at)
    return match.group().lower() if match else ""


def attributions(text: str) -> Iterator[Span]:
    """Such as ", officials said on Tuesday." at the end; "Officials said that" stays."""
    for start in _commas(text):
        tail = text[start + 2 :]
        short = len(tail.split()) <= 14 and '"' not in tail and text[start - 1] != '"'
        if short and SAID.search(tail) and _reporting(tail):
            yield start, len(text)


def _reporting(tail: str) -> bool:
    """True for "X said ..." or "according to X" without a clause that is reported after it."""
    words = tokens(tail)
    if words[0].key == "according":
        return True
    at = next((i for i, t in enumerate(words) if SAID.match(t.key)), 0)
    if words[0].key in TAIL_LINK | RELATIVE or not 0 <= at <= 8:
        return False
    after = [t.key for t in words[at + 1 :]]
    return not {
        "that",
        "it",
        "he",
        "she",
        "they",
        "was",
        "is",
        "were",
        "would",
        "had",
        "will",
    } & set(after)


def openings(text: str) -> Iterator[Span]:
    """Such as "On Tuesday, " and other adverbials before the subject."""
    match = LEAD.match(text)
    if match is None or "if " in match.group().lower():
        return
    first, rest = _word_at(text, match.end()), text[match.end() :]
    starts = first in DETERMINED or rest[:1].isupper()
    head = rest.split(",")[0]
    if starts and has_verb(tokens(head)[1:]) and not _listed(rest):
        yield 0, match.end()


def _listed(rest: str) -> bool:
    """True where what follows is the next item of a list: "Paris and Rome, people ..."."""
    return re.match(r"[A-Z][\w ]{1,25} and [A-Z][\w ]{1,25},", rest) is not None


def tails(text: str) -> Iterator[Span]:
    """A clause, participle or relative clause after a comma, down to the end."""
    for start in _commas(text):
        before, tail = text[:start], text[start + 2 :]
        if _spare_tail(before, tail):
            yield start, len(text)
    for match in re.finditer(r"; | (?:--|–|—) ", text):
        if _whole(text[: match.start()]) and '"' not in text[match.start() :]:
            yield match.start(), len(text)


def _spare_tail(before: str, tail: str) -> bool:
    """True where the sentence is whole without what follows the comma."""
    if not _whole(before) or _in_list(before, tail):
        return False
    words = tokens(tail)
    first = words[0] if words else None
    if first is None or '"' in tail or _resumes(tail):
        return False
    if first.key in ("and", "but", "so", "yet"):
        second = words[1] if len(words) > 1 else first
        return (second.key in SUBJECT or second.capital) and has_verb(words[2:])
    if first.key in TAIL_LINK or first.key in RELATIVE:
        return True
    if first.key.endswith("ing") and len(first.key) > 4:
        return True
    listed = " and " in tail or "," in before[-50:]
    return first.key in APPOSED and not listed and not has_verb(words[1:5])


def _resumes(tail: str) -> bool:
    """True where the main verb comes after another comma, so that the tail is an insert."""
    parts = [tokens("x " + part)[:3] for part in tail.split(", ")[1:]]
    return any(len(part) > 1 and _finite(part, 1) for part in parts)


def _in_list(before: str, tail: str) -> bool:
    """True where the comma separates list items: a short item, then "and"."""
    last = before.rsplit(",", 1)[-1] if "," in before else ""
    return (
        bool(last)
        and len(last.split()) < 4
        and re.match(r"(?:and|or) (?!the\b|he\b)", tail) is not None
    )


def _whole(text: str) -> bool:
    """True where a text has a subject and a verb, and ends on neither a verb nor a link."""
    words = tokens(text)
    return (
        len(words) >= 5
        and has_verb(words[1:])
        and not _headless(words)
        and not words[-1].function
        and fold(text).count('"') % 2 == 0
        and not DEPENDENT.match(text)
    )


def _headless(words: tuple[Token, ...]) -> bool:
    """True where the only verb is that of a relative clause: "the house which was used"."""
    verbs = [at for at in range(1, len(words)) if verb_like(words, at)]
    if not verbs:
        return False
    opened = any(token.key in ("who", "which", "that") for token in words[: verbs[0]])
    groups = 1 + sum(b - a > 2 for a, b in pairwise(verbs))
    return opened and groups < 2


def clauses(text: str) -> Iterator[Span]:
    """Such as " after ..." without a comma, down to the end, after a whole clause."""
    for match in BARE_LINK.finditer(text):
        before, tail = text[: match.start()], text[match.end() :]
        last = tokens(before)[-1:]
        named = last and last[0].key in NO_CLAUSE
        if not named and _whole(before) and '"' not in tail and "," not in tail:
            yield match.start(), len(text)


def coordinations(text: str) -> Iterator[Span]:
    """Such as " and had ...": a second predicate, down to the end, where the first is whole."""
    for match in re.finditer(r",? (?:and|but) (?=[a-z])", text):
        before, tail = text[: match.start()], text[match.end() :]
        spare = not before.count(" both ") + before.count("between ")
        if spare and '"' not in tail and _whole(before) and _predicate(tokens("x " + tail)):
            yield match.start(), len(text)


def _predicate(words: tuple[Token, ...]) -> bool:
    """True where a predicate starts after the first word: a finite verb and its object."""
    if len(words) < 3 or not _finite(words, 1):
        return False
    after = words[2]
    return after.function or after.capital or after.text[0].isdigit() or after.key.endswith("ly")


def phrases(text: str) -> Iterator[Span]:
    """A prepositional phrase at the end, after a noun or a passive: " across the city"."""
    words = tokens(text)
    for at in range(5, len(words) - 1):
        token = words[at]
        if token.key not in PLACES or token.gap != " " or len(words) - at > 9:
            continue
        tail = text[words[at - 1].end :]
        if not NEEDS_PLACE.isdisjoint(t.stem for t in words[max(0, at - 6) : at]):
            continue
        verbal = verb_like(words, at - 1) and words[at - 2].key not in PASSIVE
        if (
            verbal
            or words[at - 1].function
            or words[at - 1].key in NO_PHRASE
            or "," in tail
            or '"' in tail
        ):
            continue
        if _whole(text[: words[at - 1].end]) and not has_verb(words[at + 1 :]):
            yield words[at - 1].end, len(text)


def times(text: str) -> Iterator[Span]:
    """Such as " on Tuesday", " in a statement", " also": what a line can do without."""
    for pattern in (ADVERB, WHEN):
        yield from (match.span() for match in pattern.finditer(text))


TIERS: tuple[Callable[[str], Iterator[Span]], ...] = (
    leads, asides, inserts, openings, tails, attributions, times, coordinations, clauses, phrases,
)  # fmt: skip
ALWAYS = (leads,)
