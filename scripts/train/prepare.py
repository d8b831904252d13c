"""Stage 1 of training: corpora -> sentences on disk.

python -m scripts.train.prepare --data ../shared/data --out build/train
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

from scripts.train.corpus import Record, plain, read_lines, split_sentences
from scripts.train.files import data_folder, write_rows


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
    parser.add_argument("--data", type=data_folder("articles/*.jsonl.xz"), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", default="train", choices=["train", "dev"])
    parser.add_argument("--characters", type=int, default=2500)
    options = parser.parse_args()
    folder = options.out / options.split
    paths = sorted((options.data / "articles").glob("*.jsonl.xz"))
    with ProcessPoolExecutor() as pool:
        work = partial(records_of, split=options.split, characters=options.characters)
        records = [record for part in pool.map(work, paths) for record in part]
    nothing = f"no article of {options.data} is of the split {options.split}"
    count = write_rows(folder / "records.jsonl", map(asdict, records), nothing)
    print(count, "articles", flush=True)


if __name__ == "__main__":
    main()
