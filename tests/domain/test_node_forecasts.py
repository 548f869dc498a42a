from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.domain.node_forecasts import (
    choose_methods,
    continuing_share,
    forecast_nodes,
    node_forecast_table,
    node_history,
)
from tests.domain.rollup_inputs import CUTOFF, make_attributes, rollup_config
from tests.factories import make_panel


def test_dense_sparse_young_flat_and_empty_histories_each_get_their_method() -> None:
    rng = np.random.default_rng(1)
    dense = rng.poisson(50, 40) + 1.0
    sparse = dense * (np.arange(40) % 2)
    young = np.concatenate([np.zeros(35), dense[:5]])
    late_but_dense = np.concatenate([np.zeros(20), dense[:20]])
    history = np.stack([dense, sparse, young, np.full(40, 7.0), np.zeros(40), late_but_dense])
    assert choose_methods(history).tolist() == ["theta", "ses", "mean", "mean", "mean", "theta"]


def test_forecasts_stay_near_the_level_are_never_negative_and_know_their_error() -> None:
    rng = np.random.default_rng(2)
    level = np.array([400.0, 30.0, 0.4])
    history = rng.poisson(level[:, None], (3, 45)).astype(float)
    made = forecast_nodes(history, 4)
    assert made.mean.shape == (3, 4)
    assert (made.mean >= 0).all()
    assert np.allclose(made.mean[:, 0], level, atol=3 * np.sqrt(level))
    assert np.allclose(made.variance, level, rtol=0.8)


def test_a_young_node_is_forecast_by_the_mean_since_its_first_sale() -> None:
    made = forecast_nodes(np.array([[0.0] * 36 + [2.0, 4.0, 6.0, 4.0]]), 2)
    assert made.mean.tolist() == [[4.0, 4.0]]
    assert made.variance.tolist() == [2.0]


def test_a_falling_node_never_goes_below_zero() -> None:
    falling = np.maximum(60.0 - 1.5 * np.arange(40), 0.5)
    assert (forecast_nodes(falling[None, :], 30).mean >= 0).all()


def test_series_that_are_new_in_the_future_are_not_expected_of_those_of_today() -> None:
    # one old series sells 9 in every bucket; a new series appears in each bucket and sells 1, once
    buckets, horizon = 30, 3
    quantity = np.vstack([np.full(buckets, 9.0), np.eye(buckets)])
    assert continuing_share(quantity, horizon, active=26) == pytest.approx([0.9] * horizon)
    assert continuing_share(np.full((2, buckets), 5.0), horizon, active=26).tolist() == [1.0] * horizon


def test_the_table_has_every_node_of_every_hierarchy_and_keeps_its_contract() -> None:
    config = rollup_config()
    panel = make_panel(series=25, history=40, horizon=config.horizon)
    hierarchies = build_hierarchies(
        panel.series, make_attributes(config, panel.series["sku"].to_list()), config, CUTOFF
    )
    table = node_forecast_table(panel, hierarchies, config)
    assert contracts.node_forecasts(config).violations(table) == []
    assert len(table) == sum(map(len, hierarchies)) * config.horizon
    assert table["bucket_start"].min() == panel.cutoff
    assert table["bucket_start"].max() == panel.cutoff + timedelta(weeks=config.horizon - 1)
    total = table.filter((pl.col("level") == "total") & (pl.col("lead") == 1))
    assert total["forecast"].n_unique() == 1
    assert total["forecast"][0] == pytest.approx(panel.quantity[:, -8:].sum(axis=0).mean(), rel=0.3)


def test_the_history_of_a_node_is_what_its_series_sold_in_any_order() -> None:
    config = rollup_config()
    panel = make_panel(series=25, history=40, horizon=config.horizon)
    attributes = make_attributes(config, panel.series["sku"].to_list())
    product, _ = build_hierarchies(panel.series, attributes, config, CUTOFF)
    expected = np.stack([panel.quantity[product.members(node)].sum(axis=0) for node in range(len(product))])
    assert np.allclose(node_history(panel, product), expected)
    shuffled = panel.take(np.random.default_rng(0).permutation(len(panel)))
    assert np.allclose(node_history(shuffled, product), expected)
    some = panel.take(np.flatnonzero(np.arange(len(panel)) != 3))
    assert node_history(some, product)[0].sum() == pytest.approx(panel.quantity.sum() - panel.quantity[3].sum())
