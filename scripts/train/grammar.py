"""Fit the judge of grammar: editors' lines against the same lines with their cuts moved.

    python -m scripts.train.grammar --out build/train --to briefing/check/grammar.npz

Positives are the pairs whose target is, in order, mostly words of its sources (headlines, key
points) and the rules' own compressions, in numbers that let no style win by itself. Each gives
several negatives by moving, adding or removing cuts; the writer's own drafts (scripts/train/drafts)
are negatives too, at a lower weight since some of them are sound. A few minutes; the seed is fixed.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from briefing.check.evidence import evidence
from briefing.check.facts import read
from briefing.check.grammar import BITS, features, hashed
from briefing.check.placing import aligned, places_of
from briefing.check.words import Token
from scripts.train.pairs import Pair, in_order, read_pairs

LEAST = 0.75
"""Share of words in order from which a pair shows how people cut."""
NEGATIVES = 3
_STRENGTH = 0.1
_DRAFT = 0.5
"""Weight of a draft against a line that is known to be worse."""
Item = tuple[str, int]
"""A kept word: ("source", its place) or ("line", its place in the line)."""


class Cut:
    """A line as what it keeps of its source, which can be made worse."""

    def __init__(self, line: str, sources: Sequence[str]) -> None:
        self.words = read(line).words
        self.places = places_of(evidence(tuple(sources)))
        self.found = aligned(self.words, self.places)

    def row(self) -> list[int]:
        """The hashed features."""
        return hashed(features(self.words, self.found, self.places))

    def kept(self) -> list[Item]:
        """The words kept, in order."""
        return [("line", i) if at is None else ("source", at) for i, at in enumerate(self.found)]

    def text(self, items: Sequence[Item], rng: random.Random) -> str:
        """The line that ``items`` make; at a cut a comma may stay."""
        said = ""
        for before, item in zip([("", -1), *items], items, strict=False):
            token = self._token(item)
            follows = before == (item[0], item[1] - 1)
            gap = token.gap if follows or (rng.random() < 0.3 and token.gap == ", ") else " "
            said += (" " if ". " in gap or not gap else gap) * bool(said) + token.text
        return said[:1].upper() + said[1:]

    def worse(self, rng: random.Random) -> str:
        """The line with one or two of its cuts moved, or new ones."""
        items = self.kept()
        for _ in range(rng.choice((1, 1, 1, 2, 2))):
            if len(items) > 3:
                items = rng.choice(MOVES)(items, len(self.places), rng)
        return self.text(items, rng)

    def _token(self, item: Item) -> Token:
        return self.places[item[1]].token if item[0] == "source" else self.words[item[1]]


def drop_end(items: list[Item], _size: int, rng: random.Random) -> list[Item]:
    """End too early."""
    return items[: -rng.randint(1, min(4, len(items) - 3))]


def drop_start(items: list[Item], _size: int, rng: random.Random) -> list[Item]:
    """Begin too late."""
    return items[rng.randint(1, min(4, len(items) - 3)) :]


def drop_inside(items: list[Item], _size: int, rng: random.Random) -> list[Item]:
    """Leave out a few words anywhere."""
    at = rng.randrange(len(items) - 1)
    return items[:at] + items[at + rng.randint(1, min(4, len(items) - 2)) :]


def move_cut(items: list[Item], size: int, rng: random.Random) -> list[Item]:
    """Shift one side of a cut by a few words."""
    cuts = [i for i, (one, two) in enumerate(pairwise(items), 1) if is_cut(one, two)]
    if not cuts:
        return drop_inside(items, size, rng)
    at, step = rng.choice(cuts), rng.randint(1, 3)
    left, right = items[at - 1][1], items[at][1]
    way = rng.randrange(4)
    if way == 0:
        more = [("source", i) for i in range(left + 1, min(left + 1 + step, right))]
        return items[:at] + more + items[at:]
    if way == 1:
        more = [("source", i) for i in range(max(right - step, left + 1), right)]
        return items[:at] + more + items[at:]
    if way == 2:
        return items[: max(1, at - step)] + items[at:]
    return items[:at] + items[min(len(items) - 1, at + step) :]


def run_on(items: list[Item], size: int, rng: random.Random) -> list[Item]:
    """End too late."""
    kind, last = items[-1]
    if kind != "source":
        return drop_end(items, size, rng)
    return items + [("source", i) for i in range(last + 1, min(last + 1 + rng.randint(1, 4), size))]


def jump(items: list[Item], size: int, rng: random.Random) -> list[Item]:
    """Go on somewhere else."""
    at = rng.randrange(1, len(items))
    kind, last = items[at - 1]
    if kind != "source" or last + 3 >= size:
        return drop_inside(items, size, rng)
    to = rng.randrange(last + 2, size)
    return items[:at] + [("source", i) for i in range(to, min(size, to + rng.randint(2, 6)))]


def repeat(items: list[Item], _size: int, rng: random.Random) -> list[Item]:
    """Say a word or two twice."""
    at, size = rng.randrange(len(items) - 1), rng.randint(1, 2)
    return items[: at + size] + items[at : at + size] + items[at + size :]


MOVES = (drop_end, drop_start, drop_inside, move_cut, move_cut, move_cut, run_on, jump, repeat)


def is_cut(one: Item, two: Item) -> bool:
    """Whether source words were left out between two kept ones."""
    return one[0] == two[0] == "source" and two[1] != one[1] + 1


def rows(pairs: Sequence[Pair], seed: int, good: bool) -> list[tuple[list[int], bool]]:
    """The features of each pair's line, and of its worsened forms if it is ``good``."""
    rng = random.Random(f"{seed}-{pairs[0].target}")
    made: list[tuple[list[int], bool]] = []
    for pair in pairs:
        line = pair.target[:1].upper() + pair.target[1:]
        cut = Cut(line, pair.sources)
        if not cut.words or not cut.places:
            continue
        made.append((cut.row(), good))
        if not good:
            continue
        for _ in range(NEGATIVES):
            worse = cut.worse(rng)
            if worse.casefold().rstrip(".") != line.casefold().rstrip("."):
                made.append((Cut(worse, pair.sources).row(), False))
    return made


def table(pairs: Sequence[Pair], seed: int, good: bool = True) -> tuple[csr_matrix, np.ndarray]:
    """Sparse features and labels of all pairs, on all cores."""
    with ProcessPoolExecutor() as pool:
        parts = pool.map(partial(rows, seed=seed, good=good), map(list, _chunks(pairs)))
        made = [row for part in parts for row in part]
    indices = np.concatenate([row for row, _ in made]).astype(np.int32)
    ends = np.cumsum([0, *(len(row) for row, _ in made)])
    ones = np.ones(len(indices), dtype=np.float32)
    shape = (len(made), 1 << BITS)
    return csr_matrix((ones, indices, ends), shape=shape), np.array([good for _, good in made])


def _chunks(pairs: Sequence[Pair], size: int = 200) -> Iterator[Sequence[Pair]]:
    return (pairs[at : at + size] for at in range(0, len(pairs), size))


def usable(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs that show cutting."""
    return [pair for pair in pairs if in_order(pair.target, pair.sources) >= LEAST]


def main() -> None:
    """Fit, print the AUC on the development pairs, write the weights as int8."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--most", type=int, default=7000, help="pairs of a kind to learn from")
    options = parser.parse_args()
    folder = options.out / "train"
    pairs = usable([*read_pairs(folder / "pairs.jsonl")])
    by_rule = [*read_pairs(folder / "compressions.jsonl")]
    rng = random.Random(1)
    rng.shuffle(pairs)
    rng.shuffle(by_rule)
    headlines = [pair for pair in pairs if pair.section == "headline"][: options.most]
    points = [pair for pair in pairs if pair.section != "headline"]
    chosen = [*headlines, *points, *by_rule[: options.most]]
    features_, labels = table(chosen, seed=1)
    drafts, bad = table(usable([*read_pairs(folder / "drafts.jsonl")]), seed=1, good=False)
    weights = np.concatenate([np.ones(len(labels)), np.full(len(bad), _DRAFT)])
    model = LogisticRegression(C=_STRENGTH, class_weight="balanced", solver="liblinear")
    model.fit(vstack([features_, drafts]), np.concatenate([labels, bad]), sample_weight=weights)
    dev, truth = table(usable([*read_pairs(options.out / "dev" / "pairs.jsonl")]), seed=2)
    scale = float(np.abs(model.coef_).max() / 127)
    stored = np.round(model.coef_[0] / scale).astype(np.int8)
    np.savez_compressed(options.to, weights=stored, bias=float(model.intercept_[0]), scale=scale)
    scores = dev @ stored.astype(np.float32)
    auc = roc_auc_score(truth, scores)
    print(f"{len(chosen)} pairs, {len(bad)} drafts; AUC on development pairs {auc:.3f}")


if __name__ == "__main__":
    main()
