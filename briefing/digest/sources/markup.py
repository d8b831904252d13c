"""Markup inside feeds -> clean text in paragraphs."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from briefing.read.clean import clean

_MARKUP = re.compile(r"<[a-zA-Z!/?]|&(?:#\d+|#x[\da-fA-F]+|[a-zA-Z][\da-zA-Z]+);")
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details dialog div dl dt fieldset "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section "
    "summary table tbody td tfoot th thead title tr ul".split()
)
# Shown beside a text and not part of it, or not shown at all.
_DROPPED = frozenset(
    "applet audio button canvas embed figcaption frame iframe input map math noscript object "
    "option script select style svg template textarea video".split()
)
# What publishing software and feed services add at the end of each item.
_TAIL = re.compile(
    r"(?:the (?:post|article) .{1,300} (?:first )?appeared (?:first )?on .{1,200}"
    r"|(?:read|see|view) (?:more|the full (?:story|article)|the rest)(?: (?:on|at|here).{0,80})?"
    r"|(?:continue|keep) reading.{0,200}|full (?:story|article)|click here(?: for more)?"
    r"|comments?|\d+ comments?|share this:?|weiterlesen|lire la suite|leer más|lees verder"
    r"|more:? https?://\S+)[\s.…»→>\]]*",
    re.I,
)


def has_markup(text: str) -> bool:
    """Whether ``text`` has tags or entities in it."""
    return bool(_MARKUP.search(text))


def text_of(markup: str) -> str:
    """The running text of ``markup``: clean paragraphs with a blank line between them."""
    if not has_markup(markup):
        return paragraphs(markup.splitlines())
    return paragraphs(_blocks(markup))


def line_of(markup: str) -> str:
    """The text of ``markup`` in one line, as a title needs it."""
    if not has_markup(markup):
        return clean(markup)
    line = clean(" ".join(_blocks(markup)))
    # Titles are often escaped once more than they should be.
    return clean(unescape(line)) if "&" in line else line


def paragraphs(lines: Iterator[str] | list[str]) -> str:
    """Clean ``lines`` as paragraphs, without the tail that software adds."""
    found = [line for line in map(clean, lines) if line]
    while found and _TAIL.fullmatch(found[-1]):
        found.pop()
    return "\n\n".join(found)


def _blocks(markup: str) -> Iterator[str]:
    """The texts between the edges of blocks, in order."""
    from lxml import etree

    parser = etree.HTMLParser(recover=True, no_network=True, remove_comments=True, remove_pis=True)
    data = markup.replace("\x00", "").encode("utf-8", "replace")
    parser.feed(b'<meta charset="utf-8"><body>' + data)
    root: Any = parser.close()
    if root is None:
        return
    inline: list[str] = []
    skipped = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = str(element.tag)
        if name in _DROPPED:
            skipped += 1 if event == "start" else -1
        if name in _BLOCKS and inline:
            yield "".join(inline)
            inline = []
        text = element.text if event == "start" else element.tail
        if text and not skipped:
            inline.append(text)
    if inline:
        yield "".join(inline)
