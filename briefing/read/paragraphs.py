"""Where the paragraphs of a text lie."""

import re
from itertools import pairwise

Span = tuple[int, int]

_LINE = re.compile(r"[^\n\r\x0b\x0c\x85\u2028\u2029]+")
_ENDS_SENTENCE = re.compile(r"[.!?:;…。！？][\"'”’»)\]]*$")
_BULLET = re.compile(r"(?:[•▪●◦‣∙·*\-–—]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
_MIN_WRAPPED = 40
_SHORT_LINE = 0.6


def lines(text: str) -> list[Span]:
    """The lines that hold something, without the white space around them."""
    found = []
    for match in _LINE.finditer(text):
        line = match.group()
        if line.strip():
            start = match.start() + len(line) - len(line.lstrip())
            found.append((start, match.start() + len(line.rstrip())))
    return found


def adjacent(text: str, first: Span, second: Span) -> bool:
    """Whether no blank line lies between two neighbouring lines."""
    between = text[first[1] : second[0]].replace("\r\n", "\n")
    return sum(between.count(mark) for mark in "\n\r\x0b\x0c\x85\u2028\u2029") == 1


def paragraph_spans(text: str) -> list[Span]:
    """The paragraphs of ``text``: one a line, or one a block where lines are wrapped.

    A text counts as wrapped when at least four in ten of its single line breaks fall inside a
    sentence: a line of 40 characters or more without a full stop, then a lower-case letter. In a
    wrapped text a break still ends a paragraph after a clearly short line and before a bullet.
    """
    found = lines(text)
    pairs = list(pairwise(found))
    touching = [adjacent(text, first, second) for first, second in pairs]
    single = [pair for pair, touches in zip(pairs, touching, strict=True) if touches]
    inside = sum(_breaks_sentence(text, *pair) for pair in single)
    if not inside or inside < 0.4 * len(single):
        return found
    width = max(first[1] - first[0] for first, _ in single)
    joined = found[:1]
    for (first, second), touches in zip(pairs, touching, strict=True):
        if touches and _continues(text, first, second, width):
            joined[-1] = (joined[-1][0], second[1])
        else:
            joined.append(second)
    return joined


def _breaks_sentence(text: str, first: Span, second: Span) -> bool:
    """Whether the break between two lines clearly falls inside a sentence."""
    return (
        first[1] - first[0] >= _MIN_WRAPPED
        and text[second[0]].islower()
        and not _ENDS_SENTENCE.search(text[max(first[0], first[1] - 5) : first[1]])
    )


def _continues(text: str, first: Span, second: Span, width: int) -> bool:
    """Whether, in a wrapped text, the second line goes on with the paragraph of the first."""
    if _BULLET.match(text, second[0]):
        return False
    return text[second[0]].islower() or first[1] - first[0] >= _SHORT_LINE * width
