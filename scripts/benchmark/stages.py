"""Where the time of a brief goes: reading, planning, writing, checking, rendering."""

import json
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from briefing.batch import article_of
from briefing.briefer import Briefer
from briefing.briefs import Article
from briefing.rendering import to_document

Given, Made = TypeVar("Given"), TypeVar("Made")


def stages(briefer: Briefer, rows: Sequence[dict[str, str]]) -> dict[str, float]:
    """Milliseconds of processor an article for each stage, one stage after the other."""
    writer = briefer.writer
    if writer is None:
        raise SystemExit("an extractive briefer has nothing to write with")
    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[[Given], Made], given: Sequence[Given]) -> list[Made]:
        began = time.process_time()
        made = [work(one) for one in given]
        spent[name] = 1000 * (time.process_time() - began) / len(rows)
        return made

    briefer.warm()
    articles: list[Article] = timed("reading", article_of, rows)
    drafts = timed("planning", briefer.draft, articles)
    began = time.process_time()
    written = writer.write([request for made in drafts for request in made.requests])
    spent["writing"] = 1000 * (time.process_time() - began) / len(rows)
    lines = iter(written)
    pairs = [(made, [next(lines) for _ in made.requests]) for made in drafts]
    briefs = timed("checking", lambda pair: briefer.finish(*pair), pairs)
    timed("JSON", lambda brief: json.dumps(to_document(brief)), briefs)
    return spent


def batch_seconds(briefer: Briefer, articles: Sequence[Article]) -> float:
    """Seconds to brief all articles with a warm model."""
    briefer.warm()
    began = time.perf_counter()
    for result in briefer.brief_many(articles):
        if isinstance(result, Exception):
            raise result
    return time.perf_counter() - began
