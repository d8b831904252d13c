"""Labels of readers, kept without the text that they are of.

    python -m scripts.train.quality.labels write --data ../shared/data \
        --to build/reading/labelled.jsonl
    python -m scripts.train.quality.labels add rows.jsonl

The articles are not ours to keep. A label is filed under its article (file and row of the corpus),
its section and the hash of its line; ``write`` makes the candidate lines of each article again and
keeps those whose hash has a label: {"text" (of the article), "section", "line", "label"}, what
`scripts.train.quality.fit` and `scripts.train.preference` learn from. Lines that the product no
longer makes are counted and left out. ``add`` files rows of {"article", "section", "line",
"label"}.

A reader saw a line, the sentences it was made from, the sentence before it, the title and the
article's first three sentences, and judged strictly, in doubt not good. Two readers agreed on
"good" or not on 93 % of 269 lines.
"""

import argparse
import hashlib
import json
import lzma
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from briefing.candidates import CandidateLines
from briefing.drafts import draft
from briefing.errors import BriefingError
from briefing.planning import Planner
from briefing.reading import article_from_text
from briefing.sections import Section
from scripts.train.corpus import read_lines
from scripts.train.files import ARTICLES, data_folder, write_rows
from scripts.train.quality.data import LABELS, SECTIONS

FILE = Path(__file__).with_name("labels.jsonl.xz")
_DIGITS = 6
"""Hexadecimal digits of a hash: an article has about a hundred candidates."""
Labels = dict[str, dict[str, dict[str, str]]]
"""Labels by hash, by section, by article ("3-120": row 120 of articles-3)."""


def hashed(line: str) -> str:
    """Return what a line is filed under."""
    return hashlib.sha256(line.encode()).hexdigest()[:_DIGITS]


def read_labels(path: Path) -> Labels:
    """Read the labels of a file."""
    with lzma.open(path, "rt", encoding="utf-8") as rows:
        return {row.pop("article"): row for row in map(json.loads, rows)}


def write_labels(labels: Labels, path: Path) -> None:
    """Write labels, the articles in order."""
    with lzma.open(path, "wt", encoding="utf-8", preset=9) as out:
        for article in sorted(labels, key=lambda name: tuple(map(int, name.split("-")))):
            row = {"article": article, **labels[article]}
            out.write(json.dumps(row, sort_keys=True, separators=(",", ":")) + "\n")


def added(labels: Labels, rows: Iterable[dict[str, str]]) -> int:
    """File rows; return how many."""
    count = 0
    for count, row in enumerate(rows, 1):
        if row["label"] not in LABELS or row["section"] not in SECTIONS:
            raise ValueError(f"row {count}: no such label or section: {row}")
        own = labels.setdefault(row["article"], {}).setdefault(row["section"], {})
        own[hashed(row["line"])] = row["label"]
    return count


def articles(labels: Labels, data: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (name, title, text) of each labelled article."""
    for path in sorted((data / "articles").glob("*.jsonl.xz")):
        number = path.name.removeprefix("articles-").partition(".")[0]
        for at, row in enumerate(read_lines(path)):
            if f"{number}-{at}" in labels:
                yield f"{number}-{at}", row["title"] or "", row["text"]


def candidates(planner: Planner, title: str, text: str, section: Section) -> Iterator[str]:
    """Yield the lines that a section of the article may have: its title, sentences and cuts."""
    article = article_from_text(text, title=title)
    lines = CandidateLines(draft(article, planner.plan(article), None), {}, None)
    indices = range(len(article.sentences))
    lines.prepare(indices)
    if title and section is Section.HEADLINE:
        yield article.title or ""
    for index in indices:
        yield from (line.text for line in lines.whole(index, section))
    for index in indices:
        yield from (line.text for line in lines.cuts(index, section))


def main() -> None:
    """Write the labelled lines, or file more labels."""
    parser = argparse.ArgumentParser(description=__doc__)
    stages = parser.add_subparsers(dest="stage", required=True)
    write = stages.add_parser("write")
    write.add_argument("--data", type=data_folder(ARTICLES), required=True)
    write.add_argument("--to", type=Path, required=True)
    add = stages.add_parser("add")
    add.add_argument("rows", type=Path)
    options = parser.parse_args()
    if options.stage == "add":
        labels = read_labels(FILE) if FILE.exists() else {}
        with options.rows.open(encoding="utf-8") as rows:
            print(added(labels, map(json.loads, rows)), "labels filed")
        write_labels(labels, FILE)
        return
    labels = read_labels(FILE)
    planner = Planner()
    rows = chain.from_iterable(
        labelled(planner, title, text, labels[name])
        for name, title, text in articles(labels, options.data)
    )
    found = write_rows(options.to, rows, f"no labelled line is found again in {options.data}")
    total = sum(len(own) for sections in labels.values() for own in sections.values())
    print(f"{found} of {total} labels have their lines")


def labelled(
    planner: Planner, title: str, text: str, labels: dict[str, dict[str, str]]
) -> Iterator[dict[str, str]]:
    """Yield the labelled lines of an article, which readers saw with its title or without."""
    for name, own in labels.items():
        wanted = dict(own)
        for given in dict.fromkeys((title, "")):
            try:
                for line in candidates(planner, given, text, SECTIONS[name]):
                    if label := wanted.pop(hashed(line), None):
                        yield {"text": text, "section": name, "line": line, "label": label}
                    if not wanted:
                        break
            except BriefingError:
                continue
            if not wanted:
                break


if __name__ == "__main__":
    main()
