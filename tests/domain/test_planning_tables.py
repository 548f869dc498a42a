"""Classes, stock and the worklist of a cycle."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.exceptions import Said, exception_table
from dp_assets.domain.hierarchy import build_hierarchies, labels_of
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
    classes = CLASSES.with_columns(pl.Series("series_id", ["sku0000", "sku0001"]), pl.Series("abc", ["C", "B"]))
    table = replenishment_table(contracts.total_forecasts(CONFIG).conform(totals), classes, CONFIG)
    assert contracts.replenishment(CONFIG).violations(table) == []
    assert table["lead"].to_list() == [2, 2]
    assert table["service_level"].to_list() == [0.9, 0.95]
    assert table["reorder_point"].to_list() == [stats.poisson.ppf(0.9, 10), stats.poisson.ppf(0.95, 40)]
    assert (table["safety_stock"] == table["reorder_point"] - table["lead_time_demand"]).all()
    policy = {"demand_class": ["lumpy"], "service_level": 0.975}
    other = CONFIG.model_validate({**CONFIG.model_dump(), "policies": [policy]})
    again = replenishment_table(contracts.total_forecasts(CONFIG).conform(totals), classes, other)
    assert again["service_level"].to_list() == [0.9, 0.975]
    assert again["reorder_point"].to_list() == [stats.poisson.ppf(0.9, 10), stats.poisson.ppf(0.975, 40)]


def published(mean: list[float], cycle: date) -> pl.DataFrame:
    """Two leads of series a, b, … at the same number."""
    names = [chr(ord("a") + at) for at in range(len(mean))]
    rows = [
        (name, name, lead, cycle + (lead - 1) * WEEK, number)
        for name, number in zip(names, mean, strict=True)
        for lead in (1, 2)
    ]
    return pl.DataFrame(rows, schema=["series_id", "sku", "lead", "bucket_start", "final"], orient="row")


def said(mean: list[float], cycle: date, method: str = "lstm", spread: float = 5) -> Said:
    """A cycle whose 95 % interval of each series is so many units to either side, and of each node twice that."""
    numbers = published(mean, cycle)
    ends = dict(zip(LEVELS, np.linspace(-1, 1, len(LEVELS)), strict=True))

    def spans(frame: pl.DataFrame, half: float) -> pl.DataFrame:
        return frame.with_columns((pl.col("final") + half * end).alias(name) for name, end in ends.items())

    rollups = [
        spans(
            numbers.join(below.rename({"series_id": "series_id"}), on="series_id")
            .group_by("hierarchy", "level", "node", "lead")
            .agg(pl.col("final").sum()),
            2 * spread,
        )
        for below in (labels_of(HIERARCHIES),)
    ]
    return Said(numbers, spans(numbers, spread).with_columns(method=pl.lit(method)), pl.concat(rollups))


LEVELS = [quantile_name(level) for level in CONFIG.quantile_levels]
ATTRIBUTES = contracts.sku_attributes(CONFIG).conform(
    pl.DataFrame(
        {
            "sku": ["a", "b"],
            "department": ["dairy", "dairy"],
            "brand": ["own", "national"],
            "size": ["s", "l"],
            **{f"{name}_source": [None, None] for name in ("department", "brand", "size")},
            "conflicts": pl.Series([[], []], dtype=pl.List(pl.String)),
            "has_attributes": [True, True],
        }
    )
)
HIERARCHIES = build_hierarchies(published([1.0, 1.0], CUTOFF), ATTRIBUTES, CONFIG, CUTOFF)
CLASSES = pl.DataFrame(
    {
        "series_id": ["a", "b"],
        "price": [2.0, 10.0],
        "demand_class": ["smooth", "lumpy"],
        "abc": ["C", "A"],
        "xyz": ["X", "Z"],
    }
)


def worklist(
    now: list[float],
    before: list[list[float]],
    sold: list[float],
    method: str = "lstm",
    config: DemandConfig = CONFIG,
    spread: float = 5,
    **inputs: Any,
) -> pl.DataFrame:
    """The worklist at CUTOFF after earlier cycles, oldest first; every bucket before it sold the same."""
    cycles = [CUTOFF - (len(before) - at) * WEEK for at in range(len(before))]
    actuals = pl.concat(
        published(sold, CUTOFF - weeks * WEEK).filter(pl.col("lead") == 1).rename({"final": "actual"}).drop("lead")
        for weeks in (1, 2, 3)
    )
    table = exception_table(
        said(now, CUTOFF, method, spread),
        make_inputs(config, *([inputs] if inputs else [])),
        CLASSES,
        actuals,
        {cycle: said(mean, cycle) for cycle, mean in zip(cycles, before, strict=True)},
        HIERARCHIES,
        CUTOFF,
        config,
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
    old = {CUTOFF - weeks * WEEK: said([12.0, 12.0], CUTOFF - weeks * WEEK) for weeks in (3, 4)}
    actuals = pl.DataFrame(schema={"series_id": pl.String, "bucket_start": pl.Date, "actual": pl.Float64})
    now = said([12.0, 12.0], CUTOFF)
    table = exception_table(now, make_inputs(CONFIG), CLASSES, actuals, old, HIERARCHIES, CUTOFF, CONFIG)
    assert table.is_empty()


def test_a_series_of_which_little_is_known_is_listed_with_the_error_to_expect() -> None:
    assert worklist([10.0, 10.0], [], [10.0, 10.0], spread=10).is_empty()
    (row, _) = worklist([10.0, 10.0], [], [10.0, 10.0], spread=60).rows(named=True)
    levels = np.asarray(CONFIG.quantile_levels)
    drawn = np.interp(np.linspace(0, 1, 100_001), levels, 10 + np.linspace(-60, 60, len(levels)))
    expected = 2 * np.abs(drawn - 10).mean()
    assert (row["rule"], row["node"]) == ("uncertain", "b")
    assert row["units"] == pytest.approx(expected, rel=0.02)
    assert row["words"].endswith("units is to be expected over the next 2 buckets, 20.0 are forecast")


def level_config(**thresholds: Any) -> DemandConfig:
    return rollup_config(horizon_weeks=2, exceptions={"bias_buckets": 2, "levels": {"department": thresholds}})


def test_nodes_of_a_level_are_judged_by_thresholds_of_their_own() -> None:
    quiet = worklist([12.0, 12.0], [[10.0, 10.0]], [12.0, 12.0], config=level_config(change_share=0.25))
    assert quiet.is_empty()
    (row,) = worklist([12.0, 12.0], [[10.0, 10.0]], [12.0, 12.0], config=level_config(change_share=0.1)).rows(
        named=True
    )
    assert (row["hierarchy"], row["level"], row["node"], row["rule"]) == ("product", "department", "dairy", "changed")
    assert (row["units"], row["money"]) == (4.0, 4.0 * 6)  # at the average price of what is forecast below
    assert row["words"] == "published 24.0 units for the next 1 buckets; the cycle before said 20.0"


def test_a_node_whose_series_each_stayed_inside_may_lie_outside() -> None:
    table = worklist([14.0, 14.0], [[10.0, 10.0]], [14.9, 14.9], config=level_config(interval=50))
    (row,) = table.filter(rule="outside").rows(named=True)
    assert (row["level"], row["node"]) == ("department", "dairy")


def test_a_node_that_errs_to_one_side_in_a_row_is_listed() -> None:
    table = worklist([10.0, 10.0], [[11.0, 10.0], [10.0, 11.0]], [10.0, 10.0], config=level_config(bias_buckets=2))
    (row,) = table.rows(named=True)
    assert (row["rule"], row["level"], row["node"], row["units"]) == ("biased", "department", "dairy", 2.0)


def test_policies_give_series_of_some_classes_thresholds_of_their_own() -> None:
    config = rollup_config(
        horizon_weeks=2,
        exceptions={"bias_buckets": 2},
        policies=[{"abc": ["A"], "exceptions": {"change_share": 3.0}}, {"exceptions": {"change_share": 0.05}}],
    )
    table = worklist([11.0, 30.0], [[10.0, 10.0]], [11.0, 30.0], config=config)
    assert table.filter(rule="changed")["node"].to_list() == ["a"]
    assert set(worklist([11.0, 30.0], [[10.0, 10.0]], [11.0, 30.0]).filter(rule="changed")["node"]) == {"b"}
