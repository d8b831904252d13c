"""A prompt file: read, and checked whole, so that its author sees every fault of it at once."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from briefing.errors import PromptError
from briefing.write.key_lines import key_lines, line_of
from briefing.write.prompt_rules import REFERENCE, Rules
from briefing.write.prompts import Prompts

MOST_CHARACTERS = 50_000
_ENCODING = "utf-8-sig"
"""UTF-8, with the mark that some editors of Windows put before it or without."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a prompt file, at which line (from 1), and what to do."""

    source: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        told = f"{self.source}:{self.line}: {self.message}; {self.remedy}"
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in told)


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
        text = source.read_text(encoding=_ENCODING)
    except (OSError, UnicodeDecodeError) as error:
        return [Fault(name, 1, f"it cannot be read: {error}", "save it as UTF-8 text")]
    if len(text) > MOST_CHARACTERS:
        return [Fault(name, 1, "it is longer than any prompt file", REFERENCE)]
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is no TOMLDecodeError
        return [Fault(name, _line_in(error, text), f"not valid TOML: {error}", "mend it")]
    reader = Rules()
    family = reader.family(source.name.removesuffix(".toml"), data)
    if family is not None and not reader.faults:
        return family
    lines = key_lines(text)
    return sorted(
        (Fault(name, line_of(lines, keys), what, remedy) for keys, what, remedy in reader.faults),
        key=lambda fault: fault.line,
    )


def claimed_twice(read: Sequence[tuple[Traversable, Prompts]]) -> list[Fault]:
    """Patterns that two files of a folder name alike: the later file never gets those models."""
    first: dict[tuple[str, str], Traversable] = {}
    faults: list[Fault] = []
    for file, family in read:
        folder = str(Path(str(file)).parent)
        for pattern in dict.fromkeys(name.lower() for name in family.models):
            other = first.setdefault((folder, pattern), file)
            if other is not file:
                line = line_of(key_lines(file.read_text(encoding=_ENCODING)), ("models",))
                message = f"'{pattern}' is named in {other.name} too, which gets those models"
                faults.append(Fault(str(file), line, message, "take it out of one of the two"))
    return faults


def _line_in(error: Exception, text: str) -> int:
    """The line that a TOML error names; the last one where it is the end, or names none."""
    named = re.search(r"at line (\d+)", str(error))
    return int(named[1]) if named else text.count("\n") + 1
