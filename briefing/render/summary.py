"""The lines of a summary that somebody wants checked: without markup, and without our own marks.

A brief of ours comes back in any form that it was given out in: text, Markdown or JSON, with its
citations, labels, sources and warnings.
"""

import json
import re
from collections.abc import Iterator

from briefing.language.markdown import paragraphs
from briefing.render.layout import EMPTY, ROLES, TITLES

_CITED = re.compile(r"\s*\[\d+(?:, ?\d+)*\](?: \(extracted\))?")
_LABELS = tuple(f"{role.capitalize()}: " for role in ROLES.values() if role)
_AFTER = ("Sources", "Warnings")
"""What follows the lines of a brief."""


def summary_text(summary: str) -> str:
    """The sentences of ``summary``, a paragraph a line; what it says, not how it is set."""
    lines = _of_brief(summary)
    if lines is None:
        lines = list(_of_text(summary))
    return "\n\n".join(line for line in map(_bare, lines) if line)


def _of_brief(summary: str) -> list[str] | None:
    """The lines of a brief as JSON; None where it is none."""
    if not summary.lstrip().startswith("{"):
        return None
    try:
        document = json.loads(summary)
        if not str(document.get("schema", "")).startswith("briefing.brief/"):
            return None
        headline = [document["headline"]] if document.get("headline") else []
        lines = [*headline, *document.get("key_points", ()), *document.get("context", ())]
        return [str(line["text"]) for line in lines]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _of_text(text: str) -> Iterator[str]:
    """The lines of a text or of Markdown, up to the sources of a brief."""
    for told in paragraphs(text):
        heading, _, rest = told.partition("\n")
        if heading in _AFTER:
            return
        yield rest if heading in TITLES.values() else told


def _bare(line: str) -> str:
    """A line without citation and label; empty where it is a heading of ours."""
    bare = " ".join(_CITED.sub("", line).split())
    for label in _LABELS:
        bare = bare.removeprefix(label)
    return "" if bare in EMPTY.values() else bare
