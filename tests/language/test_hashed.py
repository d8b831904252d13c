"""A fitted model says the same after it was stored."""

from pathlib import Path

import numpy as np
import pytest

from briefing.learned import HashedModel, feature_place
from scripts.train.language.hashed import matrix, places, store


def test_a_stored_model_keeps_its_weights_to_a_hundredth_of_the_largest(tmp_path: Path) -> None:
    weights = np.random.default_rng(3).normal(size=64)
    store(weights, 0.5, tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as stored:
        found = stored["weights"].astype(float) * float(stored["scale"])
        assert float(stored["bias"]) == 0.5
    assert np.abs(found - weights).max() < np.abs(weights).max() / 100


def test_a_feature_counts_once_and_where_training_put_it() -> None:
    size = 1 << 10
    weights = [0.0] * size
    weights[feature_place("first the", size)] = 2.0
    model = HashedModel(weights, 0.0)
    assert model.probability(["first the", "first the"]) == pytest.approx(1 / (1 + np.exp(-2)))
    row = places(["first the", "first the"], size)
    assert (matrix([row], size) @ np.array(weights)).tolist() == [2.0]
