"""What the product is meant to reach, and whether it does.

Its lines are never worse than the source: they say nothing that the article lacks, and hang in the
air no more often than the article's own first sentences. How many lines the model wrote is no goal,
and overlap with editors' words (ROUGE) is shown beside that of rivals, but is none either: a key
point that cannot stand alone is left out, though an editor's highlights have its words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.evaluation.systems import LEAD, PRODUCT

_FAULTS = {
    "unsupported names and numbers, own checker": "unsupported, own checker",
    "unsupported names and numbers, second reading": "unsupported, second reading",
    "garbled words": "garbled word",
    "loops": "loop",
}
_AS_LEAD = {"dangling pronouns": "dangling pronoun", "fragments": "fragment"}
"""Faults that the tests of form find in what people wrote, too."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: what was asked, what was measured, and whether that is enough."""

    name: str
    goal: str
    measured: str
    met: bool


def goals(found: dict[str, Any]) -> list[Goal]:
    """The goals whose figures are in ``found`` (parts that were not run have none)."""
    parts = {
        "lines": _lines,
        "planner": _planner,
        "context": _context,
        "checker": _checker,
    }
    return [goal for name, judge in parts.items() if found.get(name) for goal in judge(found[name])]


def _above(name: str, value: float, bar: float, unit: str = "") -> Goal:
    return Goal(name, f">= {bar:g}{unit}", f"{value:.2f}{unit}", value >= bar)


def _below(name: str, value: float, bar: float) -> Goal:
    wanted = "0" if bar == 0 else f"<= {bar:.3g} %"
    return Goal(name, wanted, f"{value:.2f} %", value <= bar)


def _lines(part: dict[str, Any]) -> Iterator[Goal]:
    ours, lead = part["systems"][PRODUCT], part["systems"][LEAD]
    for name, fault in _FAULTS.items():
        yield _below(name, _pooled(ours, fault), 0)
    yield _below("near-duplicate lines", _pooled(ours, "near-duplicate"), 1)
    for name, fault in _AS_LEAD.items():
        yield _below(f"{name}, beside lead sentences", _pooled(ours, fault), _pooled(lead, fault))


def _pooled(sections: dict[str, Any], fault: str) -> float:
    """Share over the lines of all sections."""
    lines = sum(section["lines"] for section in sections.values())
    faulty = sum(s["lines"] * s["shares"].get(fault, 0.0) for s in sections.values())
    return faulty / lines if lines else 0.0


def _planner(part: dict[str, Any]) -> Iterator[Goal]:
    yield _above("sentence roles, macro F1", part["roles"]["macro"], 56)


def _context(part: dict[str, Any]) -> Iterator[Goal]:
    yield _above("context lines of a context role", part["context_role"], 90, " %")


def _checker(part: dict[str, Any]) -> Iterator[Goal]:
    yield _above("checker, balanced accuracy", part["checker"]["balanced_accuracy"], 0.70)
