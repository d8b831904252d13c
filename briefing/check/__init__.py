"""Check: is a line a sentence, may these words go, does the article say so, does it stand alone?"""

from briefing.check.cuts import Licence, licence
from briefing.check.facts import Claim, facts, is_whole
from briefing.check.form import problems
from briefing.check.judge import Judge, Judgement
from briefing.check.repetition import adds_nothing, repeats
from briefing.check.report import CheckedClaim, Report, check_text
from briefing.check.title import borne_out, plain_title
from briefing.check.verifier import Verifier, bundled_verifier

__all__ = [
    "CheckedClaim",
    "Claim",
    "Judge",
    "Judgement",
    "Licence",
    "Report",
    "Verifier",
    "adds_nothing",
    "borne_out",
    "bundled_verifier",
    "check_text",
    "facts",
    "is_whole",
    "licence",
    "plain_title",
    "problems",
    "repeats",
]
