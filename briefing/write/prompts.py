"""A prompt family: what is asked of a model for each section."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from briefing.brief import Section
from briefing.models import Decoding

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "´": "'"})


@dataclass(frozen=True, slots=True)
class SectionPrompt:
    """The templates of one section, each of which is asked, and how lines are searched for."""

    templates: tuple[str, ...]
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class Prompts:
    """One family. See prompts/README.md for the meaning of each field."""

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
        """The prompts that ask for ``lines`` lines of about ``words`` words from ``sources``."""
        texts = [self._safe(source) for source in sources]
        values = {
            "sources": self.separator.join(texts),
            "length": self.length(words),
            "words": str(words),
            "lines": str(lines),
        }
        return [template.format_map(values) for template in self.sections[section].templates]

    def decoding(self, section: Section, language: str) -> Decoding:
        """How a line in ``language`` is searched for. A family of one language always writes it."""
        decoding = self.sections[section].decoding
        if len(self.languages) == 1 and "*" not in self.languages:
            language = self.languages[0]
        return replace(decoding, language=language)

    def writes(self, language: str) -> bool:
        """Whether models of this family write ``language`` (an ISO 639-1 code)."""
        return language in self.languages or "*" in self.languages

    def limited_to(self, known: Collection[str] | None) -> "Prompts":
        """The family for a model that knows these languages alone; None: whichever it names."""
        if known is None:
            return self
        named = sorted(known) if "*" in self.languages else self.languages
        return replace(self, languages=tuple(code for code in named if code in known))

    def length(self, words: int) -> str:
        """The control token for a line of ``words`` words, empty where the family has none."""
        for most, token in self.lengths:
            if words <= most:
                return token
        return self.lengths[-1][1] if self.lengths else ""

    def _safe(self, text: str) -> str:
        """Without reserved characters, and with the plain quotes that small models know best."""
        return text.translate(_QUOTES).translate({ord(c): " " for c in self.reserved})
