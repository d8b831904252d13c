"""Does an article say what a line says? Its evidence, its facts, and the verifier's word.

A fact that the article denies or does not have decides alone. Where all facts are there, the chance
that the line is true comes from the verifier, which reads the words, from the trees that weigh what
becomes of the line's grammar, and from how much of the line its evidence holds, by a logistic
regression (scripts/train/verifier/fuse.py).
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from briefing.check.cuts import licence
from briefing.check.evidence import EvidenceIndex
from briefing.check.facts import Claim, Finding, facts_of, is_whole, misplaced
from briefing.check.logistic import logistic
from briefing.check.measures import forest, measured
from briefing.check.source import Source, source_of
from briefing.check.verifier import Verifier
from briefing.language import parses_for
from briefing.language.facts import Reading, read
from briefing.language.tokens import similar

SUPPORTED = 0.5
"""Chance from which on a line counts as supported."""
_DENIED = 0.2
"""Share of the chance that is left to a line which states a wrong fact."""
_ABOUT = 0.6
"""Share of a line's words from which on its evidence tells of the same matter: then a line that
does not follow says otherwise; below, the article does not tell of it."""
_LONGEST = 150
"""Words; a line beyond is no line of a brief and is read in part alone, so it is not supported."""
SIGNALS = ("odds", "structure", "cut", "coverage", "misplaced", "sources")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the article says to a line: the finding, how likely it is true (0..1), the sentences
    that it rests on, and its facts.
    """

    finding: Finding
    chance: float
    evidence: tuple[int, ...]
    claims: tuple[Claim, ...]

    @property
    def supported(self) -> bool:
        """Whether the article says so."""
        return self.finding == "supported"


@dataclass(frozen=True, slots=True)
class Fusion:
    """Weights of the signals, and a bias."""

    weights: dict[str, float]
    bias: float

    def chance(self, signals: dict[str, float]) -> float:
        """The chance, 0..1, that a line with these signals is true."""
        total = self.bias + sum(self.weights[name] * signals[name] for name in SIGNALS)
        return logistic(total)


@cache
def fusion() -> Fusion:
    """The weights that come with the package."""
    packed = resources.files("briefing.check").joinpath("fusion.json").read_text("utf-8")
    return Fusion(**json.loads(packed))


class Judge:
    """Judges lines by one article."""

    def __init__(
        self,
        sentences: Sequence[str],
        verifier: Verifier | None,
        article: str = "",
        language: str = "en",
    ) -> None:
        """Index the sentences; ``article`` is the full text, which may introduce short forms.

        Where no parser reads the ``language`` the verifier's word stands alone; without a
        ``verifier`` the share of the line that its evidence holds stands in for the chance.
        """
        self._parsed = parses_for(language) is not None
        self._language = language
        self._sentences = sentences
        self._verifier = verifier
        self._article = article
        self._index = EvidenceIndex(sentences)

    def of(self, lines: Sequence[str]) -> list[Judgement]:
        """What the article says to each line, in order; the verifier reads all of them together."""
        made = [self._line(line) for line in lines]
        asked = [one for one in made if one.open]
        chances = iter(self._chances(asked))
        return [self._judged(one, next(chances) if one.open else 0.0) for one in made]

    def _chances(self, asked: "Sequence[_Line]") -> list[float]:
        """How likely each line is true, its facts aside."""
        if self._verifier is None:
            return [one.coverage for one in asked]
        pairs = [(one.reading.text, one.source.texts) for one in asked]
        odds = self._verifier.odds([(" ".join(texts), line) for line, texts in pairs])
        if not self._parsed:
            return [logistic(value) for value in odds]
        shapes = forest().odds(measured(pairs, self._language))
        return [
            fusion().chance(
                signals(one.reading, one.source, one.coverage, value, float(shape), self._language)
            )
            for one, value, shape in zip(asked, odds, shapes, strict=True)
        ]

    def _line(self, line: str) -> "_Line":
        reading = read(line)
        where = self._index.find(line)
        source = source_of(tuple(self._sentences[i] for i in where), self._article)
        return _Line(reading, where, source)

    def _judged(self, line: "_Line", chance: float) -> Judgement:
        if not line.reading.words or not line.where:
            return Judgement("not found", 0.0, line.where, line.claims)
        if line.whole:
            return Judgement("supported", 1.0, line.where, line.claims)
        failed = {claim.finding for claim in line.claims} - {"supported"}
        if failed or len(line.reading.words) > _LONGEST:
            finding: Finding = "refuted" if "refuted" in failed else "not found"
            return Judgement(finding, chance * _DENIED, line.where, line.claims)
        if chance >= SUPPORTED:
            finding = "supported"
        else:
            finding = "refuted" if line.coverage >= _ABOUT and self._verifier else "not found"
        return Judgement(finding, chance, line.where, line.claims)


@dataclass(frozen=True, eq=False)
class _Line:
    """A line on its way: read, with its evidence."""

    reading: Reading
    where: tuple[int, ...]
    source: Source

    @cached_property
    def whole(self) -> bool:
        """Whether it is a sentence of the article as it is."""
        return is_whole(self.reading.text, self.source.texts)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """Its facts, where there is any evidence."""
        return facts_of(self.reading, self.source) if self.where else ()

    @cached_property
    def coverage(self) -> float:
        """How much of it the evidence holds."""
        return coverage(self.reading, self.source)

    @property
    def open(self) -> bool:
        """Whether the verifier has to be asked."""
        return bool(self.where and self.reading.words) and not self.whole


def _licensed(line: str, sources: Sequence[str], language: str) -> float:
    """1 where the line leaves out what may go from one of its sources, -1 where it leaves out what
    may not, 0 where it is no cut.
    """
    parses = parses_for(language)
    found = licence(line, sources, parses) if parses else None
    if found is None or parses is None or len(found.parse) < len(parses.tokenize(line)):
        return 0.0
    return 1.0 if found.granted else -1.0


def signals(
    line: Reading, source: Source, covered: float, odds: float, structure: float, language: str
) -> dict[str, float]:
    """What speaks for a line whose evidence is ``source``, by name.

    ``covered`` is its coverage, ``odds`` the verifier's word and ``structure`` that of the trees.
    """
    return {
        "odds": odds,
        "structure": structure,
        "cut": _licensed(line.text, source.texts, language),
        "coverage": covered,
        "misplaced": float(misplaced(line, source)),
        "sources": math.log(max(1, len(source.texts))),
    }


def coverage(line: Reading, source: Source) -> float:
    """Share of the line's content words that the source has, derivations of them by half."""
    words = line.content
    if not words:
        return 1.0
    held = 0.0
    for word in words:
        if word in source.content or word in source.stems:
            held += 1.0
        elif any(similar(word, other) for other in source.content):
            held += 0.5
    return held / len(words)
