"""Statistical methods: the library's own numbers, seasons in their place, nothing ahead, failures that speak."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from dp_assets.domain import statistical
from dp_assets.domain.errors import ChallengerError
from dp_assets.domain.panel import Panel
from dp_assets.domain.statistical import (
    IMAPA,
    NAIVE,
    SEASONAL_NAIVE,
    SEASONAL_SES,
    SES,
    STATISTICAL,
    THETA,
    has_history,
    library,
    naive,
    statistical_forecast,
    statistical_means,
    year,
)
from tests.domain.engine_inputs import noisy
from tests.factories import make_config, make_panel

CONFIG = make_config()
ROWS, ORIGIN = np.arange(12), 33


def four_weekly(first: int = 0) -> Panel:
    """Buckets of four weeks, so that three years are 39 of them; two series begin late."""
    panel = make_panel(series=12, history=36, bucket_weeks=4)
    starts = np.full(12, first, np.int32)
    starts[[3, 7]] = 30
    quantity = np.array(panel.quantity)
    quantity[:, :] = np.random.default_rng(5).poisson(9, quantity.shape)
    seen = (np.arange(36) >= starts[:, None]).astype(np.float32)
    return dataclasses.replace(panel, quantity=quantity * seen, capped=quantity * seen, observed=seen, first=starts)


@pytest.mark.parametrize("method", [IMAPA, SES, THETA])
def test_means_are_the_librarys_own_of_the_observed_buckets_before_the_origin(method: str) -> None:
    from statsforecast import models

    made = {
        IMAPA: models.IMAPA(),
        SES: models.SimpleExponentialSmoothingOptimized(),
        THETA: models.Theta(season_length=1),
    }
    panel = make_panel(series=12)
    found = statistical_means(method, panel, ROWS, 20)
    for row in ROWS:
        history = panel.capped[row, panel.first[row] : 20].astype(float)
        expected = made[method].forecast(y=history, h=3)["mean"]
        np.testing.assert_allclose(found[row], np.maximum(expected, 0), rtol=1e-5)


def test_a_season_is_last_years_bucket_and_younger_series_are_forecast_as_by_imapa() -> None:
    panel = four_weekly()
    assert year(panel) == 13
    found = statistical_means(SEASONAL_NAIVE, panel, ROWS, ORIGIN)
    old = has_history(SEASONAL_NAIVE, panel, ROWS, ORIGIN)
    assert np.flatnonzero(~old).tolist() == [3, 7]
    np.testing.assert_allclose(found[old], panel.capped[old, ORIGIN - 13 : ORIGIN - 10])
    np.testing.assert_array_equal(found[~old], statistical_means(IMAPA, panel, ROWS[~old], ORIGIN))


def test_a_bucket_that_was_not_observed_moves_no_season() -> None:
    panel = four_weekly()
    observed = np.array(panel.observed)
    observed[0, 28] = 0
    found = statistical_means(SEASONAL_NAIVE, dataclasses.replace(panel, observed=observed), ROWS[:1], ORIGIN)
    np.testing.assert_allclose(found[0], panel.capped[0, ORIGIN - 13 : ORIGIN - 10])


def test_smoothing_over_the_years_needs_two_of_them() -> None:
    panel = four_weekly()
    assert has_history(SEASONAL_SES, panel, ROWS, 25).sum() == 0
    assert has_history(SEASONAL_SES, panel, ROWS, 26).sum() == 10
    found = statistical_means(SEASONAL_SES, panel, ROWS, ORIGIN)
    years = np.stack([panel.capped[:, ORIGIN - 26 : ORIGIN - 23], panel.capped[:, ORIGIN - 13 : ORIGIN - 10]])
    old = has_history(SEASONAL_SES, panel, ROWS, ORIGIN)
    assert (found[old] >= years.min(axis=0)[old] - 1e-6).all()
    assert (found[old] <= years.max(axis=0)[old] + 1e-6).all()


@pytest.mark.parametrize("method", STATISTICAL)
def test_noise_from_the_origin_on_changes_no_bit(method: str) -> None:
    panel = four_weekly()
    expected = statistical_forecast(method, panel, ROWS, ORIGIN, CONFIG)
    found = statistical_forecast(method, noisy(panel, ORIGIN), ROWS, ORIGIN, CONFIG)
    for one, other in zip(expected, found, strict=True):
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("method", STATISTICAL)
def test_quantiles_are_ordered_never_negative_and_lie_around_the_mean(method: str) -> None:
    mean, spread = statistical_forecast(method, four_weekly(), ROWS, ORIGIN, CONFIG)
    assert spread.shape == (12, 3, len(CONFIG.quantile_levels))
    assert (spread >= 0).all()
    assert (np.diff(spread, axis=2) >= 0).all()
    assert (spread[..., 0] < mean).all()
    assert (spread[..., -1] > mean).all()


@pytest.mark.parametrize("method", STATISTICAL)
def test_series_with_a_whole_history_of_zeros_are_forecast_zero(method: str) -> None:
    panel = four_weekly()
    empty = dataclasses.replace(panel, capped=np.zeros_like(panel.capped), quantity=np.zeros_like(panel.quantity))
    assert not statistical_means(method, empty, ROWS, 36).any()


def test_naive_is_the_mean_of_the_last_eight_buckets_or_of_those_since_the_first_sale() -> None:
    panel = four_weekly()
    found = naive(panel)
    assert found[0] == pytest.approx(panel.quantity[0, -8:].mean())
    assert found[3] == pytest.approx(panel.quantity[3, -6:].mean())
    np.testing.assert_array_equal(statistical_means(NAIVE, panel, ROWS, 36), np.repeat(found[:, None], 3, axis=1))


@pytest.mark.parametrize("said", [np.full(3, np.nan), ZeroDivisionError("by nothing")])
def test_a_library_that_fails_is_an_error_and_never_a_zero(monkeypatch: pytest.MonkeyPatch, said: Any) -> None:
    class Broken:
        def forecast(self, **_: Any) -> dict[str, Any]:
            if isinstance(said, Exception):
                raise said
            return {"mean": said}

    monkeypatch.setattr(statistical, "_model", lambda method, season: Broken())
    with pytest.raises(ChallengerError, match=r"no number for series sku0000|failed: by nothing"):
        statistical_means(THETA, four_weekly(), ROWS, ORIGIN)


def test_the_library_is_named_with_its_version() -> None:
    assert library().startswith("statsforecast ")
