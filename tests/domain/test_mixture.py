"""Mixtures of distributions known by their quantiles, against the inverse of a distribution function by numpy."""

from __future__ import annotations

import numpy as np
import torch

from dp_assets.domain.mixture import TAIL, mixture_quantiles

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


def parts(seed: int, count: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.sort(rng.gamma(2.0, rng.uniform(1, 30, (count, 6, 1)), (count, 6, len(LEVELS))), axis=-1)


def slow_quantile(quantiles: np.ndarray, level: float) -> float:
    """Where the mean of the parts' distribution functions reaches a level, on a fine grid."""
    edge = [0.0, *LEVELS, 1.0]
    grid = np.linspace(0, quantiles.max() * (1 + TAIL), 400_001)
    below = [np.interp(grid, [own[0] / 2, *own, own[-1] * (1 + TAIL)], edge) for own in quantiles]
    return float(np.interp(level, np.mean(below, axis=0), grid))


def test_a_mixtures_quantiles_are_where_the_mean_of_the_distribution_functions_reaches_the_level() -> None:
    quantiles = parts(1, 7)
    found = mixture_quantiles(torch.from_numpy(quantiles), LEVELS).numpy()
    for row in range(6):
        expected = [slow_quantile(quantiles[:, row], level) for level in LEVELS]
        np.testing.assert_allclose(found[row], expected, rtol=1e-3)


def test_a_mixture_of_equal_parts_is_that_part_to_the_bit() -> None:
    one = torch.from_numpy(parts(2, 1)).float()
    assert torch.equal(mixture_quantiles(one.expand(5, -1, -1), LEVELS), one[0])


def test_a_mixture_is_wider_than_its_parts_where_they_disagree() -> None:
    parted = torch.tensor([[8.0, 9.0, 10.0, 11.0, 12.0], [28.0, 29.0, 30.0, 31.0, 32.0]])
    found = mixture_quantiles(parted, LEVELS)
    assert found[-1] - found[0] > 20
    assert found[0] < 10 < found[2] < 30 < found[-1]


def test_quantiles_stay_ascending_where_parts_jump() -> None:
    jumps = torch.tensor([[0.0, 0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0, 3.0], [0.0, 1.0, 1.0, 1.0, 1.0]])
    found = mixture_quantiles(jumps, LEVELS)
    assert (found.diff() >= 0).all()
    assert found[0] == 0
