"""Check a whole text against an article, claim by claim, for the command line and the service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from briefing.check.align import Aligner
from briefing.check.support import Claim, Verdict, check

Splitter = Callable[[str], Sequence[str]]
_ELSEWHERE = frozenset({"name", "number", "date", "quotation", "word"})
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
    """Is the summary supported, how well (the mean of its sentences, 0..1), and each claim."""

    supported: bool
    score: float
    claims: tuple[CheckedClaim, ...]


def check_text(
    summary: str, article_sentences: Sequence[str], split: Splitter, most: int = 3
) -> Report:
    """Check every sentence of ``summary`` (as ``split`` cuts it) against its best sources.

    A fact that is missing from the ``most`` best sentences may stand in others: these are added
    to the evidence, at a small cost in score.
    """
    aligner = Aligner(article_sentences)
    claims: list[CheckedClaim] = []
    scores: list[float] = []
    for line in split(summary):
        if not line.strip():
            continue
        verdict, where = check_sentence(line, article_sentences, aligner, most)
        scores.append(verdict.score)
        claims.append(_whole(line, verdict, where))
        claims += [
            CheckedClaim(c.text, c.kind, c.supported, verdict.score, where, c.reason)
            for c in verdict.claims
        ]
    supported = bool(scores) and all(c.supported for c in claims if c.kind == "sentence")
    score = (0.5 * min(scores) + 0.5 * sum(scores) / len(scores)) if scores else 0.0
    return Report(supported, round(score, 4), tuple(claims))


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


def _whole(line: str, verdict: Verdict, where: tuple[int, ...]) -> CheckedClaim:
    reasons = "; ".join(dict.fromkeys(f"{c.text}: {c.reason}" for c in verdict.failures))
    reason = reasons or ("" if verdict.supported else "too little of it stands in the article")
    return CheckedClaim(line, "sentence", verdict.supported, verdict.score, where, reason)
