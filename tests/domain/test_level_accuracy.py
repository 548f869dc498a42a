from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.level_accuracy import level_accuracy_table
from dp_assets.domain.rollups import roll_up
from tests.domain.rollup_inputs import make_cycle, make_inputs, rollup_config

CONFIG = rollup_config(horizon_weeks=2)
CYCLE = make_cycle(CONFIG)
ROLLED = roll_up(**CYCLE, config=CONFIG)
SERIES = CYCLE["forecasts"].select("series_id", "bucket_start")
ACTUALS = SERIES.with_columns(actual=pl.Series(np.random.default_rng(2).poisson(3.0, len(SERIES)).astype(float)))


def table(rollups: pl.DataFrame = ROLLED.table, actuals: pl.DataFrame = ACTUALS) -> pl.DataFrame:
    found = level_accuracy_table(rollups, actuals, ROLLED.hierarchies, CONFIG)
    assert contracts.LEVEL_ACCURACY.violations(found) == []
    return found


def test_the_total_is_judged_as_one_number_a_bucket() -> None:
    row = table().filter(hierarchy="product", level="total", lead=1).row(0, named=True)
    first = ACTUALS["bucket_start"].min()
    sold = ACTUALS.filter(pl.col("bucket_start") == first)["actual"].sum()
    said = ROLLED.table.filter(hierarchy="product", level="total", lead=1)["forecast"].item()
    assert (row["nodes"], row["actual"]) == (1, sold)
    assert row["wape"] == pytest.approx(abs(said - sold) / sold)
    assert row["bias"] == pytest.approx((said - sold) / sold)


def test_every_level_sold_the_same_and_errors_cancel_on_the_way_up() -> None:
    pooled = table().filter(hierarchy="product", lead=0)
    assert pooled["actual"].n_unique() == 1
    wape = dict(pooled.select("level", "wape").iter_rows())
    assert wape["total"] <= wape["department"] <= wape["brand"] <= wape["series"]


def test_a_series_that_sold_nothing_counts_as_zero() -> None:
    sold_nothing = table(actuals=ACTUALS.clear())
    assert sold_nothing["actual"].sum() == 0
    assert sold_nothing["wape"].null_count() == len(sold_nothing)


def test_locked_numbers_are_not_judged() -> None:
    start = CYCLE["forecasts"]["bucket_start"].min()
    inputs = make_inputs(CONFIG, {"node": "total", "quantity": 9.0, "bucket_start": start})
    locked = roll_up(**(CYCLE | {"planner_inputs": inputs}), config=CONFIG).table
    assert table(locked).filter(hierarchy="product", level="total")["lead"].to_list() == [0, 2]


def test_nothing_closed_gives_no_rows() -> None:
    assert table(ROLLED.table.clear()).is_empty()
