"""Losses against loops over windows and leads."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from dp_assets.domain.losses import (
    QUANTILE_WEIGHT,
    Judged,
    Mode,
    Shape,
    both_losses,
    loss,
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


@pytest.mark.parametrize("mode", ["point", "sum"])
def test_what_is_minimised_is_the_means_loss_and_the_quantiles(mode: Mode) -> None:
    judged = batch()
    of_mean = point_loss(judged) if mode == "point" else sum_loss(judged)
    assert loss(mode, judged).item() == pytest.approx((of_mean + QUANTILE_WEIGHT * quantile_loss(judged)).item())


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


@pytest.mark.parametrize("mode", ["point", "sum"])
def test_a_batch_without_any_observed_target_costs_nothing(mode: Mode) -> None:
    judged = batch()
    assert loss(mode, dataclasses.replace(judged, mask=torch.zeros_like(judged.mask))).item() == 0.0
