"""A prompt file: read, and checked whole, so that its author sees every fault of it at once."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from briefing.errors import PromptError
from briefing.write.prompt_rules import REFERENCE, Keys, Rules
from briefing.write.prompts import Prompts

MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a prompt file, at which line (from 1), and what to do."""

    source: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.message}; {self.remedy}"


def load_family(source: Traversable) -> Prompts:
    """Read one prompt file.

    Raises:
        PromptError: it has faults; says the first one, with file and line.
    """
    found = read_family(source)
    if isinstance(found, Prompts):
        return found
    raise PromptError(str(found[0]) + (f" ({len(found) - 1} more)" if found[1:] else ""))


def read_family(source: Traversable) -> Prompts | list[Fault]:
    """The family that a file describes, or all that is wrong with it, by line."""
    name = str(source)
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return [Fault(name, 1, f"it cannot be read: {error}", "save it as UTF-8 text")]
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        return [Fault(name, MOST_LINES, "it is longer than any prompt file", REFERENCE)]
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return [Fault(name, _line_in(error, lines), f"not valid TOML: {error}", "mend it")]
    reader = Rules()
    family = reader.family(source.name.removesuffix(".toml"), data)
    if family is not None and not reader.faults:
        return family
    where = {keys: line_of(text, keys) for keys, _, _ in reader.faults}
    return sorted(
        (Fault(name, where[keys], message, remedy) for keys, message, remedy in reader.faults),
        key=lambda fault: fault.line,
    )


def line_of(text: str, keys: Keys) -> int:
    """The line, from 1, on which a key of a valid TOML text is set; its table's where it is not.

    Statements end where what came before them is valid TOML: the first such beginning of the text
    that holds the key tells which one sets it, without another parser.
    """
    lines = text.split("\n")
    wanted = next((keys[:n] for n in range(len(keys), 0, -1) if _holds(text, keys[:n])), ())
    if not wanted:
        return 1
    start = 0
    for end in range(1, len(lines) + 1):
        before = "\n".join(lines[:end])
        try:
            held = _holds(before, wanted)
        except tomllib.TOMLDecodeError:
            continue
        if held:
            return start + 1
        start = end
    return len(lines)


def _holds(text: str, keys: Keys) -> bool:
    data: Any = tomllib.loads(text)
    for key in keys:
        if not isinstance(data, dict) or key not in data:
            return False
        data = data[key]
    return True


def _line_in(error: Exception, lines: Sequence[str]) -> int:
    """The line that a TOML error names; the last one where it is the end."""
    named = re.search(r"at line (\d+)", str(error))
    return int(named[1]) if named else len(lines)
