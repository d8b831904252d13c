"""Line by line: is it supported, well formed, written by the model, new in its words?"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median
from typing import Any

from briefing.checking import facts
from briefing.language.tokens import ordinary
from briefing.sections import Section
from scripts.evaluation.form import dangling, fragment, garbled, loops, near_duplicates
from scripts.evaluation.names import Source, everyday_words, unknown_names
from scripts.evaluation.numbers import claimed, values
from scripts.evaluation.systems import PRODUCT, WRITERS, Evaluated, body_of
from scripts.evaluation.verbs import Verbs
from scripts.evaluation.words import novel_share, runs_of

SIZES = (1, 2, 3)
LIMITS = {Section.HEADLINE: 14, Section.KEY_POINTS: 30, Section.CONTEXT: 45}
_FACTS = frozenset({"name", "number", "date", "quotation"})
_EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class Language:
    """What the evaluated articles teach: everyday words and verbs."""

    everyday: frozenset[str]
    verbs: Verbs

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Language":
        """Learned from the texts of the evaluated articles."""
        return cls(everyday_words(texts), Verbs.seen_in(texts))


@dataclass(slots=True)
class Tally:
    """Counts of one system and section, with the first examples of each fault."""

    lines: int = 0
    faults: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    words: list[int] = field(default_factory=list)
    novel: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def fault(self, name: str, line: str, why: str = "") -> None:
        """Count a fault."""
        self.faults[name] += 1
        if len(self.examples[name]) < _EXAMPLES:
            self.examples[name].append(f"[{why}] {line}" if why else line)


class Lines:
    """The line figures of the product, of the plain model and, as a control, of lead sentences."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._tallies: dict[str, dict[Section, Tally]] = {
            system: {section: Tally() for section in Section} for system in WRITERS
        }
        self._briefs = self._without_context = 0

    def add(self, one: Evaluated) -> None:
        """Look at the lines of one article, if it was chosen for that."""
        if "lines" not in one.sample.questions:
            return
        sentences = body_of(one.article)
        source = _SourceText(sentences)
        for system in WRITERS:
            output = one.outputs[system]
            said = (
                (Section.HEADLINE, [output.headline] if output.headline else []),
                (Section.KEY_POINTS, output.points),
                (Section.CONTEXT, output.context),
            )
            for section, lines in said:
                for line in lines:
                    self._line(self._tallies[system][section], section, line, source)
            self._repeats(system, output.points, output.context)
        self._briefs += 1
        self._without_context += not one.brief.context
        self._origins(one)

    def _line(self, tally: Tally, section: Section, line: str, source: "_SourceText") -> None:
        tally.lines += 1
        size = len(line.split())
        tally.words.append(size)
        for n, held in source.runs.items():
            tally.novel[n].append(novel_share(line, held, n))
        headline = section is Section.HEADLINE
        facts = unknown_names(line, source.words, self._language.everyday)
        facts += [text for value, text in claimed(line).items() if value not in source.values]
        found = {
            "unsupported, own checker": ", ".join(_failures(line, source.sentences)),
            "unsupported, second reading": ", ".join(facts),
            "garbled word": ", ".join(garbled(line, source.words, ordinary)),
            "loop": "loop" * loops(line, source.sentences),
            "fragment": fragment(line, self._language.verbs, headline),
            "dangling pronoun": "pronoun" * dangling(line),
            "over the limit": f"{size} words" * (size > LIMITS[section]),
        }
        for name, why in found.items():
            if why:
                tally.fault(name, line, why)
        tally.faults["compressed or rewritten"] += _bare(line) not in source.bare

    def _repeats(self, system: str, points: Sequence[str], context: Sequence[str]) -> None:
        """Near-duplicates, counted in the section of the later line."""
        before = near_duplicates(points)
        both = near_duplicates([*points, *context])
        self._tallies[system][Section.KEY_POINTS].faults["near-duplicate"] += before
        self._tallies[system][Section.CONTEXT].faults["near-duplicate"] += both - before

    def _origins(self, one: Evaluated) -> None:
        """The product's own word for what it wrote, and support by the evidence it names."""
        for section in Section:
            tally = self._tallies[PRODUCT][section]
            for line in one.brief.of(section):
                tally.faults["generated"] += line.origin == "generated"
                evidence = one.article.texts(line.evidence)
                if lost := _failures(line.text, evidence):
                    tally.fault("unsupported by its evidence", line.text, ", ".join(lost))

    def result(self) -> dict[str, Any]:
        """Shares in per cent by system and section, with examples of the product's faults."""
        return {
            "briefs": self._briefs,
            "without_context": _share(self._without_context, self._briefs),
            "systems": {
                system: {str(s): _described(t) for s, t in sections.items() if t.lines}
                for system, sections in self._tallies.items()
            },
        }


class _SourceText:
    """One article read once for all its lines."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = tuple(sentences)
        text = "\n".join(sentences)
        self.words = Source(text)
        self.values = values(text)
        self.runs = {size: runs_of(sentences, size) for size in SIZES}
        self.bare = frozenset(map(_bare, sentences))


def _bare(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _failures(line: str, sources: Sequence[str]) -> list[str]:
    """The facts of the line that the product's checker does not find in ``sources``."""
    return [c.text for c in facts(line, sources) if not c.supported and c.kind in _FACTS]


def _share(count: float, of: int) -> float:
    return 100 * count / of if of else 0.0


def _described(tally: Tally) -> dict[str, Any]:
    return {
        "lines": tally.lines,
        "shares": {name: _share(n, tally.lines) for name, n in sorted(tally.faults.items())},
        "words": {"mean": mean(tally.words), "median": median(tally.words)},
        "novel": {str(n): 100 * mean(shares) for n, shares in tally.novel.items()},
        "examples": dict(tally.examples),
    }
