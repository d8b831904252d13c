"""Which words can be finite verbs, learned from the evaluated articles.

No tagger: a word that often follows "he", "she", "they", "who" or "we" is a finite form; one that
follows "will", "would" or "didn't", or that follows "to" and is seen with -ing as well, is a base
form. The test errs on the side of seeing a verb.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from scripts.evaluation.words import plain

AUXILIARIES = frozenset(
    "is are was were am be has have had do does did will would can could may might shall should "
    "must won't can't cannot don't doesn't didn't isn't aren't wasn't weren't hasn't haven't "
    "hadn't wouldn't couldn't shouldn't".split()
)
_SUBJECT = re.compile(r"\b(?:he|she|they|who|we)\s+(?:also\s+|then\s+|later\s+)?([a-z]{2,})\b")
_MODAL = re.compile(
    r"\b(?:will|would|could|should|must|might|cannot|didn't|doesn't|don't)\s+(?:not\s+|also\s+)?"
    r"([a-z]{2,})\b"
)
_INFINITIVE = re.compile(r"\bto\s+([a-z]{2,})\b")
_GERUND = re.compile(r"\b[a-z]{2,}ing\b")
_NO_VERBS = frozenset(
    "and or but the a an in on at to of for by with from as not never all both also only just now "
    "then once still ever even often always really actually already that this who what when where "
    "why how if because so too no one two three more most less them their his her its our us it "
    "he she they we you be been being about out up back over such there here like than into after "
    "before under through first again well than people".split()
)
_BEFORE_NOUN = frozenset(
    "a an the of his her its their my our your this these those in on at for from by with no any "
    "some every each new first last two three four five".split()
)
_TOKEN = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
_CONTRACTED = frozenset("it's he's she's that's there's here's what's who's where's let's".split())
_PLURAL = frozenset("people police they we you who men women children".split())


@dataclass(frozen=True)
class Verbs:
    """Finite forms ("won", "says") and base forms ("win") of the verbs that were seen."""

    finite: frozenset[str]
    base: frozenset[str]

    @classmethod
    def seen_in(cls, texts: Iterable[str], least: int = 2) -> "Verbs":
        """The verbs that stand at least ``least`` times where only a verb can stand."""
        finite: Counter[str] = Counter()
        base: Counter[str] = Counter()
        infinitive: Counter[str] = Counter()
        gerunds: set[str] = set()
        for text in texts:
            low = plain(text).lower()
            finite.update(_SUBJECT.findall(low))
            base.update(_MODAL.findall(low))
            infinitive.update(_INFINITIVE.findall(low))
            gerunds.update(_GERUND.findall(low))
        also = {w for w in _kept(infinitive, least) if not _gerunds_of(w).isdisjoint(gerunds)}
        return cls(_kept(finite, least), _kept(base, least) | also)

    def in_line(self, line: str, headline: bool = False) -> bool:
        """True where some word of ``line`` may be its finite verb.

        In a headline an infinitive ("Leaders to meet") and a participle do as well.
        """
        words = _TOKEN.findall(plain(line))
        return any(self._is_verb(words, at, headline) for at in range(len(words)))

    def _is_verb(self, words: list[str], at: int, headline: bool) -> bool:
        word, before = words[at].lower(), words[at - 1].lower() if at else ""
        if word in AUXILIARIES or word.endswith(("'re", "'ve", "'ll", "'m", "'d")):
            return True
        if word in _CONTRACTED:
            return True
        if before.endswith("'s"):
            return False
        if at == 0 or before in _BEFORE_NOUN or words[at][0].isupper():
            return False
        if before == "to":
            return headline and word in self.base
        if word in self.finite or _past(word) or self._third(word):
            return True
        plural = before.endswith("s") or before in _PLURAL or words[at - 1][0].isupper()
        return word in self.base and plural

    def _third(self, word: str) -> bool:
        bases = {word[:-1], word[:-2], word[:-3] + "y"}
        return word.endswith("s") and not bases.isdisjoint(self.base)


def _gerunds_of(word: str) -> set[str]:
    """How the -ing form of a base form may be spelt."""
    return {word + "ing", word.removesuffix("e") + "ing", word + word[-1] + "ing"}


def _past(word: str) -> bool:
    return word.endswith("ed") and len(word) > 4


def _kept(counts: Counter[str], least: int) -> frozenset[str]:
    return frozenset(
        word
        for word, count in counts.items()
        if count >= least and word not in _NO_VERBS and not word.endswith("ly")
    )
