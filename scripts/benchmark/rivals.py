"""What others take for an article: sumy's extraction, and txtai's summary by the same weights.

sumy chooses sentences and writes none; txtai's ``Summary`` gives the model the whole article, as
much as fits, for one summary. Neither names its sources or checks itself.
"""

import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TypeVar

from briefing.briefs import Article
from scripts.evaluation.baselines import extract
from scripts.evaluation.systems import body_of

Given = TypeVar("Given")
SUMMARY_TOKENS = 60


def sumy(method: str, articles: Sequence[Article]) -> float:
    """Seconds an article to choose three sentences; splitting into sentences is not counted."""
    bodies = [body_of(article) for article in articles]
    return _each(bodies, lambda body: extract(method, body))


def txtai(folder: str, articles: Sequence[Article]) -> float | None:
    """Seconds an article, one after the other as it takes them; None where it is not installed."""
    if find_spec("txtai") is None:
        return None
    from txtai.pipeline import Summary

    summary = Summary(folder)
    texts = [" ".join(body_of(article)) for article in articles]
    return _each(texts, lambda text: summary(text, minlength=5, maxlength=SUMMARY_TOKENS))


def _each(given: Sequence[Given], work: Callable[[Given], object]) -> float:
    work(given[0])
    began = time.perf_counter()
    for one in given:
        work(one)
    return (time.perf_counter() - began) / len(given)
