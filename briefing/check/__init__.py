"""Check: is a line a sentence, may these words go, does the article say so, does it stand alone?"""

from briefing.check.align import Aligner
from briefing.check.claims import CheckedClaim, Report, check_text
from briefing.check.cuts import Licence, licence
from briefing.check.form import problems
from briefing.check.repetition import adds_nothing, repeats
from briefing.check.support import Claim, Verdict, check, is_whole
from briefing.check.title import borne_out, plain_title

__all__ = [
    "Aligner",
    "CheckedClaim",
    "Claim",
    "Licence",
    "Report",
    "Verdict",
    "adds_nothing",
    "borne_out",
    "check",
    "check_text",
    "is_whole",
    "licence",
    "plain_title",
    "problems",
    "repeats",
]
