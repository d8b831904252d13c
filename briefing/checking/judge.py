"""Judge whether an article supports a line, from its evidence, its facts and the verifier's score.

The verifier is a small cross-encoder that reads evidence and line together (MiniLM, Wang et al.
2020), fine-tuned on pairs in which the false line differs from a true one by who did what, a
negation, a condition, a speaker, or what a number counts (scripts/train/verifier/). Contrast sets
measure models on such minimal pairs (Gardner et al. 2020, "Evaluating models' local decision
boundaries via contrast sets").

A fact that the article contradicts or does not have decides alone. If all facts are supported, a
logistic regression (scripts/train/verifier/fuse.py) gives the probability that the line is true,
from the verifier's odds, the boosted trees over the line's grammar (`measures`), and the share of
the line that its evidence covers. A line that joins clauses is no likelier than the least likely of
them, each judged with its own evidence: beside a true clause a false one is hardly seen.

Another verifier than the bundled one is taken at its word: its odds are the probability.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np

from briefing.checking.cuts import licence
from briefing.checking.evidence import EvidenceIndex, EvidenceText, evidence_text
from briefing.checking.facts import (
    Claim,
    Finding,
    as_stated,
    facts_of,
    is_whole,
    misplaced,
    whole_among,
)
from briefing.checking.measures import forest, measured
from briefing.checking.mentions import Mentions
from briefing.checking.roles import roles
from briefing.checking.speakers import Speakers
from briefing.errors import ModelError
from briefing.language import parses_for
from briefing.language.clauses import clauses
from briefing.language.facts import Reading, read_line
from briefing.language.instructions import dictated
from briefing.language.parser import Memory
from briefing.language.tokens import similar
from briefing.learned import Encoder, logistic

SUPPORTED = 0.5
"""Least probability of a supported line."""
_DENIED = 0.2
"""Factor on the probability of a line with an unsupported fact."""
_ABOUT, _REFUTED = 0.6, 0.3
"""Least coverage at which the evidence is about the line's subject, and the probability below which
such a line is refuted; other unsupported ones are not found. Of lines of two testers and of minimal
pairs 19 were true and 118 false below 0.3, and 112 and 157 from there to 0.5."""
_LICENSED = 0.75
"""Least probability of a line that grammar licenses as a deletion of its evidence, whatever the
verifier makes of it: 182 of 182 such lines of minimal pairs and of models that people judged."""
_JOINED, _ADDED = 1.05, 0.4
"""Added to the log-odds of the least likely clause, the mean of those with its own evidence and
with the line's: where its own is about what it says, and where it is not. With them 81 of 109 pairs
of true lines of minimal pairs, joined by "and", are supported, and 58 of 120 of a true and a false
line (without the clauses 82 and 79); of pairs of editors' key points 67 of 144, and 15 of 184 of
one with an invented clause (68 and 39)."""
_LONGEST = 150
"""Words from which on a line is not supported: a longer text is cut there into several lines."""
_TOO_LONG = "too long to be read as one claim"
_DICTATED = "the article only tells its reader to write this"
_PART = "the article does not clearly say this part: {}"
_ALMOST = 1e-4
"""Least probability of a clause, and of its opposite."""
SIGNALS = ("odds", "structure", "cut", "coverage", "misplaced", "sources")
_MOST = 200
"""Most word pieces read of evidence and line, as in training; the longer of the two is cut."""
_MARKS = 3
"""Pieces that mark the beginning and the ends."""
_KEPT = 8192
"""Cached pairs."""


class Verifier(Protocol):
    """Interface of a verifier, which scores lines against their evidence."""

    @property
    def name(self) -> str:
        """The name of the verifier."""
        ...

    def odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the log-odds that the line follows for each (evidence, line) pair, in order."""
        ...


class EncoderVerifier:
    """The bundled verifier. Thread-safe."""

    name = "bundled"

    def __init__(self, folder: Path) -> None:
        """Load the weights.

        Raises:
            ModelError: the folder has no valid weights.
        """
        self._encoder = Encoder(folder, _MOST)
        try:
            with np.load(folder / "head.npz") as head:
                self._hidden = head["hidden"].astype(np.float32)
                self._hidden_bias = head["hidden_bias"]
                self._out, self._out_bias = head["out"], head["out_bias"]
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"the verifier in {folder} cannot be loaded: {error}; reinstall the package"
            ) from error
        self._memory = Memory(self._read, _KEPT)

    def odds(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Score pairs as `Verifier.odds` does; scores are cached."""
        return self._memory.of(pairs)

    def reads(self, line: str) -> bool:
        """Whether a line is surely read to its end, whatever the length of its evidence."""
        return len(line) <= _MOST // 2 or self._encoder.count(line) <= (_MOST - _MARKS) // 2

    def _read(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        odds = [0.0] * len(pairs)
        for read in self._encoder.read(pairs):
            evidence, line = read.pieces & ~read.second, read.second
            means = [
                (read.states * part[:, :, None]).sum(1) / np.maximum(1, part.sum(1))[:, None]
                for part in (evidence, line)
            ]
            pooled = np.concatenate([read.states[:, 0], *means], axis=1)
            hidden = np.maximum(0, pooled @ self._hidden.T + self._hidden_bias)
            for at, value in zip(read.at, hidden @ self._out + self._out_bias, strict=True):
                odds[at] = float(value)
        return odds


@cache
def bundled_verifier(language: str) -> Verifier | None:
    """Load the verifier of a language; None if there is none."""
    if language != "en":
        return None
    with resources.as_file(resources.files("briefing.checking") / "verifier") as folder:
        return EncoderVerifier(folder)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The finding on a line, its probability (0..1), evidence sentences and facts.

    ``reason`` says why it is not supported, where more can be said than the finding.
    """

    finding: Finding
    chance: float
    evidence: tuple[int, ...]
    claims: tuple[Claim, ...]
    reason: str = ""

    @property
    def supported(self) -> bool:
        """Whether the article supports the line."""
        return self.finding == "supported"


@dataclass(frozen=True, slots=True)
class Fusion:
    """Logistic regression over the signals."""

    weights: dict[str, float]
    bias: float

    def chance(self, signals: dict[str, float]) -> float:
        """Return the probability, 0..1, that a line with these signals is true."""
        return logistic(self.bias + sum(self.weights[name] * signals[name] for name in SIGNALS))


@cache
def fusion() -> Fusion:
    """Load the bundled weights."""
    text = resources.files("briefing.checking").joinpath("fusion.json").read_text("utf-8")
    return Fusion(**json.loads(text))


class Judge:
    """Judges lines against one article."""

    def __init__(
        self,
        sentences: Sequence[str],
        verifier: Verifier | None,
        article: str = "",
        language: str = "en",
    ) -> None:
        """Index the sentences; ``article`` is the full text, which may introduce short forms.

        If no parser reads the ``language``, only the verifier's odds count; without a ``verifier``,
        the coverage replaces the probability.
        """
        self._parsed = parses_for(language) is not None
        self._language = language
        self._sentences = sentences
        self._verifier = verifier
        self._article = article
        self._bundled = verifier if isinstance(verifier, EncoderVerifier) else None
        told = dictated(sentences, language)
        self._told = [at for at, is_told in enumerate(told) if is_told]
        self._places = [at for at, is_told in enumerate(told) if not is_told]
        evidence = [sentences[at] for at in self._places]
        self._index = EvidenceIndex(evidence)
        self._context = _context(evidence, self._index, language)
        self._only_told = frozenset[str]()
        if self._told:
            self._only_told = _content(sentences, self._told) - _content(sentences, self._places)

    def of(self, lines: Sequence[str]) -> list[Judgement]:
        """Judge each line, in order.

        The verifier reads all lines in one batch, and in another the clauses of those that join
        several.
        """
        pending = [self._line(line) for line in lines]
        chances = self._chances(pending)
        judged = [self._judged(*pair) for pair in zip(pending, chances, strict=True)]
        return self._by_clauses(pending, judged) if self._bundled else judged

    def same_evidence(self, line: str, other: "Judge") -> bool:
        """Whether another article has the same evidence for a line."""
        return self._line(line).source.texts == other._line(line).source.texts

    def _by_clauses(self, lines: "Sequence[_Line]", judged: list[Judgement]) -> list[Judgement]:
        """Return the judgements, none likelier than the least likely clause of its line."""
        asked = [
            at
            for at, (line, one) in enumerate(zip(lines, judged, strict=True))
            if one.chance >= _REFUTED and not line.sure and not _failed(line)
        ]
        told = {at: self._clauses(lines[at]) for at in asked}
        parts = list(dict.fromkeys(p for at in asked for pair in told[at] for p in pair))
        chances = dict(zip(parts, self._chances(parts), strict=True))
        for at in asked:
            joined = [(own, _most(own, chances[own], chances[given])) for own, given in told[at]]
            judged[at] = self._limited(lines[at], judged[at], joined)
        return judged

    def _clauses(self, line: "_Line") -> "list[tuple[_Line, _Line]]":
        """Return the clauses that a line joins, each with its own evidence and the line's."""
        parses = parses_for(self._language)
        parse = parses.one(line.reading.text) if parses else None
        pairs = []
        for text in clauses(parse) if parse else ():
            own = self._line(text)
            same = own.evidence == line.evidence
            pairs.append((own, own if same else replace(line, reading=own.reading)))
        return pairs

    def _limited(
        self, line: "_Line", one: Judgement, joined: "Sequence[tuple[_Line, float]]"
    ) -> Judgement:
        """Return the judgement of a line with those of its clauses, if it joins several."""
        verifier = self._bundled
        read = [part for part, _ in joined] or [line]
        if verifier and not all(verifier.reads(part.reading.text) for part in read):
            return replace(one, finding="not found", chance=one.chance * _DENIED, reason=_TOO_LONG)
        if not joined:
            return one
        part, chance = min(joined, key=lambda pair: pair[1])
        if chance >= one.chance:
            return one
        if chance >= SUPPORTED or not one.supported:
            return replace(one, chance=chance)
        reason = _PART.format(part.reading.text)
        return replace(one, finding=self._finding(part, chance), chance=chance, reason=reason)

    def _chances(self, lines: "Sequence[_Line]") -> list[float]:
        """Return the probability that each line is true, apart from its facts."""
        if parses := parses_for(self._language):  # fill the cache in one batch
            parses.of([text for one in lines for text in one.texts])
        asked = [one for one in lines if one.open]
        chances = iter(self._asked(asked) if asked else ())
        return [next(chances) if one.open else float(one.whole) for one in lines]

    def _asked(self, lines: "Sequence[_Line]") -> list[float]:
        if self._verifier is None:
            return [one.coverage for one in lines]
        pairs = [(one.stated.text, one.source.texts) for one in lines]
        odds = self._verifier.odds([(" ".join(texts), line) for line, texts in pairs])
        if not (self._parsed and self._bundled):
            return [logistic(value) for value in odds]
        shapes = forest().odds(measured(pairs, self._language))
        found = [
            signals(one.stated, one.source, one.coverage, value, float(shape), self._language)
            for one, value, shape in zip(lines, odds, shapes, strict=True)
        ]
        for one, each in zip(lines, found, strict=True):
            one.licensed = each["cut"] > 0
        return [max(fusion().chance(each), _LICENSED * (each["cut"] > 0)) for each in found]

    def _line(self, line: str) -> "_Line":
        reading = read_line(line)
        evidence = tuple(self._places[at] for at in self._index.find(line))
        itself = whole_among(line, [self._sentences[at] for at in self._told])
        if itself is not None:  # an instruction is evidence of itself alone
            evidence = (self._told[itself],)
        source = evidence_text(tuple(self._sentences[i] for i in evidence), self._article)
        return _Line(reading, evidence, source, self._language, self._context)

    def _judged(self, line: "_Line", chance: float) -> Judgement:
        if not line.reading.words or not line.evidence:
            return Judgement("not found", 0.0, line.evidence, line.claims)
        if line.whole:
            return Judgement("supported", 1.0, line.evidence, line.claims)
        failed = _failed(line)
        if failed:
            finding: Finding = "refuted" if "refuted" in failed else "not found"
            return Judgement(finding, chance * _DENIED, line.evidence, line.claims)
        if self._only_told and not self._only_told.isdisjoint(line.reading.content):
            return Judgement("not found", chance * _DENIED, line.evidence, line.claims, _DICTATED)
        if len(line.reading.text.split()) >= _LONGEST:
            lower = chance * _DENIED
            return Judgement("not found", lower, line.evidence, line.claims, _TOO_LONG)
        return Judgement(self._finding(line, chance), chance, line.evidence, line.claims)

    def _finding(self, line: "_Line", chance: float) -> Finding:
        if chance >= SUPPORTED:
            return "supported"
        told = line.coverage >= _ABOUT and chance < _REFUTED and self._verifier
        return "refuted" if told else "not found"


def _content(sentences: Sequence[str], places: Sequence[int]) -> frozenset[str]:
    """Return the stems of the content words of some sentences."""
    return frozenset(stem for at in places for stem in read_line(sentences[at]).content)


def _failed(line: "_Line") -> set[Finding]:
    """Return the findings on the facts of a line that are not supported."""
    return {claim.finding for claim in line.claims} - {"supported"}


def _most(clause: "_Line", own: float, given: float) -> float:
    """Return the most that a line is likely by its clause, judged with two kinds of evidence."""
    more = _JOINED if clause.coverage >= _ABOUT else _ADDED
    return logistic((_odds(own) + _odds(given)) / 2 + more)


def _odds(chance: float) -> float:
    bounded = min(max(chance, _ALMOST), 1 - _ALMOST)
    return math.log(bounded / (1 - bounded))


_Context = tuple[Mentions, Speakers] | None


def _context(sentences: Sequence[str], index: EvidenceIndex, language: str) -> _Context:
    """Return what a line is held against in the whole article; None without a parser."""
    parses = parses_for(language)
    if parses is None:
        return None
    return Mentions(sentences, index, parses), Speakers(sentences, parses)


@dataclass(eq=False)
class _Line:
    """A line that is being judged, with its evidence; ``licensed`` is known when it was asked."""

    reading: Reading
    evidence: tuple[int, ...]
    source: EvidenceText
    language: str
    context: _Context
    licensed: bool = False

    @property
    def sure(self) -> bool:
        """Whether it is the article's own, whole or shortened as grammar allows."""
        return self.licensed or self.whole

    @cached_property
    def stated(self) -> Reading:
        """The line as its evidence would put it, which the verifier reads."""
        return read_line(as_stated(self.reading, self.source))

    @property
    def texts(self) -> frozenset[str]:
        """All that is parsed for the line."""
        return frozenset((self.reading.text, self.stated.text, *self.source.texts))

    @cached_property
    def whole(self) -> bool:
        """Whether the line is a sentence of the article."""
        return is_whole(self.stated.text, self.source.texts)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The facts of the line, and what it says the other way round; empty without evidence."""
        if not self.evidence:
            return ()
        stated = facts_of(self.reading, self.source)
        parses = parses_for(self.language)
        parse = parses.one(self.reading.text) if parses and not self.whole else None
        if parses is None or parse is None:
            return stated
        evidence = [p for p in parses.of(self.source.texts) if p is not None]
        refuted = [*roles(parse, evidence)]
        for context in self.context or ():
            refuted += context.refuted(self.reading, parse)
        known = {(c.start, c.end) for c in stated if not c.supported}
        refuted = [c for c in refuted if (c.start, c.end) not in known]
        spans = {(c.start, c.end) for c in refuted}
        stated = tuple(c for c in stated if (c.start, c.end) not in spans)
        return tuple(sorted((*stated, *refuted), key=lambda c: (c.start, c.end)))

    @cached_property
    def coverage(self) -> float:
        """The share of the line's content words that its evidence has."""
        return covered_share(self.stated, self.source)

    @property
    def open(self) -> bool:
        """Whether the verifier must score the line."""
        return bool(self.evidence and self.reading.words) and not self.whole


def _licensed(line: str, sources: Sequence[str], language: str) -> float:
    """Return 1 for a licensed deletion of a source, -1 for an unlicensed one, else 0."""
    parses = parses_for(language)
    deletion = licence(line, sources, parses) if parses else None
    if deletion is None or parses is None or len(deletion.parse) < len(parses.tokenize(line)):
        return 0.0
    return 1.0 if deletion.granted else -1.0


def signals(
    line: Reading,
    source: EvidenceText,
    covered: float,
    odds: float,
    structure: float,
    language: str,
) -> dict[str, float]:
    """Return the signals of a line whose evidence is ``source``, by name.

    ``covered`` is its coverage, ``odds`` the verifier's and ``structure`` the trees' log-odds.
    """
    return {
        "odds": odds,
        "structure": structure,
        "cut": _licensed(line.text, source.texts, language),
        "coverage": covered,
        "misplaced": float(misplaced(line, source)),
        "sources": math.log(max(1, len(source.texts))),
    }


def covered_share(line: Reading, source: EvidenceText) -> float:
    """Return the share of the line's content words in the source; derivations count half."""
    words = line.content
    if not words:
        return 1.0
    covered = 0.0
    for word in words:
        if word in source.content or word in source.stems:
            covered += 1.0
        elif any(similar(word, other) for other in source.content):
            covered += 0.5
    return covered / len(words)
