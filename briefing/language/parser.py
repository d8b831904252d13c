"""Which parser reads a language, and the parses of an article's sentences as they are asked for."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Protocol

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
        self._held: OrderedDict[str, Parse] = OrderedDict()
        self._lock = Lock()

    @property
    def language(self) -> str:
        """The language of the parser (ISO 639-1)."""
        return self._parser.language

    def of(self, texts: Sequence[str]) -> list[Parse | None]:
        """The parses of ``texts``; None for one that is empty or too long to be a sentence."""
        asked = [
            text if 0 < text.count(" ") + 1 <= LONGEST and text.strip() else "" for text in texts
        ]
        with self._lock:
            missing = list(dict.fromkeys(t for t in asked if t and t not in self._held))
        made = dict(zip(missing, self._parser.parse(missing), strict=True)) if missing else {}
        with self._lock:
            found = [made.get(text) or self._held.get(text) for text in asked]
            for text in asked:
                if text and (parse := made.get(text) or self._held.get(text)):
                    self._held[text] = parse
                    self._held.move_to_end(text)
            while len(self._held) > _KEPT:
                self._held.popitem(last=False)
        return found

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
