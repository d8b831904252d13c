"""Replay lines that others wrote as if a model had, and see which of them the brief shows.

    python scripts/evaluate_replay.py --data DATA [--file LINES.jsonl] [--verifier NAME] [--wrong N]

A checker that silences good writers is as useless as one that lets bad ones through. Editors' key
points (cnndm dev) and people's corrected summaries are true: how many of their sentences are shown?
Models' summaries in which people marked an error are not: how many of theirs? For the key points,
ROUGE of the brief stands beside that of the lines themselves and of the first three sentences; with
``--file`` ({"text", "lines", "reference"} a row) the lines are another model's.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from briefing.briefer import Briefer
from briefing.briefs import Article, Brief, ModelInfo
from briefing.errors import BriefingError
from briefing.language.tokens import content
from briefing.models import Decoding, Hypothesis, NBest
from briefing.reading import article_from_text, sentence_texts
from briefing.sections import Section
from briefing.writing import choose_family
from scripts.evaluation.rouge import POINT_KINDS, Rouge, mean_scores
from scripts.train.corpus import read_lines

_SAME = 0.8
"""Share of words in common from which on a line shown is the line replayed: names that were put in
for pronouns are no difference."""
_SECTIONS = (Section.KEY_POINTS,)


class NoBackend:
    """Writes nothing; what a model would have written is given (see `replayed`)."""

    info = ModelInfo("replay", "0", "replay", "cpu", "none", "lines of others")
    calls = 1
    articles = 1

    def generate(self, batches: Sequence[Sequence[str]], _: Decoding) -> list[NBest]:
        """No line for any prompt."""
        return [() for batch in batches for _ in batch]


@dataclass
class Tally:
    """What became of the lines of one kind."""

    sentences: int = 0
    shown: int = 0
    lines: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Percent shown."""
        return 100 * self.shown / max(1, self.sentences)


def replayed(briefer: Briefer, article: Article, lines: Sequence[str]) -> Brief:
    """The brief where a model wrote ``lines`` as key points."""
    made = briefer.draft(article, sections=_SECTIONS)
    written = [(Hypothesis("\n".join(lines), 0.0),) for _ in made.requests]
    return briefer.finish(made, written, sections=_SECTIONS)


def shown(brief: Brief, line: str) -> bool:
    """Whether the brief has the line."""
    words = set(content(line))
    for one in brief.key_points:
        held = set(content(one.text))
        if words and len(words & held) >= _SAME * len(words | held):
            return True
        if words and one.inserted and len(words & held) >= _SAME * len(words):
            return True
    return False


def tally(briefer: Briefer, rows: Iterator[tuple[str, list[str]]], found: Tally) -> None:
    """Replay the sentences of each (article, sentences) and count those that are shown."""
    for text, lines in rows:
        try:
            brief = replayed(briefer, article_from_text(text, title=""), lines)
        except BriefingError:
            continue
        for line in lines:
            found.sentences += 1
            if shown(brief, line):
                found.shown += 1
                found.lines.append(line)


def highlights(data: Path) -> Iterator[tuple[str, list[str]]]:
    """Editors' key points with capitals, dev."""
    for number in (0, 6):
        for row in read_lines(data / "articles" / f"articles-{number}.jsonl.xz"):
            if row["split"] == "dev" and row["source"].startswith("cnndm"):
                if sum(map(str.islower, row["highlights"])) < 1:
                    yield row["text"], row["highlights"]


def corrections(data: Path, wrong: bool) -> Iterator[tuple[str, list[str]]]:
    """Sentences that people corrected, or the model's with an error; of the test split."""
    for row in read_lines(data / "corrections.jsonl.xz"):
        if row["split"] != "test" or not row["has_error"]:
            continue
        right = sentence_texts(row["feedback"]["summary"] or "")
        written = sentence_texts(row["candidate"])
        lines = [text for text in written if text not in right] if wrong else right
        if lines and not (wrong and len(lines) > 1):
            yield row["article"], lines


def rouge(briefer: Briefer, rows: Sequence[tuple[str, list[str], list[str]]]) -> None:
    """Print ROUGE of the briefs, of the lines replayed, and of the first three sentences."""
    scorer = Rouge(POINT_KINDS)
    scores: dict[str, list[dict[str, float]]] = {"brief": [], "lines": [], "lead-3": []}
    for text, lines, reference in rows:
        try:
            article = article_from_text(text, title="")
            brief = replayed(briefer, article, lines)
        except BriefingError:
            continue
        lead = [s.text for s in article.sentences if s.part == "body"][:3]
        told = [line.text for line in brief.key_points]
        for name, said in (("brief", told), ("lines", lines), ("lead-3", lead)):
            scores[name].append(scorer.score(said, reference))
    for name, found in scores.items():
        means = " / ".join(f"{value:.1f}" for value in mean_scores(found).values())
        print(f"| {name} | {means} | {len(found)} |")


def main() -> None:
    """Print the shares, then the ROUGE scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--file", type=Path, help="lines of a model, with references")
    parser.add_argument("--verifier", default="bundled")
    parser.add_argument("--wrong", type=int, default=0, help="print so many wrong lines shown")
    options = parser.parse_args()
    briefer = Briefer.over(NoBackend(), choose_family("bart-large-cnn", "bart"), options.verifier)
    print("| lines | sentences | shown % |\n|---|---|---|")
    for name, rows in (
        ("editors' key points", highlights(options.data)),
        ("people's corrections", corrections(options.data, wrong=False)),
        ("models' errors", corrections(options.data, wrong=True)),
    ):
        found = Tally()
        tally(briefer, rows, found)
        print(f"| {name} | {found.sentences} | {found.shown} ({found.share:.0f} %) |", flush=True)
        if name == "models' errors":
            for line in found.lines[: options.wrong]:
                print(f"  {line}")
    print("\n| key points | ROUGE-1 / 2 / Lsum | articles |\n|---|---|---|")
    if options.file:
        given = map(json.loads, options.file.read_text(encoding="utf-8").splitlines())
        rouge(briefer, [(row["text"], row["lines"], row["reference"]) for row in given])
    else:
        rouge(briefer, [(text, lines, lines) for text, lines in highlights(options.data)])


if __name__ == "__main__":
    main()
