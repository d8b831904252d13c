"""Daily digest: fetch feeds, cluster articles into stories, brief them, publish an edition.

Here are the records that its steps pass on: sources, items, articles, stories, briefs, editions,
letters; and the contract of a delivery, which sends letters.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, Literal, Protocol, TypeVar

from briefing.briefs import ModelInfo, Origin
from briefing.rendering.text import inert
from briefing.sections import Role

SourceKind = Literal["feed", "page", "folder", "jsonl", "stdin"]
Day = date
"""Alias of `date` for classes with a field named ``date``."""
Extent = Literal["full", "teaser"]
"""Whether the text is the whole article, or the excerpt that a paywall or feed shows."""
ChangeKind = Literal["updated", "corrected"]
"""Whether a source added to an article, or says that the article was wrong."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source of articles. ``location`` is a URL, or a path (``-`` for standard input).

    ``name`` is unique and shown to readers; ``topic`` is the section of its articles. Sources with
    the same ``publisher`` count as one independent source.
    """

    name: str
    kind: SourceKind
    location: str
    topic: str | None = None
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One article as delivered by a source, with cleaned text (see `briefing.reading`).

    ``guid`` is the source's identifier, else the URL, else the content hash. ``published`` and
    ``updated`` are aware UTC times; None if the source gives no plausible one. ``recording`` is the
    URL of a sound or film beside the page.
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
    recording: str | None = None


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An item in the store. ``time`` is when it was published, else first seen (aware, UTC).

    ``content_hash`` is the SHA-256 of the normalised title and body. ``duplicate_of`` is the id of
    the article of which this is an exact or near duplicate; duplicates are stored, never briefed.
    ``told`` is the version that the last edition told, if the source has changed it since.
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
    told: Item | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A cluster of articles on one event, by time. ``topic`` is the most frequent of theirs."""

    id: int
    articles: tuple[StoredArticle, ...]
    topic: str | None

    @property
    def publishers(self) -> frozenset[str]:
        """The independent sources of the story."""
        return frozenset(article.publisher for article in self.articles)


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence of an article as evidence.

    ``sentence`` is the index into ``Article.sentences`` of the article read from its item;
    ``text`` is that sentence, so that an edition can be shown without the store.
    """

    article: int
    sentence: int
    text: str


class Novelty(StrEnum):
    """Whether a line is new to a reader of the last edition."""

    NEW = "new"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A line of a story's brief: like `briefing.briefs.Line`, with evidence across articles.

    ``disputed`` is the index in `StoryBrief.disagreements` of the one whose number it states.
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
    """One side of a disagreement: ``value`` as stated by the cited articles."""

    value: str
    evidence: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A number on which sources differ: what it counts, and each value with its evidence."""

    about: str
    claims: tuple[Claimed, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence that says something new, and what stood in its place before, if anything."""

    after: Citation
    before: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a source changed in an article since the last edition told it."""

    article: int
    kind: ChangeKind
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """An article as listed in an edition. ``change``: it was told before and has changed since.

    ``time`` is when it was published, or, if it is not ``dated``, first seen.
    """

    id: int
    source: str
    publisher: str
    title: str | None
    url: str | None
    time: datetime
    extent: Extent = "full"
    new: bool = True
    change: ChangeKind | None = None
    recording: str | None = None
    dated: bool = True


@dataclass(frozen=True, slots=True)
class StoryBrief:
    """The brief of a story. ``since`` is the date of the last edition that covered it.

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
    changes: tuple[Change, ...] = ()

    @property
    def lines(self) -> tuple[StoryLine, ...]:
        """All lines in reading order."""
        return (self.headline, *self.key_points, *self.context)

    @property
    def words(self) -> int:
        """The number of words in all lines."""
        return sum(len(line.text.split()) for line in self.lines)


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A source that failed: the error with its remedy, since when, and how many times."""

    source: str
    message: str
    since: datetime
    failures: int


@dataclass(frozen=True, slots=True)
class EditionSection:
    """Stories of one topic, best first. ``topic`` is None for stories without one.

    ``lead`` marks the first section, which holds only the lead story.
    """

    topic: str | None
    stories: tuple[StoryBrief, ...]
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """One day's digest. ``date`` is in ``zone``; ``made`` and ``since`` are aware UTC times.

    It covers articles published or first seen after ``since`` and up to ``until`` (None: up to
    ``made``). ``left_out`` counts stories dropped for lack of room; ``minutes`` is the reading
    time.
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
    """The titles of stories that could not be briefed, each with the error."""
    until: datetime | None = None

    @property
    def stories(self) -> tuple[StoryBrief, ...]:
        """All stories in reading order."""
        return tuple(story for section in self.sections for story in section.stories)


Message = TypeVar("Message")


@dataclass(frozen=True, slots=True)
class Letter(Generic[Message]):
    """What one recipient gets of one edition.

    ``recipient`` is the key of the store's record, so it must not change and must be no secret.
    ``message_id`` is the same whenever the letter is sent, so that a receiver can drop a duplicate.
    """

    recipient: str
    message_id: str
    message: Message


def letter_id(edition: Edition, recipient: str) -> str:
    """An identifier of the letter to a recipient, from title, date and recipient."""
    text = f"{inert(edition.title)}\n{edition.date}\n{recipient}"
    return f"briefing-{edition.date}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


class Delivery(Protocol[Message]):
    """A way of sending editions.

    ``patience`` is how many seconds a run waits in all for what puts a letter off.
    """

    @property
    def patience(self) -> float:
        """See the class."""

    def letters(self, edition: Edition) -> list[Letter[Message]]:
        """The letters of an edition, one for each recipient.

        Raises:
            TemplateError: a template cannot be used.
        """

    def send(self, letter: Letter[Message]) -> None:
        """Send a letter; return once it has been accepted.

        Raises:
            DeliveryError: this letter was not accepted, for now or for good; or no letter is, for
                now (``busy``).
            DeliverySettingsError: the server cannot be used: no letter can be sent.
        """

    def close(self) -> None:
        """Close the connection; the next letter opens another."""
