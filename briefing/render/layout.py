"""What the readable formats share: which sections and sources are shown, and in which words."""

import math
import re
from dataclasses import dataclass

from briefing.article import Part
from briefing.brief import Brief, Line, Origin, Role, Section

TITLES = {
    Section.HEADLINE: "Headline",
    Section.KEY_POINTS: "Key points",
    Section.CONTEXT: "Context",
}
"""A section's heading."""

NAMES = {
    Section.HEADLINE: "headline",
    Section.KEY_POINTS: "key point",
    Section.CONTEXT: "context",
}
"""What one line of a section is called."""

EMPTY = {
    Section.HEADLINE: "The article gives no headline.",
    Section.KEY_POINTS: "The article gives no key points.",
    Section.CONTEXT: "The article gives no background.",
}
"""What is said in place of a section that was asked for and has no line."""

ROLES = {
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
"""A role in plain words; nothing where a sentence has none."""

ORIGINS: dict[Origin, str] = {
    "generated": "written by the model",
    "extracted": "taken from the article",
}
"""An origin in plain words."""

PARTS: dict[Part, str] = {"title": "Title", "subtitle": "Standfirst", "body": ""}
"""What is said of a source sentence that does not come from the body."""

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
    """A section that is shown, with its lines."""

    section: Section
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        """The section's heading."""
        return TITLES[self.section]

    @property
    def empty(self) -> str:
        """What is said where there is no line."""
        return EMPTY[self.section]

    def name(self, place: int) -> str:
        """What the line at ``place`` is called, as "headline" or "key point 2"."""
        number = "" if self.section is Section.HEADLINE else f" {place + 1}"
        return NAMES[self.section] + number


def blocks(brief: Brief) -> tuple[Block, ...]:
    """The sections that were asked for or have lines, in the order they are shown."""
    lines = {
        Section.HEADLINE: (brief.headline,) if brief.headline else (),
        Section.KEY_POINTS: brief.key_points,
        Section.CONTEXT: brief.context,
    }
    shown = [section for section in Section if section in brief.sections or lines[section]]
    return tuple(Block(section, lines[section]) for section in shown)


def cited(brief: Brief) -> list[int]:
    """Indices of the sentences that the lines rest on, ascending."""
    return sorted(
        {index for block in blocks(brief) for line in block.lines for index in line.evidence}
    )


def warnings(brief: Brief) -> list[str]:
    """The brief's warnings, without what an empty section says already."""
    said = {block.empty for block in blocks(brief) if not block.lines}
    return [clean(warning) for warning in brief.warnings if warning not in said]


def marker(line: Line) -> str:
    """A line's sources as ``[0,3]``: indices into ``article.sentences``, the same as in JSON."""
    return f"[{','.join(map(str, line.evidence))}]"


def percent(support: float) -> str:
    """A support of 0..1 in percent, rounded down: only full support reads 100%."""
    return f"{math.floor(round(support, 4) * 100 + 1e-6)}%"


def clean(text: str) -> str:
    """``text`` on one line and inert.

    Control characters and bidi overrides go, so that nothing reorders or escapes what stands
    around the text; lone surrogates become U+FFFD, so that every result can be encoded.
    """
    flat = _UNSAFE.sub("", _SPACE.sub(" ", text))
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", flat).strip()


def web_url(url: str | None) -> str | None:
    """``url`` if it is safe to link to (http or https, no odd character), else None."""
    if url and clean(url) == url and _WEB_URL.fullmatch(url):
        return url
    return None
