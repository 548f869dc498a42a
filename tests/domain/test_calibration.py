"""Calibration: what holds is left alone, what does not is moved until it does."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from dp_assets.domain import contracts
from dp_assets.domain.calibration import PER_BIN, agreed_shifts, find_shifts, share_below
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.intervals import ErrorDistributions, calibrated
from dp_assets.domain.metrics import pit_coverage
from tests.domain.test_error_distributions import CONFIG, residual_rows

LEVELS = CONFIG.quantile_levels


def forecast_rows(claimed: float, series: int = 200, origins: int = 12, seed: int = 0) -> pl.DataFrame:
    """Residuals of gamma demand around known means; the forecast claims `claimed` times the true standard deviation."""
    rows = residual_rows(series=series, origins=origins, seed=seed)
    mean = rows["predicted"].to_numpy() + 3.0
    actual = np.random.default_rng(seed).gamma(mean * mean / (2 * mean), 2.0)
    quantiles = true_quantiles(mean, claimed)
    frame = rows.with_columns(
        pl.Series("predicted", mean),
        pl.Series("actual", actual),
        pl.Series("residual", actual - mean),
        pl.Series("predicted_quantiles", quantiles).arr.to_list(),
    )
    return contracts.residuals(CONFIG).conform(frame)


def true_quantiles(mean: np.ndarray, claimed: float) -> np.ndarray:
    """(n, Q) quantiles of a gamma with variance 2 × mean, drawn to or from the mean by a factor."""
    exact = stats.gamma.ppf(np.asarray(LEVELS), (mean / 2)[:, None], scale=2.0)
    return np.maximum.accumulate(np.maximum(0.0, mean[:, None] + claimed * (exact - mean[:, None])), axis=1)


def test_of_quantiles_that_hold_hardly_any_is_moved() -> None:
    assert (find_shifts(forecast_rows(claimed=1.0), LEVELS).values != 0).mean() < 0.1


@pytest.mark.parametrize("claimed", [0.5, 1.7])
def test_quantiles_too_narrow_or_too_wide_cover_what_they_say_after_their_shift(claimed: float) -> None:
    errors = ErrorDistributions.of(error_distributions(forecast_rows(claimed), CONFIG), LEVELS)
    mean = np.random.default_rng(5).lognormal(1, 1.2, 4000) + 3.0
    actual = np.random.default_rng(6).gamma(mean / 2, 2.0)
    own = true_quantiles(mean, claimed)[:, None]
    found = calibrated(mean[:, None], own, errors)[:, 0]
    for level, allowed in ((0.8, 0.04), (0.95, 0.02)):
        before = pit_coverage(actual, own[:, 0], np.array(LEVELS), level).mean()
        after = pit_coverage(actual, found, np.array(LEVELS), level).mean()
        assert abs(before - level) > 0.03
        assert after == pytest.approx(level, abs=allowed)


def season(older: float, newer: float) -> np.ndarray:
    """(Q,) shifts of a pool whose actuals lie so far above their forecasts in the older and in the newer half."""
    rng = np.random.default_rng(7)
    mean, second = np.full(4000, 9.0), np.arange(4000) >= 2000
    actual = rng.gamma(4.5, 2.0, 4000) + np.where(second, newer, older)
    return agreed_shifts(actual, mean, true_quantiles(mean, 1.0), np.array(LEVELS), second)


def test_what_only_one_half_of_the_origins_shows_moves_nothing() -> None:
    assert np.abs(season(older=3.0, newer=0.0)).max() < 0.1  # where noise happens to agree
    assert not season(older=3.0, newer=-3.0).any()
    assert season(older=3.0, newer=3.0).max() > 0.5


def test_what_both_halves_show_moves_by_the_smaller_of_their_shifts_and_never_the_median() -> None:
    one, more = season(older=2.0, newer=2.0), season(older=2.0, newer=6.0)
    others = np.array(LEVELS) != 0.5
    assert (one[others] > 0.3).all()
    assert one[~others].tolist() == [0.0]
    np.testing.assert_allclose(more, one, atol=0.25)


def test_a_backtest_of_one_origin_is_one_half() -> None:
    rows = forecast_rows(claimed=0.5, origins=1)
    assert rows["cutoff"].n_unique() == 1
    assert find_shifts(rows, LEVELS).values.any()


def test_without_quantile_forecasts_there_is_nothing_to_shift() -> None:
    assert not find_shifts(residual_rows(), LEVELS).values.any()


def test_few_rows_are_one_pool_and_many_are_several_that_rise() -> None:
    few, many = (find_shifts(forecast_rows(0.5, series=series), LEVELS) for series in (10, 200))
    assert len(few.centres) == 1
    assert len(many.centres) == 200 * 24 // PER_BIN
    assert (np.diff(many.centres) > 0).all()


def test_a_count_is_shared_out_between_the_quantiles_it_lies_on() -> None:
    zeros = np.zeros(100)
    quantiles = np.tile([0.0, 0.5], (100, 1))
    found = share_below(zeros, quantiles, np.array([0.25, 0.75]))
    assert found.tolist() == pytest.approx([0.25, 0.75])
