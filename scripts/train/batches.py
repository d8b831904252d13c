"""Examples for each stage of the writer's training, drawn by seed and step.

The order of stages teaches copying first: random tokens at short length, then recovering
natural sentences from damage, then the real pairs (Krishna et al. 2021, "Does pretraining for
summarization require knowledge transfer?"; Wu et al. 2022, "Insights into pre-training via
simpler synthetic tasks"; Lewis et al. 2020, BART, for infilling).
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from scripts.train.corpus import read_records, split_sentences
from scripts.train.pairs import STOP, length_token, words
from scripts.train.vocabulary import EOS, PAD

Example = tuple[list[int], list[int]]
Row = dict[str, str]
"""A line of examples.jsonl: section, manner, source, line, origin."""
SECTIONS = {"headline": "<headline>", "key point": "<point>", "context": "<context>"}
_HEADLINES = 0.8
"""How often a headline is drawn: the other sections mostly show whole sentences."""
_RECOVERED = 0.06
"""Share of a writing stage's examples that are drawn as in the stage before it."""


@dataclass(frozen=True)
class Batch:
    """Padded ids, shapes (examples, source tokens) and (examples, target tokens)."""

    source: np.ndarray
    target: np.ndarray


class Corpus:
    """Sentences and pairs, and the tasks made of them."""

    def __init__(self, folder: Path, tokenizer: Tokenizer, split: str = "train") -> None:
        self.tokenizer = tokenizer
        self.control = {t: tokenizer.token_to_id(t) for t in tokenizer.get_vocab() if t[0] == "<"}
        self.pieces = range(tokenizer.token_to_id("<0xFF>") + 1, tokenizer.get_vocab_size())
        self.articles: list[list[str]] = []
        for record in read_records(folder / split / "records.jsonl"):
            sentences = [s for s in record.sentences if 4 <= len(s.split()) <= 45]
            if len(sentences) >= 3:
                self.articles.append(sentences[:14])
        self.pools: tuple[list[Row], list[Row]] = ([], [])
        for row in _rows(folder / split / "examples.jsonl"):
            self.pools[row["section"] != "headline"].append(row)

    def ids(self, text: str) -> list[int]:
        """Token ids of plain text."""
        found: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def sentence(self, rng: random.Random) -> str:
        """One natural sentence."""
        return rng.choice(rng.choice(self.articles))

    def copy(self, rng: random.Random) -> Example:
        """Copy 3 to 24 tokens: random ones, a third of the time a natural stretch."""
        size = rng.randint(3, 24)
        if rng.random() < 0.34:
            ids = self.ids(self.sentence(rng))[:size]
        else:
            ids = [rng.choice(self.pieces) for _ in range(size)]
        return [self.control["<copy>"], *ids], ids

    def fill(self, rng: random.Random) -> Example:
        """Restore a sentence whose spans are masked, given its neighbours' help or none."""
        ids = self.ids(self.sentence(rng))[:60]
        damaged: list[int] = []
        position = 0
        while position < len(ids):
            if rng.random() < 0.06:
                position += min(rng.choice((0, 1, 1, 2, 3)), len(ids) - position)
                damaged.append(self.control["<mask>"])
            if position < len(ids):
                damaged.append(ids[position])
                position += 1
        return [self.control["<fill>"], *damaged], ids

    def pick(self, rng: random.Random) -> Example:
        """Of two or three sentences copy the one that the cue words come from."""
        chosen = rng.sample(rng.choice(self.articles), rng.choice((2, 2, 3)))
        chosen = [s for s in chosen if len(s.split()) <= 30] or chosen[:1]
        wanted = rng.choice(chosen)
        cues = [w for w in words(wanted) if w.lower() not in STOP] or words(wanted) or [wanted]
        cue = " ".join(rng.sample(cues, min(len(cues), rng.choice((1, 2, 3)))))
        return self.joined(["<pick>"], [cue, *chosen]), self.ids(wanted)

    def clean(self, rng: random.Random) -> Example:
        """Restore a sentence into which words of another were put: deletion."""
        kept, other = self.sentence(rng).split()[:40], self.sentence(rng).split()
        mixed = list(kept)
        for _ in range(rng.choice((1, 1, 2))):
            size, start = rng.randint(1, 6), rng.randrange(len(other))
            place = rng.randrange(len(mixed) + 1)
            mixed[place:place] = other[start : start + size]
        return self.joined(["<clean>"], [" ".join(mixed)]), self.ids(" ".join(kept))

    def write(self, rng: random.Random) -> Example:
        """A real line: section, manner and length in, sources in, line out."""
        row = rng.choice(self.pools[rng.random() >= _HEADLINES])
        return self.encoded(row)

    def encoded(self, row: Row) -> Example:
        """A line that an editor wrote, and what it was written from."""
        control = [SECTIONS[row["section"]], length_token(len(row["line"].split()))]
        if row["manner"] == "cut":
            control.insert(1, "<clean>")
        return self.joined(control, split_sentences(row["source"])), self.ids(row["line"])

    def written(self, most: int) -> list[Batch]:
        """The first headlines, at most so many, in batches of 32."""
        found = [self.encoded(row) for row in self.pools[0][:most]]
        return [pad(found[at : at + 32]) for at in range(0, len(found), 32)]

    def joined(self, control: list[str], texts: list[str]) -> list[int]:
        """Control tokens, then texts with separators, at most 192 tokens."""
        ids = [self.control[c] for c in control]
        for index, text in enumerate(texts):
            ids += [self.control["<sep>"]] * (index > 0) + self.ids(text)
        return ids[:192]

    def example(self, stage: str, rng: random.Random) -> Example:
        """One example of ``stage``: recover or write."""
        if stage == "write" and rng.random() >= _RECOVERED:
            return self.write(rng)
        task = rng.choices((self.copy, self.fill, self.pick, self.clean), (0.15, 0.3, 0.3, 0.25))
        return task[0](rng)

    def batches(self, stage: str, seed: int, tokens: int) -> Iterator[Batch]:
        """An endless run of length-sorted batches of about ``tokens`` padded tokens each."""
        rng = random.Random(f"{stage}-{seed}")
        while True:
            pool = [self.example(stage, rng) for _ in range(1024)]
            pool = [(s, t) for s, t in pool if t]
            pool.sort(key=lambda pair: (len(pair[0]) // 8, len(pair[1])))
            groups: list[list[Example]] = [[]]
            for pair in pool:
                width = max(len(pair[0]), *(len(s) for s, _ in groups[-1]), 1)
                height = max(len(pair[1]), *(len(t) for _, t in groups[-1]), 1)
                if (width + 2 * height) * (len(groups[-1]) + 1) > tokens:
                    groups.append([])
                groups[-1].append(pair)
            rng.shuffle(groups)
            yield from (pad(group) for group in groups if group)


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def pad(group: list[Example]) -> Batch:
    """Pad a group to its longest source and target, each closed by the end token."""
    return Batch(*(_pad([pair[side] for pair in group]) for side in (0, 1)))


def _pad(rows: list[list[int]]) -> np.ndarray:
    width = max(map(len, rows)) + 1
    ids = np.full((len(rows), width), PAD, dtype=np.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        ids[index, len(row)] = EOS
    return ids
