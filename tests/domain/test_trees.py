"""Trees as ONNX: every row reaches the leaves that LightGBM sends it to."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.trees import Trees, trees_of

FEATURES = 5
Rows = npt.NDArray[np.float32]


def table(seed: int, rows: int = 600, missing: bool = True) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Features, the second missing here and there, the last of three values; and what depends on them."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    found[:, -1] = rng.integers(0, 3, rows)
    target = np.abs(found[:, 0] * found[:, 2] + found[:, -1] + rng.normal(size=rows))
    if missing:
        found[rng.random(rows) < 0.3, 1] = np.nan
    return found, target


def trained(seed: int = 0, **parameters: Any) -> lightgbm.Booster:
    rows, target = table(seed)
    common = {"num_leaves": 15, "verbosity": -1, "seed": seed, "num_threads": 1, "deterministic": True}
    return lightgbm.train({**common, **parameters}, lightgbm.Dataset(rows, target), 20)


@pytest.fixture(scope="module")
def models() -> list[lightgbm.Booster]:
    return [
        trained(objective="tweedie"),
        trained(objective="quantile", alpha=0.9),
        trained(seed=3, objective="quantile", alpha=0.1),
    ]


@pytest.fixture(scope="module")
def trees(models: list[lightgbm.Booster]) -> Trees:
    return trees_of(models)


def raw(models: list[lightgbm.Booster], rows: Rows) -> npt.NDArray[np.float64]:
    return np.stack([np.asarray(model.predict(rows, raw_score=True)) for model in models], axis=1)


def thresholds(models: list[lightgbm.Booster]) -> list[float]:
    """Where the trees split, and the float32 values beside each."""
    found = set()
    queue = [tree["tree_structure"] for model in models for tree in model.dump_model()["tree_info"]]
    for node in queue:
        if "threshold" in node:
            found.add(node["threshold"])
            queue += [node["left_child"], node["right_child"]]
    near = np.array(sorted(found), np.float32)
    return sorted(
        {*near.tolist(), *np.nextafter(near, np.float32(9)).tolist(), *np.nextafter(near, np.float32(-9)).tolist()}
    )


def test_sums_are_the_raw_scores_of_each_model(models: list[lightgbm.Booster], trees: Trees) -> None:
    rows, _ = table(9)
    np.testing.assert_allclose(trees.sums(rows), raw(models, rows), rtol=1e-5, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(chosen=arrays(np.int64, (7, FEATURES), elements=st.integers(0, 10**6)))
def test_a_value_at_a_threshold_and_a_missing_one_go_where_lightgbm_sends_them(
    models: list[lightgbm.Booster], trees: Trees, chosen: npt.NDArray[np.int64]
) -> None:
    near = np.array([*thresholds(models), 0.0, -0.0, 1e30, -1e30, np.nan], np.float32)
    rows = near[chosen % len(near)]
    np.testing.assert_allclose(trees.sums(rows), raw(models, rows), rtol=1e-5, atol=1e-6)


def test_a_row_sums_to_the_same_bits_whatever_stands_beside_it(trees: Trees) -> None:
    rows, _ = table(5)
    whole = trees.sums(rows)
    for few in (rows[:1], rows[:2], rows[:100]):
        np.testing.assert_array_equal(trees.sums(few), whole[: len(few)])


def test_a_model_that_found_nothing_to_split_is_its_one_leaf() -> None:
    rows, _ = table(1)
    flat = lightgbm.train(
        {"objective": "quantile", "alpha": 0.5, "verbosity": -1}, lightgbm.Dataset(rows, np.full(len(rows), 2.5)), 3
    )
    np.testing.assert_allclose(trees_of([flat]).sums(rows)[:, 0], raw([flat], rows)[:, 0])


def test_the_model_is_valid_onnx_and_the_same_models_give_the_same_bytes(models: list[lightgbm.Booster]) -> None:
    first = trees_of(models)
    onnx.checker.check_model(onnx.load_from_string(first.onnx))
    assert first == trees_of(models)
    assert first != trees_of(models[:2])


def test_damaged_trees_are_refused_with_what_to_do(trees: Trees) -> None:
    with pytest.raises(ArtefactError, match=r"the trees are damaged .*; materialise boosted_model again"):
        Trees(trees.onnx[:1000]).sums(table(1)[0])


def test_splits_by_category_are_refused() -> None:
    rows, target = table(2)
    data = lightgbm.Dataset(rows, target, categorical_feature=[FEATURES - 1])
    model = lightgbm.train({"objective": "quantile", "verbosity": -1, "min_data_per_group": 1}, data, 5)
    with pytest.raises(ValueError, match="expected splits by <="):
        trees_of([model])
