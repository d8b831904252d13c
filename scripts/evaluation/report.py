"""The figures as one table of plain text."""

from collections.abc import Iterator, Sequence
from typing import Any

from scripts.evaluation.goals import Goal
from scripts.evaluation.systems import SYSTEMS, WRITERS

_RULE = "-" * 112
_KIND_NAMES = {"rouge1": "R1", "rouge2": "R2", "rougeL": "RL", "rougeLsum": "RLsum"}
_LINE_ROWS = (
    "generated", "compressed or rewritten", "unsupported by its evidence",
    "unsupported, own checker", "unsupported, second reading", "garbled word", "loop", "fragment",
    "dangling pronoun", "near-duplicate", "over the limit",
)  # fmt: skip


def render(found: dict[str, Any], judged: Sequence[Goal]) -> str:
    """The whole report."""
    blocks: list[Iterator[str]] = [_header(found)]
    if found.get("keypoints"):
        blocks.append(_scores("Key points against editors' highlights", found["keypoints"]))
    if found.get("headlines"):
        blocks.append(_scores("Headlines against titles (no title given)", found["headlines"]))
    if found.get("lines"):
        blocks.append(_lines(found["lines"]))
    if found.get("planner"):
        blocks.append(_planner(found["planner"], found.get("context")))
    if found.get("checker"):
        blocks.append(_checker(found["checker"]))
    blocks.append(_goals(judged))
    return "\n".join(line for block in blocks for line in block)


def _header(found: dict[str, Any]) -> Iterator[str]:
    run = found["run"]
    yield f"{run['date']}  {run['machine']}"
    yield ", ".join(f"{name} {number}" for name, number in run["versions"].items())
    if model := run.get("model"):
        yield f"model {model['name']} {model['revision']}, {model['backend']} {model['dtype']}"
    if speed := run.get("product"):
        rate = f"{speed['articles_per_second']:.2f} articles a second"
        yield f"{speed['articles']} articles briefed in {speed['seconds']:.1f} s, {rate}"
    if failures := run.get("failures"):
        yield f"{len(failures)} articles could not be briefed: {failures[0]}"


def _scores(title: str, part: dict[str, Any]) -> Iterator[str]:
    """A row a system, a column a group: ROUGE F; then the product's lead with its interval."""
    yield from ("", f"{title} (ROUGE F)", _RULE)
    for group, figures in part["groups"].items():
        kinds = next(iter(figures["systems"].values()))
        names = "".join(f"{_KIND_NAMES[kind]:>8}" for kind in kinds)
        yield f"{group + ' (' + str(figures['articles']) + ')':<24}{names}"
        for system in SYSTEMS:
            scores = "".join(f"{value:8.2f}" for value in figures["systems"][system].values())
            gain = _gain(part, group, system)
            yield f"  {system:<22}{scores}{gain}"


def _gain(part: dict[str, Any], group: str, system: str) -> str:
    found = part["differences"].get(system)
    if group != part["main"] or not found:
        return ""
    one = found["rouge1"]
    return f"   product {one['mean']:+.2f} R1 [{one['low']:+.2f}, {one['high']:+.2f}]"


def _lines(part: dict[str, Any]) -> Iterator[str]:
    columns = [(system, s) for system in WRITERS for s in part["systems"][system]]
    yield from ("", f"Lines of {part['briefs']} briefs (per cent of lines)", _RULE)
    yield f"{'':<28}" + "".join(f"{system:>12}" for system, _ in columns)
    yield f"{'':<28}" + "".join(f"{section:>12}" for _, section in columns)
    cells = [part["systems"][system][section] for system, section in columns]
    yield f"{'lines':<28}" + "".join(f"{cell['lines']:>12}" for cell in cells)
    for name in _LINE_ROWS:
        row = [cell["shares"].get(name) for cell in cells]
        if any(value is not None for value in row):
            yield f"{name:<28}" + "".join(map(_cell, row))
    yield f"{'words a line, mean':<28}" + "".join(_cell(cell["words"]["mean"]) for cell in cells)
    yield f"{'words a line, median':<28}" + "".join(_cell(c["words"]["median"]) for c in cells)
    for size in ("1", "2", "3"):
        yield f"{f'novel {size}-grams':<28}" + "".join(_cell(c["novel"][size]) for c in cells)
    yield f"briefs without context: {part['without_context']:.1f} %"


def _cell(value: float | None) -> str:
    return f"{'':>12}" if value is None else f"{value:>12.2f}"


def _planner(part: dict[str, Any], context: dict[str, Any] | None) -> Iterator[str]:
    yield from ("", "Planner", _RULE)
    yield f"roles F1: macro {part['roles']['macro']:.1f}, micro {part['roles']['micro']:.1f}"
    yield f"context among the three most context-like sentences: {part['context_at_3']:.1f} %"
    for source, one in part["salience"].items():
        if one["articles"]:
            ours, lead = one["planner"]["recall_at_3"], one["lead"]["recall_at_3"]
            yield f"salience recall@3, {source}: planner {ours:.1f}, lead {lead:.1f}"
    if context:
        share = f"{context['context_role']:.1f} %"
        yield f"context lines of a context role: {share} of {context['lines']} lines"


def _checker(part: dict[str, Any]) -> Iterator[str]:
    yield from ("", f"Checker ({part['claims']} human judgements)", _RULE)
    for name in ("checker", "overlap"):
        one = part[name]
        figures = f"balanced accuracy {one['balanced_accuracy']:.3f}, AUC {one['auc']:.3f}"
        yield f"{name:<16}{figures}, AUC inside collections {one['within_auc']:.3f}"


def _goals(judged: Sequence[Goal]) -> Iterator[str]:
    yield from ("", f"{'Goals':<52}{'goal':>12}{'measured':>14}", _RULE)
    for goal in judged:
        verdict = "met" if goal.met else "MISSED"
        yield f"{goal.name:<52}{goal.goal:>12}{goal.measured:>14}   {verdict}"
