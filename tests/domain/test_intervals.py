"""Quantiles: never negative, never crossing, calibrated, and what they fall back to."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.intervals import ErrorDistributions, published_quantiles, quantiles
from dp_assets.domain.metrics import pit_coverage
from tests.domain.test_error_distributions import CONFIG, residual_rows

LEVELS = CONFIG.quantile_levels
TABLE = error_distributions(residual_rows(), CONFIG)
ERRORS = ErrorDistributions.of(TABLE, LEVELS)


@given(
    st.lists(st.floats(0, 1e7), min_size=1, max_size=6),
    st.sampled_from(["s001", "s059", "nobody"]),
    st.sampled_from(["empirical", "gaussian"]),
    st.lists(st.floats(0.001, 0.999), min_size=1, max_size=6),
)
def test_quantiles_never_cross_and_are_never_negative(
    means: list[float], name: str, method: str, wanted: list[float]
) -> None:
    forecast = np.array(means)[None]
    for levels in (None, sorted(wanted)):
        found = quantiles(forecast, [name], ERRORS, levels, method)  # type: ignore[arg-type]
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert (np.diff(found, axis=2) >= 0).all()


def test_intervals_cover_new_draws_of_the_process_they_were_learned_from() -> None:
    rng = np.random.default_rng(7)
    mean = rng.lognormal(1, 1.2, 4000)
    found = quantiles(np.stack([mean, mean], 1), ["new"] * 4000, ERRORS).reshape(8000, -1)
    drawn = rng.poisson(np.repeat(mean, 2)).astype(float)
    for level, tolerance in ((0.5, 0.06), (0.8, 0.04), (0.95, 0.03)):
        covered = pit_coverage(drawn, found, np.array(LEVELS), level).mean()
        assert covered == pytest.approx(level, abs=tolerance)


def test_a_wilder_series_has_wider_intervals_around_the_same_median() -> None:
    forecast = np.full((2, 2), 20.0)
    calm, wild = quantiles(forecast, ["s001", "s059"], ERRORS)
    middle = LEVELS.index(0.5)
    np.testing.assert_allclose(calm[:, middle], wild[:, middle])
    assert (wild[:, -1] - wild[:, 0] > 1.2 * (calm[:, -1] - calm[:, 0])).all()


def test_gaussian_intervals_stand_only_where_the_normality_check_passed() -> None:
    table = TABLE.with_columns(normal=(pl.col("series_id") == "s001") & (pl.col("lead") == 1))
    errors = ErrorDistributions.of(table, LEVELS)
    forecast = np.full((2, 2), 50.0)
    gaussian = quantiles(forecast, ["s001", "s002"], errors, method="gaussian")
    empirical = quantiles(forecast, ["s001", "s002"], errors)
    row = table.filter((pl.col("series_id") == "s001") & (pl.col("lead") == 1)).row(0, named=True)
    assert gaussian[0, 0, LEVELS.index(0.5)] == pytest.approx(50 + row["mean"])
    assert gaussian[0, 0, LEVELS.index(0.975)] == pytest.approx(50 + row["mean"] + 1.959964 * row["std"], rel=1e-5)
    np.testing.assert_array_equal(gaussian[1], empirical[1])
    np.testing.assert_array_equal(gaussian[0, 1], empirical[0, 1])


def test_levels_between_known_ones_are_interpolated_and_beyond_them_are_the_outermost() -> None:
    forecast = np.full((1, 1), 9.0)
    known = quantiles(forecast, ["x"], ERRORS)[0, 0]
    found = quantiles(forecast, ["x"], ERRORS, [0.001, 0.5, 0.625, 0.999])[0, 0]
    at = LEVELS.index(0.5)
    np.testing.assert_allclose(found, [known[0], known[at], (known[at] + known[at + 1]) / 2, known[-1]])


def test_a_lead_beyond_the_backtest_takes_the_nearest_ones_errors() -> None:
    found = quantiles(np.full((1, 4), 9.0), ["nobody"], ERRORS)[0]
    np.testing.assert_array_equal(found[2], found[1])
    np.testing.assert_array_equal(found[3], found[1])


def test_distributions_without_pools_or_of_other_levels_are_refused() -> None:
    with pytest.raises(ArtefactError, match="0 pools"):
        ErrorDistributions.of(TABLE.filter(~pl.col("pooled")), LEVELS)
    with pytest.raises(ArtefactError, match="materialise the asset residuals again"):
        ErrorDistributions.of(TABLE, LEVELS[1:])


def test_distributions_of_an_earlier_version_are_refused_with_what_to_do() -> None:
    with pytest.raises(ArtefactError, match=r"\['shifts', 'whole'\], got those of an earlier version; materialise"):
        ErrorDistributions.of(TABLE.drop("shifts", "whole"), LEVELS)


@given(
    st.lists(st.floats(0, 1e5), min_size=1, max_size=4),
    st.lists(st.floats(-9, 9), min_size=len(LEVELS), max_size=len(LEVELS)),
    st.sampled_from(["network", "empirical", "gaussian"]),
)
def test_published_quantiles_never_cross_and_are_never_negative_whatever_the_shift(
    means: list[float], shift: list[float], method: str
) -> None:
    shifted = TABLE.with_columns(pl.Series("shifts", [shift] * len(TABLE), dtype=pl.List(pl.Float64)))
    errors = ErrorDistributions.of(shifted, LEVELS)
    forecast = np.array(means)[None]
    own = np.sort(np.outer(means, np.linspace(0, 3, len(LEVELS))), axis=1)[None]
    found = published_quantiles(method, forecast, own, ["s001"], errors)  # type: ignore[arg-type]
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert (np.diff(found, axis=2) >= 0).all()


def test_the_networks_own_quantiles_stand_where_nothing_is_shifted() -> None:
    own = np.sort(np.random.default_rng(2).gamma(2, 3, (3, 2, len(LEVELS))), axis=2)
    errors = ErrorDistributions.of(TABLE.with_columns(whole=pl.lit(False)), LEVELS)
    found = published_quantiles("network", np.full((3, 2), 5.0), own, ["a", "b", "c"], errors)
    np.testing.assert_array_equal(found, own)


def test_quantiles_of_whole_numbers_are_drawn_to_whole_numbers_and_others_are_not() -> None:
    units, fractions = (TABLE.with_columns(whole=pl.lit(whole)) for whole in (True, False))
    own = np.tile(np.linspace(0.2, 5.2, len(LEVELS)), (1, 2, 1))
    counted, measured = (
        published_quantiles("network", np.full((1, 2), 3.0), own, ["a"], ErrorDistributions.of(table, LEVELS))
        for table in (units, fractions)
    )
    np.testing.assert_array_equal(measured, own)
    assert np.abs(counted - np.round(counted)).max() <= np.abs(own - np.round(own)).max()
    assert counted[0, 0, 0] == 0.0
    assert (np.abs(counted - own) <= 0.5).all()
