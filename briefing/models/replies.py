"""The lines in what a chat model answers, whatever it wraps them in.

Asked for lines alone, models answer with lists, Markdown, JSON, a label ("Headline:"), a sentence
that announces the lines, or their thoughts before them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from briefing.language.markdown import paragraphs

MOST_LINES = 24
MOST_WORDS = 120
"""A longer line is prose, not a line of a brief."""
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
_LABEL = re.compile(r"\A(?:headline|title|key points?|summary|context|line)(?: \d+)?\s*:\s*", re.I)
_BULLET = re.compile(r"\A(?:[•·–—*-]|\(?\d{1,2}[.)])\s+")
_PAIRS = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»"}


def lines_of(reply: str, *, whole: bool = True) -> list[str]:
    """The lines of a reply, in order, without markup; at most 24 of at most 120 words.

    A reply that is not ``whole`` was cut off: its last line goes.
    """
    text = _THOUGHT.sub("", reply)
    if fenced := _FENCE.match(text):
        text = fenced[1]
    lines = _of_json(text)
    if lines is None:
        lines = [line for told in paragraphs(text) for line in told.split("\n")]
    if not whole:
        lines = lines[:-1]
    plain = (_plain(line) for line in lines)
    kept = [line for line in plain if line and len(line.split()) <= MOST_WORDS]
    return list(dict.fromkeys(kept))[:MOST_LINES]


def _of_json(text: str) -> list[str] | None:
    """The strings in a JSON reply, in order; None where it is none."""
    text = text.strip()
    if text[:1] not in ("[", "{", '"'):
        return None
    try:
        return list(_strings(json.loads(text)))
    except (ValueError, RecursionError):
        return None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)


def _plain(line: str) -> str:
    """Without bullet, label and the quotation marks around it; empty where it announces others."""
    line = _LABEL.sub("", _BULLET.sub("", " ".join(line.split())))
    if len(line) > 2 and _PAIRS.get(line[0]) == line[-1] and line[-1] not in line[1:-1]:
        line = line[1:-1].strip()
    return "" if line.endswith(":") or not any(c.isalpha() for c in line) else line
