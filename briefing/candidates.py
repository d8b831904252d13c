"""Generate and check the candidate lines of a brief.

Candidates are whole source sentences, source sentences compressed by deletion, and lines of the
model. Each must be a sentence, be licensed by the dependency tree of its source, be supported by
the article, and stand alone; the problems of a candidate are named.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from unicodedata import category

from briefing.attribution import names_speaker
from briefing.briefs import Insertion, Origin
from briefing.checking import Judge, Judgement, Verifier, form_problems
from briefing.checking.cuts import licence
from briefing.checking.facts import states, whole_among
from briefing.checking.form import (
    begins_with_label,
    half_quoted,
    has_leftovers,
    labelled,
    tells_of_text,
)
from briefing.checking.report import Capitals
from briefing.drafts import Draft
from briefing.language import Parse, Parses, parses_for
from briefing.language.chain import Chain, Completion
from briefing.language.reference import body, dangling, is_bound, is_caption, unconnected
from briefing.language.tokens import tokens
from briefing.language.word_lists import ends_abbreviated
from briefing.models import Failed, Hypothesis
from briefing.planning import Slot
from briefing.planning.coverage import Coverage, coverage
from briefing.reading.sentences import parts_of_sentences
from briefing.scoring import Candidate
from briefing.sections import SECTIONS, Section
from briefing.writing.compress import compressions

Split = Callable[[str], list[str]]
_REFUSED = "{} of the {} lines that the model wrote did not pass the checks."
_UNREAD = (
    "The verifier does not read '{}': of the model's lines only the article's own sentences are "
    "shown. Name a verifier that does."
)
_SILENT = "The model wrote no lines: the brief has only sentences of the article."
_FAILED = "The model's server failed on {} of {} requests: {}."
_SALIENT = 12
"""Sentences that say what kind of article it is."""
_MIN_LABELS = 3
"""Sentences with a label from which on labels are the form of a text."""
_MAX_CUTS = 4
"""Compressions of a sentence that the quality model scores, of up to twenty."""
_EDIT_WEIGHT = 0.25
"""Weight of the log-probability of the deletions when compressions are ranked."""
_MIN_EDIT_CHANCE = 0.15
"""Minimum probability that an editor would make each deletion of a line of the model."""
Written = dict[Slot, list[str]]


def written_lines(made: Draft, written: Sequence[Sequence[Hypothesis]], split: Split) -> Written:
    """Return the lines of the model by slot.

    A model that reads the article writes a whole section: each sentence of its output is a line,
    filed under the first slot of the section. Its own slot follows from its evidence (see
    `CandidateLines.told`). Names that it wrote in small letters have the article's capitals.
    """
    pools: Written = {}
    sentences = [sentence.text for sentence in made.article.sentences]
    capitals = Capitals(sentences) if made.requests else None

    def line(text: str, section: Section) -> str:
        return dressed(capitals.restore(text) if capitals else text, section)

    if not made.by_article:
        for (slot,), hypotheses in zip(made.asked, written, strict=True):
            pools[slot] = [line(h.text, slot.section) for h in hypotheses]
        return pools
    for slots, hypotheses in zip(made.asked, written, strict=True):
        section = slots[0].section
        texts = (text for hypothesis in hypotheses for text in split(hypothesis.text))
        pools[slots[0]] = list(dict.fromkeys(line(text, section) for text in texts))
    return pools


def failures_of(written: Sequence[Sequence[Hypothesis]]) -> tuple[str, ...]:
    """Return why requests of the model failed, a reason for each that did."""
    return tuple(lines.reason.rstrip(".") for lines in written if isinstance(lines, Failed))


def dressed(text: str, section: Section | None = None) -> str:
    """Capitalise the line and normalise its final full stop, which a headline does not have.

    Without a ``section`` it is a sentence.
    """
    text = " ".join(text.split())
    if section is Section.HEADLINE:
        text = text if ends_abbreviated(text) else text.removesuffix(".")
    elif text.endswith(".."):
        text = text.rstrip(".") + "."
    elif text and not _is_ended(text):
        text += "."
    return text[:1].upper() + text[1:] if text[:1].islower() else text


def _is_ended(text: str) -> bool:
    """Whether a line needs no full stop: it has one, or the script has no ".".

    Scripts without case (Chinese, Thai, Hindi, Arabic) have marks of their own, or none.
    """
    last = text.rstrip("\"'”’)] ")[-1:] or text[-1]
    return last in ".!?…" or (not last.isascii() and category(last) in _ENDING)


_ENDING = frozenset({"Po", "Pf", "Pe", "Lo", "Mn", "Mc"})


@dataclass
class CandidateLines:
    """The candidates of one article, generated and judged on demand."""

    made: Draft
    written: Written
    verifier: Verifier | None
    failures: Sequence[str] = ()
    """Why requests of the model failed (see `failures_of`)."""
    _sources: dict[int, "_Source"] = field(default_factory=dict)
    _completed: dict[int, "_Source"] = field(default_factory=dict)
    _resolved: dict[int, "_Source"] = field(default_factory=dict)
    _passed: dict[str, bool] = field(default_factory=dict)
    """Whether each checked line of the model passed."""

    @cached_property
    def coverage(self) -> Coverage:
        """The probabilities that an editor would use a word of the article."""
        return coverage(self.made.article)

    @cached_property
    def parses(self) -> Parses | None:
        """The parser of the article's language, if there is one."""
        return parses_for(self.made.article.language)

    @cached_property
    def _judge(self) -> Judge:
        article = self.made.article
        text = f"{article.title or ''}\n{article.body}"
        return Judge(self._texts, self.verifier, text, article.language)

    @cached_property
    def _judgements(self) -> dict[str, Judgement]:
        """The judgement of each line of the model, made in one batch."""
        lines = list(dict.fromkeys(text for texts in self.written.values() for text in texts))
        return dict(zip(lines, self._judge.of(lines), strict=True)) if lines else {}

    def source(self, index: int) -> "_Source":
        """Return a sentence of the article with its parse (cached)."""
        if index not in self._sources:
            self.prepare([index])
        return self._sources[index]

    @cached_property
    def _texts(self) -> list[str]:
        return [body(sentence.text) for sentence in self.made.article.sentences]

    @cached_property
    def _chain(self) -> Chain | None:
        plan = self.made.plan
        if self.parses is None:
            return None
        return Chain(self._texts, self.parses, plan.denied, plan.title_sources)

    def completed(self, index: int) -> "_Source":
        """Return a sentence with its first reference to a person resolved, if unambiguous."""
        if index not in self._completed:
            source = self.source(index)
            if self._chain and self.parses and source.parse:
                if completion := self._chain.complete(index, source.parse):
                    parse = self.parses.one(completion.text)
                    source = _Source(index, completion.text, parse, completion)
            self._completed[index] = source
        return self._completed[index]

    def resolved(self, index: int) -> "_Source":
        """Return a completed sentence with the references that the model is sure enough of."""
        if index not in self._resolved:
            source = self.completed(index)
            if self._chain and self.parses and source.parse and not _is_lost(source.parse):
                found = self._chain.resolve(index, source.parse, source.completion)
                source = self._completed[index] = replace(source, open=found.before)
                if completion := found.completion:
                    parse = self.parses.one(completion.text)
                    source = _Source(index, completion.text, parse, completion, found.after)
            self._resolved[index] = source
        return self._resolved[index]

    def prepare(self, indices: Sequence[int]) -> None:
        """Parse sentences in one batch, and leave out what connects them to others."""
        new = [i for i in dict.fromkeys(indices) if i not in self._sources]
        texts = [self._texts[i] for i in new]
        parsed: Sequence[Parse | None] = [None] * len(texts)
        if self.parses:
            whole = zip(texts, self.parses.of(texts), strict=True)
            texts = [(unconnected(parse) if parse else "") or text for text, parse in whole]
            parsed = self.parses.of(texts)
        for index, text, parse in zip(new, texts, parsed, strict=True):
            self._sources[index] = _Source(index, text, parse)

    def whole(self, index: int, section: Section) -> Iterator[Candidate]:
        """Yield the whole sentence with its references resolved, or as it is written.

        A headline may be either: it may have a bare surname.
        """
        seen: set[str] = set()
        for source in (self.resolved(index), self.completed(index), self.source(index)):
            text = dressed(source.text, section)
            if text and text not in seen:
                seen.add(text)
                faults = self._faults(text, section, source.parse, whole=True)
                weak = (*faults, *self._source_faults(index, section))
                yield source.line(text, section, weak)
                if section is not Section.HEADLINE and not weak and source.chance == 1:
                    return

    def cuts(self, index: int, section: Section) -> Iterator[Candidate]:
        """Yield the best compressions of a sentence, which leave something out.

        A headline may have "the council" or a bare surname, but no unresolved pronoun.
        """
        headline = section is Section.HEADLINE
        source = self.completed(index)
        if headline:
            plain = self.source(index)
            if plain.parse is None or not any(True for _ in dangling(plain.parse)):
                source = plain
        if source.parse is None or source.text.rstrip(" \"”'’").endswith("?"):
            return
        if index in self.parts:
            return
        if half_quoted(source.text) or has_leftovers(source.text) or is_bound(source.parse):
            return
        spec, weights = SECTIONS[section], self.coverage.of(section)

        def worth(word: str) -> float:
            return max((weights.get(token.stem, 0.0) for token in tokens(word)), default=0.0)

        cuts = compressions(source.parse, spec.words[1], worth, headline=headline)
        cuts.sort(
            key=lambda cut: (
                -_EDIT_WEIGHT * cut.chance
                - spec.overlap_weight * self.coverage.worth(cut.text, section)
            )
        )
        whole = dressed(source.text, section)
        for cut in cuts[:_MAX_CUTS]:
            text = dressed(cut.text, section)
            if text == whole:
                continue
            parse = source.parse.keep(cut.kept, text)
            weak = (*self._faults(text, section, parse), *self._source_faults(index, section))
            line = source.line(text, section, weak, parse)
            yield replace(line, chance=cut.chance, rarest=cut.rarest, cut=True)

    def _source_faults(self, index: int, section: Section) -> Iterator[str]:
        """Yield the faults of a sentence: no stop where others have one, as headings and links.

        A colon is none: what it announces is in other sentences. The caption of a video is no line,
        a part of a sentence none either, and what has a label or speaker before it no headline of
        a text with many: a single one ("New theory: ...") is the writer's own.
        """
        if is_caption(self.made.article.sentences[index].text):
            yield "caption"
        if index in self.parts:
            yield "part"
        parse = self.source(index).parse
        if section is Section.HEADLINE and self._is_labelled and parse and labelled(parse):
            yield "label"
        if section is not Section.HEADLINE and self._stopped and not _is_ended(self._texts[index]):
            yield "no-stop"

    @cached_property
    def parts(self) -> frozenset[int]:
        """The sentences that are parts of one that was too long."""
        return parts_of_sentences(self.made.article.sentences)

    @cached_property
    def _is_labelled(self) -> bool:
        """Whether several sentences have a label, as in minutes, lists and conversations."""
        return sum(map(begins_with_label, self._texts)) >= _MIN_LABELS

    @cached_property
    def _stopped(self) -> bool:
        """Whether most sentences of the article have a stop."""
        return 2 * sum(map(_is_ended, filter(None, self._texts))) > len(self._texts)

    def of_model(self, slot: Slot) -> Iterator[Candidate]:
        """Yield the valid lines for a slot, of a model that reads planned sentences."""
        if self.made.by_article:
            return
        before = [(self._texts[i], i) for i in range(slot.primary)]
        for text in self.written.get(slot, ()):
            if self.made.rewords or self.parses is None:
                yield from self._reworded(text, slot.section, before)
            else:
                yield from self._cut(text, slot)

    def told(self, section: Section) -> list[tuple[Slot, Candidate]]:
        """Return the valid lines of a section, of a model that reads the article, in its order.

        The slot of a line has its evidence. Pronouns are resolved from the model's previous lines.
        """
        lines: list[tuple[Slot, Candidate]] = []
        before: list[tuple[str, int]] = []
        for text in self.lines_of(section):
            for line in self._reworded(text, section, before or None):
                role = self.made.plan.roles[line.index]
                words = len(line.text.split())
                lines.append((Slot(section, line.evidence, line.index, role, words), line))
            if evidence := self._judgements[text].evidence:
                before.append((text, evidence[0]))
        return lines

    def lines_of(self, section: Section) -> list[str]:
        """Return the lines of a section, of a model that reads the article."""
        if not self.made.by_article:
            return []
        return [
            text
            for slot, texts in self.written.items()
            if slot.section is section
            for text in texts
        ]

    def told_of_model(self) -> Iterator[str]:
        """Yield warnings about failed requests, and refused or missing lines of the model."""
        refused = sum(not passed for passed in self._passed.values())
        if self.failures:
            yield _FAILED.format(len(self.failures), len(self.made.requests), self.failures[-1])
        elif self.made.requests and not self._judgements:
            yield _SILENT
        if refused and self.verifier is None:
            yield _UNREAD.format(self.made.article.language)
        elif refused:
            yield _REFUSED.format(refused, len(self._passed))

    def _cut(self, text: str, slot: Slot) -> Iterator[Candidate]:
        """Yield a line of a model that only deletes words, if the deletions are licensed."""
        order = (slot.primary, *(i for i in slot.sources if i != slot.primary))
        texts = tuple(self._texts[i] for i in order)
        if self.parses is None or not states(text, texts):
            return
        cut = licence(text, texts, self.parses, headline=slot.section is Section.HEADLINE)
        if cut is None or not cut.granted or cut.rarest < _MIN_EDIT_CHANCE:
            return
        if any(self._faults(text, slot.section, cut.parse)):
            return
        origin: Origin = "extracted" if cut.whole else "generated"
        index = order[cut.source]
        if any(self._source_faults(index, slot.section)):
            return
        (judgement,) = self._judge.of([text])  # late, since few of the n-best lines get here
        yield Candidate(
            text,
            slot.section,
            index,
            (index,),
            origin,
            judgement.chance,
            chance=cut.chance,
            rarest=cut.rarest,
            cut=not cut.whole,
            names_speaker=names_speaker(cut.parse),
        )

    def _reworded(
        self, text: str, section: Section, before: Sequence[tuple[str, int]] | None
    ) -> Iterator[Candidate]:
        """Yield a line of a model that rewords, if it is supported, a sentence and stands alone.

        ``before`` holds the preceding sentences of the text that the line belongs to, each with
        the index of its article sentence; None: the article's sentences before the line's source.
        """
        judgement = self._judgements[text]
        evidence = judgement.evidence
        self._passed.setdefault(text, False)
        whole = whole_among(text, self._texts)
        if whole is not None:
            evidence, said = (whole,), self._texts[whole]
        else:
            said = text
        if not evidence or self.made.plan.denied & set(evidence):
            return
        if judgement.chance < (1.0 if self.verifier is None else self.made.least_support):
            return  # without a verifier only a whole sentence is certain
        if judgement.finding == "refuted" or not all(fact.supported for fact in judgement.claims):
            return  # whatever the family's bound
        if before is None:
            before = [(self._texts[i], i) for i in range(evidence[0])]
        parse = self.parses.one(said) if self.parses else None
        if parse is not None and tells_of_text(parse, self._texts):
            return
        source = _Source(evidence[0], said, parse)
        if parse is not None and self.parses and any(dangling(parse)):
            chain = Chain([*(sentence for sentence, _ in before), said], self.parses)
            completion = chain.complete(len(before))
            if completion is None:
                return
            parts = tuple(replace(part, source=before[part.source][1]) for part in completion.parts)
            completion = replace(completion, parts=parts)
            parse = self.parses.one(completion.text)
            source = _Source(evidence[0], completion.text, parse, completion)
        if any(self._faults(source.text, section, source.parse)):
            return
        self._passed[text] = True
        line = source.line(dressed(source.text, section), section, ())
        evidence = tuple(sorted({*evidence, *line.evidence}))
        origin: Origin = "generated" if whole is None else "extracted"
        yield replace(line, evidence=evidence, origin=origin, support=judgement.chance)

    def _faults(
        self, text: str, section: Section, parse: Parse | None, *, whole: bool = False
    ) -> Iterator[str]:
        """Yield the problems of a line: its form, and dangling references."""
        yield from form_problems(text, section, parse, whole=whole)
        if parse is not None:
            yield from dangling(parse)


def slots_of(draft: Draft) -> list[Slot]:
    """Return the planned slots and the spare ones that may replace them."""
    plan = draft.plan
    return [slot for slot in (*plan.slots, *plan.spare) if slot.primary not in plan.denied]


def line_of(draft: Draft, slot: Slot) -> str:
    """Return the whole sentence of a slot as a line."""
    return dressed(body(draft.article.sentences[slot.primary].text), slot.section)


def salient_lines(draft: Draft) -> list[str]:
    """Return the most salient sentences of an article as lines, which say what kind it is."""
    salience = draft.plan.salience
    body_rows = [i for i, s in enumerate(draft.article.sentences) if s.part == "body"]
    rows = sorted(sorted(body_rows, key=lambda i: -salience[i])[:_SALIENT])
    return [dressed(body(draft.article.sentences[i].text)) for i in rows]


def _is_lost(parse: Parse) -> bool:
    """Whether a sentence hangs on another by more than a pronoun."""
    return any(not sign.startswith("pronoun:") for sign in dangling(parse))


@dataclass(frozen=True, slots=True)
class _Source:
    """A sentence without bullet, dateline and connective, its parse and resolved references.

    ``open`` is the probability that readers want a reference resolved that is not.
    """

    index: int
    text: str
    parse: Parse | None
    completion: Completion | None = None
    open: float = 0.0

    def line(
        self, text: str, section: Section, weak: tuple[str, ...], parse: Parse | None = None
    ) -> Candidate:
        """Create a line from the sentence, whole, or compressed with a ``parse`` of its own."""
        inserted = self.inserted(text)
        evidence = tuple(sorted({self.index, *(one.evidence for one in inserted)}))
        return Candidate(
            text,
            section,
            self.index,
            evidence,
            "extracted",
            self.chance,
            weak,
            inserted,
            open=self.open,
            names_speaker=names_speaker(self.parse if parse is None else parse),
        )

    @property
    def chance(self) -> float:
        """The probability that what is inserted is right."""
        return self.completion.chance if self.completion else 1.0

    def inserted(self, line: str) -> tuple[Insertion, ...]:
        """Locate the inserted names in a line made from the sentence."""
        insertions, end = [], 0
        for part in self.completion.parts if self.completion else ():
            name = self.text[part.start : part.end]
            start = line.find(name, end)
            if start >= 0:
                end = start + len(name)
                insertions.append(Insertion(start, end, part.source))
        return tuple(insertions)
