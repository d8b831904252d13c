"""Render briefs as plain text, and extract the claims of a summary.

Lines are wrapped by terminal columns: East Asian characters take two, combining ones none. A
summary may be a rendered brief (text, Markdown, JSON); its citations, labels, sources and warnings
are not claims.
"""

import json
import re
import unicodedata
from collections.abc import Iterator

from briefing.briefs import Brief, Line
from briefing.language.markdown import paragraphs
from briefing.rendering.layout import (
    PARTS,
    ROLE_WORDS,
    Block,
    blocks,
    cited,
    inert,
    marker,
    warnings,
)
from briefing.sections import SECTIONS, Section


def wrap(text: str, width: int, first: str = "", rest: str = "") -> str:
    """Wrap ``text`` to at most ``width`` columns.

    ``first`` is the prefix of the first line and ``rest`` that of the others; both count. A word
    longer than a line is broken.
    """
    room = width - max(display_width(first), display_width(rest))
    lines = [""]
    for word in _words(text, room):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if display_width(joined) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    return "\n".join(f"{rest if number else first}{line}" for number, line in enumerate(lines))


def display_width(text: str) -> int:
    """Return the number of terminal columns of ``text``."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _words(text: str, room: int) -> Iterator[str]:
    """Yield the words of ``text``, broken at ``room`` columns."""
    for word in text.split(" "):
        start = used = 0
        for place, character in enumerate(word):
            size = _columns(character)
            if used + size > room and place > start:
                yield word[start:place]
                start, used = place, 0
            used += size
        yield word[start:]


MIN_WIDTH = 20


def to_text(brief: Brief, *, width: int = 80, sources: bool = False) -> str:
    """Return ``brief`` as plain text, ending in a newline.

    ``[3]`` after a line cites its source sentence by its index in JSON, counted from 0 with the
    title's sentences first; "(extracted)" marks a source sentence, whole or shortened. Lines have
    at most ``width`` columns (at least 20). With ``sources``, the cited sentences follow.
    """
    width = max(width, MIN_WIDTH)
    parts = [_block(block, width) for block in blocks(brief)]
    if sources:
        parts += _sources(brief, width)
    if notes := warnings(brief):
        parts.append(_listed("Warnings", notes, width))
    return "\n\n".join(parts) + "\n"


def _block(block: Block, width: int) -> str:
    if block.section is Section.HEADLINE:
        return wrap(_line(block.lines[0]) if block.lines else block.empty, width)
    if not block.lines:
        return f"{block.title}\n{wrap(block.empty, width)}"
    return _listed(block.title, [_labelled(line, block.section) for line in block.lines], width)


def _listed(title: str, items: list[str], width: int) -> str:
    return "\n".join([title, *(wrap(item, width, "• ", "  ") for item in items)])


def _labelled(line: Line, section: Section) -> str:
    role = ROLE_WORDS[line.role] if section is Section.CONTEXT else ""
    return f"{role.capitalize()}: {_line(line)}" if role else _line(line)


def _line(line: Line) -> str:
    mark = " (extracted)" if line.origin == "extracted" else ""
    return f"{inert(line.text)} {marker(line)}{mark}"


def _sources(brief: Brief, width: int) -> list[str]:
    indices = cited(brief)
    if not indices:
        return []
    indent = len(str(indices[-1])) + 3
    return ["\n".join(["Sources", *(_source(brief, index, indent, width) for index in indices)])]


def _source(brief: Brief, index: int, indent: int, width: int) -> str:
    sentence = brief.article.sentences[index]
    label = f"{part}: " if (part := PARTS[sentence.part]) else ""
    return wrap(label + inert(sentence.text), width, f"[{index}]".ljust(indent), " " * indent)


_CITED = re.compile(r"\s*\[\d+(?:, ?\d+)*\](?: \(extracted\))?")
_HEADINGS = frozenset(spec.title for spec in SECTIONS.values())
_EMPTY = frozenset(spec.empty for spec in SECTIONS.values())
_LABELS = tuple(f"{role.capitalize()}: " for role in ROLE_WORDS.values() if role)
_AFTER = ("Sources", "Warnings")
"""Headings after the lines of a brief."""


def summary_text(summary: str) -> str:
    """Return the lines of ``summary`` as paragraphs, without headings, labels and citations."""
    lines = _of_brief(summary)
    if lines is None:
        lines = list(_of_text(summary))
    return "\n\n".join(line for line in map(_bare, lines) if line)


def _of_brief(summary: str) -> list[str] | None:
    """Return the lines of a brief in JSON; None if ``summary`` is not one."""
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
    """Yield the lines of plain text or Markdown, up to the sources of a brief."""
    for paragraph in paragraphs(text):
        heading, _, rest = paragraph.partition("\n")
        if heading in _AFTER:
            return
        yield rest if heading in _HEADINGS else paragraph


def _bare(line: str) -> str:
    """Strip citations and labels from a line; "" for the placeholder of an empty section."""
    bare = " ".join(_CITED.sub("", line).split())
    for label in _LABELS:
        bare = bare.removeprefix(label)
    return "" if bare in _EMPTY else bare
