"""Measure the checker on minimal pairs: lines that differ from true ones by one thing.

    python scripts/evaluate_contrast.py --data DATA [--file contrast_dev.jsonl] [--wrong 20]

Reads items of {"id", "phenomenon", "sources", "true", "false", "bad_form", "good_form"}, each line
with its manner (``cut``, ``headline``, ``reword``). Two judges are asked of every line: the gate,
which says whether a line that a model wrote may be shown, and ``briefing check``, to which the
manner is nothing. Printed are balanced accuracy (the mean of true lines accepted and false lines
rejected, 50 is chance) by manner and phenomenon, and how many badly formed lines the gate refuses.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from briefing.checking import Judge as Article
from briefing.checking import bundled_verifier, check_text, form_problems, licence
from briefing.checking.facts import states
from briefing.language import parses_for
from briefing.language.reference import body
from briefing.reading import sentence_texts
from briefing.sections import Section

Judge = Callable[[str, Sequence[str], str], bool]


class Tally:
    """True lines accepted and false ones rejected."""

    def __init__(self) -> None:
        self.counts = {"true": [0, 0], "false": [0, 0]}

    def add(self, label: str, accepted: bool) -> None:
        """Count one line."""
        self.counts[label][0] += accepted is (label == "true")
        self.counts[label][1] += 1

    def share(self, label: str) -> float:
        """Percent of the lines with this label that were judged rightly."""
        right, total = self.counts[label]
        return 100 * right / total if total else float("nan")

    @property
    def balanced(self) -> float:
        """Balanced accuracy in percent."""
        return (self.share("true") + self.share("false")) / 2


def gate(line: str, sources: Sequence[str], manner: str) -> bool:
    """Whether the line might be shown if a model had written it in this manner."""
    parses = parses_for("en")
    assert parses is not None
    headline = manner == "headline"
    section = Section.HEADLINE if headline else None
    texts = [body(text) for text in sources]
    if manner == "cut":
        found = licence(line, texts, parses)
        return states(line, texts) and found is not None and found.granted
    if form_problems(line, section, parses.one(line)):
        return False
    (found_true,) = Article(texts, bundled_verifier("en"), "\n".join(texts)).of([line])
    return found_true.supported


def checked(line: str, sources: Sequence[str], _: str) -> bool:
    """What ``briefing check`` says."""
    return check_text(line, list(sources), sentence_texts, bundled_verifier("en")).supported


JUDGES: dict[str, Judge] = {"gate": gate, "check": checked}


def lines(items: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str, str, str]]:
    """(item, label, line, manner) of every true and false line."""
    for item in items:
        for label in ("true", "false"):
            for line in item[label]:
                yield item, label, line["text"], line["manner"]


def measure(items: Sequence[dict[str, Any]], wrong: int = 0) -> dict[str, dict[str, Tally]]:
    """Tallies by judge and by group: all lines, manners, phenomena."""
    tallies: dict[str, dict[str, Tally]] = {name: defaultdict(Tally) for name in JUDGES}
    for name, judge in JUDGES.items():
        shown = 0
        for item, label, text, manner in lines(items):
            accepted = judge(text, item["sources"], manner)
            for group in ("all", f"manner {manner}", item["phenomenon"]):
                tallies[name][group].add(label, accepted)
            if accepted is not (label == "true") and shown < wrong:
                shown += 1
                print(f"{name} {item['id']} {label} {manner}: {text}")
    return tallies


def form(items: Sequence[dict[str, Any]]) -> tuple[int, int, int, int]:
    """(good accepted, good, bad refused, bad): lines judged by their form alone."""
    counts = [0, 0, 0, 0]
    for item in items:
        for label, at in (("good_form", 0), ("bad_form", 2)):
            for line in item.get(label, ()):
                accepted = gate(line["text"], item["sources"], "cut")
                counts[at] += accepted is (label == "good_form")
                counts[at + 1] += 1
    return counts[0], counts[1], counts[2], counts[3]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--file", default="contrast_dev.jsonl")
    parser.add_argument("--wrong", type=int, default=0, help="print so many wrong ones a judge")
    options = parser.parse_args()
    text = (options.data / options.file).read_text(encoding="utf-8")
    items = [json.loads(row) for row in text.splitlines()]
    tallies = measure(items, options.wrong)
    print(f"| {'group':34s} | judge | balanced | true | false |\n|---|---|---|---|---|")
    for group in sorted(tallies["gate"], key=lambda g: (g != "all", "manner" not in g, g)):
        for name, found in tallies.items():
            tally = found[group]
            shares = (
                f"{tally.balanced:.1f} | {tally.share('true'):.0f} | {tally.share('false'):.0f}"
            )
            print(f"| {group:34s} | {name} | {shares} |")
    good, goods, bad, bads = form(items)
    print(f"form: well formed accepted {good} of {goods}, badly formed refused {bad} of {bads}")


if __name__ == "__main__":
    main()
