"""The sections of a brief, and the discourse roles of the sentences they are made from.

A new section needs a member of `Section`, a row in `SECTIONS`, a table in each prompt file, the
selection of its sentences in `briefing.planning`, and more: see docs/architecture.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from briefing.options import LengthName


class Section(StrEnum):
    """The sections of a brief, in display order."""

    HEADLINE = "headline"
    KEY_POINTS = "key-points"
    CONTEXT = "context"

    @property
    def key(self) -> str:
        """The field name in JSON, tables and the library."""
        return self.value.replace("-", "_")


class Role(StrEnum):
    """Discourse role of a sentence (Choubey et al. 2020, "Discourse as a Function of Event").

    In order, the values are the dataset's ``Main``, ``Main_Consequence``, ``Cause_Specific``,
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


@dataclass(frozen=True, slots=True)
class SectionSpec:
    """Specification of a section.

    ``title`` is its heading, ``line`` the name of one of its lines, ``empty`` the text shown if it
    has no line. ``words`` are the minimum and maximum of a line; ``lines`` the numbers of lines
    planned for a short, a medium and a long article; ``least`` the share of them that is shown
    even if an editor would hardly accept them. ``roles`` are the discourse roles of its source
    sentences.
    """

    title: str
    line: str
    empty: str
    words: tuple[int, int]
    lines: dict[LengthName, tuple[int, int, int]]
    least: float
    roles: tuple[Role, ...]


SECTIONS: dict[Section, SectionSpec] = {
    Section.HEADLINE: SectionSpec(
        title="Headline",
        line="headline",
        empty="The article gives no headline.",
        words=(3, 14),
        lines={"short": (1, 1, 1), "standard": (1, 1, 1), "long": (1, 1, 1)},
        least=1.0,
        roles=(Role.MAIN_EVENT,),
    ),
    Section.KEY_POINTS: SectionSpec(
        title="Key points",
        line="key point",
        empty="The article gives no key points.",
        words=(5, 30),
        lines={"short": (2, 2, 2), "standard": (3, 3, 4), "long": (5, 5, 5)},
        least=0.6,
        roles=(Role.MAIN_EVENT, Role.CONSEQUENCE),
    ),
    Section.CONTEXT: SectionSpec(
        title="Context",
        line="context",
        empty="No background was found that stands by itself.",
        words=(5, 40),
        lines={"short": (1, 1, 1), "standard": (2, 3, 3), "long": (4, 4, 4)},
        least=0.0,
        roles=(Role.PREVIOUS_EVENT, Role.CURRENT_CONTEXT, Role.HISTORICAL_EVENT, Role.EXPECTATION),
    ),
}


def section_named(name: str) -> Section:
    """Return the section with this name. Raises ValueError if there is none."""
    if name not in tuple(Section):
        raise ValueError(f"no section {name!r}; choose from {', '.join(Section)}")
    return Section(name)


def sections_named(sections: Iterable[str]) -> tuple[Section, ...]:
    """Return the sections with these names, in display order.

    Raises:
        TypeError: ``sections`` is one string, or no list. ValueError: there is no such section, or
            none is named.
    """
    if isinstance(sections, str) or not isinstance(sections, Iterable):
        raise TypeError(f"sections must be a list of names, such as ['headline'], not {sections!r}")
    named = {section_named(name) for name in sections}
    if not named:
        raise ValueError(f"sections names none; choose from {', '.join(Section)}")
    return tuple(section for section in Section if section in named)
