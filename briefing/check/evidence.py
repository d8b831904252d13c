"""The evidence of a line, read once: its words in order, facts, negations and speakers."""

from collections.abc import Sequence
from copy import copy
from functools import lru_cache

from briefing.language.facts import Reading, read
from briefing.language.lexicon import word_class
from briefing.language.names import Source, aliases
from briefing.language.quotations import keys_of
from briefing.language.tokens import Token

NEGATIONS, NEGATIVE_VERBS = word_class("negations"), word_class("negative_verbs")
PRONOUNS, SPEECH = word_class("pronouns"), word_class("speech")
_CLAUSE_END = frozenset(';.!?"')


class Evidence:
    """The source sentences of a line, with all that the checks look up in them."""

    def __init__(self, texts: Sequence[str], short_forms: dict[str, str]) -> None:
        self.texts = tuple(texts)
        self.readings: tuple[Reading, ...] = tuple(read(text) for text in texts)
        self.words: tuple[Token, ...] = tuple(t for r in self.readings for t in r.words)
        self.keys = frozenset(t.key for t in self.words)
        self.stems = frozenset(t.stem for t in self.words)
        self.lowered = frozenset(t.key for t in self.words if not t.capital)
        self.sequence = [word for r in self.readings for word in r.content]
        self.held = self.stems | frozenset(self.sequence)
        self.places: dict[str, list[int]] = {}
        for at, word in enumerate(self.sequence):
            self.places.setdefault(word, []).append(at)
        self.names = Source(texts, short_forms)
        self.runs = tuple(keys_of(text) for text in texts)
        self.years = frozenset(
            f"{q.value:.0f}" for r in self.readings for q in r.numbers if not q.unit
        )
        self.negated, self.plain = _polarity(self.readings)

    def knowing(self, short_forms: dict[str, str]) -> "Evidence":
        """The same sentences where other short forms are known."""
        if short_forms == self.names.aliases:
            return self
        other = copy(self)
        other.names = copy(self.names)
        other.names.aliases = short_forms
        return other

    @property
    def negative(self) -> bool:
        """True where the evidence says "not" in any form."""
        return bool(self.negated) or any(negation(t) for t in self.words)


@lru_cache(maxsize=512)
def evidence(texts: tuple[str, ...], article: str = "") -> Evidence:
    """The evidence ``texts``; ``article`` is the full text that may introduce short forms."""
    own: dict[str, str] = {}
    for text in texts:
        own |= aliases(text)
    if not article:
        return Evidence(texts, own)
    return evidence(texts).knowing(aliases(article) | own)


def negation(token: Token) -> bool:
    """True for "not", "never", "denied" and the like."""
    return token.key in NEGATIONS or token.key in NEGATIVE_VERBS


def scope(words: Sequence[Token], at: int) -> list[str]:
    """Stems of the words that the negation at ``at`` bears on: the next content words."""
    follows = words[at + 1].key if at + 1 < len(words) else ""
    if words[at].key == "not" and follows in (
        "only",
        "just",
        "least",
        "all",
        "every",
        "surprisingly",
    ):
        return []
    if words[at].key == "no" and follows in ("doubt", "wonder", "matter"):
        return []
    most = 2 if words[at].key in NEGATIVE_VERBS else 1
    found: list[str] = []
    for token in words[at + 1 : at + 7]:
        if not _CLAUSE_END.isdisjoint(token.gap) or len(found) == most:
            break
        if not token.function and not token.key.endswith("ly") and not negation(token):
            found.append(token.stem)
    return found


def _polarity(readings: Sequence[Reading]) -> tuple[frozenset[str], frozenset[str]]:
    """(stems under a negation, stems that also stand without one)."""
    negated: set[str] = set()
    plain: set[str] = set()
    for reading in readings:
        under: list[str] = []
        for at, token in enumerate(reading.words):
            if negation(token):
                under += scope(reading.words, at)
        negated.update(under)
        every = [t.stem for t in reading.words if not negation(t)]
        plain.update(s for s in set(every) if every.count(s) > under.count(s))
    return frozenset(negated), frozenset(plain)


def speakers(words: Sequence[Token]) -> list[tuple[Token, list[Token], list[Token]]]:
    """Each speech verb ("according to" included) with the words of its subject.

    The third part is a wider window, for the source's side: all that may be the speaker.
    """
    found = []
    for at, token in enumerate(words):
        if token.key == "to" and at and words[at - 1].key == "according":
            after = _following(words, at)
            found.append((token, after[:4], after))
        elif token.key in SPEECH:
            near, wide = _preceding(words, at)
            inverted = not near or not _CLAUSE_END.isdisjoint(token.gap) or "," in token.gap
            after = _following(words, at)
            found.append((token, near or after[:4], wide + (after if inverted else after[:3])))
    return found


def _following(words: Sequence[Token], at: int) -> list[Token]:
    """Words after ``at`` up to the end of the clause, at most eight."""
    found: list[Token] = []
    for token in words[at + 1 : at + 9]:
        if found and not {",", *_CLAUSE_END}.isdisjoint(
            token.gap.replace(". ", " ", len(token.gap) == 2)
        ):
            break
        found.append(token)
    return found


def _preceding(words: Sequence[Token], at: int) -> tuple[list[Token], list[Token]]:
    """(the words right before the verb, up to four; all before it in the sentence, up to 14)."""
    near: list[Token] = []
    wide: list[Token] = []
    for token in reversed(words[max(0, at - 14) : at]):
        if token.key in SPEECH and len(wide) > 2:
            break
        wide.append(token)
    before = at
    while before and at - before < 4 and words[before].gap == " ":
        before -= 1
        if words[before].key in SPEECH or words[before].key in ("and", "but", "that", "which"):
            break
        near.insert(0, words[before])
    return near, wide


def pronoun(words: Sequence[Token]) -> bool:
    """True where a subject is a pronoun, so that the speaker is named elsewhere."""
    return any(token.key in PRONOUNS for token in words)
