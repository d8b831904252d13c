"""The sentences that a line is held against, read once: words, facts, names, short forms."""

from collections.abc import Sequence
from copy import copy
from functools import lru_cache

from briefing.language.facts import Reading, read
from briefing.language.names import Source as Names
from briefing.language.names import aliases
from briefing.language.quotations import keys_of
from briefing.language.tokens import Token


class Source:
    """Sentences with all that is looked up in them."""

    def __init__(self, texts: Sequence[str], short_forms: dict[str, str]) -> None:
        self.texts = tuple(texts)
        self.readings: tuple[Reading, ...] = tuple(read(text) for text in texts)
        self.words: tuple[Token, ...] = tuple(t for r in self.readings for t in r.words)
        self.keys = frozenset(t.key for t in self.words)
        self.stems = frozenset(t.stem for t in self.words)
        self.lowered = frozenset(t.key for t in self.words if not t.capital)
        self.content = frozenset(stem for r in self.readings for stem in r.content)
        self.names = Names(texts, short_forms)
        self.runs = tuple(keys_of(text) for text in texts)
        self.years = frozenset(
            f"{q.value:.0f}" for r in self.readings for q in r.numbers if not q.unit
        )

    def knowing(self, short_forms: dict[str, str]) -> "Source":
        """The same sentences where other short forms are known."""
        if short_forms == self.names.aliases:
            return self
        other = copy(self)
        other.names = copy(self.names)
        other.names.aliases = short_forms
        return other


@lru_cache(maxsize=512)
def source_of(texts: tuple[str, ...], article: str = "") -> Source:
    """The source ``texts``; ``article`` is the full text that may introduce short forms."""
    own: dict[str, str] = {}
    for text in texts:
        own |= aliases(text)
    if not article:
        return Source(texts, own)
    return source_of(texts).knowing(aliases(article) | own)
