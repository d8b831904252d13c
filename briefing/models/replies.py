"""The lines in the reply of a chat model.

Asked for plain lines, models answer with lists, Markdown, JSON, a label ("Headline:"), an
introductory sentence, or reasoning before the lines; `lines_of` extracts the lines from all of
these.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from briefing.language.tokens import plain_blocks

MOST_LINES = 24
MOST_WORDS = 120
"""Longer lines are prose, not lines of a brief."""
LONGEST_REPLY = 20_000
"""Characters of a reply that are parsed, several times what the lines can have: the time that
Markdown takes grows with the square of some texts (10 s for 400 kB of ``*a_``)."""
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
_BLOCK = re.compile(r"^[ \t]*```\w*[ \t]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)
_JSON_START = re.compile(r"^[ \t]*(?=[\[{])", re.MULTILINE)
_BOLD_LABEL = re.compile(
    r"^([ \t]*(?:(?:[•·–—*+-]|\(?\d{1,2}[.)])[ \t]+)?)"
    r"(\*\*|__)(?:[^*_:\n]{1,60}:\2|[^*_:\n]{1,60}\2[ \t]?:)[ \t]*(?=\S)",
    re.MULTILINE,
)
"""A bold label with a colon ("**The vote:**") before the text of a line."""
_LABEL = re.compile(r"\A(?:headline|title|key points?|summary|context|line)(?: \d+)?\s*:\s*", re.I)
_BULLET = re.compile(r"\A(?:[•·–—*-]|\(?\d{1,2}[.)])\s+")
_PAIRS = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»"}


def lines_of(reply: str, *, whole: bool = True) -> list[str]:
    """Return the lines of a reply, in order, without markup; at most 24 of at most 120 words.

    The last line of a reply that is not ``whole`` (cut off) is dropped.
    """
    text = _after_thought(reply)
    whole = whole and len(text) <= LONGEST_REPLY
    text = text[:LONGEST_REPLY]
    lines = _of_json(text)
    if lines is None:
        if fenced := _FENCE.match(text):
            text = fenced[1]
        unlabelled = _BOLD_LABEL.sub(r"\1", text)
        lines = [line for block in plain_blocks(unlabelled) for line in block.split("\n")]
    if not whole:
        lines = lines[:-1]
    plain = (_plain(line) for line in lines)
    kept = [line for line in plain if line and len(line.split()) <= MOST_WORDS]
    return list(dict.fromkeys(kept))[:MOST_LINES]


def content_text(content: Any) -> str:
    """Return the text of a message's content: a text, its parts, each on a line, or nothing.

    Raises:
        TypeError: it is something else.
    """
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, dict):
        text = content.get("text")
        return text if isinstance(text, str) else ""
    if not isinstance(content, list):
        raise TypeError(f"content is {type(content).__name__}")
    return "\n".join(filter(None, map(content_text, content)))


def is_thinking(reply: str) -> bool:
    """Whether a reply ends within its reasoning."""
    return _THOUGHT_END.search(reply) is None and bool(_THOUGHT.search(reply))


def _after_thought(reply: str) -> str:
    """Leave out reasoning, also where its opening tag stands in the prompt, not in the reply."""
    return _THOUGHT_END.split(_THOUGHT.sub("", reply))[-1]


def _of_json(text: str) -> list[str] | None:
    """The strings in a JSON reply, in order; None if the reply is not JSON.

    The JSON is the whole reply, in a fenced block, or between words that do not matter; it may be
    one value a line.
    """
    for block in _BLOCK.finditer(text):
        if found := _values(block[1].strip()):
            return found
    stripped = text.strip()
    if stripped.startswith(('"', "[", "{")) and (found := _values(stripped)) is not None:
        return found
    if (start := _JSON_START.search(text)) and (found := _values(text[start.end() :], loose=True)):
        return found
    return None


def _values(text: str, *, loose: bool = False) -> list[str] | None:
    """The strings of the JSON values that make up a text; ``loose``: that it begins with.

    An empty string stands for what comes after these.
    """
    decoder, at = json.JSONDecoder(), 0
    found: list[str] = []
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return [*found, ""] if loose and found else None
        found += _strings(value)
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _plain(line: str) -> str:
    """Strip bullet, label and enclosing quotation marks; empty for an introductory line."""
    line = " ".join(_BOLD_LABEL.sub(r"\1", line).split())
    line = _LABEL.sub("", _BULLET.sub("", line))
    if len(line) > 2 and _PAIRS.get(line[0]) == line[-1] and line[-1] not in line[1:-1]:
        line = line[1:-1].strip()
    return "" if line.endswith(":") or not any(c.isalpha() for c in line) else line
