"""Render briefs and articles as plain text and CommonMark, and extract the claims of a summary.

Lines of plain text are wrapped by terminal columns: East Asian characters take two, combining ones
none. Markdown has the article's text escaped. An article is rendered as it was read: title,
standfirst and paragraphs, without anything else.

A summary may be a rendered brief (text, Markdown, JSON); its citations, labels, sources and
warnings are not claims.

What these and HTML share is here too: sections, citations, labels, sanitised text.
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from briefing.briefs import Article, Brief, Line, Origin, Part
from briefing.language.tokens import plain_blocks
from briefing.sections import LISTS, SECTIONS, Role, Section

ROLE_WORDS = {
    Role.MAIN_EVENT: "what happened",
    Role.CONSEQUENCE: "what followed",
    Role.PREVIOUS_EVENT: "what led here",
    Role.CURRENT_CONTEXT: "the situation",
    Role.HISTORICAL_EVENT: "the history",
    Role.ANECDOTAL_EVENT: "one case",
    Role.EVALUATION: "opinion",
    Role.EXPECTATION: "what is expected next",
    Role.NONE: "",
}
"""Labels of discourse roles."""

ORIGINS: dict[Origin, str] = {
    "generated": "written by the model",
    "extracted": "taken from the article",
}
"""Labels of origins."""

PARTS: dict[Part, str] = {"title": "Title", "subtitle": "Standfirst", "body": ""}
"""Labels of source sentences outside the body."""

_SPACE = re.compile("[ \\t-\\r\\x1c-\\x1f\\x85\\u2028\\u2029]+")
_UNSAFE = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f"  # control characters: terminal escapes among them
    "\\u202a-\\u202e\\u2066-\\u206f"  # bidi embeddings, overrides, isolates; deprecated controls
    "\\ufdd0-\\ufdef\\ufff9-\\ufffb\\ufeff\\ufffe\\uffff]"  # annotations, BOM, noncharacters
)
_SURROGATE = re.compile("[\\ud800-\\udfff]")
_WEB_URL = re.compile(r"https?://[^\s<>\"'`\\^{|}]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """A section to render, with its lines."""

    section: Section
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        """The section's heading."""
        return SECTIONS[self.section].title

    @property
    def empty(self) -> str:
        """The text shown if the section has no line."""
        return SECTIONS[self.section].empty

    def name(self, place: int) -> str:
        """Return the name of the line at ``place``, such as "headline" or "key point 2"."""
        number = "" if self.section is Section.HEADLINE else f" {place + 1}"
        return SECTIONS[self.section].line + number


def blocks(brief: Brief) -> tuple[Block, ...]:
    """Return the sections that were requested or have lines, in display order."""
    shown = [section for section in Section if section in brief.sections or brief.of(section)]
    return tuple(Block(section, brief.of(section)) for section in shown)


def cited(brief: Brief) -> list[int]:
    """Return the indices of all evidence sentences, ascending."""
    return sorted(
        {index for block in blocks(brief) for line in block.lines for index in line.evidence}
    )


def warnings(brief: Brief) -> list[str]:
    """Return the brief's warnings, except those shown as the text of an empty section."""
    shown = {block.empty for block in blocks(brief) if not block.lines}
    return [inert(warning) for warning in brief.warnings if warning not in shown]


def marker(line: Line) -> str:
    """Return a citation such as ``[0,3]``: indices into ``article.sentences``, as in JSON."""
    return f"[{','.join(map(str, line.evidence))}]"


def percent(support: float) -> str:
    """Format a support of 0..1 as a percentage, rounded down: only full support is 100%."""
    return f"{math.floor(round(support, 4) * 100 + 1e-6)}%"


def inert(text: str) -> str:
    """Return ``text`` sanitised, on one line.

    Control characters and bidi overrides are removed, so that the text cannot affect its
    surroundings; lone surrogates become U+FFFD, so that the result can be encoded.
    """
    flat = _UNSAFE.sub("", _SPACE.sub(" ", text))
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", flat).strip()


def web_url(url: str | None) -> str | None:
    """Return ``url`` if it is safe to link to (http or https, no unsafe characters), else None."""
    if url and inert(url) == url and _WEB_URL.fullmatch(url):
        return url
    return None


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
    role = ROLE_WORDS[line.role] if SECTIONS[section].labelled else ""
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


_CITED = re.compile(r"\s*\[\d+(?:, ?\d+)*\](?:\s+\*?\(extracted\)\*?)?")
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
        lines = [*headline, *(line for s in LISTS for line in document.get(s.key, ()))]
        return [str(line["text"]) for line in lines]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _of_text(text: str) -> Iterator[str]:
    """Yield the lines of plain text or Markdown, up to the sources of a brief."""
    for paragraph in plain_blocks(text):
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
    role = ROLE_WORDS[line.role] if SECTIONS[section].labelled else ""
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
