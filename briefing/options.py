"""Named options shared by the library, the command line, the HTTP API and the settings."""

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from os import PathLike
from typing import Literal, get_args

LengthName = Literal["short", "standard", "long"]
"""Named length of a brief."""
LENGTHS: tuple[LengthName, ...] = get_args(LengthName)
Length = str
"""Length of a brief: a `LengthName`, or at most so much: ``5 sentences``, ``80 words``, ``20%``.
One whole line is shown at least.
"""
Format = Literal["text", "markdown", "html", "json"]
"""Output format of a brief."""
FORMATS: tuple[Format, ...] = get_args(Format)
Device = Literal["auto", "cpu", "cuda", "mps"]
"""Inference device."""
DEVICES: tuple[Device, ...] = get_args(Device)
BackendName = Literal["auto", "ctranslate2", "transformers"]
"""Inference back end."""
BACKENDS: tuple[BackendName, ...] = get_args(BackendName)
EngineName = Literal["local", "ray"]
"""Execution engine of batches and digests: this process, or Ray workers."""
FrontEnd = Literal["library", "command line", "service", "page"]
"""What a user meets Briefing through."""
Layout = Literal["jsonl", "parquet"]
"""File format of a batch."""
EditionFormat = Literal["markdown", "html", "text", "json", "atom", "epub"]
"""Output format of an edition of the digest."""


class KeyScope(StrEnum):
    """A permission of an API key."""

    BRIEF = "brief"
    CHECK = "check"
    DIGEST = "digest"
    METRICS = "metrics"
    FEED = "feed"
    """To read the digest, also with the key in the URL, as feed readers send no headers."""


MAX_CHARACTERS = 500_000
"""Default length of the longest article, in code points: that of a short book."""


@dataclass(frozen=True, slots=True)
class LengthGoal:
    """The most sentences or words of key points and context together, or per cent of the words of
    the article.
    """

    most: int
    unit: Literal["sentences", "words", "%"]

    def words(self, of_article: int) -> int | None:
        """Return the most words, for an article of so many; None if sentences are counted."""
        if self.unit == "sentences":
            return None
        return self.most if self.unit == "words" else max(1, of_article * self.most // 100)


def parse_length(length: Length) -> LengthName | LengthGoal:
    """Return what a length means.

    Raises:
        TypeError: it is no string. ValueError: there is no such length.
    """
    if not isinstance(length, str):
        raise TypeError(
            f'the length must be a str such as "short" or "5 sentences", not {length!r}'
        )
    if length in LENGTHS:
        return length
    found = re.fullmatch(r"(\d{1,5}) ?(?:(sentence)s?|(word)s?|(%))", length.strip())
    if found and (most := int(found[1])) > 0 and not (found[4] and most > _WHOLE):
        return LengthGoal(most, "sentences" if found[2] else "words" if found[3] else "%")
    raise ValueError(
        f"no length {length!r}; choose one of {', '.join(LENGTHS)}, or at most so much: "
        '"5 sentences", "80 words", "20%"'
    )


def checked_length(length: Length) -> Length:
    """Return ``length``. Raises TypeError or ValueError if there is no such length."""
    parse_length(length)
    return length


def check_choice(what: str, chosen: str, choices: tuple[str, ...]) -> None:
    """Raise ValueError if there is no such device, back end, format and so on."""
    if chosen not in choices:
        raise ValueError(f"no {what} {chosen!r}; choose one of {', '.join(choices)}")


def name_or_path(what: str, given: str | PathLike[str]) -> str:
    """Return a name or a path as a string. Raises TypeError if it is neither."""
    if not isinstance(given, str | PathLike):
        raise TypeError(f"the {what} must be a str or a path, not {type(given).__name__}")
    return os.fsdecode(given)


_WHOLE = 100
