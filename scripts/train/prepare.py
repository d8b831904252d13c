"""Stage 1 of training: corpora -> sentences and pairs on disk, then the vocabulary.

python -m scripts.train.prepare --data ../shared/data --out build/train
"""

import argparse
import json
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from scripts.train.corpus import Record, plain, read_lines, read_records, split_sentences
from scripts.train.pairs import Pair, article_pairs, corpus_casing, pair


def write_jsonl(path: Path, rows: Iterable[Any]) -> int:
    """Write ``rows`` as JSON Lines and return how many there were."""
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def records_of(path: Path, split: str, characters: int) -> list[Record]:
    """Articles of one corpus file, cut into sentences (one process a file)."""
    rows = []
    for row in read_lines(path):
        if row["split"] != split:
            continue
        text = row["text"] if row["highlights"] else row["text"][:characters]
        points = [plain(h) for h in row["highlights"]]
        rows.append(Record(row["source"], plain(row["title"] or ""), split_sentences(text), points))
    return rows


def roundup_pairs(path: Path, split: str) -> Iterable[Pair]:
    """Neutral titles and round-up sentences that their one article supports well."""
    for row in read_lines(path):
        if row["split"] != split or row["support"] < 0.6 or row["entity_support"] < 0.8:
            continue
        sentences = split_sentences(row["text"][:6000])
        for line in split_sentences(row["roundup"]):
            if 6 <= len(line.split()) <= 32 and (found := pair("point", sentences, line, 0.75)):
                yield found
        if found := pair("headline", sentences[:8], plain(row["neutral_title"]), 0.7):
            yield found


def main() -> None:
    """Write ``records.jsonl``, ``pairs.jsonl`` for the wanted split."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", default="train", choices=["train", "dev"])
    parser.add_argument("--characters", type=int, default=2500)
    options = parser.parse_args()
    folder = options.out / options.split
    folder.mkdir(parents=True, exist_ok=True)
    cut = folder / "records.jsonl"
    records = [*read_records(cut)] if cut.exists() else []
    if not records:
        paths = sorted((options.data / "articles").glob("*.jsonl.xz"))
        with ProcessPoolExecutor() as pool:
            work = partial(records_of, split=options.split, characters=options.characters)
            records = [record for part in pool.map(work, paths) for record in part]
        write_jsonl(cut, map(asdict, records))
    print(len(records), "articles", flush=True)
    casing = corpus_casing(records)
    pairs = [found for record in records for found in article_pairs(record, casing)]
    pairs += roundup_pairs(options.data / "roundups.jsonl.xz", options.split)
    print(write_jsonl(folder / "pairs.jsonl", map(asdict, pairs)), "pairs", flush=True)


if __name__ == "__main__":
    main()
