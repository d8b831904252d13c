"""Train the planner: word vectors, role networks, the linear role model, the salience trees.

    python -m scripts.train.planner --data DATA --out briefing/planning/parameters.npz

Reads only training splits. Each stage leaves its arrays in ``--work``; a run that was killed goes
on after the last stage that was finished. What other data, seeds or numbers of networks left is
made again; remove a stage's file to train it once more.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import torch

from briefing.planning.document import word_table
from scripts.train.files import data_folder, replacing
from scripts.train.planner.news import titled, train_news
from scripts.train.planner.ngrams import train_ngrams
from scripts.train.planner.roles import train_roles
from scripts.train.planner.salience import described, train_salience
from scripts.train.planner.vectors import word_vectors
from scripts.train.stages import Work, contents

_READ = ("articles/articles-0.jsonl.xz", "discourse_train.jsonl.xz")


def main() -> None:
    """Train everything and write one file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data_type = data_folder(*_READ)
    parser.add_argument("--data", type=data_type, required=True, help="folder of the training data")
    parser.add_argument("--out", type=Path, required=True, help="the .npz to write")
    parser.add_argument("--work", type=Path, default=Path("build/planner"), help="finished stages")
    parser.add_argument("--networks", type=int, default=2, help="role networks in the ensemble")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    data, seed, networks = options.data, options.seed, options.networks
    read = [contents(data / "articles"), contents(data / "discourse_train.jsonl.xz")]
    stage = Work(options.work, read, seed).arrays
    found = stage("vectors", lambda: word_vectors(data, seed))
    words = word_table(found)
    found |= stage("networks", lambda: train_roles(data, words, networks, seed), networks)
    found |= stage("ngrams", lambda: train_ngrams(data, words))
    highlights = stage("highlights", lambda: described(data, words))
    found |= stage("salience", lambda: train_salience(highlights, seed))
    titles = stage("titles", lambda: titled(data, "train", 12_000, words))
    found |= stage("news", lambda: train_news(titles, seed))
    with replacing(options.out, "wb") as out:
        np.savez(out, **found)  # not compressed: it is read at every cold start
    print(f"{options.out}: {options.out.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
