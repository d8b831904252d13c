"""What the verifier learns from: lines with their evidence, and whether they follow.

Minimal pairs carry most of it: for one source, true and false lines in each of three manners (cut,
headline, reword), that differ by one thing; a language model wrote them by reading. Beside them
people's judgements (RTE, summaries that people corrected, lines that readers of ours labelled) and
editors' own lines, each of which also stands beside sentences of its article that do not say it.
"""

import json
import random
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from briefing.checking.evidence import EvidenceIndex
from briefing.checking.facts import states
from briefing.language.tokens import content
from briefing.reading import sentence_texts
from scripts.train.corpus import read_lines

PAIRS = Path(__file__).with_name("pairs.jsonl.xz")
"""Minimal pairs written for this project: 6,390 invented snippets, each with five true and five
false lines, in the 26 phenomena of `contrast_dev` and some faults of headlines."""
HELD = 10
"""One item in so many is held out."""
_HALF = 0.5
_BANDS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.36, 0.42, 0.5, 0.6)
"""Shares of new words at which one band ends."""
_RAREST = 0.08


@dataclass(frozen=True, slots=True)
class Pair:
    """A line and its evidence. ``item`` is what its fold goes by; ``kind`` where it is from."""

    evidence: str
    line: str
    follows: bool
    kind: str
    item: str

    @property
    def minimal(self) -> bool:
        """Whether it is one of a minimal pair, whose kind is phenomenon and manner."""
        return " " in self.kind

    @property
    def held(self) -> bool:
        """Whether it is kept for measuring."""
        return zlib.crc32(self.item.encode()) % HELD == 0


def contrast(path: Path) -> Iterator[Pair]:
    """Minimal pairs: {"sources", "phenomenon", "true": [{"text", "manner"}], "false": ...}."""
    for row in _rows(path):
        evidence = " ".join(row["sources"])
        for label in ("true", "false"):
            for line in row[label]:
                kind = f"{row['phenomenon']} {line['manner']}"
                yield Pair(evidence, line["text"], label == "true", kind, row["sources"][0])


def corrected(data: Path, splits: Sequence[str] = ("train", "val")) -> Iterator[Pair]:
    """Models' summaries with errors that people marked, and what people made of them."""
    for row in read_lines(data / "corrections.jsonl.xz"):
        if row["split"] not in splits:
            continue
        sentences = sentence_texts(row["article"])
        index = EvidenceIndex(sentences)
        right = sentence_texts(row["feedback"].get("summary") or "")
        for text, follows in _judged_sentences(row, right):
            where = index.find(text)
            if where:
                evidence = " ".join(sentences[i] for i in where)
                yield Pair(evidence, text, follows, "corrections", row["article"][:200])


def _judged_sentences(row: dict[str, Any], right: Sequence[str]) -> Iterator[tuple[str, bool]]:
    written = sentence_texts(row["candidate"])
    wrong = [text for text in written if text not in right]
    for text in written:
        if not row["has_error"] or text in right:
            yield text, True
        elif len(wrong) == 1:  # of several, one may be right
            yield text, False
    if row["has_error"]:
        for text in right:
            if text not in written:
                yield text, True


def entailed(data: Path) -> Iterator[Pair]:
    """RTE: news premises and hypotheses."""
    for row in read_lines(data / "entailment.jsonl.xz"):
        if row["source"].upper().startswith("RTE") and row.get("split") != "dev":
            yield Pair(row["text"], row["claim"], row["label"] == 1, "rte", row["text"][:200])


def labelled(path: Path, plain: int, seed: int = 5) -> Iterator[Pair]:
    """Lines of our own that readers labelled: those that changed the meaning are false.

    Of the others, at most ``plain``; these say what their sentences say.
    """
    rows = list(_rows(path))
    random.Random(seed).shuffle(rows)
    for row in rows:
        false = row["label"] == "meaning"
        if row["label"] not in ("good", "meaning") or not (false or plain > 0):
            continue
        sentences = sentence_texts(row["text"])
        where = EvidenceIndex(sentences).find(row["line"])
        evidence = " ".join(sentences[i] for i in where)
        if not evidence or (not false and evidence.rstrip(".") == row["line"].rstrip(".")):
            continue
        plain -= not false
        yield Pair(evidence, row["line"], not false, "labelled", row["text"][:200])


def editors(data: Path, most: int, seed: int = 7) -> Iterator[Pair]:
    """Editors' sentences with what they were made from, where their facts stand in it.

    Each comes a second time beside the evidence of another line that shares words with it.
    """
    rng = random.Random(seed)
    found: list[tuple[str, str]] = []
    for name, source, line in (
        ("fusions", "text", "summary"),
        ("simplifications", "text", "simple"),
        ("headlines_rss", "text", "title"),
        ("leads_guardian", "text", "title"),
    ):
        rows = [r for r in read_lines(data / f"{name}.jsonl.xz") if r.get("split") != "dev"]
        kept = 0
        for row in rng.sample(rows, len(rows)):
            if kept >= most:
                break
            if not row.get("opinion") and _holds(row[source], row[line]):
                found.append((row[source], row[line]))
                kept += 1
    sharing: dict[str, list[int]] = {}
    for at, (source, _) in enumerate(found):
        for stem in set(content(source)):
            sharing.setdefault(stem, []).append(at)
    for at, (source, line) in enumerate(found):
        yield Pair(source, line, True, "editors", source)
        rare = min(set(content(line)), key=lambda s: len(sharing.get(s, ())) or 10**9, default="")
        others = [other for other in sharing.get(rare, ()) if other != at]
        if others:
            yield Pair(found[rng.choice(others)][0], line, False, "elsewhere", source)


def _holds(source: str, line: str) -> bool:
    wanted, held = set(content(line)), set(content(source))
    return len(wanted & held) >= _HALF * len(wanted) > 0 and states(line, sentence_texts(source))


def weights(pairs: Sequence[Pair]) -> list[float]:
    """The weight of each pair, so that the share of new words says nothing of the label.

    In minimal pairs that a model wrote, true rewordings were freer than false ones; learned from as
    they are, they teach that free lines are true. Within each manner and band of lines that are as
    free, true and false ones weigh the same. Other pairs weigh 1: in corrections the share of new
    words does say something (AUC there fell from .76 to .56 when they were weighed too).
    """
    bands: dict[tuple[str, int], list[int]] = defaultdict(list)
    for at, pair in enumerate(pairs):
        if pair.minimal:
            band = sum(_novelty(pair) > bound for bound in _BANDS)
            bands[pair.kind.rpartition(" ")[2], band].append(at)
    found = [1.0] * len(pairs)
    for members in bands.values():
        true = sum(pairs[at].follows for at in members) / len(members)
        for at in members:
            share = true if pairs[at].follows else 1 - true
            found[at] = 0.5 / max(share, _RAREST)
    return found


def _novelty(pair: Pair) -> float:
    words, held = content(pair.line), set(content(pair.evidence))
    return sum(word not in held for word in words) / max(1, len(words))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".xz":
        yield from read_lines(path)
        return
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
