"""Lines of pages -> paragraphs: what a PDF's text layer has lost."""

import re
from collections import Counter

_HYPHEN_END = re.compile(r"[^\W\d_][-\u00ad\u2010]$")
_ENDS_SENTENCE = re.compile(r"[.!?:…。！？][\"'”’»)\]]*$")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.)?\s*[-–—]?\s*\d{1,4}(?:\s*(?:/|of|von)\s*\d{1,4})?\s*[-–—]?", re.I
)
_BULLET = re.compile(r"[•▪●◦‣∙]|[*\-–—]\s|\(?\d{1,3}[.)]\s")
_SHORT_LINE = 0.75
_EDGE = 2


def reflow(pages: list[str]) -> str:
    """Join the lines of ``pages`` to paragraphs, with blank lines between them.

    Page numbers and lines that repeat at the head or foot of most pages go. A word hyphenated
    at a line end is joined when the next line goes on in lower case. A paragraph ends at a blank
    line, before a bullet, after a short line that ends a sentence, and around a short line
    without a full stop that stands where a heading would.
    """
    lines = [line for page in _without_furniture(pages) for line in page]
    width = _width(lines)
    paragraphs: list[str] = []
    last = ""
    for line in lines:
        if line and paragraphs and _goes_on(paragraphs[-1], last, line, width):
            paragraphs[-1] = _joined(paragraphs[-1], line)
        elif line:
            paragraphs.append(line)
        last = line
    return "\n\n".join(paragraphs)


def _without_furniture(pages: list[str]) -> list[list[str]]:
    """The lines of each page, less page numbers and running heads; a blank line at its end."""
    split = [[line.strip() for line in page.splitlines()] for page in pages]
    filled = [[line for line in page if line] for page in split]
    edges = Counter(
        key for page in filled for key in {_shape(line) for line in page[:_EDGE] + page[-_EDGE:]}
    )
    repeated = {key for key, count in edges.items() if count >= max(3, len(pages) / 2)}
    result = []
    for page in split:
        held = [i for i, line in enumerate(page) if line]
        edge = set(held[:_EDGE] + held[-_EDGE:])
        result.append(
            [line for i, line in enumerate(page) if i not in edge or not _furniture(line, repeated)]
        )
        while result[-1] and not result[-1][-1]:
            result[-1].pop()
    return result


def _furniture(line: str, repeated: set[str]) -> bool:
    return _shape(line) in repeated or bool(_PAGE_NUMBER.fullmatch(line))


def _shape(line: str) -> str:
    """A line without its numbers, so that running heads with page numbers look alike."""
    return re.sub(r"\d+", "#", line)


def _width(lines: list[str]) -> int:
    """How long a full line is: the 80th percentile."""
    lengths = sorted(len(line) for line in lines if line)
    return lengths[len(lengths) * 8 // 10] if lengths else 0


def _goes_on(paragraph: str, last: str, line: str, width: int) -> bool:
    """Whether ``line`` belongs to ``paragraph``; ``last`` is the line before it, maybe blank."""
    return not _breaks(last, line, width) if last else _resumes(paragraph, line)


def _breaks(last: str, line: str, width: int) -> bool:
    """Whether a paragraph ends between two neighbouring lines."""
    if _BULLET.match(line):
        return True
    if line[0].islower() or _HYPHEN_END.search(last):
        return False
    short = len(last) < _SHORT_LINE * width
    return short and (bool(_ENDS_SENTENCE.search(last)) or len(last) < 0.6 * width)


def _resumes(paragraph: str, line: str) -> bool:
    """Whether a paragraph goes on after a blank line that cuts a sentence."""
    return line[0].islower() and not _ENDS_SENTENCE.search(paragraph[-8:])


def _joined(paragraph: str, line: str) -> str:
    if paragraph.endswith("\u00ad"):
        return paragraph[:-1] + line
    if _HYPHEN_END.search(paragraph[-2:]):
        return (paragraph[:-1] if line[0].islower() else paragraph) + line
    return f"{paragraph} {line}"
