"""Template context: view models of an edition, with escaped texts and formatted dates."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from briefing.digest import (
    Change,
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
from briefing.rendering.text import ROLE_WORDS, web_url

_Text = Callable[[str], str]
"""Escapes untrusted text for the output format, as one line."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A cited sentence; ``number`` is that of its article in the story."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class LineView:
    """A line with its ``quotes`` and the ``numbers`` and ``sources`` of the cited articles.

    ``named`` has the source of each number, ``sources`` each of them once.
    ``role`` is a plain word or empty; ``new`` marks a new line of a follow-up; ``disputed`` is
    what its sources disagree on, or empty.
    """

    text: str
    role: str
    extracted: bool
    new: bool
    disputed: str
    quotes: tuple[Quote, ...]
    numbers: tuple[int, ...]
    named: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReferenceView:
    """An article; ``url`` and ``recording`` are None unless they are safe to link.

    ``recording`` is a sound or film beside the page; ``change`` is "updated", "corrected" or empty;
    ``quotes`` are its cited sentences.
    """

    number: int
    source: str
    title: str
    url: str | None
    recording: str | None
    time: str
    iso: str
    teaser: bool
    new: bool
    change: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One side of a disagreement."""

    value: str
    numbers: tuple[int, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisagreementView:
    """A disagreement between sources: its subject and its sides."""

    about: str
    claims: tuple[ClaimView, ...]


@dataclass(frozen=True, slots=True)
class PassageView:
    """A sentence that a source changed or added; ``before`` is empty if it was added."""

    after: str
    before: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What a source changed; ``word`` is "Updated" or "Corrected"."""

    word: str
    numbers: tuple[int, ...]
    sources: tuple[str, ...]
    passages: tuple[PassageView, ...]


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story; ``anchor`` is its id in a page, ``since`` the date of its last brief or empty."""

    anchor: str
    headline: LineView
    key_points: tuple[LineView, ...]
    context: tuple[LineView, ...]
    disagreements: tuple[DisagreementView, ...]
    references: tuple[ReferenceView, ...]
    topic: str
    since: str
    warnings: tuple[str, ...]
    changes: tuple[ChangeView, ...] = ()

    @property
    def extracted(self) -> str:
        """What is said of its extracted lines, where no line opens to say it; empty for none."""
        lines = (self.headline, *self.key_points, *self.context)
        count = sum(line.extracted for line in lines)
        if count < len(lines):
            verb = "is" if count == 1 else "are"
            said = f"{count} of the {len(lines)} lines {verb} extracted from the quoted sentences."
            return said if count else ""
        return "The lines are extracted from the quoted sentences."

    @property
    def publishers(self) -> int:
        """The number of sources."""
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
    """A source that failed."""

    source: str
    message: str
    since: str
    failures: int


@dataclass(frozen=True, slots=True)
class EditionView:
    """An edition; ``day`` is its date in words, ``iso`` in ISO 8601."""

    title: str
    day: str
    iso: str
    language: str
    zone: str
    since: str
    until: str
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
        """The message of an edition without stories."""
        if not self.articles:
            return f"No articles since {self.since}."
        count = "One article" if self.articles == 1 else f"{self.articles} articles"
        return f"{count} since {self.since}, but no new story."


def view(edition: Edition, text: _Text, language: str = "en") -> EditionView:
    """Convert ``edition`` to its view; ``text`` escapes its texts."""
    return _Viewer(edition, text).edition(language)


class _Viewer:
    def __init__(self, edition: Edition, text: _Text) -> None:
        self._edition = edition
        self._zone = ZoneInfo(edition.zone)
        self._text = text

    def edition(self, language: str) -> EditionView:
        edition = self._edition
        return EditionView(
            title=self._text(edition.title),
            day=day_in_words(edition.date),
            iso=edition.date.isoformat(),
            language=self._text(language),
            zone=self._text(edition.zone),
            since=self._moment(edition.since),
            until=self._moment(edition.until or edition.made),
            sections=tuple(self._section(*each) for each in enumerate(edition.sections, 1)),
            problems=tuple(map(self._problem, edition.problems)),
            failed=tuple(map(self._text, edition.failed)),
            left_out=edition.left_out,
            articles=edition.articles,
            minutes=max(1, round(edition.minutes)) if edition.sections else 0,
            previous=edition.previous.isoformat() if edition.previous else "",
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
    def __init__(self, brief: StoryBrief, text: _Text, moment: Callable[[datetime], str]) -> None:
        self._brief = brief
        self._text = text
        self._moment = moment
        self._numbers = {each.id: place for place, each in enumerate(brief.references, 1)}
        self._told = {_bare(line.text) for line in brief.lines}

    def story(self) -> StoryView:
        brief = self._brief
        corrected = {
            _bare(passage.after.text)
            for change in brief.changes
            for passage in change.passages
            if passage.before
        }  # "now says: ... Before: ..." tells them already
        points = [line for line in brief.key_points if _bare(line.text) not in corrected]
        return StoryView(
            anchor=f"story-{brief.story}",
            headline=self._line(brief.headline),
            key_points=tuple(map(self._line, points)),
            context=tuple(map(self._line, brief.context)),
            disagreements=tuple(map(self._disagreement, brief.disagreements)),
            references=tuple(map(self._reference, brief.references)),
            topic=self._text(brief.topic or ""),
            since=day_in_words(brief.since, weekday=False) if brief.since else "",
            warnings=tuple(map(self._text, brief.warnings)),
            changes=tuple(each for each in map(self._change, brief.changes) if each.passages),
        )

    def _change(self, change: Change) -> ChangeView:
        numbers = (self._numbers[change.article],)
        passages = (
            PassageView(self._text(each.after.text), self._text(each.before or ""))
            for each in change.passages
            if each.before or change.kind == "corrected" or _bare(each.after.text) not in self._told
        )
        word = change.kind.capitalize()
        return ChangeView(word, numbers, self._sources(numbers), tuple(passages))

    def _line(self, line: StoryLine) -> LineView:
        disputed = "" if line.disputed is None else self._brief.disagreements[line.disputed].about
        numbers = self._cited(line.evidence)
        return LineView(
            text=self._text(line.text),
            role=ROLE_WORDS[line.role],
            extracted=line.origin == "extracted",
            new=line.novelty is Novelty.NEW and self._brief.since is not None,
            disputed=self._text(disputed),
            quotes=tuple(
                Quote(self._numbers[each.article], self._text(each.text)) for each in line.evidence
            ),
            numbers=numbers,
            named=tuple(self._text(self._brief.references[at - 1].source) for at in numbers),
            sources=self._sources(numbers),
        )

    def _cited(self, evidence: Iterable[Citation]) -> tuple[int, ...]:
        return tuple(sorted({self._numbers[each.article] for each in evidence}))

    def _sources(self, numbers: tuple[int, ...]) -> tuple[str, ...]:
        named = (self._brief.references[number - 1].source for number in numbers)
        return tuple(self._text(name) for name in dict.fromkeys(named))

    def _disagreement(self, disagreement: Disagreement) -> DisagreementView:
        return DisagreementView(
            self._text(disagreement.about),
            tuple(
                ClaimView(self._text(claim.value), numbers, self._sources(numbers))
                for claim in disagreement.claims
                for numbers in (self._cited(claim.evidence),)
            ),
        )

    def _reference(self, reference: Reference) -> ReferenceView:
        return ReferenceView(
            number=self._numbers[reference.id],
            source=self._text(reference.source),
            title=self._text(reference.title or "Untitled"),
            url=web_url(reference.url),
            recording=web_url(reference.recording),
            time=("" if reference.dated else "first seen ") + self._moment(reference.time),
            iso=reference.time.isoformat(timespec="seconds"),
            teaser=reference.extent == "teaser",
            new=reference.new and self._brief.since is not None,
            change=reference.change or "",
            quotes=tuple(map(self._text, self._quoted(reference.id))),
        )

    def _quoted(self, article: int) -> Iterable[str]:
        """The distinct cited sentences of an article, in its order."""
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


def _bare(text: str) -> str:
    return text.rstrip(".")


def day_in_words(day: date, *, weekday: bool = True) -> str:
    """Format a date as ``Monday 2 March 2026``, in English like the briefs."""
    name = f"{day:%A} " if weekday else ""
    return f"{name}{day.day} {day:%B} {day.year}"
