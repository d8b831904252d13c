"""Score the candidate lines of a brief.

A line has a probability that an editor would accept it, by the quality model, its place and its
deletions; less of it if it states somebody's view without saying whose. Beside it stands its
expected overlap with an editor's line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from briefing.attribution import FACT, OPINION_PIECE, Holder, Views
from briefing.briefs import Insertion, Origin
from briefing.checking.quality import Judged, Quality, preference, quality_model
from briefing.drafts import Draft
from briefing.language.reference import body
from briefing.language.tokens import is_spaced
from briefing.learned import logistic
from briefing.planning.coverage import Coverage
from briefing.sections import SECTIONS, Section

_OPEN, _OPEN_COST = 0.6, 0.65
"""Probability that readers want a reference resolved from which on that costs a line log-odds. Of
75 such key points and context lines readers accepted 41 %, of 722 others 58 %; fitted on these
beside the quality of the lines."""
_UNSCORED = 0.3
"""Probability of acceptance of a line in a language without a quality model; of a headline that of
a sentence that is surely the news."""
_WEAK = 0.02
"""Probability of acceptance of a line with a problem."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate line with its evidence, made from the sentence ``index``.

    ``weak`` are the names of its problems, ``inserted`` its words that are ours, ``cut`` is whether
    words are left out; ``chance`` and ``rarest`` are the log-probability of the deletions and the
    probability of the least likely one (0 and 1 if none is rated); ``open`` is the probability that
    readers want one of its references resolved; ``names_speaker`` is whether it says whose claim it
    is, None where there is no parse or main verb.

    A `Scorer` adds ``signed``, the probability that an editor would accept it, and ``worth``, its
    expected overlap with an editor's line.
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
    cut: bool = False
    open: float = 0.0
    names_speaker: bool | None = None
    signed: float = 0.0
    worth: float = 0.0

    @property
    def log_signed(self) -> float:
        """The log-probability that an editor would accept the line, not below that of 0.0001."""
        return math.log(max(1e-4, self.signed))

    @property
    def value(self) -> float:
        """The score of the line, up to a constant."""
        return self.log_signed + SECTIONS[self.section].overlap_weight * self.worth

    @property
    def over(self) -> float:
        """The penalty for words beyond the maximum length of the section's lines."""
        spec = SECTIONS[self.section]
        return spec.length_penalty * max(0, len(self.text.split()) - spec.words[1])


@dataclass
class Scorer:
    """Scores the lines of one article.

    ``coverage`` has the probabilities that an editor would use a word of the article; ``salient``
    are its most salient sentences, as lines.
    """

    made: Draft
    coverage: Coverage
    salient: Sequence[str]

    @cached_property
    def views(self) -> Views:
        """Whose views the article's lines state."""
        return Views(self._language, self.salient)

    def scored(self, lines: Sequence[Candidate]) -> list[Candidate]:
        """Score lines in one batch."""
        model = quality_model(self._language)
        sound = [line for line in lines if not set(line.weak) - {"too-long"}]
        texts = [text for line in sound for text in self._claims(line)]
        quality = dict(zip(texts, model.of(texts), strict=True)) if model else {}
        return [self._scored(line, quality.get(line.text)) for line in lines]

    def _scored(self, line: Candidate, quality: Quality | None) -> Candidate:
        signed = self._signed(line, quality)
        signed *= 1 - (self.holder(line).other if quality else 0.0)
        return replace(line, signed=signed, worth=self.coverage.worth(line.text, line.section))

    def holder(self, line: Candidate) -> Holder:
        """Return whose view a line states without naming who holds it."""
        if line.names_speaker or not self._has_author:
            return FACT
        if self._is_title(line):
            return FACT if line.names_speaker is None else self.views.title_holder
        return max(map(self.views.holder, self._claims(line)))

    def _claims(self, line: Candidate) -> tuple[str, ...]:
        """Return the texts whose view a line states: a cut claims no less than its sentence."""
        if not line.cut or line.names_speaker:
            return (line.text,)
        return line.text, body(self.made.article.sentences[line.index].text)

    def _signed(self, line: Candidate, quality: Quality | None) -> float:
        if quality is None:
            return self._unjudged(line)
        if self._is_title(line):
            signed = self.views.title_signed(line.text, self.holder(line))
            return logistic(quality.odds(line.section)) if signed is None else signed
        plan = self.made.plan
        judged = Judged(
            quality=quality.odds(line.section),
            index=line.index,
            chance=line.chance,
            rarest=line.rarest,
            opinion=plan.opinion[line.index],
            news=plan.news[line.index],
        )
        signed = preference().signed(line.section, judged)
        # A headline may name nobody, but beside a name of ours "she" would be that person.
        if line.open >= _OPEN and (line.section is not Section.HEADLINE or line.inserted):
            signed = logistic(math.log(signed / (1 - signed)) - _OPEN_COST)
        return signed * line.support if line.inserted else signed

    def _unjudged(self, line: Candidate) -> float:
        """Return the probability without a quality model: of headlines the planner knows the news.

        Length is no weakness: a whole sentence is all that there is without a parser. Of a script
        without spaces the planner knows no words.
        """
        if set(line.weak) - {"too-long"}:
            return _WEAK
        is_news = line.section is Section.HEADLINE and not self._is_title(line)
        if not is_news or not is_spaced(line.text):
            return _UNSCORED
        return max(_WEAK, _UNSCORED * min(1.0, self.made.plan.news[line.index]))

    @property
    def is_opinion_piece(self) -> bool:
        """Whether readers are warned that the article argues its author's view."""
        return self._has_author and self.views.opinion_piece >= OPINION_PIECE

    @property
    def _has_author(self) -> bool:
        """Whether one author tells all, not as in an interview, a contract or several reports."""
        return self.made.article.authored and not self.made.plan.several

    @property
    def _language(self) -> str:
        return self.made.article.language

    def _is_title(self, line: Candidate) -> bool:
        return self.made.article.sentences[line.index].part == "title"
