"""More key-point and context pairs: source sentences and what is left when words that can go go.

    python -m scripts.train.compressions --out build/train --sentences 20000

Editors' key points are few. The compressor (briefing/writing/compress.py) gives any number of
grammatical examples of leaving things out; the model learns to do it where no rule fits (Filippova
and Altun 2013, "Overcoming the lack of parallel data in sentence compression").
"""

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from briefing.checking import form_problems
from briefing.language import Parse
from briefing.language.parser import SpacyParser
from briefing.sections import Section
from briefing.writing.compress import compressions
from scripts.train.corpus import read_records
from scripts.train.pairs import Pair

_CHUNK = 512


def compression(parse: Parse, rng: random.Random) -> Pair | None:
    """The pair of one sentence, or None where nothing can be left out cleanly."""
    size = len(parse.text.split())
    most = min(28, int(0.85 * size))
    found = [
        cut.text + "."
        for cut in compressions(parse, most, lambda _: 0.3, headline=False)
        if len(cut.text.split()) >= 6
    ]
    lines = [line for line in found if not form_problems(line, Section.KEY_POINTS)]
    if not lines:
        return None
    return Pair(rng.choice(("point", "context")), [parse.text], rng.choice(lines[:3]), 1.0)


def sentences(folder: Path, most: int, rng: random.Random) -> Iterator[str]:
    """One sentence of each article, long enough to be shortened."""
    articles = [record.sentences for record in read_records(folder / "records.jsonl")]
    rng.shuffle(articles)
    for held in articles[:most]:
        fitting = [text for text in held[:12] if 13 <= len(text.split()) <= 45]
        if fitting:
            yield rng.choice(fitting)


def main() -> None:
    """Write ``compressions.jsonl`` beside ``pairs.jsonl``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=20_000)
    options = parser.parse_args()
    rng, folder = random.Random(7), options.out / "train"
    texts = list(sentences(folder, options.sentences, rng))
    spacy, kept = SpacyParser(), 0
    with (folder / "compressions.jsonl").open("w", encoding="utf-8") as out:
        for start in range(0, len(texts), _CHUNK):
            for parse in spacy.parse(texts[start : start + _CHUNK]):
                if found := compression(parse, rng):
                    out.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
                    kept += 1
    print(kept, "compressions", flush=True)


if __name__ == "__main__":
    main()
