"""The articles that are evaluated on: which are read, which answer which question."""

import json
import lzma
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from scripts.train.pairs import clean_title

Question = Literal["keypoints", "headlines", "lines"]
PAPERS = "scitldr"
MAIN_SOURCES = ("cnndm", "abp")
_TITLE_GROUPS = ("reuters21578", "abp", "senate")


LANGUAGE_TEXTS = 2000


@dataclass(frozen=True, slots=True)
class Sample:
    """One article, and what each question needs of it.

    ``title`` is the cleaned title, None where there is none or it is no plain statement;
    ``questions`` says for which figures the article was chosen.
    """

    source: str
    text: str
    raw_title: str
    title: str | None
    highlights: tuple[str, ...]
    questions: frozenset[Question]

    @property
    def collection(self) -> str:
        """The collection: ``abp`` for ``abp/BBC News``."""
        return self.source.split("/")[0]

    @property
    def title_group(self) -> str:
        """The group under which its headline is reported."""
        return self.collection if self.collection in _TITLE_GROUPS else "others"


def read_samples(
    data: Path, split: str, articles: int, lines: int, wanted: frozenset[str]
) -> tuple[list[Sample], list[str]]:
    """The chosen articles, and the texts of up to ``LANGUAGE_TEXTS`` to learn words from.

    Chosen are at most ``articles`` for each ROUGE figure and ``lines`` for the line figures. Where
    there are more, those with the smallest hash of their text are taken, so that the choice
    is the same each time and does not depend on the order of the files. Memory is bounded by the
    two limits.
    """
    limits: dict[Question, int] = {"keypoints": articles, "headlines": articles, "lines": lines}
    chosen = {q: _Smallest(most) for q, most in limits.items() if q in wanted}
    texts: list[str] = []
    for record in _records(data / "articles", split):
        if len(texts) < LANGUAGE_TEXTS:
            texts.append(record["text"])
        for question in _questions(record):
            if question in chosen:
                chosen[question].add(record)
    return _merged(chosen), texts


class _Smallest:
    """The ``limit`` records whose texts have the smallest hashes; memory for twice as many."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._records: dict[int, dict[str, Any]] = {}

    def add(self, record: dict[str, Any]) -> None:
        self._records.setdefault(_rank(record["text"]), record)
        if len(self._records) > 2 * self._limit:
            self._records = self.chosen()

    def chosen(self) -> dict[int, dict[str, Any]]:
        """Records by hash, smallest first."""
        ranks = sorted(self._records)[: self._limit]
        return {rank: self._records[rank] for rank in ranks}


def _merged(chosen: dict[Question, _Smallest]) -> list[Sample]:
    """One sample for each article, with all questions it was chosen for, in order of hash."""
    questions: dict[int, set[Question]] = defaultdict(set)
    records: dict[int, dict[str, Any]] = {}
    for question, smallest in chosen.items():
        for rank, record in smallest.chosen().items():
            records[rank] = record
            questions[rank].add(question)
    return [_sample(records[rank], frozenset(questions[rank])) for rank in sorted(records)]


def _sample(record: dict[str, Any], questions: frozenset[Question]) -> Sample:
    return Sample(
        source=record["source"],
        text=record["text"],
        raw_title=record["title"] or "",
        title=clean_title(record["title"] or ""),
        highlights=tuple(record["highlights"]),
        questions=questions,
    )


def _questions(record: dict[str, Any]) -> Iterator[Question]:
    """The questions that the article can answer; papers have key points alone."""
    if record["highlights"]:
        yield "keypoints"
    if record["source"].startswith(PAPERS):
        return
    if record["title"] and clean_title(record["title"]):
        yield "headlines"
    yield "lines"


def _records(folder: Path, split: str) -> Iterator[dict[str, Any]]:
    """Records of one split. Most are of the other one: only lines that may be ours are parsed."""
    paths = sorted(folder.glob("articles-*.jsonl.xz"))
    if not paths:
        raise SystemExit(f"no articles-*.jsonl.xz in {folder}; name the data folder with --data")
    mark = f'"{split}"'
    for path in paths:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                if mark not in line:
                    continue
                record = json.loads(line)
                if record["split"] == split and record["text"]:
                    yield record


def _rank(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
