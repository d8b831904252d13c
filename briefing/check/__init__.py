"""Check: does the evidence hold what a line states? The best line that passes, else the source."""

from briefing.check.align import Aligner
from briefing.check.choose import Candidate, Choice, choose, repeats
from briefing.check.claims import CheckedClaim, Report, check_text
from briefing.check.compress import compress
from briefing.check.facts import Fact, extract_facts
from briefing.check.form import problems
from briefing.check.headline import clip, plain_title, shorten
from briefing.check.support import Claim, Verdict, check, is_whole

__all__ = [
    "Aligner",
    "Candidate",
    "CheckedClaim",
    "Choice",
    "Claim",
    "Fact",
    "Report",
    "Verdict",
    "check",
    "check_text",
    "choose",
    "clip",
    "compress",
    "extract_facts",
    "is_whole",
    "plain_title",
    "problems",
    "repeats",
    "shorten",
]
