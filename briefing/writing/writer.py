"""Prompts, and the writer that asks a model for candidate lines by them.

A family has the templates and decoding parameters of each section. Requests are batched over
sections and articles.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain, groupby
from typing import Literal

from briefing.models import Backend, Decoding, Hypothesis, NBest
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


@dataclass(frozen=True, slots=True)
class LineRequest:
    """A request for ``lines`` lines of about ``words`` words for ``section`` from ``sources``.

    ``language`` (ISO 639-1) is for multilingual models. ``article`` is any number shared by the
    requests of one article but not by those of adjacent articles.
    """

    section: Section
    sources: tuple[str, ...]
    words: int
    article: int = field(default=0, compare=False)
    language: str = ""
    lines: int = 1

    @property
    def batch(self) -> tuple[int, Section]:
        """The batch key: adjacent requests of one section of one article are decoded together."""
        return self.article, self.section


class Writer:
    """A back end and the prompts of its family."""

    def __init__(self, backend: Backend, prompts: Prompts) -> None:
        self.backend = backend
        self.prompts = prompts

    def write(self, requests: Sequence[LineRequest]) -> list[NBest]:
        """Return the n-best lines of each request, in order, with one call per set of parameters.

        Raises:
            DeviceError: the device ran out of memory even with the smallest batch.
        """
        groups: dict[Decoding, list[list[int]]] = defaultdict(list)
        for _, run in groupby(range(len(requests)), key=lambda i: requests[i].batch):
            indices = list(run)
            first = requests[indices[0]]
            groups[self.prompts.decoding(first.section, first.language)].append(indices)
        results: dict[int, NBest] = {}
        for index, lines in chain.from_iterable(self._calls(requests, groups)):
            results[index] = (*results.get(index, ()), *lines)
        return [_distinct(results[index]) for index in range(len(requests))]

    def _calls(
        self, requests: Sequence[LineRequest], groups: dict[Decoding, list[list[int]]]
    ) -> list[list[tuple[int, NBest]]]:
        """The lines of each group, concurrently if the back end supports it."""

        def call(decoding: Decoding, runs: list[list[int]]) -> list[tuple[int, NBest]]:
            numbered = [[(i, p) for i in run for p in self._fill(requests[i])] for run in runs]
            batches = [[prompt for _, prompt in batch] for batch in numbered]
            lines = self.backend.generate(batches, decoding)
            return [(i, n) for (i, _), n in zip(chain(*numbered), lines, strict=True)]

        if len(groups) < 2 or self.backend.calls < 2:
            return [call(decoding, runs) for decoding, runs in groups.items()]
        with ThreadPoolExecutor(min(len(groups), self.backend.calls)) as pool:
            return list(pool.map(call, groups, groups.values()))

    def _fill(self, request: LineRequest) -> list[str]:
        return self.prompts.fill(request.section, request.sources, request.words, request.lines)


def _distinct(hypotheses: NBest) -> NBest:
    kept: dict[str, Hypothesis] = {}
    for hypothesis in sorted(hypotheses, key=lambda h: -h.score):
        text = " ".join(hypothesis.text.split())
        if text and text not in kept:
            kept[text] = Hypothesis(text, hypothesis.score)
    return tuple(kept.values())
