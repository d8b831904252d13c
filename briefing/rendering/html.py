"""Render briefs as HTML: a self-contained page, or a fragment for another page.

No scripts, external requests or style attributes. Every line links to its source sentences; they
are also shown on hover and on keyboard focus, with CSS only.
"""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib import resources

from briefing.briefs import Brief, Line
from briefing.rendering.text import (
    ORIGINS,
    PARTS,
    ROLE_WORDS,
    Block,
    blocks,
    cited,
    inert,
    percent,
    warnings,
    web_url,
)
from briefing.sections import Section


@cache
def stylesheet() -> str:
    """Return the style sheet that `html_page` embeds."""
    return (resources.files("briefing.rendering") / "brief.css").read_text("utf-8")


@cache
def style_hash() -> str:
    """Return the style sheet's hash for a Content-Security-Policy: ``style-src '<hash>'``."""
    digest = hashlib.sha256(stylesheet().encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def to_html(brief: Brief, *, fragment: bool = False, anchor: str = "brief", level: int = 1) -> str:
    """Return ``brief`` as an HTML page, or only its ``<article>`` (``fragment``).

    Sources are numbered by their index in JSON. ``anchor`` is the prefix of the fragment's ids,
    unique for each fragment of a page; ``level`` is that of the headline's heading (1 or 2).
    """
    article = _Article(brief, anchor, level).markup()
    return article if fragment else html_page(_title(brief), article)


def html_page(title: str, body: str) -> str:
    """Return a page around ``body`` (markup); ``title`` is plain text."""
    policy = f"default-src 'none'; style-src '{style_hash()}'; base-uri 'none'; form-action 'none'"
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(title)}</title>\n"
        f"<style>{stylesheet()}</style>\n"
        "</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n"
        "</html>\n"
    )


def _title(brief: Brief) -> str:
    return brief.headline.text if brief.headline else brief.article.title or "Brief"


def _text(text: str) -> str:
    return escape(inert(text))


class _Article:
    """The ``<article>`` of one brief."""

    def __init__(self, brief: Brief, anchor: str, level: int) -> None:
        self._brief = brief
        self._anchor = escape(anchor)
        self._heading = f"h{level}"
        self._subheading = f"h{level + 1}"
        language = escape(inert(brief.article.language))
        self._dir = f' lang="{language}" dir="auto"' if language else ' dir="auto"'

    def markup(self) -> str:
        """Return the element."""
        parts = [
            self._headline(),
            *(self._section(block) for block in self._lists()),
            self._sources(),
            self._warnings(),
            self._footer(),
        ]
        return f'<article class="brief" id="{self._anchor}">\n{"".join(parts)}</article>\n'

    def _lists(self) -> Iterable[Block]:
        return (block for block in blocks(self._brief) if block.section is not Section.HEADLINE)

    def _headline(self) -> str:
        line = self._brief.headline
        if not line:
            return self._no_headline()
        text = f"<{self._heading}{self._dir}>{_text(line.text)}</{self._heading}>\n"
        content = text + self._about(line, "") + self._evidence(line)
        name = self._line_id(Section.HEADLINE, 0)
        return f'<header class="brief-headline brief-line" id="{name}">\n{content}</header>\n'

    def _no_headline(self) -> str:
        heading = f"<{self._heading}>Brief</{self._heading}>\n"
        empty = "".join(
            f"<p>{block.empty}</p>\n"
            for block in blocks(self._brief)
            if block.section is Section.HEADLINE
        )
        return f'<header class="brief-headline">\n{heading}{empty}</header>\n'

    def _section(self, block: Block) -> str:
        if not block.lines:
            return self._titled(block.section, block.title, f"<p>{block.empty}</p>\n")
        items = "".join(self._item(block.section, *each) for each in enumerate(block.lines))
        return self._titled(block.section, block.title, f"<ul>\n{items}</ul>\n")

    def _titled(self, name: str, title: str, content: str) -> str:
        label = f"{self._anchor}-{name}"
        heading = f'<{self._subheading} id="{label}">{title}</{self._subheading}>\n'
        return (
            f'<section class="brief-main brief-{name}" aria-labelledby="{label}">\n'
            f"{heading}{content}</section>\n"
        )

    def _item(self, section: Section, place: int, line: Line) -> str:
        text = f"<p{self._dir}>{_text(line.text)}</p>\n"
        content = text + self._about(line, ROLE_WORDS[line.role]) + self._evidence(line)
        return f'<li class="brief-line" id="{self._line_id(section, place)}">\n{content}</li>\n'

    def _about(self, line: Line, role: str) -> str:
        facts = [role, ORIGINS[line.origin], f"{percent(line.support)} supported"]
        word = "source" if len(line.evidence) == 1 else "sources"
        links = f"<span>{word} {' '.join(map(self._link, line.evidence))}</span>"
        about = " · ".join([*filter(None, facts), links])
        return f'<p class="brief-about">{about[:1].upper()}{about[1:]}</p>\n'

    def _link(self, index: int) -> str:
        target = self._source_id(index)
        return (
            f'<a href="#{target}" aria-label="Source {index}" '
            f'aria-describedby="{target}-text">{index}</a>'
        )

    def _evidence(self, line: Line) -> str:
        """Return the source sentences of a line, hidden from screen readers (they get links)."""
        quotes = "".join(f"{self._quote(index)}\n" for index in line.evidence)
        return f'<div class="brief-evidence" aria-hidden="true">\n{quotes}</div>\n'

    def _quote(self, index: int, attributes: str = "") -> str:
        sentence = self._brief.article.sentences[index]
        label = f"{part}: " if (part := PARTS[sentence.part]) else ""
        return f"<p{attributes}>{label}<q><bdi{self._dir}>{_text(sentence.text)}</bdi></q></p>"

    def _sources(self) -> str:
        items = "".join(map(self._source, cited(self._brief)))
        return self._titled("sources", "Sources", f"<ol>\n{items}</ol>\n") if items else ""

    def _source(self, index: int) -> str:
        name = self._source_id(index)
        quote = self._quote(index, f' id="{name}-text"')
        return (
            f'<li value="{index}" id="{name}">{quote}\n'
            f'<p class="brief-about">For {self._back_links(index)}</p></li>\n'
        )

    def _back_links(self, index: int) -> str:
        return ", ".join(
            f'<a href="#{self._line_id(block.section, place)}">{block.name(place)}</a>'
            for block in blocks(self._brief)
            for place, line in enumerate(block.lines)
            if index in line.evidence
        )

    def _warnings(self) -> str:
        notes = "".join(
            f'<li><p dir="auto">{escape(note)}</p></li>\n' for note in warnings(self._brief)
        )
        return self._titled("warnings", "Warnings", f"<ul>\n{notes}</ul>\n") if notes else ""

    def _footer(self) -> str:
        return f"<footer>\n{self._origin()}{self._model()}</footer>\n"

    def _origin(self) -> str:
        article = self._brief.article
        title = _text(article.title or article.url or "an untitled article")
        name = f"<cite><bdi{self._dir}>{title}</bdi></cite>"
        if url := web_url(article.url):
            name = f'<a href="{escape(url)}" rel="noopener noreferrer">{name}</a>'
        date = f", {_text(article.published)}" if article.published else ""
        return f"<p>A brief of {name}{date}, {article.words} words.</p>\n"

    def _model(self) -> str:
        model = self._brief.model
        place = f"{model.backend}, {model.device}, {model.dtype}"
        return f"<p>Written by {_text(f'{model.name} {model.revision}')} ({_text(place)}).</p>\n"

    def _line_id(self, section: Section, place: int) -> str:
        return f"{self._anchor}-{section}-{place + 1}"

    def _source_id(self, index: int) -> str:
        return f"{self._anchor}-source-{index}"
