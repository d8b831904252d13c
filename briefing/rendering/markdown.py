"""Render briefs as CommonMark, with article text escaped."""

import re

from briefing.briefs import Brief, Line
from briefing.rendering.layout import (
    PARTS,
    ROLE_WORDS,
    Block,
    blocks,
    cited,
    inert,
    marker,
    warnings,
    web_url,
)
from briefing.sections import Section

_INLINE = re.compile(r"[\\`*_\[\]<>|~#]|&(?=#?\w+;)")
_LEADING = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+=]))")


def to_markdown(brief: Brief) -> str:
    """Return ``brief`` as Markdown, ending in a newline.

    ``[3]`` after a line cites a sentence quoted under "Sources", by its index in JSON.
    """
    parts = [part for block in blocks(brief) for part in _block(block)]
    parts += _sources(brief)
    if notes := warnings(brief):
        parts += ["## Warnings", _listed([escape(note) for note in notes])]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Return ``text`` on one line, escaped so that Markdown shows it literally."""
    return _LEADING.sub(r"\1\\", _INLINE.sub(r"\\\g<0>", inert(text)))


def _block(block: Block) -> list[str]:
    if block.section is Section.HEADLINE:
        return [f"# {_line(block.lines[0])}" if block.lines else block.empty]
    if not block.lines:
        return [f"## {block.title}", block.empty]
    return [f"## {block.title}", _listed([_labelled(line, block.section) for line in block.lines])]


def _listed(items: list[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _labelled(line: Line, section: Section) -> str:
    role = ROLE_WORDS[line.role] if section is Section.CONTEXT else ""
    return f"**{role.capitalize()}:** {_line(line)}" if role else _line(line)


def _line(line: Line) -> str:
    mark = " *(extracted)*" if line.origin == "extracted" else ""
    return f"{escape(line.text)} {marker(line)}{mark}"


def _sources(brief: Brief) -> list[str]:
    quotes = "\n>\n".join(_source(brief, index) for index in cited(brief))
    parts = [part for part in (_article(brief), quotes) if part]
    return ["## Sources", *parts] if parts else []


def _source(brief: Brief, index: int) -> str:
    sentence = brief.article.sentences[index]
    label = f"{part}: " if (part := PARTS[sentence.part]) else ""
    return f"> [{index}] {label}{escape(sentence.text)}"


def _article(brief: Brief) -> str:
    article = brief.article
    link = f"<{url}>" if (url := web_url(article.url)) else escape(article.url or "")
    known = [escape(article.title or ""), escape(article.published or ""), link]
    return ", ".join(part for part in known if part)
