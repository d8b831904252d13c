"""What templates are given: an edition in words and numbers, every text already safe to show."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from briefing.digest.records import (
    Citation,
    Disagreement,
    Edition,
    EditionSection,
    Novelty,
    Reference,
    SourceProblem,
    StoryBrief,
    StoryLine,
)
from briefing.render.layout import ROLES, web_url

Text = Callable[[str], str]
"""Makes a text from outside safe where the template puts it, on one line."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence that a line rests on; ``number`` is that of its article in the story."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class LineView:
    """A line: ``quotes`` by article, the ``numbers`` and names (``sources``) of those articles.

    ``role`` is in plain words or empty; ``new`` marks what a follow-up adds; ``disputed`` says
    what its sources disagree on, or nothing.
    """

    text: str
    role: str
    extracted: bool
    new: bool
    disputed: str
    quotes: tuple[Quote, ...]
    numbers: tuple[int, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReferenceView:
    """An article; ``url`` is None unless it is safe to link to. ``quotes`` are all that is cited
    of it.
    """

    number: int
    source: str
    title: str
    url: str | None
    time: str
    iso: str
    teaser: bool
    new: bool
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One side of a disagreement."""

    value: str
    numbers: tuple[int, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisagreementView:
    """What sources differ on, and each side."""

    about: str
    claims: tuple[ClaimView, ...]


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story; ``anchor`` is its id in a page, ``since`` the date of the last telling or empty."""

    anchor: str
    headline: LineView
    key_points: tuple[LineView, ...]
    context: tuple[LineView, ...]
    disagreements: tuple[DisagreementView, ...]
    references: tuple[ReferenceView, ...]
    topic: str
    since: str
    warnings: tuple[str, ...]

    @property
    def publishers(self) -> int:
        """How many sources tell it."""
        return len({reference.source for reference in self.references})


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section with its heading."""

    anchor: str
    title: str
    lead: bool
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, slots=True)
class ProblemView:
    """A source that gave nothing."""

    source: str
    message: str
    since: str
    failures: int


@dataclass(frozen=True, slots=True)
class EditionView:
    """A whole edition; ``day`` is its date in words, ``iso`` the same as 2026-03-02."""

    title: str
    day: str
    iso: str
    language: str
    zone: str
    made: str
    made_iso: str
    since: str
    sections: tuple[SectionView, ...]
    problems: tuple[ProblemView, ...]
    failed: tuple[str, ...]
    left_out: int
    articles: int
    minutes: int
    previous: str

    @property
    def stories(self) -> tuple[StoryView, ...]:
        """All stories in reading order."""
        return tuple(story for section in self.sections for story in section.stories)

    @property
    def empty(self) -> str:
        """What is said where there is no story."""
        if not self.articles:
            return f"No article came in since {self.since}."
        count = "One article" if self.articles == 1 else f"{self.articles} articles"
        return f"{count} came in since {self.since}; no story in them is news."


def view(edition: Edition, text: Text, language: str = "en") -> EditionView:
    """``edition`` for a template, its texts as ``text`` makes them."""
    return _Viewer(edition, text).edition(language)


class _Viewer:
    def __init__(self, edition: Edition, text: Text) -> None:
        self._edition = edition
        self._zone = ZoneInfo(edition.zone)
        self._text = text

    def edition(self, language: str) -> EditionView:
        made = self._edition
        return EditionView(
            title=self._text(made.title),
            day=day_in_words(made.date),
            iso=made.date.isoformat(),
            language=self._text(language),
            zone=self._text(made.zone),
            made=self._moment(made.made),
            made_iso=made.made.astimezone(self._zone).isoformat(timespec="seconds"),
            since=self._moment(made.since),
            sections=tuple(self._section(*each) for each in enumerate(made.sections, 1)),
            problems=tuple(map(self._problem, made.problems)),
            failed=tuple(map(self._text, made.failed)),
            left_out=made.left_out,
            articles=made.articles,
            minutes=max(1, round(made.minutes)) if made.sections else 0,
            previous=made.previous.isoformat() if made.previous else "",
        )

    def _section(self, place: int, section: EditionSection) -> SectionView:
        others = len(self._edition.sections) > 1
        title = "The lead" if section.lead else section.topic or ("More" if others else "Stories")
        return SectionView(
            anchor=f"section-{place}",
            title=self._text(title),
            lead=section.lead,
            stories=tuple(self._story(brief) for brief in section.stories),
        )

    def _problem(self, problem: SourceProblem) -> ProblemView:
        return ProblemView(
            source=self._text(problem.source),
            message=self._text(problem.message),
            since=self._moment(problem.since),
            failures=problem.failures,
        )

    def _story(self, brief: StoryBrief) -> StoryView:
        return _StoryViewer(brief, self._text, self._moment).story()

    def _moment(self, time: datetime) -> str:
        local = time.astimezone(self._zone)
        return f"{day_in_words(local.date(), weekday=False)}, {local:%H:%M}"


class _StoryViewer:
    def __init__(self, brief: StoryBrief, text: Text, moment: Callable[[datetime], str]) -> None:
        self._brief = brief
        self._text = text
        self._moment = moment
        self._numbers = {each.id: place for place, each in enumerate(brief.references, 1)}

    def story(self) -> StoryView:
        brief = self._brief
        return StoryView(
            anchor=f"story-{brief.story}",
            headline=self._line(brief.headline),
            key_points=tuple(map(self._line, brief.key_points)),
            context=tuple(map(self._line, brief.context)),
            disagreements=tuple(map(self._disagreement, brief.disagreements)),
            references=tuple(map(self._reference, brief.references)),
            topic=self._text(brief.topic or ""),
            since=day_in_words(brief.since, weekday=False) if brief.since else "",
            warnings=tuple(map(self._text, brief.warnings)),
        )

    def _line(self, line: StoryLine) -> LineView:
        disputed = "" if line.disputed is None else self._brief.disagreements[line.disputed].about
        numbers = self._cited(line.evidence)
        return LineView(
            text=self._text(line.text),
            role=ROLES[line.role],
            extracted=line.origin == "extracted",
            new=line.novelty is Novelty.NEW and self._brief.since is not None,
            disputed=self._text(disputed),
            quotes=tuple(
                Quote(self._numbers[each.article], self._text(each.text)) for each in line.evidence
            ),
            numbers=numbers,
            sources=self._sources(numbers),
        )

    def _cited(self, evidence: Iterable[Citation]) -> tuple[int, ...]:
        return tuple(sorted({self._numbers[each.article] for each in evidence}))

    def _sources(self, numbers: tuple[int, ...]) -> tuple[str, ...]:
        named = (self._brief.references[number - 1].source for number in numbers)
        return tuple(self._text(name) for name in dict.fromkeys(named))

    def _disagreement(self, found: Disagreement) -> DisagreementView:
        return DisagreementView(
            self._text(found.about),
            tuple(
                ClaimView(self._text(claim.value), numbers, self._sources(numbers))
                for claim in found.claims
                for numbers in (self._cited(claim.evidence),)
            ),
        )

    def _reference(self, reference: Reference) -> ReferenceView:
        return ReferenceView(
            number=self._numbers[reference.id],
            source=self._text(reference.source),
            title=self._text(reference.title or "Untitled"),
            url=web_url(reference.url),
            time=self._moment(reference.time),
            iso=reference.time.isoformat(timespec="seconds"),
            teaser=reference.extent == "teaser",
            new=reference.new and self._brief.since is not None,
            quotes=tuple(map(self._text, self._quoted(reference.id))),
        )

    def _quoted(self, article: int) -> Iterable[str]:
        """Every sentence of an article that is cited, once, in its order there."""
        cited = {
            each.sentence: each.text
            for evidence in (
                *(line.evidence for line in self._brief.lines),
                *(claim.evidence for each in self._brief.disagreements for claim in each.claims),
            )
            for each in evidence
            if each.article == article
        }
        return [cited[place] for place in sorted(cited)]


def day_in_words(day: date, *, weekday: bool = True) -> str:
    """``Monday 2 March 2026``, in English, as the briefs are."""
    name = f"{day:%A} " if weekday else ""
    return f"{name}{day.day} {day:%B} {day.year}"
