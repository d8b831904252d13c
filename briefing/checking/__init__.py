"""Line checks: sentence form, licensed deletions, facts, and support by the article."""

from briefing.checking.cuts import Licence, licence
from briefing.checking.facts import Claim, facts, is_whole
from briefing.checking.form import form_problems
from briefing.checking.judge import Judge, Judgement
from briefing.checking.report import CheckedClaim, Report, check_text
from briefing.checking.title import (
    adds_nothing,
    borne_out,
    plain_title,
    published_title,
    repeats,
    title_rank,
)
from briefing.checking.verifier import Verifier, bundled_verifier

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
    "form_problems",
    "is_whole",
    "licence",
    "plain_title",
    "published_title",
    "repeats",
    "title_rank",
]
