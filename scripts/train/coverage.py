"""Fit the model of which words an editor uses, from titles and highlights.

python -m scripts.train.coverage --out build/train --to briefing/planning/coverage.npz

A few minutes on one core; the seed is fixed.
"""

import argparse
import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neural_network import MLPClassifier

from briefing.language.tokens import tokens
from briefing.planning.coverage import BITS, NAMES, SENTENCES_READ, describe_words, word_place
from scripts.train.corpus import read_records
from scripts.train.files import needed, replacing
from scripts.train.pairs import clean_title

HIDDEN = 24
_SMOOTH = 5.0


@dataclass(frozen=True)
class Example:
    """The beginning of an article and the stems that its editor used."""

    texts: list[str]
    used: frozenset[str]


def stems(texts: Sequence[str]) -> set[str]:
    """The stems of some texts."""
    return {token.stem for text in texts for token in tokens(text)}


def examples(path: Path, name: str) -> Iterator[Example]:
    """The articles with a plain title (``headline``), or with highlights (``points``)."""
    for record in read_records(path):
        if record.source.startswith("scitldr") or not record.sentences:
            continue
        title = clean_title(record.title)
        lines = ([title] if title else []) if name == "headline" else record.highlights
        if lines:
            yield Example(record.sentences[:SENTENCES_READ], frozenset(stems(lines)))


def use(found: Sequence[Example]) -> np.ndarray:
    """By place: the log-probability that a word which the article holds is used."""
    could, did = Counter[int](), Counter[int]()
    for example in found:
        held = stems(example.texts)
        could.update(word_place(stem) for stem in held)
        did.update(word_place(stem) for stem in held & example.used)
    rate = sum(did.values()) / sum(could.values())
    table = np.full(1 << BITS, math.log(rate), dtype=np.float16)
    for where, count in could.items():
        table[where] = math.log((did[where] + _SMOOTH * rate) / (count + _SMOOTH))
    return table


def rarity(found: Sequence[Example]) -> np.ndarray:
    """By place: the inverse document frequency."""
    held = Counter(w for example in found for w in {word_place(s) for s in stems(example.texts)})
    table = np.full(1 << BITS, math.log(len(found)), dtype=np.float16)
    for where, count in held.items():
        table[where] = math.log(len(found) / count)
    return table


def table(found: Sequence[Example], tables: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels of every stem of every article."""
    parts, labels = [], []
    for example in found:
        held, rows = describe_words(example.texts, tables)
        parts.append(rows)
        labels += [stem in example.used for stem in held]
    return np.concatenate(parts), np.array(labels)


def main() -> None:
    """Fit both networks, print their scores on the development split, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--articles", type=int, default=8000, help="to fit a network on, at most")
    options = parser.parse_args()
    records, dev_records = (
        needed(options.out / split / "records.jsonl", "scripts.train.prepare")
        for split in ("train", "dev")
    )
    pools = {name: [*examples(records, name)] for name in NAMES}
    for pool in pools.values():
        random.Random(3).shuffle(pool)
    held_out = {
        name: pool[-min(options.articles, len(pool) // 2) :] for name, pool in pools.items()
    }
    counted = {name: pool[: -len(held_out[name])] for name, pool in pools.items()}
    tables = {f"use_{name}": use(counted[name]) for name in NAMES}
    tables["rarity"] = rarity(counted["headline"][:20_000])
    stored: dict[str, np.ndarray] = dict(tables)
    for name in NAMES:
        rows, labels = table(held_out[name], tables)
        if "mean" not in stored:
            stored["mean"], stored["spread"] = rows.mean(axis=0), rows.std(axis=0) + 1e-3
        scaled = (rows - stored["mean"]) / stored["spread"]
        network = MLPClassifier((HIDDEN,), batch_size=2048, max_iter=12, random_state=1)
        network.fit(scaled, labels)
        stored[f"{name}_in"], stored[f"{name}_in_bias"] = network.coefs_[0], network.intercepts_[0]
        stored[f"{name}_out"] = network.coefs_[1][:, 0]
        stored[f"{name}_out_bias"] = network.intercepts_[1]
        dev, truth = table([*examples(dev_records, name)], tables)
        chance = network.predict_proba((dev - stored["mean"]) / stored["spread"])[:, 1]
        print(
            f"{name}: {len(held_out[name])} articles, development AUC "
            f"{roc_auc_score(truth, chance):.3f}, average precision "
            f"{average_precision_score(truth, chance):.3f}"
        )
    with replacing(options.to, "wb") as out:
        np.savez_compressed(out, **{k: v.astype(np.float16) for k, v in stored.items()})


if __name__ == "__main__":
    main()
