from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dp_assets.domain import contracts
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.hierarchy import SERIES, build_hierarchies, labels_of
from dp_assets.domain.ingest.conversions import UnitTable
from dp_assets.domain.intervals import ErrorDistributions, quantiles
from dp_assets.domain.metrics import pit_coverage
from dp_assets.domain.reporting_units import ReportingUnits
from dp_assets.domain.rollups import roll_up
from dp_assets.domain.temporal import period_residuals, temporal_rollups, without_factor
from tests.domain.rollup_inputs import make_cycle, make_inputs, rollup_config

MONTHS = {"spans_weeks": [4], "calendar": {"kind": "calendar_months"}}


def backtest(config: Any, panel: Any, shared: float, origins: int = 12, seed: int = 1) -> pl.DataFrame:
    """Poisson errors around 5 units a bucket; `shared` is how much luck all leads of an origin have in common."""
    rng = np.random.default_rng(seed)
    series, horizon = len(panel), config.horizon
    luck = np.where(shared > 0, rng.gamma(1 / max(shared, 1e-9), max(shared, 1e-9), (series, origins, 1)), 1.0)
    actual = rng.poisson(5.0 * luck, (series, origins, horizon)).astype(np.float64)
    frame = pl.DataFrame(
        {
            "series_id": np.repeat(panel.series["series_id"].to_numpy(), origins * horizon),
            "cutoff": np.tile(np.repeat(panel.starts[panel.history - origins : panel.history], horizon), series),
            "lead": np.tile(np.arange(1, horizon + 1), series * origins),
            "actual": actual.ravel(),
            "predicted": 5.0,
            "residual": actual.ravel() - 5.0,
            "scale": 1.0,
            "predicted_quantiles": None,
            "out_of_sample": True,
        }
    )
    return contracts.residuals(config).conform(frame)


def made(reporting: dict[str, Any], shared: float = 0.0, inputs: Any = (), **changes: Any) -> dict[str, Any]:
    """A cycle's rollups and their periods."""
    config = rollup_config(reporting=reporting, horizon_weeks=9)
    cycle = make_cycle(config, series=40) | changes
    panel = cycle["panel"]
    inputs = make_inputs(config, *[{**row, "bucket_start": panel.cutoff} for row in inputs])
    rollups = roll_up(**(cycle | {"planner_inputs": inputs}), config=config).table
    hierarchies = build_hierarchies(cycle["forecasts"], cycle["attributes"], config, panel.cutoff)
    residuals = backtest(config, panel, shared)
    table = temporal_rollups(rollups, hierarchies, residuals, panel, config)
    assert contracts.temporal_rollups(config).violations(table) == []
    one = {"config": config, "panel": panel, "rollups": rollups, "table": table, "hierarchies": hierarchies}
    return {**one, "residuals": residuals}


@cache
def plain() -> dict[str, Any]:
    """A cycle without units of measure, of which one series sells nothing in its first bucket."""
    return made({"spans_weeks": [1, 9]}, inputs=[{"node": "sku0005", "quantity": 0.0}])


def measured(factors: dict[tuple[str, str], float]) -> pl.DataFrame:
    """The same cycle's periods with units of measure: (unit, SKU or nothing for any) → factor."""
    one = plain()
    config = in_units(one["config"], factors)
    table = temporal_rollups(one["rollups"], one["hierarchies"], one["residuals"], one["panel"], config)
    assert contracts.temporal_rollups(config).violations(table) == []
    return table


def in_units(config: Any, factors: dict[tuple[str, str], float]) -> Any:
    reporting = config.reporting.model_copy(update={"unit_table": "units.csv"})
    units = ReportingUnits.of(UnitTable("units.csv", factors))
    return config.model_copy(update={"reporting": reporting.with_units(units)})


def test_every_period_is_the_sum_of_its_buckets_and_of_its_children_under_locks() -> None:
    lock = {"node": "department a", "quantity": 500.0}
    one = made({"spans_weeks": [1, 4, 9]}, inputs=[lock, {"node": "sku0005", "quantity": 0.0}])
    table, rollups = one["table"], one["rollups"]
    assert (table["forecast"] >= 0).all()
    keys = ["hierarchy", "level", "node"]
    for kind, first, last in (("4_weeks", 1, 4), ("4_weeks", 5, 8), ("9_weeks", 1, 9), ("1_weeks", 1, 1)):
        start = rollups.filter(pl.col("lead") == first)["bucket_start"][0]
        here = table.filter(kind=kind, starts_on=start)
        sums = (
            rollups.filter(pl.col("lead").is_between(first, last)).group_by(keys).agg(expected=pl.col("forecast").sum())
        )
        both = here.join(sums, on=keys)
        assert len(both) == len(here) == len(sums)
        assert np.allclose(both["forecast"], both["expected"], rtol=1e-9, atol=1e-9)
    assert table.filter(kind="1_weeks", node="department a")["forecast"][0] == pytest.approx(500.0, rel=1e-12)
    nothing = table.filter(kind="1_weeks", node="sku0005", starts_on=one["panel"].cutoff)
    assert nothing.select("forecast", "q0.9").unique().rows() == [(0.0, 0.0)]
    totals = table.group_by("hierarchy", "level", "kind", "period").agg(pl.col("forecast", "value").sum())
    for column in ("forecast", "value"):
        spread = totals.group_by("kind", "period").agg(low=pl.col(column).min(), high=pl.col(column).max())
        assert np.allclose(spread["low"], spread["high"], rtol=1e-9)


def test_a_month_under_way_adds_what_was_sold_and_a_month_is_split_by_days() -> None:
    one = made(MONTHS)
    panel, table, rollups = one["panel"], one["table"], one["rollups"]
    month = table.filter(kind="month").sort("starts_on")["starts_on"][0]
    rows = table.filter(pl.col("kind") == "month", pl.col("starts_on") == month, pl.col("level") == SERIES)
    row = rows.sort("hierarchy", "node").row(7, named=True)
    at = panel.series["series_id"].to_list().index(row["node"])
    ahead = dict(rollups.filter(node=row["node"], hierarchy=row["hierarchy"]).select("bucket_start", "forecast").rows())
    days = pl.date_range(row["starts_on"], row["ends_on"], eager=True).to_list()
    starts = [start.astype("datetime64[D]").item() for start in panel.starts]
    sold = expected = 0.0
    for day in days:
        bucket = max(index for index, start in enumerate(starts) if start <= day)
        if bucket < panel.history:
            sold += float(panel.quantity[at, bucket]) / 7
        else:
            expected += ahead[starts[bucket]] / 7
    assert row["sold"] == pytest.approx(sold, rel=1e-6)
    assert row["forecast"] == pytest.approx(sold + expected, rel=1e-6)
    assert row["value"] == pytest.approx(row["forecast"] * float(panel.price[at, -1]), rel=1e-6)
    assert row["q0.025"] >= row["sold"] - 1e-9


def test_intervals_of_a_period_are_narrower_than_summed_ones_where_weeks_err_apart_and_not_where_they_err_alike() -> (
    None
):
    width = {}
    for shared in (0.0, 0.5):
        table = made({"spans_weeks": [1, 9]}, shared=shared)["table"].filter(level=SERIES, hierarchy="pack")
        spread = table.with_columns(width=pl.col("q0.9") - pl.col("q0.1")).group_by("kind").agg(pl.col("width").mean())
        of = dict(spread.iter_rows())
        width[shared] = of["9_weeks"] / of["1_weeks"]
    assert width[0.0] == pytest.approx(3.0, rel=0.25)  # sqrt(9) weeks; summed quantiles would give 9
    assert width[0.5] > 1.6 * width[0.0]


def test_intervals_of_periods_cover_what_they_promise() -> None:
    one = made({"spans_weeks": [9]}, shared=0.2)
    config, panel = one["config"], one["panel"]
    unseen = period_residuals(backtest(config, panel, 0.2, seed=2), np.ones((1, 9)), config)
    learned = period_residuals(backtest(config, panel, 0.2, seed=1), np.ones((1, 9)), config)
    errors = ErrorDistributions.of(error_distributions(learned, config), config.quantile_levels)
    spans = quantiles(unseen["predicted"].to_numpy()[:, None], unseen["series_id"].to_list(), errors)[:, 0]
    covered = pit_coverage(unseen["actual"].to_numpy(), spans, np.asarray(config.quantile_levels), 0.8)
    assert float(covered.mean()) == pytest.approx(0.8, abs=0.05)


def test_residuals_of_a_period_need_all_of_its_leads() -> None:
    config = rollup_config(horizon_weeks=3)
    panel = make_cycle(config, series=3)["panel"]
    rows = backtest(config, panel, 0.0, origins=4)
    last = rows["cutoff"].max()
    open_leads = (pl.col("cutoff") == last) & (pl.col("lead") > 1)
    weights = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.5]])
    found = period_residuals(rows.filter(~open_leads), weights, config)
    assert found.filter(lead=1)["cutoff"].n_unique() == 4
    assert found.filter(lead=2)["cutoff"].n_unique() == 3
    one = rows.filter(series_id="sku0001", cutoff=rows["cutoff"].min()).sort("lead")["actual"].to_list()
    here = found.filter(series_id="sku0001", cutoff=rows["cutoff"].min()).sort("lead")
    assert here["actual"].to_list() == [one[0], one[1] + one[2] / 2]
    assert here["residual"].to_list() == pytest.approx([one[0] - 5, one[1] + one[2] / 2 - 7.5])


def test_without_a_backtest_or_without_a_period_in_the_horizon_there_are_no_rows() -> None:
    config = rollup_config(horizon_weeks=3)
    cycle = make_cycle(config)
    panel = cycle["panel"]
    hierarchies = build_hierarchies(cycle["forecasts"], cycle["attributes"], config, panel.cutoff)
    rollups = roll_up(**cycle, config=config).table
    assert temporal_rollups(rollups, hierarchies, cycle["residuals"], panel, config).is_empty()
    config = rollup_config(horizon_weeks=3, reporting={"spans_weeks": [2]})
    empty = contracts.residuals(config).empty()
    assert temporal_rollups(rollups, hierarchies, empty, panel, config).is_empty()
    assert temporal_rollups(rollups, hierarchies, cycle["residuals"], panel, config).is_empty()  # lead 1 alone


def test_quantiles_ascend_and_hold_the_mean_between_them() -> None:
    table = made(MONTHS, shared=0.3)["table"]
    config = rollup_config()
    levels = table.select(quantile_name(level) for level in config.quantile_levels).to_numpy()
    assert (np.diff(levels, axis=1) >= -1e-9).all()
    assert (levels[:, 0] <= table["forecast"].to_numpy() + 1e-9).mean() > 0.99


SKUS = [f"sku{number:04d}" for number in range(40)]


@settings(max_examples=15, deadline=None)
@given(st.dictionaries(st.sampled_from(["", *SKUS]), st.floats(0.01, 1000), min_size=1, max_size=41))
def test_a_node_in_a_unit_is_the_sum_of_its_series_each_by_its_own_factor(factors: dict[str, float]) -> None:
    """Against a loop over nodes, periods and the series below."""
    table = measured({("case", sku): factor for sku, factor in factors.items()})
    bottom = table.filter(level=SERIES, hierarchy="product").select("period", "kind", "node", "forecast")
    units = {(kind, period, node): number for period, kind, node, number in bottom.rows()}
    below = defaultdict(list)
    for hierarchy, level, node, series in labels_of(plain()["hierarchies"]).rows():
        below[hierarchy, level, node].append(series)
    for row in table.iter_rows(named=True):
        expected: float | None = 0.0
        for series in below[row["hierarchy"], row["level"], row["node"]]:
            number = units[row["kind"], row["period"], series]
            factor = factors.get(series, factors.get(""))
            if number and factor is None:
                expected = None
            elif number and factor is not None and expected is not None:
                expected += number / factor
        assert row["in_case"] == (None if expected is None else pytest.approx(expected, rel=1e-9))


@pytest.mark.parametrize("factors", [{("each", ""): 1.0}, {("each", sku): 1.0 for sku in SKUS}])
def test_in_a_unit_of_one_the_column_is_the_forecast(factors: dict[tuple[str, str], float]) -> None:
    table = measured(factors)
    assert np.allclose(table["in_each"], table["forecast"], rtol=1e-12)


def test_totals_in_a_unit_agree_over_levels_and_hierarchies() -> None:
    table = measured({("case", ""): 12.0} | {("case", sku): 1.0 + at for at, sku in enumerate(SKUS[::3])})
    totals = table.group_by("hierarchy", "level", "kind", "period").agg(pl.col("in_case").sum())
    spread = totals.group_by("kind", "period").agg(low=pl.col("in_case").min(), high=pl.col("in_case").max())
    assert np.allclose(spread["low"], spread["high"], rtol=1e-12)


def test_a_sku_without_a_factor_makes_what_is_above_it_unknown_where_it_counts() -> None:
    table = measured({("case", sku): 12.0 for sku in SKUS if sku != "sku0005"})
    series = table.filter(node="sku0005", hierarchy="pack").sort("kind", "starts_on")
    total = table.filter(node="total", hierarchy="pack").sort("kind", "starts_on")
    assert series["in_case"].to_list() == [0.0 if number == 0 else None for number in series["forecast"]]
    assert series["in_case"].is_null().to_list() == total["in_case"].is_null().to_list() == [False] + [True] * 9
    first = total.row(0, named=True)
    assert first["in_case"] == pytest.approx(first["forecast"] / 12, rel=1e-12)
    others = table.filter(pl.col("level") == SERIES, pl.col("node") != "sku0005")
    assert others["in_case"].null_count() == 0


def test_series_that_make_sums_unknown_are_named_for_each_unit() -> None:
    factors = {("case", ""): 12.0, ("pallet", "sku0001"): 400.0}
    config = in_units(plain()["config"], factors)
    lacking = without_factor(measured(factors), config.reporting.units)
    assert lacking == {"case": [], "pallet": [sku for sku in SKUS if sku != "sku0001"]}


def test_units_of_measure_change_no_other_column() -> None:
    table = measured({("case", ""): 12.0, ("pallet", "sku0001"): 400.0})
    assert table.columns[-2:] == ["in_case", "in_pallet"]
    assert table.drop("in_case", "in_pallet").equals(plain()["table"])
