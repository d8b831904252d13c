"""Check a whole text against an article, claim by claim, for the command line and the service."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from briefing.check.facts import Finding
from briefing.check.judge import SUPPORTED, Judge, Judgement
from briefing.check.tidy import Capitals, tidy, tidy_sentences, uncased
from briefing.check.verifier import Verifier

Splitter = Callable[[str], Sequence[str]]
_UNSAID = {
    "supported": "",
    "refuted": "the article says otherwise, or says it of something else",
    "not found": "the article does not say this",
}


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """One claim of a summary and the article sentences it was checked against.

    ``kind`` is that of a fact, or ``sentence`` for a summary sentence as a whole. ``finding`` is
    "supported", "refuted" or "not found".
    """

    text: str
    kind: str
    supported: bool
    score: float
    evidence: tuple[int, ...]
    reason: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Report:
    """Is the summary supported, how likely that is (0..1; 0.5 and more: it is), and each claim."""

    supported: bool
    score: float
    claims: tuple[CheckedClaim, ...]


def check_text(
    summary: str,
    article_sentences: Sequence[str],
    split: Splitter,
    verifier: Verifier | None = None,
    language: str = "en",
) -> Report:
    """Check every sentence of ``summary`` (as ``split`` cuts it) against the article.

    A text is supported where each of its sentences is; its score is the least of theirs.
    """
    sentences = tidy_sentences(article_sentences)
    lines = [line for line in split(tidy(summary)) if any(c.isalnum() for c in line)]
    capitals = Capitals(sentences) if lines and uncased(lines) else None
    written = [capitals.restore(line) if capitals else line for line in lines]
    found = Judge(sentences, verifier, "\n".join(sentences), language).of(written)
    score = min((one.chance for one in found), default=0.0)
    supported = bool(found) and all(one.supported for one in found)
    if not supported:
        score = min(score, math.nextafter(SUPPORTED, 0))
    pairs = zip(lines, found, strict=True)
    claims = tuple(claim for line, one in pairs for claim in _claims(line, one))
    return Report(supported, round(score, 4), claims)


def _claims(line: str, found: Judgement) -> list[CheckedClaim]:
    """The sentence as a whole, then what it states."""
    score = round(found.chance, 4)
    failures = dict.fromkeys(f"{c.text}: {c.reason}" for c in found.claims if not c.supported)
    reason = "" if found.supported else "; ".join(failures) or _UNSAID[found.finding]
    stated = [
        ("sentence", line, found.finding, reason),
        *((claim.kind, claim.text, claim.finding, claim.reason) for claim in found.claims),
    ]
    return [
        CheckedClaim(text, kind, finding == "supported", score, found.evidence, why, finding)
        for kind, text, finding, why in stated
    ]
