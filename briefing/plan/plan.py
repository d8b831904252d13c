"""What the plan stage hands on: roles, salience, and which sentences each line is written from."""

from dataclasses import dataclass
from typing import Literal

from briefing.brief import Role, Section

Length = Literal["short", "standard", "long"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One line to be written.

    ``sources`` are one to three indices into ``Article.sentences`` in reading order; ``primary``
    is the one that the line is about, the others help to understand it. ``words`` is the target
    length of the line.
    """

    section: Section
    sources: tuple[int, ...]
    primary: int
    role: Role
    words: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one brief.

    ``roles`` and ``salience`` (0..1) run parallel to ``article.sentences``. ``slots`` stand in
    the order in which they are shown; ``spare`` are the next best key points and context lines,
    best first, to replace one that fails. A second headline slot, where there is one, is about
    the opening sentence alone. ``title_sources`` are the sentences of the title. ``news`` says how
    likely each sentence is the news (about 1 for the one that is), ``opinion`` how likely it is a
    view of somebody's. ``denied`` are sentences that a later one calls false: no line is made of
    them.
    """

    roles: tuple[Role, ...]
    salience: tuple[float, ...]
    slots: tuple[Slot, ...]
    spare: tuple[Slot, ...] = ()
    title_sources: tuple[int, ...] = ()
    news: tuple[float, ...] = ()
    opinion: tuple[float, ...] = ()
    denied: frozenset[int] = frozenset()

    def of(self, section: Section) -> tuple[Slot, ...]:
        """The slots of one section."""
        return tuple(slot for slot in self.slots if slot.section is section)
