"""Wrapping by terminal columns: East Asian characters take two, combining ones none."""

import unicodedata
from collections.abc import Iterator


def wrap(text: str, width: int, first: str = "", rest: str = "") -> str:
    """``text`` in lines of at most ``width`` columns.

    ``first`` is put before the first line and ``rest`` before the others; both count. A word
    longer than a line is broken.
    """
    room = width - max(columns(first), columns(rest))
    lines = [""]
    for word in _words(text, room):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if columns(joined) <= room:
            lines[-1] = joined
        else:
            lines.append(word)
    return "\n".join(f"{rest if number else first}{line}" for number, line in enumerate(lines))


def columns(text: str) -> int:
    """How many terminal columns ``text`` takes."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _words(text: str, room: int) -> Iterator[str]:
    """The words of ``text``, those longer than ``room`` in pieces."""
    for word in text.split(" "):
        start = used = 0
        for place, character in enumerate(word):
            size = _columns(character)
            if used + size > room and place > start:
                yield word[start:place]
                start, used = place, 0
            used += size
        yield word[start:]
