"""Count how often verbs and nouns stand with each kind of dependent.

    python -m scripts.train.language.valency --data DATA --to briefing/language/data/en/valency.npz

Parses the beginnings of the training articles (about 5 million words: 10 minutes on one core).
Observations seen fewer than three times are left out; they are told apart from the prior by
nothing.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from briefing.language.parser import SpacyParser
from briefing.language.valency import identity, observations
from scripts.train.corpus import read_lines, split_sentences
from scripts.train.files import data_folder, refuse, replacing

_LEAST = 3
_SENTENCES, _WORDS = 14, range(5, 46)
_UNLIKE_NEWS = ("senate", "scitldr")
_CHUNK = 2048
_ARTICLES = "articles/articles-[1-5].jsonl.xz"


def sentences(data: Path, split: str = "train") -> Iterator[str]:
    """The first sentences of the training articles."""
    for path in sorted(data.glob(_ARTICLES)):
        for row in read_lines(path):
            if row["split"] == split and not row["source"].startswith(_UNLIKE_NEWS):
                for text in islice(split_sentences(row["text"][:3000]), _SENTENCES):
                    if len(text.split()) in _WORDS:
                        yield text


def main() -> None:
    """Parse, count, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=data_folder(_ARTICLES), required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--words", type=int, default=5_000_000)
    options = parser.parse_args()
    spacy = SpacyParser()
    counts: Counter[tuple[str, ...]] = Counter()
    source, seen, told = sentences(options.data), 0, 0
    while seen < options.words and (chunk := list(islice(source, _CHUNK))):
        for parse in spacy.parse(chunk):
            counts.update(observations(parse))
            seen += len(parse)
        if seen - told > 250_000:
            print(seen, "words", len(counts), "kinds", flush=True)
            told = seen
    kept: dict[int, int] = {}
    for name, count in counts.items():
        if count >= _LEAST:
            kept[identity(name)] = kept.get(identity(name), 0) + count
    if not kept:
        refuse(f"nothing is seen {_LEAST} times; {options.to} is left as it was")
    keys = np.array(sorted(kept), dtype=np.uint32)
    values = np.array([kept[int(key)] for key in keys], dtype=np.uint32)
    with replacing(options.to, "wb") as out:
        np.savez_compressed(out, keys=keys, counts=values)
    print(len(keys), "kept", options.to.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
