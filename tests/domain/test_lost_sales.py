from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.lost_sales import lost_sales_table
from dp_assets.domain.panel import Panel
from dp_assets.domain.stockouts import Stockouts, stockout_table
from tests.factories import make_config, make_panel

CONFIG = make_config()


def world(seed: int = 1, series: int = 150, history: int = 60) -> tuple[Panel, np.ndarray, np.ndarray]:
    """A panel whose families share a season and a feast, with planted stock-outs; the demand, and where they are."""
    rng = np.random.default_rng(seed)
    panel = make_panel(series=series, history=history, seed=seed)
    family = np.unique(panel.series["department"].to_numpy(), return_inverse=True)[1]
    weeks = np.arange(history)
    season = np.stack([1 + 0.5 * np.sin(2 * np.pi * (weeks / 26 + shift)) for shift in (0, 0.3, 0.6)])
    season[:, 40] *= 2.5
    rate = rng.gamma(2.0, 8.0, (series, 1)) * season[family]
    demand = rng.negative_binomial(5.0, 5.0 / (5.0 + rate)).astype(np.float64)
    out = np.zeros(demand.shape, np.bool_)
    for row in range(0, series, 2):
        for start in (int(rng.integers(5, 25)), int(rng.integers(36, 50))):
            out[row, start : start + int(rng.integers(1, 5))] = True
    sold = np.where(out, np.floor(demand * (rng.random(demand.shape) < 0.3) * 0.3), demand).astype(np.float32)
    first = np.zeros(series, np.int32)
    observed = (~out).astype(np.float32)
    return replace(panel, quantity=sold, capped=sold, observed=observed, first=first), rate, out


def estimated(panel: Panel, out: np.ndarray) -> pl.DataFrame:
    starts = panel.starts[: panel.history]
    stated = Stockouts(out.astype(np.float64), out, np.zeros(out.shape, np.bool_))
    table = stockout_table(stated, panel.series["series_id"], starts)
    return lost_sales_table(panel, table, CONFIG)


def test_planted_demand_is_recovered_within_a_tenth_even_at_a_feast() -> None:
    panel, rate, out = world()
    table = estimated(panel, out)
    assert contracts.lost_sales(CONFIG).violations(table) == []
    truth = rate[out]
    found = table["demand"].to_numpy()
    assert len(found) == out.sum()
    assert found.sum() == pytest.approx(truth.sum(), rel=0.1)
    error = np.abs(found - truth) / truth
    assert np.median(error) < 0.25
    feast = np.flatnonzero(out)[np.nonzero(out)[1] == 40]
    at = np.isin(np.flatnonzero(out), feast)
    assert at.sum() > 5
    assert found[at].sum() == pytest.approx(truth[at].sum(), rel=0.2)  # the buckets around it are 2.5 times lower


def test_what_was_sold_counts_against_the_loss_and_the_interval_holds_it() -> None:
    panel, _, out = world(2)
    table = estimated(panel, out)
    sold = np.asarray(panel.quantity, np.float64)[out]
    assert table["sold"].to_numpy() == pytest.approx(sold)
    assert np.allclose(table["lost"], np.maximum(table["demand"].to_numpy() - sold, 0))
    assert (table["lost_low"] <= table["lost_high"]).all()
    inside = (table["lost_low"] <= table["lost"] + 1) & (table["lost"] <= table["lost_high"] + 1)
    assert inside.mean() > 0.95


def test_demand_lies_in_its_interval_as_often_as_it_says() -> None:
    panel, rate, out = world(3, series=300)
    table = estimated(panel, out)
    rng = np.random.default_rng(9)
    demand = rng.negative_binomial(5.0, 5.0 / (5.0 + rate[out]))
    sold = np.asarray(panel.quantity, np.float64)[out]
    lost = np.maximum(demand - sold, 0)
    inside = (table["lost_low"].to_numpy() <= lost) & (lost <= table["lost_high"].to_numpy())
    assert 0.75 < inside.mean() < 0.92


def test_nothing_out_of_stock_loses_nothing_and_a_series_without_any_sales_nothing() -> None:
    panel, _, out = world(4, series=20)
    assert estimated(panel, np.zeros(out.shape, np.bool_)).is_empty()
    empty = replace(panel, quantity=panel.quantity * 0, capped=panel.capped * 0)
    assert estimated(empty, out)["lost"].sum() == 0


def test_the_order_of_series_does_not_matter_to_a_series() -> None:
    panel, _, out = world(5, series=30)
    order = np.random.default_rng(1).permutation(30)
    turned = estimated(panel.take(order), out[order]).sort("series_id", "bucket_start")
    straight = estimated(panel, out).sort("series_id", "bucket_start")
    assert np.allclose(turned["demand"], straight["demand"], rtol=1e-12)
