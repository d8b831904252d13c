"""More key-point and context pairs: source sentences and their deletion-compressed forms.

    python -m scripts.train.compressions --out build/train --sentences 20000

Editors' key points are few. The checker's own rules for compression (briefing/check/compress.py)
give any number of grammatical examples of leaving things out; the model learns to do it where no
rule fits. Filippova and Altun 2013, "Overcoming the
lack of parallel data in sentence compression".
"""

import argparse
import json
import random
from dataclasses import asdict
from pathlib import Path

from briefing.brief import Section
from briefing.check.compress import compress
from briefing.check.form import problems
from scripts.train.corpus import read_records
from scripts.train.pairs import Pair


def compression(sentence: str, rng: random.Random) -> Pair | None:
    """The pair of one sentence, or None where the rules find nothing clean to leave out."""
    size = len(sentence.split())
    if not 13 <= size <= 45:
        return None
    line = compress(sentence, int(size * rng.choice((0.5, 0.65, 0.8))))
    words = len(line.split())
    if not 6 <= words <= min(0.9 * size, 28) or problems(line, Section.KEY_POINTS):
        return None
    return Pair(rng.choice(("point", "context")), [sentence], line, 1.0)


def main() -> None:
    """Write ``compressions.jsonl`` beside ``pairs.jsonl``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sentences", type=int, default=20_000)
    options = parser.parse_args()
    rng = random.Random(7)
    folder = options.out / "train"
    articles = [record.sentences for record in read_records(folder / "records.jsonl")]
    rng.shuffle(articles)
    kept = 0
    with (folder / "compressions.jsonl").open("w", encoding="utf-8") as out:
        for sentences in articles[: options.sentences]:
            if not sentences:
                continue
            found = compression(rng.choice(sentences[:12]), rng)
            if found:
                out.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
                kept += 1
    print(kept, "compressions", flush=True)


if __name__ == "__main__":
    main()
