"""The planner's training records as articles."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from briefing.briefs import Article, Sentence
from briefing.sections import Role
from scripts.train.corpus import read_lines, split_sentences

Params = dict[str, np.ndarray[Any, Any]]
HIGHLIGHTED = ("cnndm", "abp", "xsum", "inshorts")
LABELS = dict(
    zip(
        (
            "Main",
            "Main_Consequence",
            "Cause_Specific",
            "Cause_General",
            "Distant_Historical",
            "Distant_Anecdotal",
            "Distant_Evaluation",
            "Distant_Expectations_Consequences",
            "NA",
        ),
        range(len(Role)),
        strict=True,
    )
)


def labelled_article(record: dict[str, Any]) -> Article:
    """An Article of a discourse record, whose sentences are given."""
    head = [Sentence("title", 0, 0, record["headline"], -2)] if record["headline"] else []
    body = [Sentence("body", 0, 0, s["text"], s["paragraph"]) for s in record["sentences"]]
    return Article(record["headline"], None, "", (*head, *body), "en")


def plain_article(title: str | None, text: str) -> Article:
    """An Article of a title and a plain body, cut into sentences by paragraph."""
    head = [Sentence("title", 0, len(title), title, -2)] if title else []
    paragraphs = [p for p in text.split("\n") if p.strip()]
    body = [
        Sentence("body", 0, 0, line, number)
        for number, paragraph in enumerate(paragraphs)
        for line in split_sentences(paragraph)
    ]
    return Article(title, None, text, (*head, *body), "en")


def highlighted(data: Path, split: str, sources: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Records with editor-written highlights, from sources that start with ``sources``."""
    for record in read_lines(data / "articles" / "articles-0.jsonl.xz"):
        if not record["source"].startswith(sources) or record["split"] != split:
            continue
        if record["highlights"] and record["text"]:
            yield record
