"""Read the training corpora and cut them into sentences.

The corpora are xz-compressed JSON Lines (see CONTRIBUTING.md for their fields). Only records of
the wanted split are read, so that a training run never sees a development record.
"""

import json
import lzma
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syntok import segmenter

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "´": "'"})
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Record:
    """One article as training sees it: title, sentences in order, editor-written key points."""

    source: str
    title: str
    sentences: list[str]
    highlights: list[str]


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of one ``.jsonl.xz`` file."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read_records(path: Path) -> Iterator[Record]:
    """The articles of one ``records.jsonl``."""
    with path.open(encoding="utf-8") as rows:
        yield from (Record(**row) for row in map(json.loads, rows))


def plain(text: str) -> str:
    """Straight quotes, no control characters, single spaces: the form the writer reads."""
    text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf"))
    return _SPACE.sub(" ", text).strip()


def split_sentences(text: str) -> list[str]:
    """Sentences of ``text`` in the writer's plain form."""
    found = []
    for paragraph in text.split("\n"):
        if not paragraph.strip():
            continue
        for block in segmenter.analyze(paragraph):
            for sentence in block:
                line = plain("".join(token.spacing + token.value for token in sentence))
                if line:
                    found.append(line)
    return found
