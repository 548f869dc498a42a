"""Fitted trees, asked without LightGBM's package: its numbers to the last bit, and its errors in our words."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.panel import FloatArray
from dp_assets.domain.trees import Trees


@pytest.fixture(scope="module", params=["tweedie", "quantile"])
def booster(request: pytest.FixtureRequest) -> lightgbm.Booster:
    rows = table(500, seed=1)
    target = np.nan_to_num(rows[:, 0]) ** 2 + np.nan_to_num(rows[:, 1])
    settings = {"objective": request.param, "num_leaves": 8, "verbosity": -1, "num_threads": 1}
    return lightgbm.train(settings, lightgbm.Dataset(rows, target), 12)


def table(rows: int, seed: int) -> FloatArray:
    """Seven columns, with gaps."""
    rng = np.random.default_rng(seed)
    values = rng.lognormal(0, 1, (rows, 7)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = np.nan
    return values


def test_forecasts_and_gains_are_those_of_the_package_to_the_bit(booster: lightgbm.Booster) -> None:
    trees, rows = Trees(booster.model_to_string()), table(3_000, seed=2)
    assert np.array_equal(trees.predict(rows), booster.predict(rows, num_threads=1))
    assert np.array_equal(trees.predict(rows[::3]), trees.predict(rows)[::3])
    assert np.array_equal(trees.gains(), booster.feature_importance("gain"))
    assert trees.predict(rows[:0]).shape == (0,)


def test_a_table_with_other_columns_and_a_text_that_is_no_model_are_refused(booster: lightgbm.Booster) -> None:
    trees = Trees(booster.model_to_string())
    with pytest.raises(ArtefactError, match=r"expected a table of 7 columns.*got 6; materialise boosted_model again"):
        trees.predict(table(4, seed=3)[:, :6])
    with pytest.raises(ArtefactError, match=r"LightGBM refused the trees: .*; materialise boosted_model again"):
        Trees("not a model")
