"""Select the lines of a brief: for each slot the best valid candidate, extracted or generated."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, zip_longest

from briefing.attribution import WARNING, attributed, names_speaker, unattributed
from briefing.briefs import Line
from briefing.candidates import (
    CandidateLines,
    Split,
    dressed,
    failures_of,
    line_of,
    salient_lines,
    slots_of,
    written_lines,
)
from briefing.checking import (
    Verifier,
    adds_nothing,
    borne_out,
    in_capitals,
    plain_title,
    published_title,
    repeats,
)
from briefing.checking.quality import quality_model
from briefing.drafts import Draft
from briefing.language import parses_for
from briefing.language.reference import body
from briefing.models import Hypothesis
from briefing.planning import Slot
from briefing.scoring import Candidate, Scorer
from briefing.sections import LISTS, SECTIONS, Role, Section

_NO_PARSER = "There is no parser for '{}': the article's sentences are not shortened."
_ENDLESS = "The text's sentences are too long to be told whole."
_MAX_WHOLE_WORDS = 45
"""Longest sentence that is shown as it is. Of compressed lines readers found one in five false or
broken, of whole sentences one in fourteen, long ones no more often."""
_LEAST_SIGNED_LONG = 0.6
"""Probability of acceptance from which a longer one is shown. Readers accepted 30 of 41 such lines
and 11 of 12 such headlines, and 8 of 22 and 3 of 12 in their place before; from 0.4 on 3 of 11."""
_CUT_COST = 1.0
"""Cost of leaving words out in a headline, beside the log-probability that it is accepted. Of ten
opening sentences that were cut at a cost of 0.5 readers accepted four, and whole seven or eight; at
1.5 none is cut."""
_HEADLINE_SOURCES, _SPARE_HEADLINES = 4, 12
"""Sentences considered for the headline: the four most likely to be the news, and if none of these
makes a line that is accepted with the probability `_LEAST_SIGNED_INSTEAD`, those up to the twelfth.
"""
_LEAST_SIGNED_OF_OTHER = 0.1
"""Probability of acceptance below which the best line is no better a headline than the sentence
that is the news: "The engineer is 44" beside his claim, which names "this newspaper"."""
_SPARE_SOURCES = 6
"""Sentences that are parsed and compressed beyond twice the planned lines of a section. More give
hardly more lines that an editor would accept."""
_TITLE_FAVOUR, _LEAST_SIGNED_INSTEAD = 0.38, 0.3
"""A given title that the article bears out is its headline unless the best line is accepted with
more than 2.6 times its probability, and at least this one. Of 140 pairs of doubtful titles and such
lines readers accepted 66 titles and 73 lines, 75 of what is chosen so, and 90 of the better of the
two; at 1.7 times it is 80, but a sentence takes the place of good titles of things that the model
does not know."""
_OWN_LINES = 4
"""Lines of a section that a model which reads the whole article may fill where fewer are planned:
summaries of news have three or four sentences."""
_PLANNED_BONUS = 0.3
"""Bonus for a sentence of a planned slot, over one of a spare slot."""
_SIGNED_WEIGHT = 4.0
"""Weight of the log-probability of acceptance when lines are ranked."""
_LEAST_SIGNED_OF_FEW = 0.15
"""What is `SectionSpec.least_signed` else, for a line without which a section has too few."""
_NEVER = frozenset({"unbalanced", "bare-quote", "part", "label", "ingredient"})
"""Problems of a line that may be part of what somebody says, or is no sentence: it is not even a
last resort."""
_LEAST_SIGNED_OF_STORY, _LEAST_SIGNED_OF_ONLY = 0.5, 0.3
"""The same for a story that several reports tell, and for its only key point."""


@dataclass(frozen=True, slots=True)
class ChosenLines:
    """The selected lines of each section of a brief, and warnings for the reader."""

    sections: dict[Section, tuple[Line, ...]]
    warnings: tuple[str, ...]


def select(
    made: Draft,
    written: Sequence[Sequence[Hypothesis]],
    sections: Sequence[Section],
    split: Split,
    verifier: Verifier | None,
) -> ChosenLines:
    """Select the line of every slot: a whole source sentence, or a line of a model that rewords.

    A headline may also be a licensed cut, a key point or context line only for want of another.
    ``verifier`` judges the lines of the model.
    """
    lines_of_model = written_lines(made, written, split)
    candidates = CandidateLines(made, lines_of_model, verifier, failures_of(written))
    scorer = Scorer(made, candidates.coverage, salient_lines(made))
    selection = _Selection(made, candidates, scorer)
    headline = selection.headline() if Section.HEADLINE in sections else None
    lines: dict[Section, list[Line]] = {}
    for section in LISTS:
        if section in sections:
            earlier = [unattributed(line.text) for chosen in lines.values() for line in chosen]
            told = unattributed(headline.text) if headline else ""
            lines[section] = selection.section(section, told, earlier)
    plan = made.plan
    warnings = [WARNING] if scorer.is_opinion_piece else []
    for section, chosen in lines.items():
        if SECTIONS[section].warns and not chosen and (plan.most_words is None or plan.of(section)):
            warnings.append(SECTIONS[section].empty)
    if plan.most_words is not None:
        lines = _within(lines, plan.most_words, plan.salience)
    if headline is None and candidates.parts and Section.HEADLINE in sections:
        warnings.append(_ENDLESS)
    if candidates.parses is None:
        warnings.append(_NO_PARSER.format(made.article.language))
    if made.rewords or candidates.failures:
        warnings += candidates.told_of_model()
    every = {Section.HEADLINE: [headline] if headline else [], **lines}
    return ChosenLines({s: tuple(chosen) for s, chosen in every.items()}, tuple(warnings))


def _within(
    lines: dict[Section, list[Line]], most: int, salience: Sequence[float]
) -> dict[Section, list[Line]]:
    """Keep the most salient lines that have at most ``most`` words together, and one at least: the
    shortest of the first section.

    Sections take turns, so that context is not crowded out.
    """
    ranked = [
        sorted(chosen, key=lambda line: -max(salience[index] for index in line.evidence))
        for chosen in lines.values()
    ]
    turns = [line for turn in zip_longest(*ranked) for line in turn if line is not None]
    kept: list[Line] = []
    words = 0
    for line in turns:
        size = len(line.text.split())
        if words + size <= most:
            kept.append(line)
            words += size
    if not kept:
        kept = sorted(next(filter(None, ranked), ()), key=lambda line: len(line.text))[:1]
    return {s: [line for line in chosen if line in kept] for s, chosen in lines.items()}


def judge_titles(drafts: Sequence[Draft]) -> None:
    """Score the titles of several articles in one batch, to fill the cache."""
    lines: dict[str, list[str]] = {}
    for made in drafts:
        title = " ".join(made.article.texts(made.plan.title_sources))
        lines.setdefault(made.article.language, []).extend([title, *salient_lines(made)])
    for language, texts in lines.items():
        if model := quality_model(language):
            model.of(texts)


def title_stands(made: Draft) -> bool:
    """Whether the given title is the headline, so that a model need not write another.

    Of 60 articles with their titles a third of the processor time was spent on headlines that could
    not be shown.
    """
    candidates = CandidateLines(made, {}, None)
    scorer = Scorer(made, candidates.coverage, salient_lines(made))
    return _Selection(made, candidates, scorer).title_that_stands() is not None


def prepare(drafts: Sequence[Draft]) -> None:
    """Score and parse the source sentences of several articles in batches, to fill the caches."""
    lines: dict[str, list[str]] = {}
    for draft in drafts:
        lines.setdefault(draft.article.language, []).extend(
            line_of(draft, slot) for slot in slots_of(draft) if slot.section is not Section.HEADLINE
        )
        lines[draft.article.language] += salient_lines(draft)
    for language, texts in lines.items():
        if model := quality_model(language):
            model.of(texts)
    sentences: dict[str, list[str]] = {}
    for draft in drafts:
        news = _news(draft)[:_HEADLINE_SOURCES] if draft.plan.of(Section.HEADLINE) else []
        indices = set(news)
        for section in LISTS:
            indices |= {slot.primary for slot in _likely(draft, section)}
        sentences.setdefault(draft.article.language, []).extend(
            body(draft.article.sentences[index].text) for index in sorted(indices)
        )
    for language, texts in sentences.items():
        if parses := parses_for(language):
            parses.of(texts)


def _likely(draft: Draft, section: Section) -> list[Slot]:
    """Return the most promising slots of a section, in the order of the plan."""
    slots = [slot for slot in slots_of(draft) if slot.section is section]
    most = 2 * sum(slot.section is section for slot in draft.plan.slots) + _SPARE_SOURCES
    model = quality_model(draft.article.language)
    if len(slots) <= most or model is None:
        return slots
    qualities = model.of([line_of(draft, slot) for slot in slots])
    value = {
        slot: SECTIONS[section].salience_weight * draft.plan.salience[slot.primary]
        - _SIGNED_WEIGHT * _softplus(-quality.odds(section))
        for slot, quality in zip(slots, qualities, strict=True)
    }
    best = set(sorted(slots, key=lambda slot: -value[slot])[:most])
    return [slot for slot in slots if slot in best]


def _softplus(value: float) -> float:
    """Return log(1 + e^value)."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def _news(draft: Draft) -> list[int]:
    """Return the sentences by how likely they are the news, best first."""
    indices = [
        i
        for i, s in enumerate(draft.article.sentences)
        if s.part != "title" and i not in draft.plan.denied
    ]
    return sorted(indices, key=lambda i: -draft.plan.news[i])


def _is_of_form(problem: str) -> bool:
    """Whether a problem of a whole sentence is its length, or one of parser or context."""
    return problem in ("too-long", "no-main-clause") or ":" in problem


def _is_showable(line: Candidate) -> bool:
    """Whether a line has no problem, or is a whole sentence that is rather long.

    A very long one must be as good as accepted.
    """
    long = len(line.text.split()) > _MAX_WHOLE_WORDS
    return not line.weak or (
        line.weak == ("too-long",) and (not long or line.signed >= _LEAST_SIGNED_LONG)
    )


@dataclass
class _Selection:
    """Line selection for one article."""

    draft: Draft
    candidates: CandidateLines
    scorer: Scorer

    def headline(self) -> Line | None:
        """Return the article's title if it is plain, else the best of it and of the news."""
        if title := self.title_that_stands():
            return self._attributed(title, Role.MAIN_EVENT)
        title, certain = self._given_title
        favour = _TITLE_FAVOUR if certain else 1.0
        ranked = _news(self.draft)
        lines = [line for _, line in self.candidates.told(Section.HEADLINE)]
        for slot in self.draft.plan.of(Section.HEADLINE):
            lines += self.candidates.of_model(slot)
        first, later = ranked[:_HEADLINE_SOURCES], ranked[_HEADLINE_SOURCES:_SPARE_HEADLINES]
        candidates = [c for c in self._headlines(lines, first) if "part" not in c.weak]
        sound = [c for c in candidates if _is_showable(c)]
        if max((c.signed for c in sound), default=0.0) < _LEAST_SIGNED_INSTEAD:
            spare = [c for c in self._headlines([], later) if _is_showable(c)]
            sound = [c for c in spare if c.signed >= _LEAST_SIGNED_INSTEAD] or sound or spare
        if not sound and not title:
            title = self._given()
        best = max(sound or candidates, key=self._headline_value, default=None)
        if best and best.signed < _LEAST_SIGNED_OF_OTHER:
            best = self._news_itself(candidates, ranked) or best
        if title and not (sound and best and self._is_better(best, title, favour)):
            best = title
        return self._attributed(best, Role.MAIN_EVENT) if best else None

    def title_that_stands(self) -> Candidate | None:
        """Return the article's title if no line can be so much better that it replaces it."""
        title, certain = self._given_title
        trusted = self.draft.follow_up or not self._is_judged
        stands = title and certain and (trusted or title.signed >= _TITLE_FAVOUR)
        return title if stands else None

    @staticmethod
    def _news_itself(candidates: Sequence[Candidate], ranked: Sequence[int]) -> Candidate | None:
        """Return the whole sentence that is the news, if all that speaks against it is its form."""
        return next(
            (
                c
                for c in candidates
                if c.index == ranked[0] and c.origin == "extracted" and not c.cut
                if all(map(_is_of_form, c.weak))
            ),
            None,
        )

    def _headlines(self, lines: list[Candidate], indices: Sequence[int]) -> list[Candidate]:
        """Return the lines, and those that are made of some sentences, with their scores."""
        self.candidates.prepare(indices)
        for index in indices:
            lines += self.candidates.cuts(index, Section.HEADLINE)
            lines += self.candidates.whole(index, Section.HEADLINE)
        return self.scorer.scored(lines)

    def _headline_value(self, candidate: Candidate) -> float:
        cut = _CUT_COST * candidate.cut
        problems = set(candidate.weak) - {"too-long"}
        return candidate.value - candidate.over - cut - len(problems)

    def _is_better(self, line: Candidate, title: Candidate, favour: float) -> bool:
        """Whether a line is so much better a headline than a given title that it replaces it."""
        if not self._is_judged:
            return False
        return line.signed >= _LEAST_SIGNED_INSTEAD and favour * line.signed > title.signed

    @cached_property
    def _given_title(self) -> tuple[Candidate | None, bool]:
        """Return the article's title, if it is a statement, and whether the body bears it out."""
        article, indices = self.draft.article, self.draft.plan.title_sources
        title = " ".join(article.texts(indices))
        sentences = [s.text for s in article.sentences if s.part != "title"]
        text = published_title(title, sentences)
        if not text:
            return None, False
        plain = plain_title(title, loud=in_capitals(sentences))
        certain = self.draft.titled or (plain is not None and borne_out(plain, sentences))
        parses = self.candidates.parses if self.scorer.is_opinion_piece else None
        speaker = names_speaker(parses.one(text)) if parses else None
        line = Candidate(
            *(text, Section.HEADLINE, indices[0], indices, "extracted", 1.0), names_speaker=speaker
        )
        return self.scorer.scored([line])[0], certain

    def _given(self) -> Candidate | None:
        """Return the title as it is given, which is better than what is no sentence."""
        indices = self.draft.plan.title_sources
        title = dressed(" ".join(self.draft.article.texts(indices)), Section.HEADLINE)
        if not title:
            return None
        return Candidate(title, Section.HEADLINE, indices[0], indices, "extracted", 1.0)

    def section(self, section: Section, headline: str, earlier: Sequence[str]) -> list[Line]:
        """Select the lines of one section; a spare slot replaces a slot without a valid line.

        ``earlier`` holds the lines of the previous sections.
        """
        planned = [slot for slot in self.draft.plan.slots if slot.section is section]
        slots = _likely(self.draft, section)
        self.candidates.prepare([slot.primary for slot in slots])
        # A model that reads the whole article has selected its content: its lines come first.
        told = [(slot, [line]) for slot, line in self.candidates.told(section)]
        own = self._best_of(told, headline)
        rest = self._best_of([(slot, list(self._of_slot(slot))) for slot in slots], headline)
        in_order = [*own, *rest]
        rest.sort(key=lambda pair: self._order(pair[0], pair[1], planned))
        chosen: list[tuple[Slot, Candidate]] = []
        fewest = round(SECTIONS[section].least * len(planned))
        fewest = min(1, fewest) if self._is_story else fewest
        sound = any(self._is_sound(line) for _, line in rest)
        room = max(fewest, len(self.candidates.lines_of(section))) if own else len(planned)
        for at, (slot, candidate) in enumerate((*own, *rest)):
            of_model = at < len(own)
            most = max(len(planned), _OWN_LINES) if of_model else len(planned)
            if len(chosen) >= min(room, most):
                break
            if of_model and not self._is_last_resort(candidate):
                needed = True
            else:
                needed = self._is_needed(candidate, len(chosen), fewest, any_sound=sound)
            if needed and not repeats(candidate.text, [*earlier, *(c.text for _, c in chosen)]):
                chosen.append((slot, candidate))
        if SECTIONS[section].in_text_order:
            first = self.draft.plan.first
            chosen.sort(key=lambda pair: (pair[0].primary not in first, pair[1].evidence))
        else:
            chosen.sort(key=in_order.index)
        return [self._attributed(candidate, slot.role) for slot, candidate in chosen]

    def _best_of(
        self, pools: Sequence[tuple[Slot, list[Candidate]]], headline: str
    ) -> list[tuple[Slot, Candidate]]:
        """Return the best candidate of each slot that has one."""
        judged = iter(self.scorer.scored([line for _, lines in pools for line in lines]))
        best = [
            (slot, self._best(list(islice(judged, len(lines))), headline)) for slot, lines in pools
        ]
        return [(slot, line) for slot, line in best if line is not None]

    def _attributed(self, candidate: Candidate, role: Role) -> Line:
        line = _line(candidate, role)
        if "no-main-clause" in candidate.weak:
            return line
        holder = self.scorer.holder(candidate)
        return attributed(line, candidate.section, holder, self.scorer.views.least_claim)

    @property
    def _is_judged(self) -> bool:
        return quality_model(self.draft.article.language) is not None

    @property
    def _is_story(self) -> bool:
        """Whether several reports are told as one: their titles say already what happened."""
        return self.draft.titled and self._is_judged

    def _is_sound(self, line: Candidate) -> bool:
        """Whether an editor would accept a sentence."""
        least = _LEAST_SIGNED_OF_STORY if self._is_story else SECTIONS[line.section].least_signed
        likely = line.signed >= least or not self._is_judged
        return likely and not self._is_last_resort(line)

    def _is_needed(self, line: Candidate, chosen: int, fewest: int, *, any_sound: bool) -> bool:
        """Whether a sentence is shown beside ``chosen`` ones, of a section with ``fewest`` lines.

        Of a text in which no line is sound (minutes), a few key points are shown all the same, but
        not of a story, which has its headline.
        """
        if self._is_sound(line):
            return True
        if self._is_last_resort(line):
            weak = SECTIONS[line.section].shows_weak and not self._is_story
            return weak and not chosen and _NEVER.isdisjoint(line.weak)
        if self._is_story:
            return chosen < fewest and line.signed >= _LEAST_SIGNED_OF_ONLY
        return chosen < fewest and (not any_sound or line.signed >= _LEAST_SIGNED_OF_FEW)

    def _order(
        self, slot: Slot, candidate: Candidate, planned: Sequence[Slot]
    ) -> tuple[bool, float]:
        """Sort key: lines that an editor would accept by rank, then the others by that chance."""
        if not self._is_sound(candidate):
            return True, 10 * (len(candidate.weak) + candidate.cut) - candidate.signed
        return False, -self._rank(slot, candidate) - _PLANNED_BONUS * (slot in planned)

    @staticmethod
    def _is_last_resort(candidate: Candidate) -> bool:
        """Whether a key point or context line is shown only if there would be none.

        Of 20 sentences of two editions that were cut since they are long, readers accepted 9, of
        361 whole ones 300.
        """
        return bool(candidate.weak) or candidate.cut

    def _rank(self, slot: Slot, candidate: Candidate) -> float:
        weight = SECTIONS[slot.section].salience_weight
        salience = weight * self.draft.plan.salience[slot.primary]
        signed = (_SIGNED_WEIGHT - 1) * candidate.log_signed  # ``value`` has it once
        return candidate.value + signed + salience - candidate.over

    def _of_slot(self, slot: Slot) -> Iterator[Candidate]:
        """Yield the lines of a slot: of the model, the whole sentence, and its compressions."""
        yield from self.candidates.of_model(slot)
        whole = list(self.candidates.whole(slot.primary, slot.section))
        yield from whole
        if not any(_is_showable(one) for one in whole):
            yield from self.candidates.cuts(slot.primary, slot.section)

    @staticmethod
    def _best(candidates: Sequence[Candidate], headline: str) -> Candidate | None:
        """Return the best candidate that adds to the headline; one with problems if all have."""
        new = [c for c in candidates if not adds_nothing(c.text, headline)]
        sound = [c for c in new if _is_showable(c)]
        if sound := [c for c in sound if not c.cut] or sound:
            best = max(sound, key=lambda c: c.value - c.over)
            return replace(best, weak=())
        return max(new, key=lambda c: (-len(c.weak), c.value), default=None)


def _line(c: Candidate, role: Role) -> Line:
    return Line(c.text, c.evidence, c.support, c.origin, role, c.inserted)
