"""Stage 1 of training: corpora -> sentences on disk.

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

from scripts.train.corpus import Record, plain, read_lines, split_sentences


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


def main() -> None:
    """Write ``records.jsonl`` of the wanted split."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", default="train", choices=["train", "dev"])
    parser.add_argument("--characters", type=int, default=2500)
    options = parser.parse_args()
    folder = options.out / options.split
    folder.mkdir(parents=True, exist_ok=True)
    paths = sorted((options.data / "articles").glob("*.jsonl.xz"))
    with ProcessPoolExecutor() as pool:
        work = partial(records_of, split=options.split, characters=options.characters)
        records = [record for part in pool.map(work, paths) for record in part]
    print(write_jsonl(folder / "records.jsonl", map(asdict, records)), "articles", flush=True)


if __name__ == "__main__":
    main()
