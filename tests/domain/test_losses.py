"""Losses against loops over windows and leads."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy.stats import nbinom

from dp_assets.domain.losses import (
    QUANTILE_WEIGHT,
    Judged,
    Shape,
    both_losses,
    loss,
    negative_binomial,
    point_loss,
    quantile_loss,
    sum_loss,
)

SHAPES: tuple[Shape, ...] = ("tweedie", "mse", "mae", "huber")
LEVELS = (0.1, 0.5, 0.9)


def batch(seed: int = 0) -> Judged:
    generator = torch.Generator().manual_seed(seed)
    mean, actual = (torch.rand(6, 4, generator=generator) * 9 for _ in range(2))
    quantiles = (torch.rand(6, 4, 3, generator=generator) * 9).sort(dim=2).values
    level = torch.rand(6, generator=generator) * 5 + 0.1
    mask = (torch.rand(6, 4, generator=generator) > 0.3).float()
    mask[2] = 0
    return Judged(mean, quantiles, torch.tensor(LEVELS), actual, mask, level)


def exact(mean: list[list[float]], actual: list[list[float]], level: list[float]) -> Judged:
    """A batch whose quantiles are all as actual, so that only the mean errs."""
    truth = torch.tensor(actual)
    quantiles = truth[:, :, None].expand(-1, -1, 3)
    return Judged(
        torch.tensor(mean), quantiles, torch.tensor(LEVELS), truth, torch.ones_like(truth), torch.tensor(level)
    )


def slow_shape(predicted: float, actual: float, shape: Shape) -> float:
    error = predicted - actual
    if shape == "tweedie":
        return 2 * (actual / math.sqrt(predicted) + math.sqrt(predicted))
    if shape == "mse":
        return error**2
    if shape == "mae":
        return abs(error)
    return 0.5 * error**2 if abs(error) <= 1 else abs(error) - 0.5


@pytest.mark.parametrize("shape", SHAPES)
def test_point_loss_is_the_weighted_mean_of_scaled_errors(shape: Shape) -> None:
    judged = batch()
    total = weight = 0.0
    for window in range(6):
        level = judged.level[window].item()
        for lead in range(4):
            if judged.mask[window, lead]:
                predicted, actual = judged.mean[window, lead].item(), judged.actual[window, lead].item()
                total += math.sqrt(level) * slow_shape(predicted / level, actual / level, shape)
                weight += math.sqrt(level)
    assert point_loss(judged, shape).item() == pytest.approx(total / weight, rel=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_sum_loss_is_the_weighted_mean_of_scaled_errors_of_the_total(shape: Shape) -> None:
    judged = batch()
    total = weight = 0.0
    for window in range(6):
        leads = [lead for lead in range(4) if judged.mask[window, lead]]
        if leads:
            level = judged.level[window].item()
            scale = level * math.sqrt(len(leads))
            predicted, actual = (
                sum(values[window, lead].item() for lead in leads) / scale for values in (judged.mean, judged.actual)
            )
            total += math.sqrt(level) * slow_shape(predicted, actual, shape)
            weight += math.sqrt(level)
    assert sum_loss(judged, shape).item() == pytest.approx(total / weight, rel=1e-5)


def test_quantile_loss_is_the_weighted_mean_of_scaled_pinball_losses() -> None:
    judged = batch()
    total = weight = 0.0
    for window in range(6):
        level = judged.level[window].item()
        for lead in range(4):
            if judged.mask[window, lead]:
                weight += math.sqrt(level)
                for number, tau in enumerate(LEVELS):
                    error = (judged.actual[window, lead] - judged.quantiles[window, lead, number]).item() / level
                    total += math.sqrt(level) * max(tau * error, (tau - 1) * error) / len(LEVELS)
    assert quantile_loss(judged).item() == pytest.approx(total / weight, rel=1e-5)


@pytest.mark.parametrize("sum_share", [0.0, 0.25, 1.0])
def test_what_is_minimised_is_the_means_loss_and_the_quantiles(sum_share: float) -> None:
    judged = batch()
    of_mean = (1 - sum_share) * point_loss(judged) + sum_share * sum_loss(judged)
    expected = (of_mean + QUANTILE_WEIGHT * quantile_loss(judged)).item()
    assert loss(judged, sum_share=sum_share).item() == pytest.approx(expected)
    both = both_losses(judged)
    assert (1 - sum_share) * both["point"] + sum_share * both["sum"] == pytest.approx(expected)


def test_the_likelihood_of_a_count_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    mean, dispersion = rng.uniform(0.01, 300, 500), rng.uniform(0.01, 8, 500)
    actual = rng.poisson(rng.gamma(1 / dispersion, mean * dispersion)).astype(np.float64)
    expected = -nbinom.logpmf(actual, 1 / dispersion, 1 / (1 + dispersion * mean))
    exact = negative_binomial(*(torch.from_numpy(part) for part in (mean, actual, dispersion)))
    np.testing.assert_allclose(exact, expected, rtol=1e-9)
    trained = negative_binomial(*(torch.from_numpy(part).float() for part in (mean, actual, dispersion)))
    np.testing.assert_allclose(trained, expected, rtol=1e-3, atol=1e-3)


def test_the_likelihood_of_a_count_has_the_gradients_of_torchs_own_distribution() -> None:
    rng = np.random.default_rng(2)
    mean, dispersion = (torch.tensor(rng.uniform(0.2, 9, 50), requires_grad=True) for _ in range(2))
    actual = torch.tensor(rng.poisson(4, 50).astype(np.float64))
    negative_binomial(mean, actual, dispersion).sum().backward()
    found = [mean.grad, dispersion.grad]
    mean.grad = dispersion.grad = None
    own = torch.distributions.NegativeBinomial(1 / dispersion, probs=dispersion * mean / (1 + dispersion * mean))
    (-own.log_prob(actual)).sum().backward()
    for ours, theirs in zip(found, [mean.grad, dispersion.grad], strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_count_is_judged_in_units_whatever_the_level_of_its_window() -> None:
    judged = exact([[4.0]], [[7.0]], [1.0])
    likelihoods = [
        point_loss(dataclasses.replace(judged, level=torch.tensor([level]), dispersion=torch.tensor([0.5])),
                   "negative_binomial").item()
        for level in (0.1, 1.0, 50.0)
    ]  # fmt: skip
    assert likelihoods == pytest.approx([-nbinom.logpmf(7, 2, 1 / 3)] * 3, rel=1e-5)


def test_a_total_of_counts_is_judged_by_tweedie_and_a_likelihood_needs_a_dispersion() -> None:
    judged = batch()
    assert sum_loss(judged, "negative_binomial").item() == sum_loss(judged, "tweedie").item()
    with pytest.raises(ValueError, match="expected a network that learns a dispersion"):
        point_loss(judged, "negative_binomial")


def test_the_sum_mode_forgives_errors_that_cancel_and_the_point_mode_does_not() -> None:
    found = both_losses(exact([[3.0, 1.0]], [[1.0, 3.0]], [1.0]), "mse")
    assert found == {"point": 4.0, "sum": 0.0}


@pytest.mark.parametrize("shape", ["tweedie", "mse"])
def test_the_means_loss_is_least_at_the_mean_of_what_may_come(shape: Shape) -> None:
    actual = [[0.0], [0.0], [9.0]]
    losses = {
        guess: point_loss(exact([[guess]] * 3, actual, [1.0] * 3), shape).item() for guess in (2.0, 2.9, 3.0, 3.1, 4.0)
    }
    assert min(losses, key=lambda guess: losses[guess]) == 3.0


def test_a_window_counts_by_the_root_of_its_level() -> None:
    judged = exact([[10.0], [2.0]], [[7.0], [1.0]], [9.0, 4.0])
    assert point_loss(judged, "mae").item() == pytest.approx((3 / 9 * 3 + 1 / 4 * 2) / (3 + 2))


@pytest.mark.parametrize("sum_share", [0.0, 0.5, 1.0])
def test_a_batch_without_any_observed_target_costs_nothing(sum_share: float) -> None:
    judged = batch()
    nothing = dataclasses.replace(judged, mask=torch.zeros_like(judged.mask))
    assert loss(nothing, sum_share=sum_share).item() == 0.0
