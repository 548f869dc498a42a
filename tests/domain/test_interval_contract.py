"""The interval contract: what newest cycles covered decides about this one; it widens, warns or blocks, by class."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import INTERVAL_CONTRACT
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.demand_classes import CLASSES, demand_classes
from dp_assets.domain.forecasts import forecast_table, widening
from dp_assets.domain.interval_contract import ROWS, EarlierCycle, interval_contract
from dp_assets.domain.intervals import Array, scale_of, widened
from dp_assets.domain.panel import Panel
from tests.domain.rollup_inputs import make_forecasts
from tests.factories import make_config, make_panel

HORIZON, HISTORY = 4, 44
CONFIG = make_config(horizon_weeks=HORIZON)
LEVELS = np.array(CONFIG.quantile_levels)
PANEL = make_panel(series=300, history=HISTORY, horizon=HORIZON, seed=3)


def configured(**intervals: Any) -> DemandConfig:
    return make_config(horizon_weeks=HORIZON, intervals=intervals)


def as_of(panel: Panel, history: int) -> Panel:
    """The panel of the cycle that began `history` buckets after its first one."""
    ahead = history + panel.horizon
    parts = {name: getattr(panel, name)[:, :history] for name in ("quantity", "capped", "observed", "price", "past")}
    return replace(
        panel,
        cutoff=panel.cutoff - timedelta(weeks=panel.history - history),
        starts=panel.starts[:ahead],
        known=panel.known[:, :ahead],
        calendar=panel.calendar[:ahead],
        **parts,
    )


def earlier(width: float, cycles: int = 2, panel: Panel = PANEL, config: DemandConfig = CONFIG) -> list[EarlierCycle]:
    """Cycles whose forecasts are the mean of the last year, with `width` times the quantiles of a Poisson count."""
    found = []
    for number in range(cycles, 0, -1):
        before = as_of(panel, panel.history - number)
        mean = np.repeat(before.quantity.mean(axis=1, keepdims=True).astype(np.float64), HORIZON, axis=1)
        made = make_forecasts(config, mean, before.cutoff, panel.series["sku"].to_list())
        names = [quantile_name(level) for level in config.quantile_levels]
        made = made.with_columns(
            pl.max_horizontal(pl.lit(0.0), pl.col("forecast") + width * (pl.col(name) - pl.col("forecast"))).alias(name)
            for name in names
        )
        found.append(EarlierCycle(before, made, INTERVAL_CONTRACT.empty()))
    return found


def verdicts(table: pl.DataFrame) -> dict[tuple[str, int], str]:
    return {(row["demand_class"], row["level"]): row["verdict"] for row in table.iter_rows(named=True)}


def shifts(table: pl.DataFrame, name: str) -> Array:
    return np.array(table.filter(pl.col("demand_class") == name)["shifts"][0])


def most(panel: Panel = PANEL) -> str:
    """The demand class of most series."""
    return max(CLASSES, key=lambda name: (demand_classes(panel) == name).sum())


def many(width: float, config: DemandConfig = CONFIG) -> pl.DataFrame:
    """The contract after enough cycles to judge the class of most series."""
    return interval_contract(earlier(width, cycles=6), PANEL, config)


def test_intervals_that_are_too_narrow_are_widened_outwards_and_the_median_stays() -> None:
    table = many(width=0.3)
    assert verdicts(table)[most(), 80] == "widened"
    found = shifts(table, most())
    assert (found[LEVELS < 0.5] <= 0).all()
    assert (found[LEVELS > 0.5] >= 0).all()
    assert found[LEVELS == 0.5] == 0
    assert np.diff(found).min() >= 0
    assert found[-1] > 0


def test_widened_intervals_cover_at_least_what_the_contract_asks_for() -> None:
    narrow = earlier(width=0.3, cycles=6)
    table = interval_contract(narrow, PANEL, CONFIG)
    repaired = [EarlierCycle(one.panel, widen(one.forecasts, one.panel, table), table.clear()) for one in narrow]
    again = interval_contract(repaired, PANEL, CONFIG).filter(pl.col("demand_class") == most())
    assert (again["coverage"] >= again["low"]).all()


def widen(forecasts: pl.DataFrame, panel: Panel, contract: pl.DataFrame) -> pl.DataFrame:
    """Forecasts as they would have been published under a contract."""
    names = [quantile_name(level) for level in CONFIG.quantile_levels]
    means = forecasts["forecast"].to_numpy().reshape(-1, HORIZON)
    spans = forecasts.select(names).to_numpy().reshape(len(means), HORIZON, len(names))
    moved = widened(spans, means, widening(contract, panel, CONFIG), whole=False).reshape(-1, len(names))
    return forecasts.with_columns(pl.Series(name, moved[:, at]) for at, name in enumerate(names))


def test_what_was_widened_is_judged_as_if_it_had_not_been_so_that_verdicts_do_not_swing() -> None:
    narrow = earlier(width=0.3, cycles=6)
    first = interval_contract(narrow, PANEL, CONFIG)
    published = [EarlierCycle(one.panel, widen(one.forecasts, one.panel, first), first) for one in narrow]
    again = interval_contract(published, PANEL, CONFIG)
    assert verdicts(again)[most(), 80] == "widened"
    # What was cut off at zero is not known any more.
    np.testing.assert_allclose(shifts(again, most())[LEVELS > 0.5], shifts(first, most())[LEVELS > 0.5], atol=0.05)


def test_intervals_that_hold_or_are_too_wide_are_left_alone() -> None:
    for width in (0.6, 1.2, 1.6, 4.0):
        table = many(width)
        for name in CLASSES:
            of_class = {verdicts(table)[name, level] for level in (80, 95)}
            assert shifts(table, name).any() == ("widened" in of_class)
    assert verdicts(many(4.0))[most(), 80] == "too wide"


@pytest.mark.parametrize(("action", "verdict"), [("warn", "too narrow"), ("block", "blocked")])
def test_by_configuration_nothing_is_widened_but_said(action: str, verdict: str) -> None:
    table = many(0.3, configured(when_too_narrow=action))
    assert verdicts(table)[most(), 80] == verdict
    assert not shifts(table, most()).any()


def test_a_class_with_few_rows_and_a_first_cycle_are_unjudged() -> None:
    assert set(verdicts(interval_contract([], PANEL, CONFIG)).values()) == {"unjudged"}
    small = interval_contract(earlier(0.3, cycles=1), PANEL, CONFIG)
    assert small.filter(pl.col("observations") < ROWS)["verdict"].unique().to_list() == ["unjudged"]
    assert not np.concatenate(small["shifts"].to_list()).any()


def test_buckets_that_had_not_closed_are_not_looked_at() -> None:
    table = many(0.3)
    later = [
        replace(one, forecasts=one.forecasts.with_columns(pl.when(closed()).then(column).otherwise(0.0).alias(name)))
        for one in earlier(0.3, cycles=6)
        for name, column in [("forecast", pl.col("forecast"))]
    ]
    assert interval_contract(later, PANEL, CONFIG).equals(table)
    leads = sum(min(HORIZON, number) for number in range(1, 7))
    assert table.filter(pl.col("level") == 80)["observations"].sum() == leads * len(PANEL)


def closed() -> pl.Expr:
    return pl.col("bucket_start") < PANEL.cutoff


def test_a_series_that_is_no_longer_active_sold_nothing_since() -> None:
    kept = PANEL.take(np.arange(0, len(PANEL), 2))
    table = interval_contract(earlier(0.3, cycles=6), kept, CONFIG)
    assert table.filter(pl.col("level") == 80)["observations"].sum() == sum(
        min(HORIZON, number) * len(PANEL) for number in range(1, 7)
    )
    assert table["coverage"].to_list() != many(0.3)["coverage"].to_list()


def test_published_quantiles_of_the_class_move_by_the_shifts_and_those_of_others_stay() -> None:
    table = many(0.3)
    plain, moved = (forecast_table(PANEL, None, CONFIG, "r", contract=one) for one in (None, table))
    assert moved["forecast"].equals(plain["forecast"])
    assert moved["q0.5"].equals(plain["q0.5"])
    of_class = np.repeat(demand_classes(PANEL) == most(), HORIZON)
    by = shifts(table, most())[-1] * scale_of(plain["forecast"].to_numpy())
    difference = moved["q0.975"].to_numpy() - plain["q0.975"].to_numpy()
    np.testing.assert_allclose(difference[of_class], by[of_class], rtol=1e-9)
    unmoved = [name for name in CLASSES if not shifts(table, name).any()]
    others = np.repeat(np.isin(demand_classes(PANEL), unmoved), HORIZON)
    assert not difference[others].any()
    names = [quantile_name(level) for level in CONFIG.quantile_levels]
    assert (np.diff(moved.select(names).to_numpy(), axis=1) >= 0).all()
