"""Named options shared by the library, the command line, the HTTP API and the settings."""

from typing import Literal, get_args

Length = Literal["short", "standard", "long"]
"""Length of a brief."""
LENGTHS: tuple[Length, ...] = get_args(Length)
Format = Literal["text", "markdown", "html", "json"]
"""Output format of a brief."""
FORMATS: tuple[Format, ...] = get_args(Format)
Device = Literal["auto", "cpu", "cuda", "mps"]
"""Inference device."""
BackendName = Literal["auto", "ctranslate2", "transformers"]
"""Inference back end."""
EngineName = Literal["local", "ray"]
"""Execution engine of batches and digests: this process, or Ray workers."""
FrontEnd = Literal["library", "command line", "service", "page"]
"""What a user meets Briefing through."""
Layout = Literal["jsonl", "parquet"]
"""File format of a batch."""
EditionFormat = Literal["markdown", "html", "text", "json", "atom", "epub"]
"""Output format of an edition of the digest."""


def length_named(length: str) -> Length:
    """Return ``length`` as a `Length`.

    Raises:
        ValueError: there is no such length.
    """
    for known in LENGTHS:
        if known == length:
            return known
    raise ValueError(f"no length {length!r}; choose one of {', '.join(LENGTHS)}")
