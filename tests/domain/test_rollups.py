from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.errors import ContractError
from dp_assets.domain.rollups import Rollups, level_totals, roll_up
from tests.domain.rollup_inputs import make_cycle, make_inputs, rollup_config

METHODS = (
    "bottom_up",
    "top_down",
    "top_down_average_proportions",
    "top_down_proportions_of_averages",
    "middle_out",
    "mint_ols",
    "mint_wls_struct",
    "mint_wls_var",
    "mint_shrink",
)


def rolled(method: str = "mint_wls_struct", **changes: pl.DataFrame) -> Rollups:
    config = rollup_config(reconciliation={"method": method, "middle_level": "department"})
    cycle = make_cycle(config)
    return roll_up(**{**cycle, **changes}, config=config)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_table_that_keeps_its_contract_and_agrees(method: str) -> None:
    made = rolled(method)
    assert contracts.reconciled_rollups(rollup_config()).violations(made.table) == []
    assert made.incoherence <= 1e-9
    sums = made.table.group_by("hierarchy", "level", "lead").agg(pl.col("forecast").sum()).group_by("lead")
    spread = sums.agg((pl.col("forecast").max() - pl.col("forecast").min()).alias("gap"), pl.col("forecast").max())
    assert (spread["gap"] <= 1e-6 * spread["forecast"]).all()
    levels = [quantile_name(level) for level in rollup_config().quantile_levels]
    assert (np.diff(made.table.select(levels).to_numpy(), axis=1) >= -1e-12).all()


def test_errors_of_the_backtest_are_correlated_where_the_method_asks_for_it() -> None:
    config = rollup_config(reconciliation={"method": "mint_shrink"})
    cycle = make_cycle(config)
    made = roll_up(**cycle, config=config)
    assert made.shrinkage is not None
    assert 0 < made.shrinkage < 1
    assert rolled("mint_wls_var").shrinkage is None
    without = roll_up(**(cycle | {"residuals": contracts.residuals(config).empty()}), config=config)
    assert without.shrinkage == 1
    assert without.table["forecast"].equals(rolled("mint_wls_var").table["forecast"])
    assert not made.table["forecast"].equals(without.table["forecast"])


def test_bottom_up_keeps_every_series_and_base_forecasts_stand_beside() -> None:
    config = rollup_config()
    cycle = make_cycle(config)
    made = rolled("bottom_up")
    series = made.table.filter((pl.col("level") == "series") & (pl.col("hierarchy") == "pack")).sort("node", "lead")
    assert series["forecast"].to_numpy() == pytest.approx(cycle["forecasts"]["forecast"].to_numpy())
    assert series["base_forecast"].to_numpy() == pytest.approx(cycle["forecasts"]["forecast"].to_numpy())
    assert series["q0.9"].to_numpy() == pytest.approx(cycle["forecasts"]["q0.9"].to_numpy())
    total = made.table.filter((pl.col("level") == "total") & (pl.col("hierarchy") == "pack")).sort("lead")
    expected = (
        cycle["node_forecasts"].filter((pl.col("level") == "total") & (pl.col("hierarchy") == "pack")).sort("lead")
    )
    assert total["base_forecast"].equals(expected["forecast"], check_names=False)


def test_the_order_of_series_and_rows_does_not_matter() -> None:
    config = rollup_config()
    cycle = make_cycle(config)
    tables = {name: frame for name, frame in cycle.items() if name != "panel"}
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=9) for name, frame in tables.items()}
    assert roll_up(**cycle, config=config).table.equals(roll_up(**(cycle | shuffled), config=config).table)


def test_the_same_inputs_give_the_same_bytes() -> None:
    assert rolled().table.equals(rolled().table)


def test_locks_hold_after_reconciliation_and_everything_still_agrees() -> None:
    config = rollup_config()
    cutoff = make_cycle(config)["panel"].cutoff
    inputs = make_inputs(
        config,
        {"node": "sku0003", "quantity": 123.0, "bucket_start": cutoff},
        {"node": "department a", "quantity": 500.0, "bucket_start": cutoff},
        {"node": "sku0005", "quantity": 999.0, "bucket_start": cutoff, "locked": False},
    )
    made, free = rolled(planner_inputs=inputs), rolled()
    table = made.table.filter(pl.col("lead") == 1)
    locked = table.filter("locked").sort("hierarchy", "node").select("hierarchy", "level", "node", "forecast")
    assert locked.select("hierarchy", "level", "node").rows() == [
        ("pack", "series", "sku0003"),
        ("product", "department", "department a"),
        ("product", "series", "sku0003"),
    ]
    assert locked["forecast"].to_list() == pytest.approx([123.0, 500.0, 123.0])
    assert made.incoherence <= 1e-9
    assert table.filter(pl.col("node") == "sku0005")["forecast"].max() < 900  # overrides wait for publication
    later = pl.col("lead") > 1
    assert made.table.filter(later).equals(free.table.filter(later))


def test_a_node_that_has_no_base_forecast_takes_what_its_series_sum_to() -> None:
    config = rollup_config()
    some = make_cycle(config)["node_forecasts"].filter(pl.col("level") == "total")
    assert rolled(node_forecasts=some).incoherence <= 1e-9
    none = rolled(node_forecasts=some.clear())
    assert np.allclose(none.table["forecast"].to_numpy(), none.table["base_forecast"].to_numpy(), rtol=1e-3, atol=1e-3)


def test_series_with_uneven_leads_are_refused() -> None:
    config = rollup_config()
    forecasts = make_cycle(config)["forecasts"]
    with pytest.raises(ContractError, match="same leads"):
        rolled(forecasts=forecasts[1:])
    with pytest.raises(ContractError, match="same leads"):
        rolled(forecasts=forecasts.clear())


def test_without_residuals_nodes_still_get_quantiles() -> None:
    config = rollup_config()
    made = rolled(residuals=contracts.residuals(config).empty())
    total = made.table.filter(pl.col("level") == "total")
    assert (total["q0.9"] > total["forecast"]).all()
    assert (total["q0.1"] < total["forecast"]).all()
    assert set(made.correlation["product"]) == {"total", "department", "brand"}


def test_a_configuration_without_hierarchies_gives_the_total_and_the_series() -> None:
    config = rollup_config(hierarchies=[])
    cycle = make_cycle(config)
    table = roll_up(**cycle, config=config).table
    assert set(table["level"]) == {"total", "series"}
    assert set(table["hierarchy"]) == {"all"}


def test_totals_per_level_are_the_same_on_every_level() -> None:
    totals = level_totals(rolled().table)
    assert np.ptp(totals["forecast"].to_numpy()) < 1e-6 * totals["forecast"].max()
    assert totals.filter(pl.col("level") == "series")["nodes"].to_list() == [30, 30]
