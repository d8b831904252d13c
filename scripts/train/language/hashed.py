"""Fit a hashed logistic model and store it as it ships."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from briefing.learned import feature_place
from scripts.train.files import replacing


def places(names: Iterable[str], size: int) -> list[int]:
    """The columns of one example, in order."""
    return sorted({feature_place(name, size) for name in names})


def matrix(rows: Sequence[Sequence[int]], size: int) -> csr_matrix:
    """One row an example, ``size`` columns."""
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate([np.array(row) for row in rows])
    return csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), size))


def store(weights: np.ndarray, bias: float, path: Path) -> None:
    """Write the weights, rounded to eight bits, and say how large the file is."""
    scale = float(np.abs(weights).max()) / 127
    rounded = np.round(weights / scale).astype(np.int8)
    with replacing(path, "wb") as out:
        np.savez_compressed(out, weights=rounded, scale=scale, bias=bias)
    print(path.stat().st_size, "bytes")
