"""What the rooms of the digest hand on: sources, items, articles, stories, editions."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from briefing.brief import ModelInfo, Origin, Role

SourceKind = Literal["feed", "page", "folder", "jsonl", "stdin"]
Day = date
"""A date, where a field is called ``date`` itself."""
Extent = Literal["full", "teaser"]
"""A whole article, or what a paywall or a feed shows of it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where articles come from. ``location`` is a URL, or a path (``-`` for standard input).

    ``name`` is unique and is what the reader sees; ``topic`` is the section that its articles
    belong to. ``publisher`` groups sources of one outlet, which count as one independent source.
    """

    name: str
    kind: SourceKind
    location: str
    topic: str | None = None
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One article as a source gives it, its text clean (see `briefing.read`).

    ``guid`` is the source's identifier, else the URL, else the content hash. ``published`` and
    ``updated`` are aware UTC times; None where the source says none that can be.
    """

    guid: str
    url: str | None
    title: str | None
    subtitle: str | None
    body: str
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    author: str | None = None
    topic: str | None = None
    extent: Extent = "full"


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An item in the store. ``time`` is when it was published, else first seen (aware, UTC).

    ``content_hash`` is the SHA-256 of its normalised title and body. ``duplicate_of`` names the
    article that this one is a copy of (an exact or near duplicate); copies are kept, never briefed.
    """

    id: int
    source: str
    publisher: str
    item: Item
    time: datetime
    first_seen: datetime
    content_hash: str
    duplicate_of: int | None = None
    story: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Articles that tell one event, by time. ``topic`` is that of most of them."""

    id: int
    articles: tuple[StoredArticle, ...]
    topic: str | None

    @property
    def publishers(self) -> frozenset[str]:
        """The independent sources that tell it."""
        return frozenset(article.publisher for article in self.articles)


@dataclass(frozen=True, slots=True)
class Citation:
    """One piece of evidence: a sentence of an article.

    ``sentence`` is the index into ``Article.sentences`` of the article as read from its item;
    ``text`` is that sentence, so that an edition can be read without the store.
    """

    article: int
    sentence: int
    text: str


class Novelty(StrEnum):
    """What a line is to someone who has read the last edition."""

    NEW = "new"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A line of a story's brief: like `briefing.brief.Line`, its evidence across articles.

    ``disputed`` is the place in `StoryBrief.disagreements` of the one whose number it states.
    """

    text: str
    evidence: tuple[Citation, ...]
    support: float
    origin: Origin
    role: Role
    novelty: Novelty = Novelty.NEW
    disputed: int | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """One side of a disagreement: ``value`` as said by the articles that are cited."""

    value: str
    evidence: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Sources that differ on a number: what it counts, and each value with who says it."""

    about: str
    claims: tuple[Claimed, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """An article as an edition names it."""

    id: int
    source: str
    publisher: str
    title: str | None
    url: str | None
    time: datetime
    extent: Extent = "full"
    new: bool = True


@dataclass(frozen=True, slots=True)
class StoryBrief:
    """A story as an edition tells it. ``since`` is the date of the last edition that told it.

    ``salience`` is in 0..1; ``words`` counts all lines.
    """

    story: int
    headline: StoryLine
    key_points: tuple[StoryLine, ...]
    context: tuple[StoryLine, ...]
    references: tuple[Reference, ...]
    topic: str | None
    model: ModelInfo
    disagreements: tuple[Disagreement, ...] = ()
    since: date | None = None
    salience: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[StoryLine, ...]:
        """All lines in reading order."""
        return (self.headline, *self.key_points, *self.context)

    @property
    def words(self) -> int:
        """Words of all lines."""
        return sum(len(line.text.split()) for line in self.lines)


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A source that gave nothing this time: what happened, since when, and what to do."""

    source: str
    message: str
    since: datetime
    failures: int


@dataclass(frozen=True, slots=True)
class EditionSection:
    """Stories of one topic, best first. ``topic`` is None for those without one.

    ``lead`` marks the section of the one story that matters most, which comes first.
    """

    topic: str | None
    stories: tuple[StoryBrief, ...]
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """One day's digest. ``date`` is in ``zone``; ``made`` and ``since`` are aware UTC times.

    It covers what was published or first seen after ``since`` and up to ``made``. ``left_out``
    counts stories for which there was no room; ``minutes`` is its reading time.
    """

    date: date
    title: str
    zone: str
    since: datetime
    made: datetime
    sections: tuple[EditionSection, ...]
    problems: tuple[SourceProblem, ...] = ()
    left_out: int = 0
    articles: int = 0
    minutes: float = 0.0
    previous: Day | None = None
    failed: tuple[str, ...] = field(default=())
    """Stories that could not be briefed, each with its reason."""

    @property
    def stories(self) -> tuple[StoryBrief, ...]:
        """All stories in reading order."""
        return tuple(story for section in self.sections for story in section.stories)
