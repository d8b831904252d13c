"""Line checks: sentence form, licensed deletions, facts, and support by the article."""

from briefing.checking.cuts import licence
from briefing.checking.facts import facts
from briefing.checking.form import form_problems
from briefing.checking.judge import Judge, Judgement, Verifier, bundled_verifier
from briefing.checking.report import check_text
from briefing.checking.title import (
    adds_nothing,
    borne_out,
    in_capitals,
    plain_title,
    published_title,
    repeats,
    title_odds,
    title_rank,
)

__all__ = [
    "Judge",
    "Judgement",
    "Verifier",
    "adds_nothing",
    "borne_out",
    "bundled_verifier",
    "check_text",
    "facts",
    "form_problems",
    "in_capitals",
    "licence",
    "plain_title",
    "published_title",
    "repeats",
    "title_odds",
    "title_rank",
]
