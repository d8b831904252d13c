"""The trained numbers behind the plan: one .npz in the package, read on first use."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from briefing.errors import ModelError
from briefing.plan.words import WordTable

PATH = Path(__file__).with_name("parameters.npz")
Parameters = Mapping[str, NDArray[np.generic]]


@lru_cache(maxsize=2)
def load(path: Path = PATH) -> dict[str, NDArray[np.generic]]:
    """All arrays of ``path`` by name, half precision widened; ModelError if unreadable."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: _widened(stored[name]) for name in stored.files}
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The planner's parameters cannot be read from {path}: {error}. Reinstall the package, "
            "or train them with python -m scripts.train.planner."
        ) from error


def _widened(array: NDArray[np.generic]) -> NDArray[np.generic]:
    return array.astype(np.float32) if array.dtype == np.float16 else array


def word_table(parameters: Parameters) -> WordTable:
    """Word vectors and weights; vectors are stored as int8 with one scale a word."""
    scale = parameters["word_scale"].astype(np.float32)
    idf = parameters["word_idf"].astype(np.float32)
    return WordTable(
        hashes=parameters["word_hash"].astype(np.uint32),
        idf=idf,
        vectors=parameters["word_vector"].astype(np.float32) * scale[:, None],
        unknown_idf=float(idf.max()) + 0.5,
    )
