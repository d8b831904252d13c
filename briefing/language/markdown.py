"""The text of Markdown: paragraphs, list items and headings, without markup, links and pictures."""

import re
from collections.abc import Iterator

_BULLET = re.compile(r"^\s*[•·‣▪]\s+", re.MULTILINE)
"""What people and our own text format write for a list item."""
_BREAKS = {"softbreak": "\n", "hardbreak": "\n"}


def paragraphs(text: str) -> Iterator[str]:
    """The plain text of each block, in order; a break inside one stays, code comes by lines."""
    from markdown_it import MarkdownIt

    for token in MarkdownIt().parse(_BULLET.sub("- ", text)):
        if token.type == "inline":
            children = token.children or []
            yield "".join(_BREAKS.get(c.type, c.content) for c in children if c.type != "image")
        elif token.type in ("code_block", "fence"):
            yield from token.content.split("\n")
