"""The words that a batch of lines may be written with: its sources' and the ordinary ones.

    python -m scripts.train.shortlist --data DATA --to briefing/models/bundled

A line of a brief says what its sources say, so most of the vocabulary can never be right in it.
Lexical shortlists (Jean et al. 2015, "On Using Very Large Target Vocabulary for Neural Machine
Translation", section 3.2) leave it out of the projection, which is most of the work of a step:
each piece of a source allows itself, its other cases and the forms of its word; the pieces that
editors use most are always allowed. Written as CTranslate2's ``vmap.txt``: a piece, a tab, the
pieces that it allows.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from scripts.train.corpus import plain, read_lines
from scripts.train.files import ARTICLES, data_folder, folder_with, replacing

ALWAYS = 2500
"""Most frequent pieces of titles and highlights that any line may use."""
_STEM, _ENDING = 4, 3
_model = folder_with("tokenizer.json", "ctranslate2", remedy="scripts.train.export writes it")


def texts(data: Path) -> Iterator[str]:
    """What editors wrote above and of the articles of the training split."""
    for path in sorted((data / "articles").glob("articles-*.jsonl.xz")):
        for row in read_lines(path):
            if row["split"] == "train":
                yield from (plain(text) for text in (row["title"], *row["highlights"]) if text)


def frequent(tokenizer: Tokenizer, lines: Iterable[str], most: int) -> list[str]:
    """The ``most`` frequent pieces of the lines, control tokens left out."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(tokenizer.encode(line, add_special_tokens=False).tokens)
    special = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    return [piece for piece, _ in counts.most_common() if piece not in special][:most]


def related(vocabulary: Collection[str]) -> Mapping[str, Sequence[str]]:
    """The pieces that each piece allows: other cases, with and without the space before it, and
    words of the same beginning with another ending.
    """
    families: dict[str, list[str]] = defaultdict(list)
    for piece in vocabulary:
        families[_letters(piece)[:_STEM]].append(piece)
    return {
        piece: sorted(p for p in families[_letters(piece)[:_STEM]] if _akin(piece, p))
        for piece in vocabulary
    }


def _letters(piece: str) -> str:
    return piece.removeprefix("▁").lower()


def _akin(one: str, other: str) -> bool:
    first, second = _letters(one), _letters(other)
    if first == second:
        return True
    stem = first[: max(_STEM, len(first) - _ENDING)]
    return (
        len(stem) >= _STEM
        and stem.isalpha()
        and second.startswith(stem)
        and len(second) <= len(first) + _ENDING
    )


def main() -> None:
    """Write ``ctranslate2/vmap.txt`` of a model folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=data_folder(ARTICLES), required=True)
    parser.add_argument("--to", type=_model, required=True)
    parser.add_argument("--always", type=int, default=ALWAYS)
    options = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(options.to / "tokenizer.json"))
    always = frequent(tokenizer, texts(options.data), options.always)
    allowed = related(tokenizer.get_vocab())
    rows = [f"\t{' '.join(always)}", *(f"{p}\t{' '.join(allowed[p])}" for p in sorted(allowed))]
    path = options.to / "ctranslate2" / "vmap.txt"
    with replacing(path) as out:
        out.write("\n".join(rows) + "\n")
    sizes = sum(map(len, allowed.values())) / len(allowed)
    print(
        f"{path}: {len(always)} pieces always, {sizes:.1f} for a piece, {path.stat().st_size} bytes"
    )


if __name__ == "__main__":
    main()
