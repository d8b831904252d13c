"""Measure the whole product beside its rivals, on articles that nothing was trained on.

    python scripts/evaluate.py --data DATA [--articles N] [--lines N] [--only keypoints,headlines]
    python scripts/evaluate.py --data DATA --print 20       # briefs beside title and lead

Prints one table and, with --out, writes every figure as JSON. Rivals in the same run: the lead,
sumy's LexRank, TextRank and LSA (three sentences, the first for a headline) and the model alone.
The same data and model give the same figures; only the times differ.
"""

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from textwrap import indent
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from briefing.models.backend import cores
from briefing.rendering import render as render_brief
from scripts.evaluation import context
from scripts.evaluation.articles import read_samples
from scripts.evaluation.goals import goals
from scripts.evaluation.lines import Language, Lines
from scripts.evaluation.report import render
from scripts.evaluation.scores import Headlines, KeyPoints
from scripts.evaluation.systems import Evaluated, Systems, body_of

PARTS = ("keypoints", "headlines", "lines", "planner", "checker")
_BRIEFED = frozenset(PARTS[:3])
_PACKAGES = ("ctranslate2", "rouge-score", "sumy", "numpy")


def main() -> None:
    """Measure what was asked for."""
    options = _options()
    found: dict[str, Any] = {"run": _run()}
    systems = Systems.of(options.model) if options.only & (_BRIEFED | {"planner"}) else None
    if systems:
        found["run"]["model"] = asdict(systems.briefer.model)
    if systems and "planner" in options.only:
        _say("planner")
        from scripts import evaluate_planner

        found["planner"] = evaluate_planner.measure(options.data)
        found["context"] = context.measure(options.data, systems.briefer)
    if "checker" in options.only:
        _say("checker")
        from scripts import evaluate_checker

        found["checker"] = evaluate_checker.measure(options.data)
    if systems and options.only & _BRIEFED:
        found |= _briefed(systems, options)
    if systems and systems.clock.articles:
        found["run"] |= _timing(systems)
    judged = goals(found)
    found["goals"] = [asdict(goal) for goal in judged]
    print(render(found, judged))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _briefed(systems: Systems, options: argparse.Namespace) -> dict[str, Any]:
    """The parts that need briefs; the first few briefs are printed as well, if asked for."""
    _say("reading articles")
    samples, texts = read_samples(
        options.data, options.split, options.articles, options.lines, options.only
    )
    parts: dict[str, KeyPoints | Headlines | Lines] = {}
    if "keypoints" in options.only:
        parts["keypoints"] = KeyPoints()
    if "headlines" in options.only:
        parts["headlines"] = Headlines()
    if "lines" in options.only:
        parts["lines"] = Lines(Language.of(texts))
    for done, one in enumerate(systems.run(samples), 1):
        for part in parts.values():
            part.add(one)
        if done <= options.print:
            print(_beside(one))
        if done % 50 == 0 or done == len(samples):
            _say(f"{done} of {len(samples)} articles")
    return {name: part.result() for name, part in parts.items()}


def _beside(one: Evaluated) -> str:
    """A brief under the title and lead of its article, and what the model alone says."""
    lead = " ".join(body_of(one.article)[:2])
    plain = one.outputs["plain model"]
    points = "\n".join(f"• {line}" for line in plain.points)
    return "\n".join(
        (
            "=" * 96,
            f"{one.sample.source}: {one.sample.raw_title}",
            f"LEAD {lead}",
            *(f"EDITOR • {line}" for line in one.sample.highlights),
            "",
            render_brief(one.brief, "text"),
            indent(f"model alone: {plain.headline}\n{points}", "    "),
            "",
        )
    )


def _run() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in _PACKAGES},
    }


def _timing(systems: Systems) -> dict[str, Any]:
    clock = systems.clock
    rate = clock.articles / clock.seconds
    product = {"articles": clock.articles, "seconds": clock.seconds, "articles_per_second": rate}
    return {"product": product, "failures": systems.failures}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the evaluation data")
    parser.add_argument("--split", default="dev", choices=("dev", "train"))
    parser.add_argument("--articles", type=int, default=1000, help="at most, for each ROUGE part")
    parser.add_argument("--lines", type=int, default=1000, help="articles for the line figures")
    parser.add_argument("--only", type=_parts, default=frozenset(PARTS), help=",".join(PARTS))
    parser.add_argument("--model", default="bundled", help="a name or folder, as briefing --model")
    parser.add_argument("--print", type=int, default=0, metavar="N", help="print N briefs")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    return parser.parse_args()


def _parts(text: str) -> frozenset[str]:
    chosen = frozenset(text.split(","))
    if unknown := chosen - set(PARTS):
        raise argparse.ArgumentTypeError(
            f"unknown part {sorted(unknown)[0]}; use {', '.join(PARTS)}"
        )
    return chosen


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
