"""Drift of a cycle: what changed since the champion was trained is found, nothing else is, nothing later is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.drift import (
    COMPARED_SERIES,
    DRIFTED,
    SHOWN,
    STABLE,
    UNJUDGED,
    Trained,
    drift_table,
    expected_error,
    retraining_due,
    sampled,
    verdict_of,
)
from dp_assets.domain.encoders import fit_encoders
from dp_assets.domain.panel import Panel
from tests.domain.rollup_inputs import make_forecasts
from tests.domain.test_interval_contract import as_of
from tests.factories import make_config, make_panel

HORIZON, HISTORY, SERIES = 4, 44, 300
VERSION = "2017-10-02+abc"


def configured(**drift: Any) -> DemandConfig:
    return make_config(horizon_weeks=HORIZON, drift=drift)


CONFIG = configured()
PANEL = make_panel(series=SERIES, history=HISTORY, horizon=HORIZON, seed=3)
TRAINED_AT = HISTORY - 6


def forecasts_of(panel: Panel, factor: float = 1.0, config: DemandConfig = CONFIG) -> pl.DataFrame:
    """The mean of a series' history times a factor, with Poisson quantiles, by the champion; naive is the mean."""
    mean = np.repeat(panel.quantity.mean(axis=1, keepdims=True).astype(np.float64), HORIZON, axis=1)
    made = make_forecasts(config, factor * mean, panel.cutoff, panel.series["sku"].to_list())
    return made.with_columns(pl.lit(VERSION).alias("model_version"), pl.Series("naive", mean.ravel()).alias("naive"))


def trained(panel: Panel = PANEL, config: DemandConfig = CONFIG) -> Trained:
    """A champion of six buckets ago whose backtest forecast each bucket by the mean of its past."""
    before = as_of(panel, TRAINED_AT)
    rows = []
    for origin in range(TRAINED_AT - 8, TRAINED_AT - HORIZON):
        one = as_of(panel, origin)
        made = forecasts_of(one, config=config)
        units = before.quantity[:, origin : origin + HORIZON].astype(np.float64).ravel()
        rows.append(made.with_columns(pl.Series("actual", units), pl.lit(one.cutoff).alias("cutoff")))
    names = [quantile_name(level) for level in config.quantile_levels]
    residuals = (
        pl.concat(rows)
        .rename({"forecast": "predicted"})
        .with_columns(
            (pl.col("actual") - pl.col("predicted")).alias("residual"),
            pl.lit(1.0).alias("scale"),
            pl.concat_list(names).alias("predicted_quantiles"),
            pl.lit(True).alias("out_of_sample"),
        )
    )
    kept = contracts.residuals(config).conform(residuals)
    return Trained(VERSION, before, fit_encoders(before, config), kept)


TRAINED = trained()


def earlier(panel: Panel, factor: float = 1.0, config: DemandConfig = CONFIG) -> list[pl.DataFrame]:
    """Forecasts of every cycle from the training on."""
    return [forecasts_of(as_of(panel, at), factor, config) for at in range(TRAINED_AT, panel.history)]


def judged(panel: Panel = PANEL, factor: float = 1.0, config: DemandConfig = CONFIG, **changes: Any) -> pl.DataFrame:
    champion = replace(TRAINED, **changes)
    return drift_table(panel, forecasts_of(panel), earlier(panel, factor, config), champion, config)


def row(table: pl.DataFrame, kind: str, name: str, measure: str) -> dict[str, Any]:
    found = pl.col("kind") == kind, pl.col("name") == name, pl.col("measure") == measure
    return table.filter(*found).row(0, named=True)


def sold_more(panel: Panel, times: float, buckets: int = 4) -> Panel:
    """The same panel, but its last buckets sold more."""
    quantity = np.array(panel.quantity)
    quantity[:, -buckets:] *= times
    return replace(panel, quantity=quantity)


@cache
def stays() -> pl.DataFrame:
    return judged()


def test_a_world_that_stays_as_it_was_does_not_drift() -> None:
    table = stays()
    assert verdict_of(table, CONFIG).verdict == STABLE
    assert DRIFTED not in set(table["verdict"])
    assert row(table, "metric", "wape", "against its backtest")["observations"] > CONFIG.drift.min_observations


def test_a_cycle_in_which_the_champion_was_trained_has_nothing_to_drift_from() -> None:
    table = judged(panel=TRAINED.panel)
    of_window = table.filter(pl.col("kind").is_in(["metric", "coverage", "channels"]))
    assert set(of_window["verdict"]) == {UNJUDGED}
    attributes = table.filter((pl.col("kind") == "attributes") & (pl.col("measure") == "psi"))
    assert attributes["value"].to_list() == [0.0] * len(attributes)


def test_errors_above_those_of_the_backtest_ask_for_a_retraining_and_say_by_how_much() -> None:
    table = judged(factor=2.0)
    found = row(table, "metric", "wape", "against its backtest")
    assert found["value"] > found["threshold"] == pytest.approx(found["reference"] * 1.15)
    verdict = verdict_of(table, CONFIG)
    assert verdict.verdict == DRIFTED
    assert "metric" in verdict.kinds
    assert f"{found['value']:.3g} against {found['reference']:.3g}" in verdict.cause


def test_a_champion_that_the_naive_forecast_beats_has_drifted() -> None:
    assert row(judged(factor=2.0), "metric", "wape", "against the naive forecast")["verdict"] == DRIFTED


def test_mape_is_of_buckets_with_sales_and_may_have_a_limit_of_its_own() -> None:
    config = make_config(horizon_weeks=HORIZON, thresholds={"metric": "mape", "retrain_above": 0.15})
    found = row(judged(config=config), "metric", "mape", "limit")
    made = pl.concat(earlier(PANEL)).with_columns(pl.col("bucket_start").cast(pl.Date))
    at = {str(day): number for number, day in enumerate(PANEL.starts[:HISTORY])}
    place = {name: number for number, name in enumerate(PANEL.series["series_id"])}
    errors = []
    for name, day, mean in made.select("series_id", "bucket_start", "forecast").iter_rows():
        if at.get(str(day), -1) >= HISTORY - 4 and (units := float(PANEL.quantity[place[name], at[str(day)]])) > 0:
            errors.append(abs(mean - units) / units)
    assert found["value"] == pytest.approx(np.mean(errors))
    assert found["verdict"] == DRIFTED


def test_intervals_that_hold_too_little_have_drifted() -> None:
    table = judged(panel=sold_more(PANEL, 4.0))
    found = row(table, "coverage", "80", "share inside")
    assert found["verdict"] == DRIFTED
    assert found["value"] < found["threshold"] == pytest.approx(0.7)


def test_channels_drift_one_by_one_and_ask_once_enough_of_them_have() -> None:
    dearer = replace(PANEL, price=np.array(PANEL.price) * np.where(np.arange(HISTORY) >= TRAINED_AT, 5, 1)[None, :])
    table = judged(panel=dearer.take(np.arange(SERIES)))
    assert row(table, "channels", "price", "psi")["verdict"] == DRIFTED
    assert row(table, "channels", "price", "ks")["verdict"] == DRIFTED
    assert row(table, "channels", "quantity", "psi")["verdict"] == STABLE
    assert row(table, "channels", "all", "share that drifted")["value"] == pytest.approx(1 / 4)
    assert verdict_of(table, CONFIG).verdict == STABLE
    asking = configured(channels=0.2)
    assert verdict_of(judged(panel=dearer, config=asking), asking).kinds == ("channels",)


def test_new_brands_are_named_and_drift_once_their_share_is_high() -> None:
    brands = PANEL.series["brand"].to_list()
    few = replace(PANEL, series=PANEL.series.with_columns(pl.Series("brand", ["novel", *brands[1:]])))
    table = judged(panel=few)
    assert row(table, "attributes", "brand", "new values")["words"] == "brand: new since the training are novel"
    assert row(table, "attributes", "brand", "unknown")["value"] == pytest.approx(1 / SERIES)
    assert verdict_of(table, CONFIG).verdict == STABLE
    many = replace(PANEL, series=PANEL.series.with_columns(pl.Series("brand", ["novel"] * 100 + brands[100:])))
    verdict = verdict_of(judged(panel=many), CONFIG)
    assert verdict.kinds == ("attributes",)
    assert verdict_of(judged(panel=many), configured(retrain_on=[])).verdict == STABLE


def test_what_another_model_forecast_says_nothing_about_the_champion() -> None:
    table = judged(factor=3.0, version="2017-10-02+other")
    assert row(table, "metric", "wape", "against its backtest")["verdict"] == UNJUDGED


def test_few_observations_are_not_judged() -> None:
    config = configured(min_observations=10**6)
    table = judged(factor=3.0, config=config)
    assert set(table.filter(pl.col("kind") == "metric")["verdict"]) == {UNJUDGED}


def test_the_error_that_true_quantiles_lead_to_expect_is_the_one_that_comes() -> None:
    rng = np.random.default_rng(4)
    mean = rng.lognormal(1.5, 0.8, (400, HORIZON))
    made = make_forecasts(CONFIG, mean, PANEL.cutoff)
    came = np.abs(rng.poisson(mean).ravel() - made[quantile_name(0.5)].to_numpy()).sum() / mean.sum()
    assert expected_error(made, CONFIG) == pytest.approx(came, rel=0.1)
    table = stays()
    for name in ("closed buckets", "this cycle"):
        found = row(table, "estimate", name, "wape")
        assert (found["verdict"], found["value"] > 0) == (SHOWN, True)


def test_later_buckets_and_forecasts_change_nothing_about_an_earlier_cycle() -> None:
    now = as_of(PANEL, HISTORY - 1)
    before = earlier(now)
    later = [*before, forecasts_of(PANEL, 9.0)]
    known = drift_table(now, forecasts_of(now), before, TRAINED, CONFIG)
    assert drift_table(now, forecasts_of(now), later, TRAINED, CONFIG).equals(known)
    assert drift_table(now, forecasts_of(now), before[::-1], TRAINED, CONFIG).equals(known)


def test_of_many_series_some_are_compared_the_same_ones_each_time() -> None:
    names = pl.Series([f"sku{number:06d}" for number in range(3 * COMPARED_SERIES + 1)])
    some = sampled(names)
    assert COMPARED_SERIES / 2 < len(some) <= COMPARED_SERIES
    assert sampled(names.shuffle(1)).to_list() == some.to_list()


def said(**cycles: str) -> dict[str, dict[str, Any]]:
    return {key.replace("_", "-")[1:]: {"verdict": verdict, "cause": "wape"} for key, verdict in cycles.items()}


def test_the_newest_cycle_asks_once_and_not_within_the_cool_down() -> None:
    config = configured(cooldown_weeks=4)
    drifted = said(c2017_11_06=DRIFTED, c2017_11_13=DRIFTED)
    assert retraining_due(drifted, ["2017-10-02"], config) == ("2017-11-13", "drift in cycle 2017-11-13: wape")
    assert "2017-11-13" in retraining_due(drifted, ["2017-10-02", "2017-11-13"], config)[0:60]
    assert "next from 2017-12-04" in retraining_due(drifted, ["2017-11-06"], config)
    assert isinstance(retraining_due(said(c2017_12_04=DRIFTED), ["2017-11-06"], config), tuple)


def test_a_drift_that_has_passed_asks_for_nothing() -> None:
    assert retraining_due(said(c2017_11_06=DRIFTED, c2017_11_13=STABLE), [], CONFIG) == "cycle 2017-11-13 is stable"
    assert "no cycle" in retraining_due({}, [], CONFIG)


def test_a_cycle_begins_where_its_forecasts_begin() -> None:
    assert forecasts_of(PANEL)["bucket_start"].min() == PANEL.cutoff == TRAINED.panel.cutoff + timedelta(weeks=6)
