"""Prompt families: the templates and decoding parameters of each section."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from briefing.models import Decoding
from briefing.sections import Section

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "´": "'"})


@dataclass(frozen=True, slots=True)
class SectionPrompt:
    """The templates of one section, all of which are used, and its decoding parameters."""

    templates: tuple[str, ...]
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class Prompts:
    """A prompt family. See prompts/README.md for the meaning of each field."""

    family: str
    description: str
    models: tuple[str, ...]
    reads: Literal["plan", "article"]
    separator: str
    max_input: int
    languages: tuple[str, ...]
    reserved: str
    lengths: tuple[tuple[int, str], ...]
    manner: Literal["compress", "reword"]
    sections: Mapping[Section, SectionPrompt]

    def fill(
        self, section: Section, sources: Sequence[str], words: int, lines: int = 1
    ) -> list[str]:
        """Return the prompts for ``lines`` lines of about ``words`` words from ``sources``."""
        texts = [self._safe(source) for source in sources]
        values = {
            "sources": self.separator.join(texts),
            "length": self.length(words),
            "words": str(words),
            "lines": str(lines),
        }
        return [template.format_map(values) for template in self.sections[section].templates]

    def decoding(self, section: Section, language: str) -> Decoding:
        """Return the decoding parameters; a family of one language ignores ``language``."""
        decoding = self.sections[section].decoding
        if len(self.languages) == 1 and "*" not in self.languages:
            language = self.languages[0]
        return replace(decoding, language=language)

    def writes(self, language: str) -> bool:
        """Whether the family supports ``language`` (an ISO 639-1 code)."""
        return language in self.languages or "*" in self.languages

    def limited_to(self, known: Collection[str] | None) -> "Prompts":
        """Return the family restricted to a model's languages; None means no restriction."""
        if known is None:
            return self
        codes = sorted(known) if "*" in self.languages else self.languages
        return replace(self, languages=tuple(code for code in codes if code in known))

    def length(self, words: int) -> str:
        """Return the control token for a line of ``words`` words; empty if there is none."""
        for most, token in self.lengths:
            if words <= most:
                return token
        return self.lengths[-1][1] if self.lengths else ""

    def _safe(self, text: str) -> str:
        """Remove reserved characters, and use straight quotes, which small models handle best."""
        return text.translate(_QUOTES).translate({ord(c): " " for c in self.reserved})
