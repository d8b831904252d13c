"""Editors' compressions: a line and the one sentence that it was cut from.

Titles, key points and hand-made compressions whose words stand, nearly all and in order, in one
sentence. The styles differ (news headlines, key points, broadcast, hand-made), so each pair names
its own.
"""

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.train.corpus import Record, plain, read_lines, read_records, split_sentences
from scripts.train.pairs import stem, words

READ = ("headlines_rss.jsonl.xz", "compressions.jsonl.xz")
"""What is read of the data, beside the articles."""
_LEAST = {"title": 5, "point": 6, "hand": 4}
_MOST_ADDED = 2
_IN_ORDER = {"title": 0.86, "point": 0.86, "hand": 0.92}
_LOWER = re.compile(r"#|-lrb-| 's | \.$")


@dataclass(frozen=True, slots=True)
class Cut:
    """A line, the sentence it was cut from, and the style of whoever cut it."""

    style: str
    source: str
    line: str


def longest_common(one: list[str], two: list[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(two) + 1)
    for word in one:
        above, row = row, [0] * (len(two) + 1)
        for at, other in enumerate(two, 1):
            row[at] = above[at - 1] + 1 if word == other else max(above[at], row[at - 1])
    return row[-1]


def cut_from(style: str, line: str, sentences: Iterable[str]) -> Cut | None:
    """The sentence that ``line`` is most nearly a subsequence of, if it is one at all."""
    wanted = [stem(word) for word in words(line)]
    if not _LEAST[style] <= len(wanted) <= 34:
        return None
    best, found = 0, ""
    for sentence in sentences:
        held = [stem(word) for word in words(sentence)]
        if len(wanted) + 2 <= len(held) <= 60 and len(set(wanted) & set(held)) > best:
            common = longest_common(wanted, held)
            if common > best:
                best, found = common, sentence
    enough = best >= _IN_ORDER[style] * len(wanted) and len(wanted) - best <= _MOST_ADDED
    return Cut(style, found, line) if enough else None


def of_articles(records: Iterable[Record]) -> Iterator[Cut]:
    """Titles and key points of whole articles."""
    for record in records:
        if record.source.startswith("scitldr"):
            continue
        if record.title and (found := cut_from("title", record.title, record.sentences[:5])):
            yield found
        for line in record.highlights:
            if found := cut_from("point", line, record.sentences[:30]):
                yield found


def of_feeds(data: Path, split: str) -> Iterator[Cut]:
    """Titles of feeds."""
    for row in read_lines(data / "headlines_rss.jsonl.xz"):
        if row["split"] == split:
            if found := cut_from("title", plain(row["title"]), split_sentences(row["text"])[:3]):
                yield found


def of_compressions(data: Path) -> Iterator[Cut]:
    """Hand-made compressions of whole, true-cased sentences."""
    for row in read_lines(data / "compressions.jsonl.xz"):
        text = plain(row["text"])
        if _LOWER.search(row["text"]) or text.islower():
            continue
        style = "title" if "google" in row["source"] else "hand"
        for line in row["compressions"][:2]:
            if found := cut_from(style, plain(line), [text]):
                yield found


def collect(data: Path, records: Path, split: str, most: int) -> list[Cut]:
    """Up to ``most`` pairs of each style, shuffled, the same each time."""
    rng = random.Random(5)
    found = [*of_articles(read_records(records)), *of_feeds(data, split)]
    if split == "train":
        found += of_compressions(data)
    rng.shuffle(found)
    kept: list[Cut] = []
    counts: dict[str, int] = {}
    for cut in dict.fromkeys(found):
        counts[cut.style] = counts.get(cut.style, 0) + 1
        if counts[cut.style] <= most:
            kept.append(cut)
    return kept
