from __future__ import annotations

import doctest
import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import stats

from dp_assets.domain import metrics
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.contracts.monitoring import ACCURACY_METRICS
from dp_assets.domain.metrics import COVERAGE_LEVELS, STANDARD_QUANTILES, row_losses, score, summarise
from tests.oracles import metrics_loops


def scored(seed: int = 1, series: int = 8, cutoffs: int = 2, leads: int = 3) -> pl.DataFrame:
    """Poisson actuals with zeros, biased means, crossing-free quantiles, and one series without a scale."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"s{number}", date(2017, 10, 2) + timedelta(weeks=cutoff), lead)
        for number in range(series)
        for cutoff in range(cutoffs)
        for lead in range(1, leads + 1)
    ]
    level = rng.gamma(1.0, 3.0, len(rows))
    quantiles = np.sort(stats.poisson.ppf(STANDARD_QUANTILES, level[:, None]) + rng.random((len(rows), 9)), axis=1)
    scale = rng.gamma(2.0, 2.0, series)
    frame = pl.DataFrame(rows, schema=["series_id", "cutoff", "lead"], orient="row").with_columns(
        actual=pl.Series(rng.poisson(level).astype(float)),
        forecast=pl.Series(level * 1.2),
        naive=pl.Series(level * rng.lognormal(0, 0.5, len(rows))),
        weight=pl.Series(rng.gamma(2.0, 10.0, series)).gather(np.repeat(np.arange(series), cutoffs * leads)),
        scale_squared=pl.Series([None, 0.0, *scale[2:]]).gather(np.repeat(np.arange(series), cutoffs * leads)),
    )
    return frame.with_columns(
        pl.Series(quantile_name(level), quantiles[:, column]) for column, level in enumerate(STANDARD_QUANTILES)
    )


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(metrics).failed == 0


@pytest.mark.parametrize("seed", range(5))
def test_every_metric_is_what_loops_over_the_rows_give(seed: int) -> None:
    frame = scored(seed)
    expected = metrics_loops.score(frame.rows(named=True), COVERAGE_LEVELS, STANDARD_QUANTILES)
    assert set(expected) == set(ACCURACY_METRICS)
    assert score(frame) == pytest.approx(expected, rel=1e-9)


def test_groups_are_scored_as_if_each_were_alone() -> None:
    frame = scored(7)
    grouped = summarise(row_losses(frame), ["lead"])
    for row in grouped.iter_rows(named=True):
        alone = score(frame.filter(pl.col("lead") == row["lead"]))
        assert {name: row[name] for name in ACCURACY_METRICS} == pytest.approx(alone, rel=1e-9)
        assert row["observations"] == len(frame) / 3


def test_the_order_of_the_rows_does_not_matter() -> None:
    frame = scored(3)
    assert score(frame.sample(fraction=1, shuffle=True, seed=4)) == pytest.approx(score(frame), rel=1e-12)


def test_a_perfect_forecast_has_no_error_and_is_always_inside() -> None:
    frame = scored(2).with_columns(
        pl.col("actual").alias("forecast"), *(pl.col("actual").alias(quantile_name(q)) for q in STANDARD_QUANTILES)
    )
    found = score(frame)
    for name in ("wape", "mape", "smape", "mae", "rmse", "rmsse", "wrmsse", "horizon_wape", "bias", "wql"):
        assert found[name] == pytest.approx(0.0, abs=1e-12)
    assert found["plain_coverage_50"] == 1.0


def test_metrics_that_are_not_defined_are_nan_and_not_zero() -> None:
    frame = scored(2).with_columns(pl.lit(0.0).alias("actual")).drop("naive", "scale_squared", "weight", "cutoff")
    found = score(frame)
    for name in ("wape", "mape", "bias", "wql", "rmsse", "wrmsse", "naive_wape", "naive_mae", "naive_bias"):
        assert math.isnan(found[name]), name
    assert found["mae"] > 0
    assert all(math.isnan(value) for value in score(frame.clear()).values())


def test_an_interval_whose_quantiles_are_not_published_is_not_scored() -> None:
    frame = scored(2).drop("q0.05", "q0.95")
    found = score(frame, quantile_levels=[level for level in STANDARD_QUANTILES if level not in (0.05, 0.95)])
    assert math.isnan(found["coverage_90"])
    assert not math.isnan(found["coverage_80"])


@pytest.mark.parametrize("level", [0.4, 2.0, 15.0])
def test_true_poisson_forecasts_cover_what_they_promise_although_plain_coverage_reads_high(level: float) -> None:
    rng = np.random.default_rng(11)
    rate = level * rng.lognormal(0, 0.7, 20_000)
    quantiles = stats.poisson.ppf(STANDARD_QUANTILES, rate[:, None])
    frame = pl.DataFrame(
        {
            "series_id": np.arange(len(rate)),
            "actual": rng.poisson(rate).astype(float),
            "forecast": rate,
            **{quantile_name(q): quantiles[:, column] for column, q in enumerate(STANDARD_QUANTILES)},
        }
    )
    found = score(frame)
    for percent in (80, 90, 95):
        assert found[f"coverage_{percent}"] == pytest.approx(percent / 100, abs=0.04), percent
        assert found[f"plain_coverage_{percent}"] >= found[f"coverage_{percent}"] - 0.02
    assert found["bias"] == pytest.approx(0.0, abs=0.03)
    assert found["plain_coverage_80"] > 0.84 or level > 10
