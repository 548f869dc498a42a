"""What is published of a model's mean and quantiles, as numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import expon

from dp_assets.domain.inference import settled

LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


def test_the_published_mean_lies_halfway_between_the_models_own_and_that_of_its_quantiles() -> None:
    even = np.linspace(0.0, 10.0, 5)[None]
    drawn = settled(np.zeros(1), even, (0.2, 0.4, 0.6, 0.8, 0.99)) * 2
    knots = [0.0, 0.0, 2.5, 5.0, 7.5, 10.0, 11.5]
    areas = np.diff([0.0, 0.2, 0.4, 0.6, 0.8, 0.99, 1.0]) * (np.array(knots[1:]) + knots[:-1]) / 2
    assert drawn == pytest.approx(areas.sum())
    assert settled(np.array([4.0]), even, (0.2, 0.4, 0.6, 0.8, 0.99)) == pytest.approx((4 + areas.sum()) / 2)


def test_the_mean_that_quantiles_draw_is_close_to_that_of_the_distribution_they_are_of() -> None:
    scale = np.array([0.5, 3.0, 80.0])
    quantiles = expon.ppf(np.array(LEVELS), scale=scale[:, None])
    np.testing.assert_allclose(settled(scale, quantiles, LEVELS), scale, rtol=0.02)


def test_a_forecast_of_nothing_stays_nothing() -> None:
    assert settled(np.zeros((2, 3)), np.zeros((2, 3, 9)), LEVELS).max() == 0
