"""The sections of a brief, and the discourse roles of the sentences they are made from.

A new section is a member of `Section` with its row in `SECTIONS`, and a table in the prompt files
of the models that are to write its lines: see docs/architecture.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSpec:
    """Specification of a section: all that is known of it by its name alone."""

    title: str
    """Its heading."""
    line: str
    """The name of one of its lines."""
    about: str
    """What its lines say, for the JSON Schema."""
    empty: str
    """The text shown if it has no line."""

    words: tuple[int, int]
    """The minimum and maximum of a line."""
    asked_words: int
    """The most words that a model is asked for in a line."""
    lines: dict[LengthName, tuple[int, int, int]]
    """The numbers of lines planned for a short, a medium and a long article."""
    share: float = 0.0
    """Its share, beside those of the others, of a length that is given in words or lines."""
    least: float
    """The share of the planned lines that is shown even if an editor would hardly accept them."""

    chosen_by: Literal["news", "salience", "roles"]
    """What chooses its sentences: how likely they are the news (the headline), how salient they
    are, or that they have one of ``roles``, as background has. Sections of one kind choose in
    display order; those by roles after those by salience, to which a few of their sentences are
    left (see `briefing.planning.plan_slots`)."""
    roles: tuple[Role, ...]
    """The discourse roles of its source sentences."""
    avoided: tuple[Role, ...] = ()
    """The roles that its source sentences rather should not have."""
    weights: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """What a sentence's salience, its chance to have one of ``roles`` and that to have one of
    ``avoided`` add to its score when sentences are chosen."""

    judged_as: Literal["headline", "key-points", "context"]
    """The learned judge of its lines: a head of the quality model, and weights of the preference. A
    new section takes those of the one that is most like it."""
    worded_as: Literal["headline", "points"]
    """Which lines of editors its words are compared with (`briefing.planning.coverage`)."""
    editors_words: float
    """The expected number of words in such a line."""
    overlap_weight: float
    """Weight of the expected overlap with an editor's line, relative to the log-probability that an
    editor accepts the candidate."""
    salience_weight: float = 0.0
    """Weight of a sentence's salience when lines are ranked, beside the same."""
    length_penalty: float
    """Penalty for each word beyond the maximum length of its lines."""
    least_signed: float = 0.0
    """A line with a lower probability of acceptance is left out. Of 250 key points and context
    lines that readers saw they accepted 14 % of those below 0.4, 33 % of those up to 0.5, and 63 %
    of the others; with 0.5 for key points most articles have one."""

    in_text_order: bool = False
    """Whether its lines are in the order of the article, those of `Plan.first` first; otherwise by
    role, and history by time."""
    shows_weak: bool = False
    """Whether it shows a line with a problem rather than none."""
    labelled: bool = False
    """Whether the role of a line stands before it in text and Markdown."""
    warns: bool = False
    """Whether ``empty`` is a warning of a brief without a line of it."""
    original: bool = False
    """Whether it is as old as the JSON form: a field of `Brief`, in every document and every prompt
    file. A later one is empty in a document that lacks it, and holds the article's own sentences
    where a prompt file lacks it."""


SECTIONS: dict[Section, SectionSpec] = {
    Section.HEADLINE: SectionSpec(
        title="Headline",
        line="headline",
        about="What happened, in one line; null where it was not asked for or the article gives "
        "none.",
        empty="The article gives no headline.",
        words=(3, 14),
        asked_words=10,
        lines={"short": (1, 1, 1), "standard": (1, 1, 1), "long": (1, 1, 1)},
        least=1.0,
        chosen_by="news",
        roles=(Role.MAIN_EVENT,),
        judged_as="headline",
        worded_as="headline",
        editors_words=8.5,
        overlap_weight=1.0,
        length_penalty=0.01,
        original=True,
    ),
    Section.KEY_POINTS: SectionSpec(
        title="Key points",
        line="key point",
        about="Lines that each stand alone, the most important first.",
        empty="The article gives no key points.",
        words=(5, 30),
        asked_words=26,
        lines={"short": (2, 2, 2), "standard": (3, 3, 4), "long": (5, 5, 5)},
        share=0.6,
        least=0.6,
        chosen_by="salience",
        roles=(Role.MAIN_EVENT, Role.CONSEQUENCE),
        avoided=(Role.ANECDOTAL_EVENT, Role.EVALUATION),
        weights=(1.0, 0.35, -0.15),
        judged_as="key-points",
        worded_as="points",
        editors_words=12.0,
        overlap_weight=4.0,
        salience_weight=1.0,
        length_penalty=0.06,
        least_signed=0.4,
        in_text_order=True,
        shows_weak=True,
        original=True,
    ),
    Section.CONTEXT: SectionSpec(
        title="Context",
        line="context",
        about="What someone who missed the last months needs; empty where the article gives no "
        "background.",
        empty="No background was found that stands by itself.",
        words=(5, 40),
        asked_words=26,
        lines={"short": (1, 1, 1), "standard": (2, 3, 3), "long": (4, 4, 4)},
        share=0.4,
        least=0.0,
        chosen_by="roles",
        roles=(Role.PREVIOUS_EVENT, Role.CURRENT_CONTEXT, Role.HISTORICAL_EVENT, Role.EXPECTATION),
        weights=(0.5, 0.9, 0.0),
        judged_as="context",
        worded_as="points",
        editors_words=12.0,
        overlap_weight=0.5,
        salience_weight=0.3,
        length_penalty=0.02,
        least_signed=0.5,
        labelled=True,
        warns=True,
        original=True,
    ),
}
LISTS: tuple[Section, ...] = tuple(s for s in Section if s is not Section.HEADLINE)
"""The sections that are lists of lines, in display order."""


def sections_by(kind: Literal["salience", "roles"]) -> tuple[Section, ...]:
    """Return the lists whose sentences are chosen by this, in display order."""
    return tuple(section for section in LISTS if SECTIONS[section].chosen_by == kind)


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
