"""What is done with long articles in another process, where it can be stopped."""

from functools import cache
from typing import Any

from briefing.api.schemas import CheckRequest
from briefing.article import Article
from briefing.checker import check_sentences
from briefing.options import Device, Length
from briefing.planning import Plan, Planner
from briefing.reading import sentence_texts
from briefing.sections import Section


def plan_of(article: Article, sections: tuple[Section, ...], length: Length) -> Plan:
    """Return the plan of an article, as a `Briefer` makes it."""
    return _planner().plan(article, length=length, sections=sections)


def report_of(check: CheckRequest, verifier: str, device: Device) -> dict[str, Any]:
    """Return the report of a check as JSON, with the sentences of the article."""
    sentences = sentence_texts(check.text)
    report = check_sentences(check.claim, sentences, verifier, device)
    return {**report.to_dict(), "sentences": sentences}


@cache
def _planner() -> Planner:
    return Planner()
