"""Which parser reads a language, and the parses of an article's sentences as they are asked for."""

from collections.abc import Sequence
from functools import cache
from typing import Protocol

from briefing.language.memory import Memory
from briefing.language.parse import Parse

LONGEST = 120
"""Words; what is longer is a list or a run-on, and is shown whole or not at all."""
_KEPT = 4096


class Parser(Protocol):
    """What gives sentences of one language their trees."""

    language: str

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        """One parse for each text, in order; each text is one sentence."""
        ...

    def tokenize(self, text: str) -> tuple[tuple[str, int], ...]:
        """The words of a text and their offsets, split as in a parse."""
        ...


class Parses:
    """A parser with a memory: each sentence is parsed once, in the largest batch at hand."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._memory = Memory(parser.parse, _KEPT)

    @property
    def language(self) -> str:
        """The language of the parser (ISO 639-1)."""
        return self._parser.language

    def of(self, texts: Sequence[str]) -> list[Parse | None]:
        """The parses of ``texts``; None for one that is empty or too long to be a sentence."""
        read = [text for text in texts if text.strip() and text.count(" ") + 1 <= LONGEST]
        found = dict(zip(read, self._memory.of(read), strict=True))
        return [found.get(text) for text in texts]

    def one(self, text: str) -> Parse | None:
        """The parse of one sentence."""
        return self.of([text])[0]

    def tokenize(self, text: str) -> tuple[tuple[str, int], ...]:
        """The words of a text and their offsets, split as in a parse."""
        return self._parser.tokenize(text)


@cache
def parses_for(language: str) -> Parses | None:
    """The parses of a language; None where no parser reads it."""
    if language != "en":
        return None
    from briefing.language.spacy_parser import SpacyParser

    return Parses(SpacyParser(language))
