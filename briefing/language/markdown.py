"""Extract plain text from Markdown: paragraphs, list items and headings without markup."""

import re
from collections.abc import Iterator

_BULLET = re.compile(r"^\s*[•·‣▪]\s+", re.MULTILINE)
"""List items as people and the text renderer write them."""
_BREAKS = {"softbreak": "\n", "hardbreak": "\n"}


def paragraphs(text: str) -> Iterator[str]:
    """Yield the plain text of each block, in order; code blocks yield one text per line."""
    from markdown_it import MarkdownIt

    for token in MarkdownIt().parse(_BULLET.sub("- ", text)):
        if token.type == "inline":
            children = token.children or []
            yield "".join(_BREAKS.get(c.type, c.content) for c in children if c.type != "image")
        elif token.type in ("code_block", "fence"):
            yield from token.content.split("\n")
