"""Check: does the evidence hold what a line states? The best line that passes, else the source."""

from briefing.check.align import Aligner
from briefing.check.choose import Candidate, Choice, choose, repeats
from briefing.check.claims import CheckedClaim, Report, check_text
from briefing.check.compress import compress
from briefing.check.coverage import Coverage, coverage
from briefing.check.evidence import evidence
from briefing.check.facts import Fact, extract_facts
from briefing.check.form import problems
from briefing.check.grammar import naturalness
from briefing.check.headline import clip, plain_title, shortenings
from briefing.check.support import Claim, Verdict, check, is_whole

__all__ = [
    "Aligner",
    "Candidate",
    "CheckedClaim",
    "Choice",
    "Claim",
    "Coverage",
    "Fact",
    "Report",
    "Verdict",
    "check",
    "check_text",
    "choose",
    "clip",
    "compress",
    "coverage",
    "evidence",
    "extract_facts",
    "is_whole",
    "naturalness",
    "plain_title",
    "problems",
    "repeats",
    "shortenings",
]
