"""Train the planner: word vectors, role networks, the linear role model, the salience trees.

    python -m scripts.train.planner --data DATA --out briefing/planning/parameters.npz

Reads only training splits. Each stage leaves its arrays in ``--work``; a run that was killed goes
on after the last stage that was finished. Remove a stage's file there to train it again.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import torch

from briefing.planning.document import word_table
from scripts.train.planner.data import Params
from scripts.train.planner.news import titled, train_news
from scripts.train.planner.ngrams import train_ngrams
from scripts.train.planner.roles import train_roles
from scripts.train.planner.salience import described, train_salience
from scripts.train.planner.vectors import word_vectors


def stage(work: Path, name: str, train: Callable[[], Params]) -> Params:
    """The arrays of one stage: read if it was finished before, else trained and kept."""
    path = work / f"{name}.npz"
    if not path.exists():
        found = train()
        partial = path.with_suffix(".partial.npz")
        np.savez_compressed(partial, **found)
        partial.replace(path)
    print(f"{name}: {path}", file=sys.stderr, flush=True)
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


def main() -> None:
    """Train everything and write one file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="the .npz to write")
    parser.add_argument("--work", type=Path, default=Path("build/planner"), help="finished stages")
    parser.add_argument("--networks", type=int, default=2, help="role networks in the ensemble")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    data, work, seed = options.data, options.work, options.seed
    found = stage(work, "vectors", lambda: word_vectors(data, seed))
    words = word_table(found)
    found |= stage(work, "networks", lambda: train_roles(data, words, options.networks, seed))
    found |= stage(work, "ngrams", lambda: train_ngrams(data, words))
    highlights = stage(work, "highlights", lambda: described(data, words))
    found |= stage(work, "salience", lambda: train_salience(highlights, seed))
    titles = stage(work, "titles", lambda: titled(data, "train", 12_000, words))
    found |= stage(work, "news", lambda: train_news(titles, seed))
    np.savez(options.out, **found)  # not compressed: it is read at every cold start
    print(f"{options.out}: {options.out.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
