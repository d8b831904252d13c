"""What goes out: a brief, its lines and the sentences each line stands on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from briefing.article import Article

SCHEMA = "briefing.brief/1"
Origin = Literal["generated", "extracted"]


class Section(StrEnum):
    """The three sections of a brief, in the order they are shown."""

    HEADLINE = "headline"
    KEY_POINTS = "key-points"
    CONTEXT = "context"


class Role(StrEnum):
    """Discourse role of a sentence (Choubey et al. 2020, "Discourse as a Function of Event").

    The values name, in order, the data's ``Main``, ``Main_Consequence``, ``Cause_Specific``,
    ``Cause_General``, ``Distant_Historical``, ``Distant_Anecdotal``, ``Distant_Evaluation``,
    ``Distant_Expectations_Consequences`` and ``NA``.
    """

    MAIN_EVENT = "main_event"
    CONSEQUENCE = "consequence"
    PREVIOUS_EVENT = "previous_event"
    CURRENT_CONTEXT = "current_context"
    HISTORICAL_EVENT = "historical_event"
    ANECDOTAL_EVENT = "anecdotal_event"
    EVALUATION = "evaluation"
    EXPECTATION = "expectation"
    NONE = "none"


CONTEXT_ROLES = frozenset(
    {Role.PREVIOUS_EVENT, Role.CURRENT_CONTEXT, Role.HISTORICAL_EVENT, Role.EXPECTATION}
)


@dataclass(frozen=True, slots=True)
class Insertion:
    """A name put into a line for a reference: its place in the text, the sentence it is from."""

    start: int
    end: int
    evidence: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a brief.

    ``evidence`` holds indices into ``Article.sentences``; ``support`` is the checker's score in
    0..1; ``origin`` says whether the model wrote the line or it is a source sentence, at most
    compressed by deletion. ``inserted`` are the names put in where the source says "he" or a
    surname alone; the sentences that they come from are part of the evidence.
    """

    text: str
    evidence: tuple[int, ...]
    support: float
    origin: Origin
    role: Role
    inserted: tuple[Insertion, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model wrote the brief, where it ran and why there."""

    name: str
    revision: str
    backend: str
    device: str
    dtype: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """A checked brief. ``roles`` and ``salience`` run parallel to ``article.sentences``.

    ``headline`` is None and a section is empty only where it was not asked for, or where the
    article holds nothing for it (an empty context is said in ``warnings``).
    """

    headline: Line | None
    key_points: tuple[Line, ...]
    context: tuple[Line, ...]
    article: Article
    roles: tuple[Role, ...]
    salience: tuple[float, ...]
    model: ModelInfo
    sections: tuple[Section, ...] = tuple(Section)
    warnings: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines in reading order."""
        head = (self.headline,) if self.headline else ()
        return head + self.key_points + self.context
