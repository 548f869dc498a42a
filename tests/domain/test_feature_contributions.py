"""Feature contributions: they add up, name what was planted, say nothing of what does not matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dp_assets.domain.driver_details import PROMOTION, RECENT, sentences
from dp_assets.domain.feature_contributions import (
    Forecast,
    baseline_inputs,
    contribution_table,
    contributions,
    drivers_of,
    forecaster,
    importance_table,
    with_drivers,
)
from dp_assets.domain.forecasts import Champion, forecast_table
from dp_assets.domain.inference import onnx_session
from dp_assets.domain.windows import Windows, windows_at
from tests.domain.engine_inputs import MULTI, SINGLE, engine
from tests.domain.reason_worlds import CONFIG, HISTORY, SERIES, Sales, make_champion, make_sales

LOOKBACK = 8
ROWS = np.arange(SERIES)


@pytest.fixture(scope="module")
def sales() -> Sales:
    return make_sales()


@pytest.fixture(scope="module")
def champion(sales: Sales, tmp_path_factory: pytest.TempPathFactory) -> Champion:
    return make_champion(sales.panel(HISTORY), tmp_path_factory.mktemp("model"))


def explain(sales: Sales, champion: Champion, rows: np.ndarray = ROWS, orders: int = 2) -> pl.DataFrame:
    panel = sales.panel(HISTORY)
    windows = Windows.of(panel, champion.encoders)
    return contribution_table(panel, windows, rows, champion.encoders, LOOKBACK, models(sales, champion, rows), orders)


def models(sales: Sales, champion: Champion, rows: np.ndarray) -> Forecast:
    shares = champion.shares(sales.panel(HISTORY))[rows]
    return forecaster(onnx_session(champion.folder), CONFIG.quantile_levels, champion.boosting, shares)


@pytest.fixture(scope="module")
def explained(sales: Sales, champion: Champion) -> pl.DataFrame:
    return explain(sales, champion)


def test_contributions_and_baseline_add_up_to_the_forecast(explained: pl.DataFrame) -> None:
    sums = explained.group_by("series_id", "lead").agg(
        pl.col("contribution").sum(), pl.col("baseline", "forecast").first()
    )
    np.testing.assert_allclose(sums["baseline"] + sums["contribution"], sums["forecast"], rtol=1e-9)


def test_the_forecast_explained_is_the_one_that_was_published(
    sales: Sales, champion: Champion, explained: pl.DataFrame
) -> None:
    published = forecast_table(sales.panel(HISTORY), champion, CONFIG, "r").sort("series_id", "lead")
    found = explained.filter(pl.col("driver") == RECENT).sort("series_id", "lead")
    np.testing.assert_allclose(found["forecast"], published["forecast"], rtol=1e-5)


def test_a_promotion_ahead_is_what_drives_a_promoted_bucket(sales: Sales, explained: pl.DataFrame) -> None:
    promoted = sales.promoted[:, HISTORY : HISTORY + CONFIG.horizon].ravel() > 0
    units = explained.filter(pl.col("driver") == PROMOTION).sort("series_id", "lead")
    assert np.abs(units["contribution"].to_numpy()[~promoted]).max() < 1e-9
    strongest = (
        explained.sort(pl.col("contribution").abs(), descending=True)
        .group_by("series_id", "lead")
        .agg(pl.col("driver").first())
        .sort("series_id", "lead")
    )
    assert np.mean(strongest["driver"].to_numpy()[promoted] == PROMOTION) > 0.95
    assert (units["contribution"].to_numpy()[promoted] > 0).all()


def test_what_is_as_usual_contributes_nothing(explained: pl.DataFrame) -> None:
    price = explained.filter(pl.col("driver") == "price")
    assert price["contribution"].abs().max() == 0
    assert set(price["detail"]) == {"price as usual"}


def test_the_baseline_knows_a_series_level_and_nothing_else(sales: Sales, champion: Champion) -> None:
    """Same mean, other shape, promotions and attributes: the same baseline."""
    panel = sales.panel(HISTORY)
    windows = Windows.of(panel, champion.encoders)
    inputs = windows.gather(windows_at(ROWS[:1], panel.history), LOOKBACK)
    other = {name: np.array(values) for name, values in inputs.items()}
    other["quantity"] = np.roll(inputs["quantity"], 3, axis=1)
    other["single"] = 1 - np.minimum(inputs["single"], 1)
    other["known_ahead"] = inputs["known_ahead"] + 2
    one, another = (baseline_inputs(each, champion.encoders) for each in (inputs, other))
    for name, values in one.items():
        np.testing.assert_allclose(values, another[name], rtol=1e-6, err_msg=name)


def test_every_input_that_differs_between_series_belongs_to_exactly_one_driver() -> None:
    panel, encoders, _, source, _ = engine(attributes={**SINGLE, **MULTI})
    inputs = source.gather(windows_at(np.arange(3), panel.history), LOOKBACK)
    cells = [
        (cell.name, column)
        for parts in drivers_of(encoders).values()
        for cell in parts
        for column in (cell.columns if cell.columns is not None else ["all"])
    ]
    assert len(cells) == len(set(cells))
    base = baseline_inputs(inputs, encoders)
    everything = [cell for parts in drivers_of(encoders).values() for cell in parts]
    restored = with_drivers(inputs, base, everything)
    for name, values in inputs.items():
        np.testing.assert_array_equal(restored[name], values, err_msg=name)


def test_more_orders_change_little_and_the_same_orders_nothing(sales: Sales, champion: Champion) -> None:
    panel = sales.panel(HISTORY)
    inputs = Windows.of(panel, champion.encoders).gather(windows_at(ROWS, panel.history), LOOKBACK)
    forecast = models(sales, champion, ROWS)
    drawn, again, exact = (
        contributions(inputs, champion.encoders, forecast, orders, seed=5)[1] for orders in (2, 2, 1000)
    )
    assert drawn.tobytes() == again.tobytes()
    size = np.abs(exact).sum(axis=0).mean()
    assert np.abs(drawn - exact).max(axis=0).mean() < 0.05 * size


def test_sentences_name_the_strongest_driver_first(sales: Sales, champion: Champion, explained: pl.DataFrame) -> None:
    row = int(np.flatnonzero(sales.promoted[:, HISTORY : HISTORY + 3].sum(axis=1) == 1)[0])
    first = sentences(explained.filter(pl.col("series_id") == f"sku{row:04d}"))[0]
    assert first.startswith("+")
    assert "promotion (leaflet 100%), most in 2017-" in first


def test_importance_finds_the_promotion_and_nothing_in_the_price(sales: Sales, champion: Champion) -> None:
    panel = sales.panel(HISTORY)
    windows = Windows.of(panel, champion.encoders)
    table = importance_table(
        panel, windows, ROWS, champion.encoders, LOOKBACK, models(sales, champion, ROWS), repeats=2
    )
    ranked = table.sort("importance", descending=True)
    assert ranked["driver"][0] == PROMOTION
    assert ranked["importance"][0] > 0.1
    assert table.filter(pl.col("driver") == "price")["importance"][0] == 0


def test_series_that_no_model_forecasts_have_no_rows(sales: Sales, champion: Champion) -> None:
    panel, none = sales.panel(HISTORY), ROWS[:0]
    assert explain(sales, champion, none).is_empty()
    windows, forecast = Windows.of(panel, champion.encoders), models(sales, champion, none)
    assert importance_table(panel, windows, none, champion.encoders, LOOKBACK, forecast, repeats=2).is_empty()


def test_series_explained_together_or_alone_have_the_same_contributions(
    sales: Sales, champion: Champion, explained: pl.DataFrame, tmp_path: Path
) -> None:
    alone = explain(sales, champion, ROWS[3:4])
    together = explained.filter(pl.col("series_id") == "sku0003")
    np.testing.assert_allclose(
        alone.sort("driver", "lead")["contribution"],
        together.sort("driver", "lead")["contribution"],
        atol=1e-4,
    )
