"""Totals over the first buckets ahead: their residuals, and quantiles that are not sums of quantiles."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.fallback import TWIN
from dp_assets.domain.forecasts import ENDING
from dp_assets.domain.intervals import ErrorDistributions
from dp_assets.domain.metrics import pit_coverage
from dp_assets.domain.totals import total_forecasts, total_residuals
from tests.domain.rollup_inputs import make_forecasts
from tests.factories import MONDAY, make_config

CONFIG = make_config(horizon_weeks=3)
LEVELS = np.asarray(CONFIG.quantile_levels)


def backtest(series: int = 60, cutoffs: int = 8, shared: float = 0.0, seed: int = 1) -> pl.DataFrame:
    """Poisson demand around known means; `shared` is how much luck all weeks of a horizon have in common (gamma)."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(series):
        for cutoff in range(cutoffs):
            luck = rng.gamma(4, 1 / 4) if shared else 1.0
            for lead in (1, 2, 3):
                mean = 2.0 + number / 4
                actual = float(rng.poisson(mean * (1 + shared * (luck - 1))))
                rows.append(
                    {
                        "series_id": f"sku{number:04}",
                        "cutoff": MONDAY + timedelta(weeks=cutoff),
                        "lead": lead,
                        "actual": actual,
                        "predicted": mean,
                        "residual": actual - mean,
                        "scale": mean,
                        "predicted_quantiles": None,
                        "out_of_sample": True,
                    }
                )
    schema = {"predicted_quantiles": pl.List(pl.Float32)}
    return contracts.residuals(CONFIG).conform(pl.DataFrame(rows, schema_overrides=schema))


def totals_of(residuals: pl.DataFrame, means: np.ndarray) -> pl.DataFrame:
    errors = error_distributions(total_residuals(residuals, CONFIG), CONFIG, contracts.TOTAL_ERROR_DISTRIBUTIONS)
    return total_forecasts(make_forecasts(CONFIG, means), ErrorDistributions.of(errors, CONFIG.quantile_levels), CONFIG)


def test_a_product_that_has_ended_has_a_total_of_nothing_for_certain() -> None:
    errors = error_distributions(total_residuals(backtest(), CONFIG), CONFIG, contracts.TOTAL_ERROR_DISTRIBUTIONS)
    distributions = ErrorDistributions.of(errors, CONFIG.quantile_levels)
    forecasts = make_forecasts(CONFIG, np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]]))
    ended = total_forecasts(forecasts.with_columns(method=pl.lit(ENDING)), distributions, CONFIG)
    assert ended.filter(series_id="sku0000")["q0.9"].to_list() == [0.0] * 3
    assert (ended.filter(series_id="sku0001")["q0.9"] > 0).all()
    assert (total_forecasts(forecasts, distributions, CONFIG)["q0.9"] > 0).all()


def test_until_an_announced_product_is_on_sale_its_total_is_nothing_for_certain() -> None:
    errors = error_distributions(total_residuals(backtest(), CONFIG), CONFIG, contracts.TOTAL_ERROR_DISTRIBUTIONS)
    distributions = ErrorDistributions.of(errors, CONFIG.quantile_levels)
    forecasts = make_forecasts(CONFIG, np.array([[0.0, 0.0, 2.0]])).with_columns(method=pl.lit(TWIN))
    spans = [pl.when(pl.col("lead") < 3).then(0.0).otherwise(3.0).alias(f"q{one:g}") for one in CONFIG.quantile_levels]
    before, still_before, after = total_forecasts(forecasts.with_columns(spans), distributions, CONFIG)["q0.9"]
    assert before == still_before == 0 < after


def test_residuals_of_totals_are_sums_over_the_leads_that_have_an_actual() -> None:
    rows = backtest(series=2, cutoffs=2)
    unseen = (pl.col("series_id") == "sku0001") & (pl.col("lead") == 2)
    found = total_residuals(rows.filter(~unseen), CONFIG)
    one = rows.filter(series_id="sku0000").sort("cutoff", "lead")
    expected = one.with_columns(pl.col("actual", "predicted", "residual").cum_sum().over("cutoff"))
    columns = ["series_id", "cutoff", "lead", "actual", "predicted", "residual"]
    assert found.filter(series_id="sku0000").select(columns).rows() == expected.select(columns).rows()
    assert found.filter(series_id="sku0001")["lead"].unique().to_list() == [1]


def test_the_mean_of_a_total_is_the_sum_of_the_means_and_its_quantiles_keep_their_order() -> None:
    means = np.random.default_rng(2).gamma(2.0, 3.0, (12, 3))
    found = totals_of(backtest(), means).sort("series_id", "lead")
    assert contracts.total_forecasts(CONFIG).violations(found) == []
    np.testing.assert_allclose(found["forecast"].to_numpy().reshape(12, 3), means.cumsum(axis=1))
    spans = found.select(quantile_name(level) for level in CONFIG.quantile_levels).to_numpy()
    assert (np.diff(spans, axis=1) >= 0).all()
    assert spans.min() >= 0
    assert found["lower_80"].to_list() == found["q0.1"].to_list()


@pytest.mark.parametrize("shared", [0.0, 1.0])
def test_intervals_of_totals_cover_what_they_say_whether_or_not_weeks_share_their_luck(shared: float) -> None:
    past, coming = backtest(shared=shared), backtest(shared=shared, seed=7)
    means = np.repeat((2.0 + np.arange(60) / 4)[:, None], 3, axis=1)
    made = totals_of(past, means).sort("series_id", "lead")
    spans = made.select("series_id", "lead", *(quantile_name(level) for level in CONFIG.quantile_levels))
    sold = total_residuals(coming, CONFIG).filter(pl.col("lead") == 3).join(spans, on=["series_id", "lead"])
    quantiles = sold.select(quantile_name(level) for level in CONFIG.quantile_levels).to_numpy()
    assert 0.75 < pit_coverage(sold["actual"].to_numpy(), quantiles, LEVELS, 0.8).mean() < 0.85


def test_weeks_that_share_their_luck_make_totals_wider() -> None:
    means = np.full((10, 3), 8.0)
    alone, together = (totals_of(backtest(shared=shared), means).filter(lead=3) for shared in (0.0, 1.0))
    widths = [(frame["upper_80"] - frame["lower_80"]).mean() for frame in (alone, together)]
    assert widths[1] > 1.5 * widths[0]


def test_without_a_model_there_are_no_totals() -> None:
    assert total_forecasts(make_forecasts(CONFIG, np.ones((3, 3))), None, CONFIG).is_empty()
