"""What the product is meant to reach, and whether it does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scripts.evaluation.baselines import SUMY
from scripts.evaluation.systems import LEAD, PRODUCT

_SHOWN = ("headline", "key-points", "context")
_FAULTS = {
    "unsupported names and numbers, own checker": "unsupported, own checker",
    "unsupported names and numbers, second reading": "unsupported, second reading",
    "garbled words": "garbled word",
    "loops": "loop",
}
_RARE = {
    "near-duplicate lines": "near-duplicate",
    "dangling pronouns": "dangling pronoun",
    "fragments": "fragment",
}


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
        "keypoints": _key_points,
        "headlines": _headlines,
        "lines": _lines,
        "planner": _planner,
        "context": _context,
        "checker": _checker,
    }
    return [goal for name, judge in parts.items() if found.get(name) for goal in judge(found[name])]


def _above(name: str, value: float, bar: float, unit: str = "") -> Goal:
    return Goal(name, f">= {bar:g}{unit}", f"{value:.2f}{unit}", value >= bar)


def _below(name: str, value: float, bar: float) -> Goal:
    wanted = "0" if bar == 0 else f"<= {bar:g} %"
    return Goal(name, wanted, f"{value:.2f} %", value <= bar)


def _key_points(part: dict[str, Any]) -> Iterator[Goal]:
    if not part["differences"]:
        return
    gain = part["differences"][LEAD]["rouge1"]["mean"]
    yield _above("key points, ROUGE-1 over lead-3", gain, 3.0)
    least = min(part["differences"][method]["rouge1"]["mean"] for method in SUMY)
    yield Goal("key points, ROUGE-1 over the best of sumy", "> 0", f"{least:.2f}", least > 0)


def _headlines(part: dict[str, Any]) -> Iterator[Goal]:
    if part["differences"]:
        gain = part["differences"][LEAD]["rouge1"]["mean"]
        yield _above("headlines, ROUGE-1 over lead-1", gain, 8.0)


def _lines(part: dict[str, Any]) -> Iterator[Goal]:
    ours = part["systems"][PRODUCT]
    if "headline" in ours:
        typical = ours["headline"]["shares"]["8 to 12 words"]
        yield _above("headlines of 8 to 12 words", typical, 50, " %")
    for name, fault in _FAULTS.items():
        yield _below(name, _pooled(ours, fault, _SHOWN), 0)
    generated = _pooled(ours, "generated", _SHOWN[:2])
    yield _above("headline and key-point lines generated", generated, 50, " %")
    for name, fault in _RARE.items():
        yield _below(name, _pooled(ours, fault, _SHOWN), 1)


def _pooled(ours: dict[str, Any], fault: str, sections: tuple[str, ...]) -> float:
    """Share over the lines of several sections."""
    chosen = [ours[section] for section in sections if section in ours]
    lines = sum(section["lines"] for section in chosen)
    return sum(s["lines"] * s["shares"].get(fault, 0.0) for s in chosen) / lines if lines else 0.0


def _planner(part: dict[str, Any]) -> Iterator[Goal]:
    yield _above("sentence roles, macro F1", part["roles"]["macro"], 56)


def _context(part: dict[str, Any]) -> Iterator[Goal]:
    yield _above("context lines of a context role", part["context_role"], 90, " %")


def _checker(part: dict[str, Any]) -> Iterator[Goal]:
    yield _above("checker, balanced accuracy", part["checker"]["balanced_accuracy"], 0.70)
