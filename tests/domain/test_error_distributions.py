"""Error distributions: per series and lead, pools, normality."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from dp_assets.domain import contracts
from dp_assets.domain.error_distributions import PER_BIN, error_distributions, is_normal
from dp_assets.domain.errors import NotEnoughHistoryError
from dp_assets.domain.intervals import scale_of
from tests.factories import MONDAY, make_config

CONFIG = make_config()


def residual_rows(series: int = 60, origins: int = 12, seed: int = 0) -> pl.DataFrame:
    """Poisson actuals around known means of very different size; the last series errs three times as much."""
    rng = np.random.default_rng(seed)
    mean = np.repeat(rng.lognormal(1, 1.2, series), origins * 2)
    actual = rng.poisson(mean).astype(float)
    wild = np.arange(len(mean)) >= (series - 1) * origins * 2
    actual[wild] = np.maximum(0, mean[wild] + 3 * (actual[wild] - mean[wild]))
    frame = pl.DataFrame(
        {
            "series_id": np.repeat([f"s{number:03d}" for number in range(series)], origins * 2),
            "cutoff": [MONDAY + timedelta(weeks=week) for _ in range(series) for week in range(origins) for _ in "ab"],
            "lead": [1, 2] * (series * origins),
            "actual": actual,
            "predicted": mean,
            "residual": actual - mean,
            "scale": mean,
            "predicted_quantiles": [None] * len(mean),
            "out_of_sample": [True] * len(mean),
        }
    )
    return contracts.residuals(CONFIG).conform(frame)


def test_own_rows_are_those_of_a_loop() -> None:
    rows = residual_rows()
    made = error_distributions(rows, CONFIG)
    for (series, lead), mine in rows.filter(pl.col("series_id") < "s005").group_by("series_id", "lead"):
        found = made.filter((pl.col("series_id") == series) & (pl.col("lead") == lead)).row(0, named=True)
        residual = mine["residual"].to_numpy()
        scaled = residual / scale_of(mine["predicted"].to_numpy())
        assert found["observations"] == len(residual)
        assert found["mean"] == pytest.approx(residual.mean())
        assert found["std"] == pytest.approx(residual.std(ddof=1))
        assert found["quantiles"] == pytest.approx(np.quantile(residual, CONFIG.quantile_levels).tolist())
        assert found["scaled_quantiles"] == pytest.approx(np.quantile(scaled, CONFIG.quantile_levels).tolist())
        assert not found["pooled"]


def test_pools_hold_every_residual_once_per_lead_and_rise_with_the_forecast() -> None:
    rows = residual_rows()
    pools = error_distributions(rows, CONFIG).filter("pooled")
    assert pools["series_id"].str.starts_with("*bin:").all()
    for (lead,), found in pools.group_by("lead"):
        assert found["observations"].sum() == len(rows.filter(pl.col("lead") == lead))
        assert len(found) == len(rows.filter(pl.col("lead") == lead)) // PER_BIN
        assert found.sort("series_id")["centre"].is_sorted()


def test_a_series_that_errs_more_than_its_like_has_a_wider_spread() -> None:
    made = error_distributions(residual_rows(), CONFIG).filter(~pl.col("pooled"))
    spread = dict(made.select("series_id", "spread").unique().iter_rows())
    assert spread["s059"] == max(spread.values()) > 1.2
    assert 0.9 < np.median(list(spread.values())) < 1.1


def test_few_residuals_are_one_pool_and_a_single_one_has_no_width() -> None:
    one = error_distributions(residual_rows(series=2, origins=1), CONFIG)
    assert one.filter("pooled").group_by("lead").len()["len"].to_list() == [1, 1]
    assert one.filter(~pl.col("pooled"))["std"].to_list() == [0.0] * 4
    assert not one["normal"].any()


def test_no_residuals_are_an_error_and_not_an_empty_table() -> None:
    with pytest.raises(NotEnoughHistoryError, match="expected residuals"):
        error_distributions(contracts.residuals(CONFIG).empty(), CONFIG)


def test_the_normality_check_passes_normal_errors_and_fails_skewed_and_tiny_samples() -> None:
    count = np.array([500, 500, 5, 20])
    skew, excess = np.array([0.02, 1.8, 0.0, np.nan]), np.array([0.05, 4.0, 0.0, np.nan])
    assert is_normal(count, skew, excess).tolist() == [True, False, False, False]
