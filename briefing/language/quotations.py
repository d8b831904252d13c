"""Quotations: what stands between quotation marks, and whether a source says it word for word."""

from collections.abc import Sequence

from briefing.language.tokens import fold, tokens

_OPEN_AFTER = frozenset(" ([-\"'")


def quotations(text: str) -> list[tuple[int, int]]:
    """Spans (start, end) inside quotation marks of any style; an open one runs to the end."""
    folded = fold(text)
    return sorted(_double(folded) + _single(folded))


def _double(text: str) -> list[tuple[int, int]]:
    marks = [at for at, c in enumerate(text) if c == '"']
    marks += [len(text)] * (len(marks) % 2)
    return [
        (a + 1, b) for a, b in zip(marks[::2], marks[1::2], strict=True) if text[a + 1 : b].strip()
    ]


def _single(text: str) -> list[tuple[int, int]]:
    """Single quotes: the opening one after a space or bracket, the closing one before none."""
    found: list[tuple[int, int]] = []
    start = -1
    for at, c in enumerate(text):
        if c != "'":
            continue
        before = text[at - 1] if at else " "
        after = text[at + 1] if at + 1 < len(text) else " "
        if start < 0 and before in _OPEN_AFTER and not after.isspace() and not after.isdigit():
            start = at + 1
        elif (start >= 0 and not after.isalnum() and (before != "s" or after not in " ")) or (
            start >= 0 and not after.isalnum() and "'" not in text[at + 1 :]
        ):
            found.append((start, at))
            start = -1
    return [span for span in found if len(text[span[0] : span[1]].split()) > 0]


def keys_of(text: str) -> tuple[str, ...]:
    """The words of a text for verbatim comparison."""
    return tuple(token.key for token in tokens(text))


def contains(source: Sequence[str], part: Sequence[str]) -> bool:
    """True where ``part`` is a contiguous run of ``source``."""
    size = len(part)
    return any(
        source[at] == part[0] and tuple(source[at : at + size]) == tuple(part)
        for at in range(len(source) - size + 1)
    )


def verbatim(quotation: str, source: Sequence[str]) -> bool:
    """True where the source says the quotation word for word; "..." may leave words out."""
    text = fold(quotation).replace("…", "...").replace("[...]", "...")
    parts = [keys_of(part) for part in text.split("...")]
    return all(contains(source, part) for part in parts if part)
