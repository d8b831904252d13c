"""Articles to measure with: made of sentences that ship with the tests, or from a file."""

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from briefing.reading import sentence_texts

ROOT = Path(__file__).parents[2]
WORDS = 600


def made_articles(count: int, words: int = WORDS) -> list[dict[str, str]]:
    """Articles of about ``words`` words: sentences of the fixtures, each time in another order."""
    return list(islice(stream(words), count))


def stream(words: int = WORDS) -> Iterator[dict[str, str]]:
    """Such articles without end, the same each time."""
    sentences = [
        sentence
        for path in sorted((ROOT / "tests" / "fixtures").glob("*.txt"))
        for sentence in sentence_texts(path.read_text(encoding="utf-8"))[2:]
    ]
    rng = random.Random(5)
    while True:
        chosen: list[str] = []
        while sum(len(s.split()) for s in chosen) < words:
            chosen.append(rng.choice(sentences))
        text = "\n\n".join(" ".join(chosen[i : i + 3]) for i in range(0, len(chosen), 3))
        yield {"title": "", "text": text}


def read_articles(path: Path, count: int) -> list[dict[str, str]]:
    """The first ``count`` objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in islice(lines, count)]
