"""Do the context lines of real briefs stand on context? Judged on news with labelled sentences."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from briefing.briefer import Briefer
from briefing.briefs import Article, Brief, Line
from briefing.errors import BriefingError
from briefing.reading import article_from_text
from scripts.evaluation.words import content
from scripts.train.corpus import read_lines

CONTEXT_LABELS = frozenset(
    {"Cause_Specific", "Cause_General", "Distant_Historical", "Distant_Expectations_Consequences"}
)
_FILE = "discourse_validation.jsonl.xz"


def measure(data: Path, briefer: Briefer) -> dict[str, Any]:
    """Share of context lines whose best evidence sentence is labelled as context, in per cent.

    The articles are briefed as plain text with their headline for a title, as a user would.
    """
    records = list(read_lines(data / _FILE))
    briefs = briefer.brief_many(_article(record) for record in records)
    labels: Counter[str] = Counter()
    for record, brief in zip(records, briefs, strict=True):
        if isinstance(brief, Brief):
            labels.update(_labels(brief, record["sentences"]))
    lines = sum(labels.values())
    good = sum(count for label, count in labels.items() if label in CONTEXT_LABELS)
    return {
        "articles": len(records),
        "lines": lines,
        "context_role": 100 * good / lines if lines else 0.0,
        "by_label": dict(labels.most_common()),
    }


def _article(record: dict[str, Any]) -> Article | BriefingError:
    paragraphs: dict[int, list[str]] = {}
    for sentence in record["sentences"]:
        paragraphs.setdefault(sentence["paragraph"], []).append(sentence["text"])
    text = "\n\n".join(" ".join(sentences) for sentences in paragraphs.values())
    try:
        return article_from_text(text, title=record["headline"])
    except BriefingError as error:
        return error


def _labels(brief: Brief, labelled: Sequence[dict[str, Any]]) -> Iterable[str]:
    for line in brief.context:
        sentence = labelled_as(best_evidence(line, brief.article), labelled)
        yield sentence["role"]


def best_evidence(line: Line, article: Article) -> str:
    """The evidence sentence that shares most content words with the line."""
    wanted = content(line.text)
    return max(article.texts(line.evidence), key=lambda text: len(wanted & content(text)))


def labelled_as(text: str, labelled: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The labelled sentence that is ``text`` or, split otherwise, holds most of its words."""
    wanted = content(text)
    return max(labelled, key=lambda s: _overlap(wanted, content(s["text"])))


def _overlap(one: frozenset[str], other: frozenset[str]) -> tuple[int, float]:
    shared = len(one & other)
    return shared, shared / max(1, len(one | other))
