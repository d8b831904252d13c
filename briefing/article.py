"""What comes in: an article and its sentences, with offsets into the text as given."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["title", "subtitle", "body"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article.

    ``start`` and ``end`` are offsets, in Unicode code points, into the ``part`` as given.
    ``text`` is that slice made readable: repaired encoding, no control characters or bidi
    overrides, single spaces. ``paragraph`` counts the body's paragraphs from 0; the title and
    the standfirst are paragraphs of their own (-2 and -1).
    """

    part: Part
    start: int
    end: int
    text: str
    paragraph: int


@dataclass(frozen=True, slots=True)
class Article:
    """An article as read: the parts exactly as given, and their sentences in reading order.

    Sentences of the title come first, then of the standfirst (``subtitle``), then of the body.
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
        """Number of whitespace-separated words in the body."""
        return len(self.body.split())

    def texts(self, indices: tuple[int, ...]) -> list[str]:
        """The texts of the sentences at ``indices``."""
        return [self.sentences[index].text for index in indices]
