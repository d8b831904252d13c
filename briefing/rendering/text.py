"""Render briefs and articles as plain text and CommonMark, and extract the claims of a summary.

Lines of plain text are wrapped by terminal columns: East Asian characters take two, combining ones
none. Markdown has the article's text escaped. An article is rendered as it was read: title,
standfirst and paragraphs, without anything else.

A summary may be a rendered brief (text, Markdown, JSON); its citations, labels, sources and
warnings are not claims.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from briefing.article import Article
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
    web_url,
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


_INLINE = re.compile(r"[\\`*_\[\]<>|~#]|&(?=#?\w+;)")
_LEADING = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+=]))")


def to_markdown(brief: Brief) -> str:
    """Return ``brief`` as Markdown, ending in a newline.

    ``[3]`` after a line cites a sentence quoted under "Sources", by its index in JSON.
    """
    parts = [part for block in blocks(brief) for part in _markdown_block(block)]
    parts += _markdown_sources(brief)
    if notes := warnings(brief):
        parts += ["## Warnings", _markdown_listed([escape(note) for note in notes])]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """Return ``text`` on one line, escaped so that Markdown shows it literally."""
    return _LEADING.sub(r"\1\\", _INLINE.sub(r"\\\g<0>", inert(text)))


def _markdown_block(block: Block) -> list[str]:
    if block.section is Section.HEADLINE:
        return [f"# {_markdown_line(block.lines[0])}" if block.lines else block.empty]
    if not block.lines:
        return [f"## {block.title}", block.empty]
    return [
        f"## {block.title}",
        _markdown_listed([_markdown_labelled(line, block.section) for line in block.lines]),
    ]


def _markdown_listed(items: list[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _markdown_labelled(line: Line, section: Section) -> str:
    role = ROLE_WORDS[line.role] if section is Section.CONTEXT else ""
    return f"**{role.capitalize()}:** {_markdown_line(line)}" if role else _markdown_line(line)


def _markdown_line(line: Line) -> str:
    mark = " *(extracted)*" if line.origin == "extracted" else ""
    return f"{escape(line.text)} {marker(line)}{mark}"


def _markdown_sources(brief: Brief) -> list[str]:
    quotes = "\n>\n".join(_markdown_source(brief, index) for index in cited(brief))
    parts = [part for part in (_markdown_article(brief), quotes) if part]
    return ["## Sources", *parts] if parts else []


def _markdown_source(brief: Brief, index: int) -> str:
    sentence = brief.article.sentences[index]
    label = f"{part}: " if (part := PARTS[sentence.part]) else ""
    return f"> [{index}] {label}{escape(sentence.text)}"


def _markdown_article(brief: Brief) -> str:
    article = brief.article
    link = f"<{url}>" if (url := web_url(article.url)) else escape(article.url or "")
    known = [escape(article.title or ""), escape(article.published or ""), link]
    return ", ".join(part for part in known if part)


def article_paragraphs(article: Article) -> list[str]:
    """Return the paragraphs of the body as clean sentences, each on one line."""
    sentences = (each for each in article.sentences if each.part == "body")
    grouped = groupby(sentences, key=lambda sentence: sentence.paragraph)
    return [" ".join(each.text for each in group) for _, group in grouped]


def article_text(article: Article) -> str:
    """Return the article as plain text, which reads back as the same article."""
    head = [inert(part) for part in (article.title, article.subtitle) if part]
    parts = ["\n".join(head)] if head else []
    return "\n\n".join([*parts, *map(inert, article_paragraphs(article))]) + "\n"


def article_markdown(article: Article) -> str:
    """Return the article as Markdown, its text escaped; the standfirst is emphasised."""
    parts = [f"# {escape(article.title)}"] if article.title else []
    parts += [f"*{escape(article.subtitle)}*"] if article.subtitle else []
    return "\n\n".join([*parts, *map(escape, article_paragraphs(article))]) + "\n"


def article_document(article: Article) -> dict[str, Any]:
    """Return the article as an object for JSON, as a line of a batch has it."""
    return {
        "title": article.title,
        "subtitle": article.subtitle,
        "published": article.published,
        "language": article.language,
        "url": article.url,
        "words": article.words,
        "warnings": list(article.warnings),
        "text": "\n\n".join(article_paragraphs(article)),
    }
