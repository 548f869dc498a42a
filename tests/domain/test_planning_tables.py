"""Classes, stock and the worklist of a cycle."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from dp_assets.domain import contracts
from dp_assets.domain.exceptions import Before, exception_table
from dp_assets.domain.planning_config import ClassConfig
from dp_assets.domain.replenishment import quantile_at, replenishment_table
from dp_assets.domain.series_classes import abc, class_table, variation, xyz
from tests.domain.rollup_inputs import CUTOFF, make_forecasts, make_inputs, rollup_config
from tests.factories import make_panel

CONFIG = rollup_config(horizon_weeks=2, exceptions={"bias_buckets": 2}, replenishment={"lead_time_weeks": 2})
WEEK = timedelta(weeks=1)


def test_classes_keep_their_contract_and_the_biggest_series_are_a() -> None:
    panel = make_panel(series=40, history=60, horizon=2, seed=3)
    table = class_table(panel, CONFIG)
    assert contracts.series_classes(CONFIG).violations(table) == []
    by_class = dict(table.group_by("abc").agg(pl.col("revenue").min()).iter_rows())
    assert by_class["A"] >= table.filter(pl.col("abc") == "B")["revenue"].max()  # type: ignore[operator]
    share = table.filter(pl.col("abc") == "A")["revenue"].sum() / table["revenue"].sum()
    assert share >= 0.8


def test_a_series_is_a_until_the_share_is_reached_and_never_by_selling_nothing() -> None:
    shares = ClassConfig(abc_shares=(0.5, 0.9))
    assert abc(np.array([10.0, 30, 60, 0]), shares) == ["C", "B", "A", "C"]
    assert abc(np.zeros(2), shares) == ["C", "C"]


def test_steady_series_are_x_and_buckets_before_the_first_sale_do_not_count() -> None:
    units = np.array([[5.0, 5, 5, 5], [0, 0, 5, 5], [0, 9, 0, 0], [4, 4, 4, 12]])
    since = np.array([[True] * 4, [False, False, True, True], [True] * 4, [True] * 4])
    assert xyz(units, since, ClassConfig()) == ["X", "X", "Z", "Y"]
    assert variation(np.zeros((1, 4)), np.ones((1, 4), bool)).tolist() == [0.0]


def test_quantiles_between_levels_are_those_of_the_normal_distribution_where_it_is_one() -> None:
    levels = np.array([0.5, 0.9, 0.975])
    quantiles = np.tile(stats.norm.ppf(levels, 10, 2), (3, 1))
    found = quantile_at(quantiles, levels, np.array([0.5, 0.95, 0.999]))
    assert found == pytest.approx([10.0, stats.norm.ppf(0.95, 10, 2), quantiles[0, -1]])


def test_the_reorder_point_is_the_quantile_of_demand_over_the_lead_time_at_the_class_level() -> None:
    totals = make_forecasts(CONFIG, np.array([[5.0, 10.0], [20.0, 40.0]])).drop("naive")
    classes = pl.DataFrame({"series_id": ["sku0000", "sku0001"], "abc": ["C", "B"]})
    table = replenishment_table(contracts.total_forecasts(CONFIG).conform(totals), classes, CONFIG)
    assert contracts.replenishment(CONFIG).violations(table) == []
    assert table["lead"].to_list() == [2, 2]
    assert table["service_level"].to_list() == [0.9, 0.95]
    assert table["reorder_point"].to_list() == [stats.poisson.ppf(0.9, 10), stats.poisson.ppf(0.95, 40)]
    assert (table["safety_stock"] == table["reorder_point"] - table["lead_time_demand"]).all()


def published(mean: list[float], cycle: date, **changes: Any) -> pl.DataFrame:
    """Two leads of series a, b, … at the same number."""
    names = [chr(ord("a") + at) for at in range(len(mean))]
    rows = [
        (name, lead, cycle + (lead - 1) * WEEK, number)
        for name, number in zip(names, mean, strict=True)
        for lead in (1, 2)
    ]
    return pl.DataFrame(rows, schema=["series_id", "lead", "bucket_start", "final"], orient="row").with_columns(
        **changes
    )


def forecasts(mean: list[float], cycle: date, method: str = "lstm") -> pl.DataFrame:
    return published(mean, cycle).with_columns(
        lower_95=pl.col("final") - 5, upper_95=pl.col("final") + 5, method=pl.lit(method)
    )


def worklist(
    now: list[float], before: list[list[float]], sold: list[float], method: str = "lstm", **inputs: Any
) -> pl.DataFrame:
    """The worklist at CUTOFF after earlier cycles, oldest first; every bucket before it sold the same."""
    earlier = {
        CUTOFF - (len(before) - at) * WEEK: Before(
            published(mean, CUTOFF - (len(before) - at) * WEEK), forecasts(mean, CUTOFF - (len(before) - at) * WEEK)
        )
        for at, mean in enumerate(before)
    }
    actuals = pl.concat(
        published(sold, CUTOFF - weeks * WEEK).filter(pl.col("lead") == 1).rename({"final": "actual"}).drop("lead")
        for weeks in (1, 2, 3)
    )
    prices = pl.DataFrame({"series_id": ["a", "b"], "price": [2.0, 10.0]})
    table = exception_table(
        published(now, CUTOFF),
        forecasts(now, CUTOFF, method),
        make_inputs(CONFIG, *([inputs] if inputs else [])),
        prices,
        actuals,
        earlier,
        CUTOFF,
        CONFIG,
    )
    assert contracts.EXCEPTIONS.violations(table) == []
    return table


def test_nothing_is_listed_when_everything_is_as_it_was() -> None:
    assert worklist([10.0, 10.0], [[10.0, 10.0]], [10.0, 10.0]).is_empty()


def test_a_series_that_changed_is_listed_with_what_was_said_before() -> None:
    (row,) = worklist([30.0, 10.0], [[10.0, 10.0]], [10.0, 10.0]).rows(named=True)
    assert (row["rule"], row["node"], row["units"], row["money"]) == ("changed", "a", 20.0, 40.0)
    assert row["words"] == "published 30.0 units for the next 1 buckets; the cycle before said 10.0"


def test_a_sale_outside_its_interval_is_listed_with_what_lies_outside() -> None:
    (row,) = worklist([10.0, 10.0], [[10.0, 10.0]], [10.0, 18.0]).rows(named=True)
    assert (row["rule"], row["node"], row["units"], row["money"]) == ("outside", "b", 3.0, 30.0)
    assert "sold 18.0 units in the bucket of 2017-09-25; the 95 % interval was 5.0 to 15.0" in row["words"]


def test_errors_to_the_same_side_in_a_row_are_listed_and_others_are_not() -> None:
    table = worklist([10.0, 10.0], [[12.0, 12.0], [12.0, 9.0]], [10.0, 10.0])
    (row,) = table.rows(named=True)
    assert (row["rule"], row["node"], row["units"]) == ("biased", "a", 4.0)
    assert row["words"] == "over-forecast in the last 2 buckets in a row, by 4.0 units in all"


def test_new_series_and_locks_that_end_are_listed_and_money_decides_the_rank() -> None:
    table = worklist([10.0, 10.0], [], [10.0, 10.0], "analogue", node="dairy", quantity=7.0)
    assert table["rule"].to_list() == ["new", "expiring", "new"]
    assert table["money"].to_list() == [200.0, 42.0, 40.0]  # the lock at the average price of what is published
    assert "the lock of 7.0 units that ada set holds for the last time" in table["words"].to_list()


def test_a_new_series_says_whose_sales_it_is_forecast_by() -> None:
    for method, whose in (("analogue", "its family"), ("twin", "the product named as its twin")):
        words = worklist([10.0, 10.0], [], [10.0, 10.0], method)["words"].to_list()
        assert words == [f"new: 20.0 units are forecast by what {whose} sells"] * 2


def test_a_lock_that_goes_on_is_not_listed() -> None:
    assert worklist([10.0, 10.0], [], [10.0, 10.0], node="dairy", quantity=7.0, bucket_start=CUTOFF + WEEK).is_empty()


def test_cycles_with_a_gap_before_this_one_are_no_buckets_in_a_row() -> None:
    old = {
        CUTOFF - weeks * WEEK: Before(*(make([12.0], CUTOFF - weeks * WEEK) for make in (published, forecasts)))
        for weeks in (3, 4)
    }
    actuals = pl.DataFrame(schema={"series_id": pl.String, "bucket_start": pl.Date, "actual": pl.Float64})
    prices = pl.DataFrame({"series_id": ["a"], "price": [2.0]})
    now = published([12.0], CUTOFF), forecasts([12.0], CUTOFF)
    table = exception_table(*now, make_inputs(CONFIG), prices, actuals, old, CUTOFF, CONFIG)
    assert table.is_empty()
