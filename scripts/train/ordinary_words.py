"""List the ordinary words of news English: the words a line may use without its source's leave.

A word is ordinary when enough different training articles write it in lower case. A word that is
also written with a capital inside sentences at least a third as often (``mark``, ``apple``) gets a
trailing ``*``: at the start of a line its capital may still make it a name.

    python -m scripts.train.ordinary_words --data ../shared/data --out briefing/language/data/en/ordinary_words.txt.xz
"""  # noqa: E501

import argparse
import lzma
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from scripts.train.corpus import plain, read_lines
from scripts.train.files import ARTICLES, data_folder, refuse, replacing

LOWER = re.compile(r"(?<![\w'.@/-])[a-z]+(?:'[a-z]+)?(?![\w@])")
INSIDE = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?![\w@])")


def texts(data: Path) -> Iterable[str]:
    """Bodies of the training articles."""
    for path in sorted((data / "articles").glob("articles-*.jsonl.xz")):
        for row in read_lines(path):
            if row["split"] == "train":
                yield plain(row["text"])


def ordinary(bodies: Iterable[str], least: int) -> list[str]:
    """Words in lower case in at least ``least`` bodies, name-like ones starred, sorted."""
    lower: Counter[str] = Counter()
    upper: Counter[str] = Counter()
    for body in bodies:
        lower.update({word.removesuffix("'s") for word in LOWER.findall(body)})
        upper.update({word.lower() for word in INSIDE.findall(body)})
    kept = sorted(word for word, count in lower.items() if count >= least)
    return [word + "*" * (3 * upper[word] >= lower[word]) for word in kept]


def main() -> None:
    """Count and write the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=data_folder(ARTICLES), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--least", type=int, default=12)
    options = parser.parse_args()
    words = ordinary(texts(options.data), options.least)
    if not words:
        refuse(f"no word stands in {options.least} articles; {options.out} is left as it was")
    with replacing(options.out, "wb") as out:
        out.write(lzma.compress(("\n".join(words) + "\n").encode(), preset=9))
    print(f"{len(words)} words")


if __name__ == "__main__":
    main()
