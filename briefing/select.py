"""Choose the lines of a brief: for each slot the best of what may be said.

Candidates are the source sentences as they are, what is left of them when words that can be spared
go, and what the model wrote. Each must be a sentence, licensed by the tree of its source, true, and
stand alone; among those that pass the best wins by what it is worth, whoever made it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from briefing.brief import Insertion, Line, Origin, Role, Section
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
from briefing.check.preference import Judged, Mentions, features, preference
from briefing.draft import Draft
from briefing.language import Parse, Parses, parses_for
from briefing.language.chain import Chain, Completion
from briefing.language.opening import body
from briefing.language.reference import dangling
from briefing.language.tokens import tokens
from briefing.models import Hypothesis
from briefing.plan import Slot
from briefing.plan.coverage import Coverage, coverage
from briefing.write.compress import compressions

Split = Callable[[str], list[str]]
_NO_BACKGROUND = "The article gives no background."
_NO_PARSER = "No parser reads '{}': the article's sentences are shown whole."
_LIMITS = {Section.HEADLINE: 14, Section.KEY_POINTS: 30, Section.CONTEXT: 40}
_WHOLE_MOST = 45
"""Words; a sentence up to here is shown whole where none of its cuts is licensed."""
_FEWEST = {Section.KEY_POINTS: 1, Section.CONTEXT: 0}
_TRIED = 3
"""Sentences that a headline may come from: those that are likeliest the news."""
_WORTH = {Section.HEADLINE: 6.0, Section.KEY_POINTS: 4.0, Section.CONTEXT: 0.5}
"""Worth of a unit of expected overlap with an editor's line against one of log-chance to be signed.
"""
_SALIENT = {Section.KEY_POINTS: 1.0, Section.CONTEXT: 0.3}
_LIKELY_CUT = 0.15
"""Least chance that an editor would make each cut of a written line."""
_OVER = {Section.HEADLINE: 0.06, Section.KEY_POINTS: 0.12, Section.CONTEXT: 0.04}
"""What a word beyond the length of a section's lines costs."""
_PLANNED = 0.7
"""What it is worth that the plan chose a sentence, and did not keep it in reserve."""
_DOUBTFUL = 0.04
"""A line that is signed more rarely than this is shown only where there is nothing else."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that may be shown: its words, what it rests on, and what speaks for it.

    ``signed`` is the chance that an editor would sign it, ``worth`` the overlap that it can expect
    with an editor's line; ``weak`` names what is wrong with it.
    """

    text: str
    evidence: tuple[int, ...]
    origin: Origin
    support: float
    signed: float
    worth: float
    weak: tuple[str, ...] = ()
    inserted: tuple[Insertion, ...] = ()

    def value(self, section: Section) -> float:
        """How good a line it is; only differences count."""
        return math.log(max(1e-4, self.signed)) + _WORTH[section] * self.worth


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
    warnings = []
    if Section.CONTEXT in sections and not context:
        warnings.append(_NO_BACKGROUND)
    if selection.parses is None:
        warnings.append(_NO_PARSER.format(made.article.language))
    return Lines(headline, tuple(points), tuple(context), tuple(warnings))


def prepare(drafts: Sequence[Draft]) -> None:
    """Parse what the lines of several articles may be made from, in one go."""
    texts: dict[str, list[str]] = {}
    for made in drafts:
        wanted = {slot.primary for slot in (*made.plan.slots, *made.plan.spare)}
        wanted |= set(_news(made)) if made.plan.of(Section.HEADLINE) else set()
        held = texts.setdefault(made.article.language, [])
        held += (body(made.article.sentences[index].text) for index in sorted(wanted))
    for language, wanted_texts in texts.items():
        if parses := parses_for(language):
            parses.of(wanted_texts)


def _news(made: Draft) -> list[int]:
    """The sentences that are likeliest the news, best first."""
    inside = [
        i
        for i, s in enumerate(made.article.sentences)
        if s.part != "title" and i not in made.plan.denied
    ]
    return sorted(inside, key=lambda i: -made.plan.news[i])[:_TRIED]


Written = dict[Slot, list[str]]


def _written(made: Draft, written: Sequence[Sequence[Hypothesis]], split: Split) -> Written:
    """What the model wrote for each slot."""
    pools: Written = {}
    if not made.by_article:
        for (slot,), hypotheses in zip(made.asked, written, strict=True):
            pools[slot] = [_dressed(h.text, slot.section) for h in hypotheses]
        return pools
    aligner = Aligner([sentence.text for sentence in made.article.sentences])
    for slots, hypotheses in zip(made.asked, written, strict=True):
        pools.update({slot: [] for slot in slots})
        for hypothesis in hypotheses:
            for text in split(hypothesis.text):
                found = set(aligner.align(text))
                for slot in slots:
                    if slot.section is Section.HEADLINE or found & set(slot.sources):
                        pools[slot].append(_dressed(text, slot.section))
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
    _completed: dict[int, "_Source"] = field(default_factory=dict)

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

    @cached_property
    def _texts(self) -> list[str]:
        return [body(sentence.text) for sentence in self.made.article.sentences]

    @cached_property
    def _chain(self) -> Chain | None:
        return Chain(self._texts, self.parses) if self.parses else None

    @cached_property
    def _mentions(self) -> Mentions:
        return Mentions(self._texts)

    def completed(self, index: int) -> "_Source":
        """A sentence with its first reference to a person spelled out, if one reading is left."""
        if index not in self._completed:
            source = self.source(index)
            found = self._chain.complete(index) if self._chain and source.parse else None
            if found and self.parses:
                source = _Source(index, found.text, self.parses.one(found.text), found)
            self._completed[index] = source
        return self._completed[index]

    def prepare(self, indices: Sequence[int]) -> None:
        """Parse sentences together."""
        new = [i for i in dict.fromkeys(indices) if i not in self._sources]
        texts = [self._texts[i] for i in new]
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
        likely = _news(self.made)
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
        over = _over(candidate.text, Section.HEADLINE)
        return candidate.value(Section.HEADLINE) - over - len(candidate.weak)

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
        planned = [slot for slot in plan.slots if slot.section is section]
        slots = [*planned, *(slot for slot in plan.spare if slot.section is section)]
        slots = [slot for slot in slots if slot.primary not in plan.denied]
        self.prepare([slot.primary for slot in slots])
        pool = [(slot, c) for slot in slots if (c := self._best(slot, headline)) is not None]
        pool.sort(key=lambda pair: -self._rank(*pair) - _PLANNED * (pair[0] in planned))
        chosen: list[tuple[Slot, Candidate]] = []
        for slot, candidate in pool:
            if len(chosen) == len(planned):
                break
            weak = candidate.weak or candidate.signed < _DOUBTFUL
            earlier = [*said, *(one.text for _, one in chosen)]
            needed = len(chosen) < _FEWEST[section]
            if (not weak or needed) and not repeats(candidate.text, earlier):
                chosen.append((slot, candidate))
        if section is Section.KEY_POINTS:
            chosen.sort(key=lambda pair: pair[1].evidence)
        else:
            chosen.sort(key=lambda pair: slots.index(pair[0]))
        return [_line(candidate, slot.role) for slot, candidate in chosen]

    def _rank(self, slot: Slot, candidate: Candidate) -> float:
        section = slot.section
        salient = _SALIENT[section] * self.made.plan.salience[slot.primary]
        over = _over(candidate.text, section)
        return candidate.value(section) + salient - over - 10 * len(candidate.weak)

    def _best(self, slot: Slot, headline: str) -> Candidate | None:
        """The best candidate of a slot that adds to the headline; a weak one where all are."""
        section = slot.section
        found = [*self._of_model(slot)]
        whole = self._whole(slot.primary, section)
        if whole is not None:
            found.append(whole)
        if whole is None or whole.weak:
            found += self._cuts(slot.primary, section)
        new = [c for c in found if not adds_nothing(c.text, headline)]
        sound = [
            c
            for c in new
            if not c.weak or (c.weak == ("too-long",) and len(c.text.split()) <= _WHOLE_MOST)
        ]
        if sound:
            best = max(sound, key=lambda c: c.value(section) - _over(c.text, section))
            return replace(best, weak=())
        return max(new, key=lambda c: (-len(c.weak), c.value(section)), default=None)

    # Candidates -----------------------------------------------------------------------------------

    def _said(self, index: int, section: Section) -> "_Source":
        """A sentence as a line is made from it: a headline may say a bare surname."""
        source = self.source(index)
        if section is Section.HEADLINE and (
            source.parse is None or not any(True for _ in dangling(source.parse))
        ):
            return source
        return self.completed(index)

    def _whole(self, index: int, section: Section) -> Candidate | None:
        source = self._said(index, section)
        text = _dressed(source.text, section)
        if not text:
            return None
        weak = tuple(self._faults(text, section, source.parse, whole=True))
        made = _Made(text, source.evidence(text), "extracted", 1.0, source.inserted(text))
        return self._judged(made, section, index, source.parse, weak)

    def _cuts(self, index: int, section: Section) -> Iterator[Candidate]:
        """What is left of a sentence when words that can be spared go."""
        source = self._said(index, section)
        if source.parse is None or source.text.rstrip(" \"”'’").endswith("?"):
            return
        headline = section is Section.HEADLINE
        held = self.coverage.headline if headline else self.coverage.points

        def worth(word: str) -> float:
            return max((held.get(token.stem, 0.0) for token in tokens(word)), default=0.0)

        for cut in compressions(source.parse, _LIMITS[section], worth, headline=headline):
            text = _dressed(cut.text, section)
            parse = source.parse.keep(cut.kept, text)
            weak = tuple(self._faults(text, section, parse))
            made = _Made(text, source.evidence(text), "extracted", 1.0, source.inserted(text))
            yield self._judged(made, section, index, parse, weak, cut.chance, cut.rarest)

    def _of_model(self, slot: Slot) -> Iterator[Candidate]:
        """The model's lines that pass."""
        order = (slot.primary, *(i for i in slot.sources if i != slot.primary))
        texts = tuple(body(text) for text in self.made.article.texts(order))
        for text in self.written.get(slot, ()):
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
                made = _Made(text, tuple(sorted(order)), "generated", verdict.score)
                yield self._judged(made, section, order[0], parse, ())
            return
        found = licence(text, texts, self.parses, headline=section is Section.HEADLINE)
        if found is None or not found.granted or found.rarest < _LIKELY_CUT:
            return
        if any(self._faults(text, section, found.parse)):
            return
        origin: Origin = "extracted" if found.whole else "generated"
        made = _Made(text, (order[found.source],), origin, verdict.score)
        index = order[found.source]
        yield self._judged(made, section, index, found.parse, (), found.chance, found.rarest)

    def _faults(
        self, text: str, section: Section, parse: Parse | None, *, whole: bool = False
    ) -> Iterator[str]:
        """What keeps a line from being shown: its form, what it hangs on."""
        yield from problems(text, section, parse, whole=whole)
        if parse is not None:
            yield from dangling(parse)

    def _judged(
        self,
        made: "_Made",
        section: Section,
        index: int,
        parse: Parse | None,
        weak: tuple[str, ...],
        chance: float = 0.0,
        rarest: float = 1.0,
    ) -> Candidate:
        """The line with the chance that an editor signs it."""
        signed = _UNREAD
        if parse is not None:
            plan = self.made.plan
            judged = Judged(
                section=section,
                parse=parse,
                index=index,
                chance=chance,
                rarest=rarest,
                cuts=int(chance < 0 or rarest < 1),
                evaluation=plan.opinion[index],
                news=plan.news[index],
            )
            signed = preference().signed(section, features(judged, self._mentions, self._chain))
        worth = self.coverage.worth(made.text, section)
        return Candidate(
            made.text, made.evidence, made.origin, made.support, signed, worth, weak, made.inserted
        )


def _over(text: str, section: Section) -> float:
    """What the words beyond the length of a section's lines cost."""
    return _OVER[section] * max(0, len(text.split()) - _LIMITS[section])


_UNREAD = 0.3
"""Chance of a line in a language without a parser."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A line before it is judged."""

    text: str
    evidence: tuple[int, ...]
    origin: Origin
    support: float
    inserted: tuple[Insertion, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """A sentence of the article without bullet or dateline, its parse, and the name put into it."""

    index: int
    text: str
    parse: Parse | None
    completion: Completion | None = None

    def inserted(self, line: str) -> tuple[Insertion, ...]:
        """Where the name that was put in stands in a line made from the sentence."""
        if self.completion is None:
            return ()
        name = self.completion.text[self.completion.start : self.completion.end]
        at = line.find(name)
        return (Insertion(at, at + len(name), self.completion.source),) if at >= 0 else ()

    def evidence(self, line: str) -> tuple[int, ...]:
        """The sentences that a line made from it rests on."""
        return tuple(sorted({self.index, *(one.evidence for one in self.inserted(line))}))


def _line(choice: Candidate, role: Role) -> Line:
    return Line(choice.text, choice.evidence, choice.support, choice.origin, role, choice.inserted)
