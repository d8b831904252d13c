"""On which line of a TOML text each key is set: the parser of the standard library does not say.

A statement of a valid text ends where what was read of it is valid TOML by itself: a string or list
that goes on over lines is none before its end. So each statement is parsed alone, and there is no
second parser to disagree with the first.
"""

import tomllib
from collections.abc import Iterator
from typing import Any

Keys = tuple[str, ...]
_DEEPEST = 8
"""Keys of a path that are looked at; dots can nest tables deeper than Python recurses."""


def key_lines(text: str) -> dict[Keys, int]:
    """The line, from 1, on which the statement begins that first sets each key or table.

    Keys of tables within others are written in full: ``("headline", "decoding", "beam")``. What
    does not parse, or lies deeper than anything in a prompt file, has no lines.
    """
    found: dict[Keys, int] = {(): 1}
    table: Keys = ()
    for line, statement in _statements(text):
        if statement.lstrip().startswith("["):
            *_, table = _paths(tomllib.loads(statement))
            paths = [table[:depth] for depth in range(1, len(table) + 1)]
        else:
            paths = [(*table, *keys) for keys in _paths(tomllib.loads(statement))]
        for keys in paths:
            found.setdefault(keys, line)
    return found


def line_of(lines: dict[Keys, int], keys: Keys) -> int:
    """The line of a key; that of the innermost table that should hold it where it is not set."""
    return next(lines[keys[:n]] for n in range(len(keys), -1, -1) if keys[:n] in lines)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement with its first line."""
    block: list[str] = []
    rows = text.replace("\r\n", "\n").split("\n")
    for number, row in enumerate(rows, 1):
        block.append(row)
        statement = "\n".join(block)
        try:
            data = tomllib.loads(statement)
        except (ValueError, RecursionError):
            continue
        if data:
            yield number - len(block) + 1, statement
        block.clear()


def _paths(data: dict[str, Any], above: Keys = ()) -> Iterator[Keys]:
    """All keys of a table, each before those within it."""
    for key, value in data.items():
        yield (*above, key)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict) and len(above) < _DEEPEST:
            yield from _paths(inner, (*above, key))
