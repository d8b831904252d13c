"""Choose the lines of a brief: for each slot the best of what may be said.

Candidates are the source sentences as they are, what is left of them when words that can be spared
go, and what the model wrote. Each must be a sentence, licensed by the tree of its source, true, and
stand alone; among those that pass the best wins by what it is worth, whoever made it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

from briefing.brief import Insertion, Line, Origin, Role, Section
from briefing.check import (
    Judge,
    Judgement,
    Verifier,
    adds_nothing,
    borne_out,
    plain_title,
    problems,
    repeats,
)
from briefing.check.cuts import licence
from briefing.check.facts import is_whole, states
from briefing.check.preference import Judged, preference
from briefing.check.quality import Quality, quality_model
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
_REFUSED = "{} of the {} lines that the model wrote did not pass the checks."
_SILENT = "The model wrote no lines: the brief is made of the article's own sentences."
_HEADLINE = Section.HEADLINE
_LIMITS = {Section.HEADLINE: 14, Section.KEY_POINTS: 30, Section.CONTEXT: 40}
_WHOLE_MOST = 45
"""Words; a sentence up to here is shown whole where none of its cuts is licensed."""
_FEWEST = {Section.KEY_POINTS: 3, Section.CONTEXT: 1}
_LESS = {Section.KEY_POINTS: 1, Section.CONTEXT: 2}
"""A section has so many lines where the article gives them, however doubtful they are, and no more
than so many fewer than planned."""
_TRIED = 4
"""Sentences that a headline may come from: those that are likeliest the news."""
_WORTH = {Section.HEADLINE: 3.0, Section.KEY_POINTS: 4.0, Section.CONTEXT: 0.5}
"""Worth of a unit of expected overlap with an editor's line against one of log-chance to be signed.
"""
_CUTS = 4
"""Cuts of a sentence that are read by the quality model, of up to twenty."""
_LIKELY = 0.25
"""Worth of a unit of log-chance that an editor makes the cuts, where cuts are ranked for that."""
_CLOSER = 1
"""Sentences beyond twice the lines of a section that are parsed and cut."""
_SALIENT = {Section.KEY_POINTS: 1.0, Section.CONTEXT: 0.3}
_LIKELY_CUT = 0.15
"""Least chance that an editor would make each cut of a written line."""
_OVER = {Section.HEADLINE: 0.02, Section.KEY_POINTS: 0.06, Section.CONTEXT: 0.04}
"""What a word beyond the length of a section's lines costs."""
_PLANNED = 0.3
"""What it is worth that the plan chose a sentence, and did not keep it in reserve."""
_DOUBTFUL = 0.2
"""A line that is signed more rarely than this is shown only where a section has few."""
_SHOWN = 0.5
"""Least chance that a reworded line is true."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that may be shown: its words, what it rests on, and what speaks for it.

    ``signed`` is the chance that an editor would sign it, ``worth`` the overlap that it can expect
    with an editor's line, ``weak`` names what is wrong with it.
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
    verifier: Verifier | None,
) -> Lines:
    """The line of every slot; a sentence of the source where nothing shorter may be shown.

    ``verifier`` judges what the model wrote.
    """
    selection = _Selection(made, _written(made, written, split), verifier)
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
    if made.rewords:
        warnings += selection.told_of_model()
    return Lines(headline, tuple(points), tuple(context), tuple(warnings))


def prepare(drafts: Sequence[Draft]) -> None:
    """Read what the lines of several articles may be made from, in one go."""
    sentences: dict[str, list[str]] = {}
    for made in drafts:
        held = sentences.setdefault(made.article.language, [])
        held += (_line_of(made, slot) for slot in _slots(made) if slot.section is not _HEADLINE)
    for language, texts in sentences.items():
        if model := quality_model(language):
            model.of(texts)
    wanted: dict[str, list[str]] = {}
    for made in drafts:
        indices = set(_news(made)) if made.plan.of(_HEADLINE) else set()
        for section in (Section.KEY_POINTS, Section.CONTEXT):
            indices |= {slot.primary for slot in _likely(made, section)}
        held = wanted.setdefault(made.article.language, [])
        held += (body(made.article.sentences[index].text) for index in sorted(indices))
    for language, texts in wanted.items():
        if parses := parses_for(language):
            parses.of(texts)


def _slots(made: Draft) -> list[Slot]:
    """The planned slots and the spare ones that may take their place."""
    plan = made.plan
    return [slot for slot in (*plan.slots, *plan.spare) if slot.primary not in plan.denied]


def _line_of(made: Draft, slot: Slot) -> str:
    """The whole sentence of a slot as a line."""
    return _dressed(body(made.article.sentences[slot.primary].text), slot.section)


def _likely(made: Draft, section: Section) -> list[Slot]:
    """The slots of a section whose sentences are worth a closer look, in the order of the plan."""
    slots = [slot for slot in _slots(made) if slot.section is section]
    most = 2 * sum(slot.section is section for slot in made.plan.slots) + _CLOSER
    model = quality_model(made.article.language)
    if len(slots) <= most or model is None:
        return slots
    quality = model.of([_line_of(made, slot) for slot in slots])
    value = {
        slot: _SALIENT[section] * made.plan.salience[slot.primary] - _softplus(-one.odds(section))
        for slot, one in zip(slots, quality, strict=True)
    }
    best = set(sorted(slots, key=lambda slot: -value[slot])[:most])
    return [slot for slot in slots if slot in best]


def _softplus(value: float) -> float:
    """log(1 + e^value)."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


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
    """What the model wrote, by the slot that it is for.

    A model that reads the article was asked for a section: each sentence of its answer is a line of
    its own, whose slot is what it turns out to rest on (see `_Selection.told`). It stands under the
    first slot of its section until then.
    """
    pools: Written = {}
    if not made.by_article:
        for (slot,), hypotheses in zip(made.asked, written, strict=True):
            pools[slot] = [_dressed(h.text, slot.section) for h in hypotheses]
        return pools
    for slots, hypotheses in zip(made.asked, written, strict=True):
        section = slots[0].section
        texts = (text for hypothesis in hypotheses for text in split(hypothesis.text))
        pools[slots[0]] = list(dict.fromkeys(_dressed(text, section) for text in texts))
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
    verifier: Verifier | None
    _sources: dict[int, "_Source"] = field(default_factory=dict)
    _completed: dict[int, "_Source"] = field(default_factory=dict)
    _passed: dict[str, bool] = field(default_factory=dict)
    """Lines of the model that were looked at, and whether they passed the checks."""

    @cached_property
    def coverage(self) -> Coverage:
        """Which words an editor would use."""
        return coverage(self.made.article)

    @cached_property
    def parses(self) -> Parses | None:
        """The parses of the article's language."""
        return parses_for(self.made.article.language)

    @cached_property
    def _judge(self) -> Judge:
        article = self.made.article
        text = f"{article.title or ''}\n{article.body}"
        return Judge(self._texts, self.verifier, text, article.language)

    @cached_property
    def _judgements(self) -> dict[str, Judgement]:
        """What the article says to each line that the model wrote; all are judged together."""
        lines = list(dict.fromkeys(text for texts in self.written.values() for text in texts))
        return dict(zip(lines, self._judge.of(lines), strict=True)) if lines else {}

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
        likely = _news(self.made)
        self.prepare(likely)
        made = [one for _, one in self._told(_HEADLINE)]
        made += [one for slot in self.made.plan.of(_HEADLINE) for one in self._of_model(slot)]
        for index in likely:
            made += self._cuts(index, _HEADLINE)
            made += self._whole(index, _HEADLINE)
        found = self._judged(made)
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
        planned = [slot for slot in self.made.plan.slots if slot.section is section]
        slots = _likely(self.made, section)
        self.prepare([slot.primary for slot in slots])
        told = self._told(section)
        made = {slot: [one] for slot, one in told}
        made |= {slot: list(self._of_slot(slot)) for slot in slots}
        found = iter(self._judged([one for lines in made.values() for one in lines]))
        pool: list[tuple[Slot, Candidate]] = []
        for slot, lines in made.items():
            if best := self._best(section, list(islice(found, len(lines))), headline):
                pool.append((slot, best))
        # A model that was given the whole article has chosen what to tell: its lines come first.
        own = pool[: sum(slot not in slots for slot, _ in pool)]
        rest = pool[len(own) :]
        rest.sort(key=lambda pair: -self._rank(*pair) - _PLANNED * (pair[0] in planned))
        chosen: list[tuple[Slot, Candidate]] = []
        fewest = max(_FEWEST[section], len(planned) - _LESS[section])
        most = max(fewest, len(self._lines_of(section))) if own else len(planned)
        for slot, candidate in (*own, *rest):
            if len(chosen) >= min(most, len(planned)):
                break
            if candidate.weak:
                needed = section is Section.KEY_POINTS and not chosen
            elif slot not in slots:
                needed = True
            else:
                needed = candidate.signed >= _DOUBTFUL or len(chosen) < fewest
            earlier = [*said, *(one.text for _, one in chosen)]
            if needed and not repeats(candidate.text, earlier):
                chosen.append((slot, candidate))
        if section is Section.KEY_POINTS:
            chosen.sort(key=lambda pair: pair[1].evidence)
        else:
            order = list(made)
            chosen.sort(key=lambda pair: order.index(pair[0]))
        return [_line(candidate, slot.role) for slot, candidate in chosen]

    def _rank(self, slot: Slot, candidate: Candidate) -> float:
        section = slot.section
        salient = _SALIENT[section] * self.made.plan.salience[slot.primary]
        over = _over(candidate.text, section)
        return candidate.value(section) + salient - over - 10 * len(candidate.weak)

    def _of_slot(self, slot: Slot) -> Iterator["_Made"]:
        """What may be said in a slot: its sentence, and where that is no line, less of it."""
        yield from self._of_model(slot)
        whole = list(self._whole(slot.primary, slot.section))
        yield from whole
        if any(one.weak for one in whole):
            yield from self._cuts(slot.primary, slot.section)

    @staticmethod
    def _best(section: Section, found: Sequence[Candidate], headline: str) -> Candidate | None:
        """The best candidate of a slot that adds to the headline; a weak one where all are."""
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

    def _whole(self, index: int, section: Section) -> Iterator["_Made"]:
        """The sentence as it is, and with its references spelled out."""
        for source in dict.fromkeys((self.source(index), self.completed(index))):
            if text := _dressed(source.text, section):
                weak = tuple(self._faults(text, section, source.parse, whole=True))
                yield source.line(text, section, weak)

    def _cuts(self, index: int, section: Section) -> Iterator["_Made"]:
        """What is left of a sentence when words that can be spared go.

        A headline may say "the council" and a bare surname, as long as it needs no pronoun.
        """
        source = self.completed(index)
        if section is Section.HEADLINE:
            plain = self.source(index)
            if plain.parse is None or not any(True for _ in dangling(plain.parse)):
                source = plain
        if source.parse is None or source.text.rstrip(" \"”'’").endswith("?"):
            return
        headline = section is Section.HEADLINE
        held = self.coverage.headline if headline else self.coverage.points

        def worth(word: str) -> float:
            return max((held.get(token.stem, 0.0) for token in tokens(word)), default=0.0)

        cuts = compressions(source.parse, _LIMITS[section], worth, headline=headline)
        cuts.sort(
            key=lambda cut: (
                -_LIKELY * cut.chance - _WORTH[section] * self.coverage.worth(cut.text, section)
            )
        )
        for cut in cuts[:_CUTS]:
            text = _dressed(cut.text, section)
            parse = source.parse.keep(cut.kept, text)
            weak = tuple(self._faults(text, section, parse))
            made = source.line(text, section, weak)
            yield replace(made, chance=cut.chance, rarest=cut.rarest)

    def _of_model(self, slot: Slot) -> Iterator["_Made"]:
        """The lines that a model which reads planned sentences wrote for a slot, if they pass."""
        if self.made.by_article:
            return
        before = [(self._texts[i], i) for i in range(slot.primary)]
        for text in self.written.get(slot, ()):
            if self.made.rewords or self.parses is None:
                yield from self._reworded(text, slot.section, before)
            else:
                yield from self._cut(text, slot)

    def _told(self, section: Section) -> list[tuple[Slot, "_Made"]]:
        """What a model that read the article tells in a section, in its order, by what it rests on.

        Its pronouns are those of its own text: they are spelled out from the lines before.
        """
        found: list[tuple[Slot, _Made]] = []
        before: list[tuple[str, int]] = []
        for text in self._lines_of(section):
            for one in self._reworded(text, section, before or None):
                role = self.made.plan.roles[one.index]
                words = len(one.text.split())
                found.append((Slot(section, one.evidence, one.index, role, words), one))
            if rests := self._judgements[text].evidence:
                before.append((text, rests[0]))
        return found

    def _lines_of(self, section: Section) -> list[str]:
        """What a model that read the article wrote for a section."""
        if not self.made.by_article:
            return []
        return [
            text
            for slot, texts in self.written.items()
            if slot.section is section
            for text in texts
        ]

    def told_of_model(self) -> Iterator[str]:
        """What the reader of the brief is told of how the model did."""
        refused = sum(not passed for passed in self._passed.values())
        if self.made.jobs and not self._judgements:
            yield _SILENT
        elif refused:
            yield _REFUSED.format(refused, len(self._passed))

    def _cut(self, text: str, slot: Slot) -> Iterator["_Made"]:
        """A line of a model that only leaves words out, where these words may go."""
        order = (slot.primary, *(i for i in slot.sources if i != slot.primary))
        texts = tuple(self._texts[i] for i in order)
        if self.parses is None or not states(text, texts):
            return
        found = licence(text, texts, self.parses, headline=slot.section is _HEADLINE)
        if found is None or not found.granted or found.rarest < _LIKELY_CUT:
            return
        if any(self._faults(text, slot.section, found.parse)):
            return
        origin: Origin = "extracted" if found.whole else "generated"
        index = order[found.source]
        (judged,) = self._judge.of([text])  # few lines come so far, of the many that are written
        made = _Made(text, slot.section, index, (index,), origin, judged.chance)
        yield replace(made, chance=found.chance, rarest=found.rarest)

    def _reworded(
        self, text: str, section: Section, before: Sequence[tuple[str, int]] | None
    ) -> Iterator["_Made"]:
        """A line of a model that rewords, where it is true, a sentence, and stands alone.

        ``before`` are the sentences that a reader of the model's text has read, and which sentence
        of the article each of them is or rests on; None: those of the article before the line's
        own.
        """
        judged = self._judgements[text]
        rests = judged.evidence
        self._passed.setdefault(text, False)
        if not judged.supported or judged.chance < _SHOWN or self.made.plan.denied & set(rests):
            return
        if before is None:
            before = [(self._texts[i], i) for i in range(rests[0])]
        parse = self.parses.one(text) if self.parses else None
        source = _Source(rests[0], text, parse)
        if parse is not None and self.parses and any(dangling(parse)):
            chain = Chain([*(told for told, _ in before), text], self.parses)
            found = chain.complete(len(before))
            if found is None:
                return
            parts = tuple(replace(part, source=before[part.source][1]) for part in found.parts)
            found = replace(found, parts=parts)
            source = _Source(rests[0], found.text, self.parses.one(found.text), found)
        if any(self._faults(source.text, section, source.parse)):
            return
        self._passed[text] = True
        made = source.line(_dressed(source.text, section), section, ())
        evidence = tuple(sorted({*rests, *made.evidence}))
        origin: Origin = "extracted" if is_whole(text, self._texts) else "generated"
        yield replace(made, evidence=evidence, origin=origin, support=judged.chance)

    def _faults(
        self, text: str, section: Section, parse: Parse | None, *, whole: bool = False
    ) -> Iterator[str]:
        """What keeps a line from being shown: its form, what it hangs on."""
        yield from problems(text, section, parse, whole=whole)
        if parse is not None:
            yield from dangling(parse)

    def _judged(self, made: Sequence["_Made"]) -> list[Candidate]:
        """The lines with the chance that an editor signs them, read together."""
        model = quality_model(self.made.article.language)
        sound = [one.text for one in made if not set(one.weak) - {"too-long"}]
        read = dict(zip(sound, model.of(sound), strict=True)) if model else {}
        return [
            Candidate(
                one.text,
                one.evidence,
                one.origin,
                one.support,
                self._signed(one, read.get(one.text)),
                self.coverage.worth(one.text, one.section),
                one.weak,
                one.inserted,
            )
            for one in made
        ]

    def _signed(self, made: "_Made", quality: Quality | None) -> float:
        if quality is None:
            return _WEAK if made.weak else _UNREAD
        plan = self.made.plan
        judged = Judged(
            quality=quality.odds(made.section),
            index=made.index,
            chance=made.chance,
            rarest=made.rarest,
            opinion=plan.opinion[made.index],
            news=plan.news[made.index],
        )
        return preference().signed(made.section, judged)


def _over(text: str, section: Section) -> float:
    """What the words beyond the length of a section's lines cost."""
    return _OVER[section] * max(0, len(text.split()) - _LIMITS[section])


_UNREAD = 0.3
"""Chance of a line in a language without a quality model."""
_WEAK = 0.02
"""Chance of a line that the tree has something against."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A line before it is judged: made from the sentence ``index``.

    ``chance`` and ``rarest`` are what editors think of its cuts (0 and 1: none).
    """

    text: str
    section: Section
    index: int
    evidence: tuple[int, ...]
    origin: Origin
    support: float
    weak: tuple[str, ...] = ()
    inserted: tuple[Insertion, ...] = ()
    chance: float = 0.0
    rarest: float = 1.0


@dataclass(frozen=True, slots=True)
class _Source:
    """A sentence of the article without bullet or dateline, its parse, and the name put into it."""

    index: int
    text: str
    parse: Parse | None
    completion: Completion | None = None

    def line(self, text: str, section: Section, weak: tuple[str, ...]) -> _Made:
        """A line made from the sentence by leaving words out, or none."""
        inserted = self.inserted(text)
        evidence = tuple(sorted({self.index, *(one.evidence for one in inserted)}))
        return _Made(text, section, self.index, evidence, "extracted", 1.0, weak, inserted)

    def inserted(self, line: str) -> tuple[Insertion, ...]:
        """Where the names that were put in stand in a line made from the sentence."""
        found, at = [], 0
        for part in self.completion.parts if self.completion else ():
            name = self.text[part.start : part.end]
            start = line.find(name, at)
            if start >= 0:
                at = start + len(name)
                found.append(Insertion(start, at, part.source))
        return tuple(found)


def _line(choice: Candidate, role: Role) -> Line:
    return Line(choice.text, choice.evidence, choice.support, choice.origin, role, choice.inserted)
