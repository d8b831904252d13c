"""The news trees: how much of its article's title a sentence holds, learned from titles.

The title is the editor's word for what the news is. The trees see an article without its title and
regress, for each of its first sentences, the share of the title's words and word pairs that the
sentence holds against the best one; what ranks first is the sentence that a headline is made of.
"""

import random
from pathlib import Path
from typing import Any

import numpy as np

from briefing.planning.document import WordTable, document, features
from briefing.planning.roles import NEWS_AMONG, salience_inputs
from scripts.train.corpus import read_lines
from scripts.train.pairs import clean_title
from scripts.train.planner.data import Params, plain_article
from scripts.train.planner.overlap import Tokeniser, grams, shared
from scripts.train.planner.salience import exported_trees, salience_model

_UNLIKE = ("scitldr", "senate", "reuters21578")
_PAIRS = 0.5
_LEAST = 0.25
"""Share of its words that some sentence must hold for a title to say where the news is."""


def titled(data: Path, split: str, articles: int, words: WordTable) -> Params:
    """``inputs`` (sentences, features), ``held`` (share of the title), ``sizes`` of articles."""
    tokeniser, rng = Tokeniser(), random.Random(4)
    inputs, held = [], []
    paths = sorted((data / "articles").glob("articles-*.jsonl.xz"))
    for path in paths:
        rows = [row for row in read_lines(path) if row["split"] == split and row["title"]]
        rng.shuffle(rows)
        kept = 0
        for row in rows:
            few = row["source"].startswith(_UNLIKE) and rng.random() > 0.3
            title = clean_title(row["title"])
            if few or not title or row["source"].startswith("scitldr"):
                continue
            found = document(plain_article(None, row["text"]))
            if found.size < 4:
                continue
            share = _held(title, found.texts[:NEWS_AMONG], tokeniser)
            if share.max() < _LEAST:
                continue
            inputs.append(salience_inputs(features(found, words))[:NEWS_AMONG])
            held.append(share)
            kept += 1
            if kept >= articles // len(paths):
                break
    return {
        "inputs": np.concatenate(inputs).astype(np.float32),
        "held": np.concatenate(held).astype(np.float32),
        "sizes": np.array([len(one) for one in held]),
    }


def _held(title: str, lines: Any, tokeniser: Tokeniser) -> np.ndarray[Any, Any]:
    reference = grams(tokeniser.tokenize(title))
    totals = [max(1, part.total()) for part in reference]
    rows = []
    for line in lines:
        same = shared(grams(tokeniser.tokenize(line)), reference)
        rows.append(same[0] / totals[0] + _PAIRS * same[1] / totals[1])
    return np.array(rows) / (1 + _PAIRS)


def train_news(titles: Params, seed: int) -> Params:
    """Boosted trees from features to the share of the title, relative to the article's best."""
    parts = np.split(titles["held"], np.cumsum(titles["sizes"])[:-1])
    target = np.concatenate([part / part.max() for part in parts])
    weight = np.repeat(1 / np.sqrt(titles["sizes"]), titles["sizes"])
    model = salience_model(seed, trees=150, leaves=16, depth=6)
    model.fit(titles["inputs"], target, sample_weight=weight)
    return {f"news_{name}": value for name, value in exported_trees(model).items()}
