"""Layout shared by text, Markdown and HTML: sections, citations, labels, sanitised text."""

import math
import re
from dataclasses import dataclass

from briefing.article import Part
from briefing.briefs import Brief, Line, Origin
from briefing.sections import SECTIONS, Role, Section

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
