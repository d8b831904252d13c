"""ROUGE overlap between sentences and highlights, counted fast enough to train on."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from nltk.stem.porter import PorterStemmer
from rouge_score.tokenize import tokenize as rouge_words
from rouge_score.tokenizers import Tokenizer

Grams = tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]
SEARCHED, LINES = 40, 3


class Tokeniser(Tokenizer):  # type: ignore[misc]
    """The ROUGE package's stemmed tokens, with a memory for stems."""

    def __init__(self) -> None:
        self.stem = lru_cache(maxsize=200_000)(PorterStemmer().stem)

    def tokenize(self, text: str) -> list[str]:
        """Lower-case stemmed words of ``text``."""
        return list(rouge_words(text, self))


def grams(tokens: Sequence[str]) -> Grams:
    """Counts of the words and of the word pairs of a text."""
    return Counter((token,) for token in tokens), Counter(pairwise(tokens))


def shared(line: Grams, reference: Grams) -> tuple[int, int]:
    """How many words and word pairs of a line the reference holds, each as often as it does."""
    words, pairs = (
        sum(min(count, b[gram]) for gram, count in a.items() if gram in b)
        for a, b in zip(line, reference, strict=True)
    )
    return words, pairs


def f1(line: Grams, reference: Grams) -> float:
    """Mean of ROUGE-1 and ROUGE-2 F1."""
    sizes = (max(1, a.total() + b.total()) for a, b in zip(line, reference, strict=True))
    return sum(same / size for same, size in zip(shared(line, reference), sizes, strict=True))


def oracle(lines: Sequence[str], highlights: Sequence[str], tokeniser: Tokeniser) -> set[int]:
    """Rows of up to three of the first forty lines, chosen greedily by ROUGE-1 + ROUGE-2."""
    reference = grams(tokeniser.tokenize(" ".join(highlights)))
    counted = [grams(tokeniser.tokenize(line)) for line in lines[:SEARCHED]]
    picked: set[int] = set()
    so_far: Grams = (Counter(), Counter())
    best = 0.0
    while len(picked) < LINES:
        gains = {
            row: f1((so_far[0] + c[0], so_far[1] + c[1]), reference)
            for row, c in enumerate(counted)
            if row not in picked
        }
        winner = max(gains, key=gains.__getitem__, default=None)
        if winner is None or gains[winner] <= best:
            break
        best = gains[winner]
        picked.add(winner)
        so_far = (so_far[0] + counted[winner][0], so_far[1] + counted[winner][1])
    return picked
