"""Check a whole text against an article, claim by claim, for the command line and the service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from briefing.check.align import Aligner
from briefing.check.judgement import BAR, judgement
from briefing.check.support import Claim, Verdict, check
from briefing.check.tidy import Capitals, tidy, tidy_sentences, uncased
from briefing.check.traits import Ground, traits

Splitter = Callable[[str], Sequence[str]]
FACTS = frozenset({"name", "number", "date", "quotation"})
"""Kinds of claim that the article must hold, whatever else speaks for the text."""
_ELSEWHERE = FACTS | {"word"}
_ELSEWHERE_FACTOR = 0.9


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """One claim of a summary and the article sentences it was checked against.

    ``kind`` is a claim kind, or ``sentence`` for a summary sentence as a whole.
    """

    text: str
    kind: str
    supported: bool
    score: float
    evidence: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Is the summary supported, how likely that is (0..1; 0.5 and more: it is), and each claim."""

    supported: bool
    score: float
    claims: tuple[CheckedClaim, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """One sentence of a summary: its verdict, the indices of its evidence and its traits."""

    text: str
    verdict: Verdict
    evidence: tuple[int, ...]
    traits: dict[str, float]

    @property
    def invented(self) -> bool:
        """True where it states a fact that the article does not hold."""
        return any(claim.kind in FACTS for claim in self.verdict.failures)


def check_text(
    summary: str, article_sentences: Sequence[str], split: Splitter, most: int = 3
) -> Report:
    """Check every sentence of ``summary`` (as ``split`` cuts it) against its best sources.

    A fact that is missing from the ``most`` best sentences may stand in others: these are added
    to the evidence, at a small cost in score. A text that states a fact which the article has
    nowhere is refused; of the others a learned judgement decides.
    """
    lines = examine(summary, article_sentences, split, most)
    chance = judgement().probability([line.traits for line in lines])
    invented = any(line.invented for line in lines)
    score = chance * BAR if invented else chance
    refused = {at for at, line in enumerate(lines) if line.invented}
    if not invented and chance < BAR:
        refused = _least(lines)
    claims = [c for at, line in enumerate(lines) for c in _claims(line, at not in refused)]
    return Report(bool(lines) and not refused, round(score, 4), tuple(claims))


def examine(
    summary: str, article_sentences: Sequence[str], split: Splitter, most: int = 3
) -> list[Examined]:
    """Each sentence of ``summary`` with what the judgement weighs."""
    sentences = tidy_sentences(article_sentences)
    lines = [line for line in split(tidy(summary)) if any(c.isalnum() for c in line)]
    if not lines:
        return []
    aligner, ground = Aligner(sentences), Ground(sentences)
    capitals = Capitals(sentences) if uncased(lines) else None
    found = []
    for line in lines:
        written = capitals.restore(line) if capitals else line
        verdict, where = check_sentence(written, sentences, aligner, most)
        own = traits(written, verdict, [sentences[i] for i in where], ground)
        found.append(Examined(line, verdict, where, own))
    return found


def check_sentence(
    line: str, sentences: Sequence[str], aligner: Aligner, most: int = 3
) -> tuple[Verdict, tuple[int, ...]]:
    """The verdict on one sentence and the indices of its evidence."""
    where = aligner.align(line, most)
    verdict = check(line, [sentences[i] for i in where])
    lost = [c for c in verdict.failures if c.kind in _ELSEWHERE]
    wider = where + _holding(lost, aligner)
    if not lost or set(wider) == set(where):
        return verdict, where
    wider = tuple(sorted(set(wider)))
    again = check(line, [sentences[i] for i in wider])
    if again.score <= verdict.score:
        return verdict, where
    score = again.score * _ELSEWHERE_FACTOR
    return Verdict(again.supported, score, again.claims, again.features), wider


def _holding(lost: Sequence[Claim], aligner: Aligner) -> tuple[int, ...]:
    """Sentences that may hold the facts the evidence lacks."""
    return tuple(i for claim in lost[:4] for i in aligner.align(claim.text, 1))


def _least(lines: Sequence[Examined]) -> set[int]:
    """Which sentences an unlikely text fails by: the unlikely ones, at least the least likely."""
    chances = [judgement().probability([line.traits]) for line in lines]
    return {at for at, chance in enumerate(chances) if chance < BAR or chance == min(chances)}


def _claims(line: Examined, supported: bool) -> list[CheckedClaim]:
    """The sentence as a whole, then what it states."""
    score = round(judgement().probability([line.traits]) * (BAR if line.invented else 1), 4)
    reason = "" if supported else _reason(line)
    return [
        CheckedClaim(line.text, "sentence", supported, score, line.evidence, reason),
        *(
            CheckedClaim(c.text, c.kind, c.supported, score, line.evidence, c.reason)
            for c in line.verdict.claims
        ),
    ]


def _reason(line: Examined) -> str:
    """Why a sentence is refused: the failures of its claims, else what weighs most against it."""
    failures = dict.fromkeys(f"{c.text}: {c.reason}" for c in line.verdict.failures)
    return "; ".join(failures) or judgement().reason(line.traits)
