"""What the quality model learns from: lines that readers labelled, and lines that stand alone.

Labels are few. Before them the model learns to tell sentences that writers meant to stand alone
(the first of an article, what a feed or an editor says of it) from those of its middle.
"""

import json
import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from briefing.sections import Section
from scripts.train.corpus import read_lines, read_records
from scripts.train.files import data_folder, file_of

LABELS = ("good", "meaning", "fragment", "dangling", "unnewsworthy")
"""What readers say of a line; the first is signed."""
SECTIONS = {"headline": Section.HEADLINE, "point": Section.KEY_POINTS, "context": Section.CONTEXT}
"""What readers call the sections, in the order of the model's heads."""
LINES = file_of("scripts.train.quality.labels write")
"""The type of an argument that names the file of labelled lines."""
FILES = ("headlines_rss.jsonl.xz", "leads_guardian.jsonl.xz", "current_events.jsonl.xz")
READ = data_folder(*FILES)
"""The type of an argument that names the data that `alone` reads."""
_LATER = range(3, 30)
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line, its section and label, and the fold of its article."""

    line: str
    section: int
    label: int
    fold: int


def labelled(path: Path) -> list[Labelled]:
    """The labelled lines of a file: {"text" (of the article), "section", "line", "label"}."""
    with path.open(encoding="utf-8") as rows:
        return [
            Labelled(
                row["line"],
                tuple(SECTIONS).index(row["section"]),
                LABELS.index(row["label"]),
                zlib.crc32(row["text"].encode()) % _FOLDS,
            )
            for row in map(json.loads, rows)
            if row["label"] in LABELS
        ]


def alone(records: Path, data: Path, most: int) -> list[tuple[str, bool]]:
    """(sentence, meant to stand alone?), shuffled; about four of each article."""
    rng = random.Random(4)
    rows = [r for r in read_records(records) if not r.source.startswith(("scitldr", "senate"))]
    rng.shuffle(rows)
    found: list[tuple[str, bool]] = []
    for record in rows[:most]:
        if len(record.sentences) < 8:
            continue
        found.append((record.sentences[0], True))
        later = [record.sentences[at] for at in _LATER if at < len(record.sentences)]
        found += [(text, False) for text in rng.sample(later, min(2, len(later)))]
        found += [(text, True) for text in record.highlights[:2]]
    found += _feeds(data, most // 3, rng)
    found = [(text, first) for text, first in found if 6 <= len(text.split()) <= 45]
    rng.shuffle(found)
    return found


def _feeds(data: Path, most: int, rng: random.Random) -> Iterator[tuple[str, bool]]:
    """The first sentences of feed texts and leads, and the last; what an almanac says of a day."""
    for name in ("headlines_rss", "leads_guardian"):
        lines = list(read_lines(data / f"{name}.jsonl.xz"))
        rows = [r for r in lines if r.get("split") != "dev" and not r.get("opinion")]
        for row in rng.sample(rows, min(most, len(rows))):
            texts = _SENTENCES.split(row["text"])
            yield texts[0], True
            if len(texts) > 2:
                yield texts[-1], False
    events = list(read_lines(data / "current_events.jsonl.xz"))
    for row in rng.sample(events, min(most // 2, len(events))):
        yield row["text"], True
