"""Choose the lines of a brief: for each slot the best of what may be said.

Candidates are the source sentences as they are, what is left of them when words that can be spared
go, and what the model wrote. Each must be a sentence, licensed by the tree of its source, true, and
stand alone; among those that pass the best wins by what it is worth, whoever made it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from briefing.brief import Line, Origin, Role, Section
from briefing.check import (
    Aligner,
    adds_nothing,
    borne_out,
    check,
    plain_title,
    problems,
    repeats,
)
from briefing.check.cuts import licence
from briefing.draft import Draft
from briefing.language import Parse, Parses, parses_for
from briefing.language.opening import body
from briefing.language.reference import dangling, stand_alone
from briefing.language.tokens import tokens
from briefing.models import Hypothesis
from briefing.plan import Slot
from briefing.plan.coverage import Coverage, coverage
from briefing.write.compress import compressions

Split = Callable[[str], list[str]]
_NO_BACKGROUND = "The article gives no background."
_LIMITS = {Section.HEADLINE: 14, Section.KEY_POINTS: 30, Section.CONTEXT: 40}
_WHOLE_MOST = 45
"""Words; a sentence up to here is shown whole where none of its cuts is licensed."""
_FEWEST = {Section.KEY_POINTS: 1, Section.CONTEXT: 0}
_TRIED = 3
"""Sentences that a headline may come from: those that are likeliest the news."""
_ALONE = {Section.HEADLINE: 0.3, Section.KEY_POINTS: 0.25, Section.CONTEXT: 0.2}
"""Least chance that a line stands alone (`StandAlone.probability`)."""
_LIKELY_CUT = 0.15
"""Least chance that an editor would make each cut of a written line."""
_CUTS, _REFERENCE, _NEWS, _OVER = 0.02, 0.02, 0.25, 0.012


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that may be shown: its words, what it rests on, and what speaks for it.

    ``chance`` is the log-probability of its cuts (0: none), ``alone`` the chance that it stands
    alone, ``worth`` the overlap that it can expect with an editor's line.
    """

    text: str
    evidence: tuple[int, ...]
    origin: Origin
    support: float
    chance: float
    alone: float
    worth: float
    weak: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """How good a line it is; only differences count."""
        logit = math.log(self.alone / (1 - self.alone + 1e-6) + 1e-6)
        return self.worth + _CUTS * self.chance + _REFERENCE * logit


@dataclass(frozen=True, slots=True)
class Lines:
    """The chosen lines of a brief and what the reader is told about them."""

    headline: Line | None
    key_points: tuple[Line, ...]
    context: tuple[Line, ...]
    warnings: tuple[str, ...]


def select(
    made: Draft,
    written: Sequence[Sequence[Hypothesis]],
    sections: Sequence[Section],
    split: Split,
) -> Lines:
    """The line of every slot; a sentence of the source where nothing shorter may be shown."""
    selection = _Selection(made, _written(made, written, split))
    headline = selection.headline() if Section.HEADLINE in sections else None
    told = headline.text if headline else ""
    points: list[Line] = []
    if Section.KEY_POINTS in sections:
        points = selection.section(Section.KEY_POINTS, told, [])
    context: list[Line] = []
    if Section.CONTEXT in sections:
        context = selection.section(Section.CONTEXT, told, [line.text for line in points])
    missing = Section.CONTEXT in sections and not context
    return Lines(headline, tuple(points), tuple(context), (_NO_BACKGROUND,) if missing else ())


Written = dict[Slot, list[tuple[str, float]]]


def _written(made: Draft, written: Sequence[Sequence[Hypothesis]], split: Split) -> Written:
    """What the model wrote for each slot, with its scores."""
    pools: Written = {}
    if not made.by_article:
        for (slot,), hypotheses in zip(made.asked, written, strict=True):
            pools[slot] = [(_dressed(h.text, slot.section), h.score) for h in hypotheses]
        return pools
    aligner = Aligner([sentence.text for sentence in made.article.sentences])
    for slots, hypotheses in zip(made.asked, written, strict=True):
        pools.update({slot: [] for slot in slots})
        for hypothesis in hypotheses:
            for text in split(hypothesis.text):
                found = set(aligner.align(text))
                for slot in slots:
                    if slot.section is Section.HEADLINE or found & set(slot.sources):
                        pools[slot].append((_dressed(text, slot.section), hypothesis.score))
    return pools


def _dressed(text: str, section: Section) -> str:
    """The line with a capital first, and a full stop only below the headline."""
    text = " ".join(text.split())
    if section is Section.HEADLINE:
        text = text.removesuffix(".")
    elif text.endswith(".."):
        text = text.rstrip(".") + "."
    elif text and text[-1] not in ".!?\"'”’)":
        text += "."
    return text[:1].upper() + text[1:] if text[:1].islower() else text


@dataclass
class _Selection:
    """One article's candidates, made and judged as they are asked for."""

    made: Draft
    written: Written
    _sources: dict[int, "_Source"] = field(default_factory=dict)

    @cached_property
    def coverage(self) -> Coverage:
        """Which words an editor would use."""
        return coverage(self.made.article)

    @cached_property
    def parses(self) -> Parses | None:
        """The parses of the article's language."""
        return parses_for(self.made.article.language)

    def source(self, index: int) -> "_Source":
        """A sentence of the article, read once."""
        if index not in self._sources:
            self.prepare([index])
        return self._sources[index]

    def prepare(self, indices: Sequence[int]) -> None:
        """Parse sentences together."""
        new = [i for i in dict.fromkeys(indices) if i not in self._sources]
        texts = [body(self.made.article.sentences[i].text) for i in new]
        parsed = self.parses.of(texts) if self.parses else [None] * len(texts)
        for index, text, parse in zip(new, texts, parsed, strict=True):
            self._sources[index] = _Source(index, text, parse)

    # Headline ------------------------------------------------------------------------------------

    def headline(self) -> Line | None:
        """The given title where it is plain, else the best line from what tells the news."""
        if title := self._title():
            return title
        plan = self.made.plan
        slots = plan.of(Section.HEADLINE)
        inside = [i for i, s in enumerate(self.made.article.sentences) if s.part != "title"]
        likely = sorted(inside, key=lambda i: -plan.news[i])[:_TRIED]
        self.prepare(likely)
        found = [c for slot in slots for c in self._of_model(slot)]
        for index in likely:
            found += self._cuts(index, Section.HEADLINE)
            if whole := self._whole(index, Section.HEADLINE):
                found.append(whole)
        sound = [c for c in found if not set(c.weak) - {"too-long"}]
        best = max(sound or found, key=self._headline_value, default=None)
        return _line(best, Role.MAIN_EVENT) if best else None

    def _headline_value(self, candidate: Candidate) -> float:
        plan = self.made.plan
        news = max(plan.news[i] for i in candidate.evidence)
        over = max(0, len(candidate.text.split()) - _LIMITS[Section.HEADLINE])
        return candidate.value + _NEWS * news - _OVER * over - len(candidate.weak)

    def _title(self) -> Line | None:
        article, indices = self.made.article, self.made.plan.title_sources
        text = plain_title(" ".join(article.texts(indices)))
        inside = [s.text for s in article.sentences if s.part != "title"]
        if not text or not borne_out(text, inside):
            return None
        return Line(text, indices, 1.0, "extracted", Role.MAIN_EVENT)

    # Key points and context ----------------------------------------------------------------------

    def section(self, section: Section, headline: str, said: Sequence[str]) -> list[Line]:
        """The lines of one section; a slot that gives none is replaced by a spare one.

        ``said`` are the lines of earlier sections.
        """
        plan = self.made.plan
        slots = [slot for slot in plan.slots if slot.section is section]
        spare = [slot for slot in plan.spare if slot.section is section]
        self.prepare([slot.primary for slot in (*slots, *spare)])
        lines: list[Line] = []
        weak: list[Line] = []
        for slot in slots:
            for attempt in (slot, *spare):
                if attempt in spare:
                    spare.remove(attempt)
                earlier = [*said, *(line.text for line in lines)]
                choice = self._best(attempt, headline, earlier)
                if choice is None:
                    continue
                if choice.weak:
                    weak.append(_line(choice, attempt.role))
                    continue
                lines.append(_line(choice, attempt.role))
                break
        lines += weak[: max(0, _FEWEST[section] - len(lines))]
        if section is Section.KEY_POINTS:
            lines.sort(key=lambda line: line.evidence)
        return lines

    def _best(self, slot: Slot, headline: str, earlier: Sequence[str]) -> Candidate | None:
        """The best candidate of a slot that says nothing again; a weak one where all are."""
        section = slot.section
        found = [*self._of_model(slot)]
        whole = self._whole(slot.primary, section)
        if whole is not None:
            found.append(whole)
        if whole is None or whole.weak:
            found += self._cuts(slot.primary, section)
        new = [
            c for c in found if not repeats(c.text, earlier) and not adds_nothing(c.text, headline)
        ]
        sound = [c for c in new if not c.weak] or [
            c for c in new if c.weak == ("too-long",) and len(c.text.split()) <= _WHOLE_MOST
        ]
        if sound:
            return replace(max(sound, key=lambda c: c.value), weak=())
        return max(new, key=lambda c: (-len(c.weak), c.value), default=None)

    # Candidates -----------------------------------------------------------------------------------

    def _whole(self, index: int, section: Section) -> Candidate | None:
        source = self.source(index)
        text = _dressed(source.text, section)
        if not text:
            return None
        weak = list(self._faults(text, section, source.parse, whole=True))
        return self._candidate(text, (index,), "extracted", 1.0, 0.0, source.parse, section, weak)

    def _cuts(self, index: int, section: Section) -> Iterator[Candidate]:
        """What is left of a sentence when words that can be spared go."""
        source = self.source(index)
        if source.parse is None:
            return
        headline = section is Section.HEADLINE
        held = self.coverage.headline if headline else self.coverage.points

        def worth(word: str) -> float:
            return max((held.get(token.stem, 0.0) for token in tokens(word)), default=0.0)

        for made in compressions(source.parse, _LIMITS[section], worth, headline=headline):
            text = _dressed(made.text, section)
            parse = source.parse.keep(made.kept, text)
            weak = list(self._faults(text, section, parse))
            yield self._candidate(
                text, (index,), "extracted", 1.0, made.chance, parse, section, weak
            )

    def _of_model(self, slot: Slot) -> Iterator[Candidate]:
        """The model's lines that pass."""
        order = (slot.primary, *(i for i in slot.sources if i != slot.primary))
        texts = tuple(body(text) for text in self.made.article.texts(order))
        for text, _ in self.written.get(slot, ()):
            yield from self._licensed(text, order, texts, slot.section)

    def _licensed(
        self, text: str, order: Sequence[int], texts: Sequence[str], section: Section
    ) -> Iterator[Candidate]:
        verdict = check(text, texts, self.made.article)
        if not verdict.supported:
            return
        if self.made.rewords or self.parses is None:
            parse = self.parses.one(text) if self.parses else None
            if not any(self._faults(text, section, parse)):
                yield self._candidate(
                    text, tuple(sorted(order)), "generated", verdict.score, 0.0, parse, section, []
                )
            return
        found = licence(text, texts, self.parses, headline=section is Section.HEADLINE)
        if found is None or not found.granted or found.rarest < _LIKELY_CUT:
            return
        weak = list(self._faults(text, section, found.parse))
        if weak:
            return
        yield self._candidate(
            text,
            (order[found.source],),
            "extracted" if found.whole else "generated",
            verdict.score,
            found.chance,
            found.parse,
            section,
            [],
        )

    def _faults(
        self, text: str, section: Section, parse: Parse | None, *, whole: bool = False
    ) -> Iterator[str]:
        """What keeps a line from being shown: its form, what it hangs on."""
        yield from problems(text, section, parse, whole=whole)
        if parse is None:
            return
        yield from dangling(parse)
        if stand_alone().probability(parse) < _ALONE[section]:
            yield "hangs"

    def _candidate(
        self,
        text: str,
        evidence: tuple[int, ...],
        origin: Origin,
        support: float,
        chance: float,
        parse: Parse | None,
        section: Section,
        weak: Sequence[str],
    ) -> Candidate:
        alone = stand_alone().probability(parse) if parse is not None else 0.5
        worth = self.coverage.worth(text, section)
        return Candidate(text, evidence, origin, support, chance, alone, worth, tuple(weak))


@dataclass(frozen=True, slots=True)
class _Source:
    """A sentence of the article without bullet or dateline, and its parse."""

    index: int
    text: str
    parse: Parse | None


def _line(choice: Candidate, role: Role) -> Line:
    return Line(choice.text, choice.evidence, choice.support, choice.origin, role)
