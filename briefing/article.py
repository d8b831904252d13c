"""Article and sentence types, with offsets into the original text."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["title", "subtitle", "body"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article.

    ``start`` and ``end`` are offsets, in Unicode code points, into the unmodified ``part``.
    ``text`` is that slice normalised: repaired encoding, no control characters or bidi
    overrides, single spaces. ``paragraph`` counts the body's paragraphs from 0; the title has
    -2 and the standfirst -1.
    """

    part: Part
    start: int
    end: int
    text: str
    paragraph: int


@dataclass(frozen=True, slots=True)
class Article:
    """An article: its unmodified parts, and their sentences in reading order.

    The sentences of the title come first, then those of the standfirst (``subtitle``), then those
    of the body.
    ``language`` is an ISO 639-1 code, ``published`` an ISO 8601 date or date-time.
    """

    title: str | None
    subtitle: str | None
    body: str
    sentences: tuple[Sentence, ...]
    language: str
    url: str | None = None
    published: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        """The number of whitespace-separated words in the body."""
        return len(self.body.split())

    def texts(self, indices: tuple[int, ...]) -> list[str]:
        """The texts of the sentences at ``indices``."""
        return [self.sentences[index].text for index in indices]
