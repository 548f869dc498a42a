"""Losses against loops over windows and leads."""

from __future__ import annotations

import math

import pytest
import torch

from dp_assets.domain.losses import Mode, Shape, both_losses, loss, point_loss, sum_loss

SHAPES: tuple[Shape, ...] = ("mse", "mae", "huber")


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    predicted, actual = (torch.rand(6, 4, generator=generator) * 9 for _ in range(2))
    level = torch.rand(6, generator=generator) * 5 + 0.1
    mask = (torch.rand(6, 4, generator=generator) > 0.3).float()
    mask[2] = 0
    return predicted, actual, level, mask


def slow_shape(error: float, shape: Shape) -> float:
    if shape == "mse":
        return error**2
    if shape == "mae":
        return abs(error)
    return 0.5 * error**2 if abs(error) <= 1 else abs(error) - 0.5


@pytest.mark.parametrize("shape", SHAPES)
def test_point_loss_is_the_weighted_mean_of_scaled_errors(shape: Shape) -> None:
    predicted, actual, level, mask = batch()
    total = weight = 0.0
    for window in range(6):
        for lead in range(4):
            if mask[window, lead]:
                error = (predicted[window, lead] - actual[window, lead]).item() / level[window].item()
                total += level[window].item() * slow_shape(error, shape)
                weight += level[window].item()
    assert point_loss(predicted, actual, level, mask, shape).item() == pytest.approx(total / weight, rel=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_sum_loss_is_the_weighted_mean_of_scaled_errors_of_the_total(shape: Shape) -> None:
    predicted, actual, level, mask = batch()
    total = weight = 0.0
    for window in range(6):
        leads = [lead for lead in range(4) if mask[window, lead]]
        if leads:
            error = sum((predicted[window, lead] - actual[window, lead]).item() for lead in leads)
            error /= level[window].item() * math.sqrt(len(leads))
            total += level[window].item() * slow_shape(error, shape)
            weight += level[window].item()
    assert sum_loss(predicted, actual, level, mask, shape).item() == pytest.approx(total / weight, rel=1e-5)


def test_the_sum_mode_forgives_errors_that_cancel_and_the_point_mode_does_not() -> None:
    predicted, actual = torch.tensor([[3.0, 1.0]]), torch.tensor([[1.0, 3.0]])
    found = both_losses(predicted, actual, torch.ones(1), torch.ones(1, 2))
    assert found == {"point": 4.0, "sum": 0.0}


def test_absolute_errors_are_weighted_to_units() -> None:
    predicted, actual = torch.tensor([[10.0], [2.0]]), torch.tensor([[7.0], [1.0]])
    level = torch.tensor([8.0, 2.0])
    assert point_loss(predicted, actual, level, torch.ones(2, 1), "mae").item() == pytest.approx((3 + 1) / 10)


@pytest.mark.parametrize("mode", ["point", "sum"])
def test_a_batch_without_any_observed_target_costs_nothing(mode: Mode) -> None:
    predicted, actual, level, mask = batch()
    assert loss(mode, predicted, actual, level, torch.zeros_like(mask)).item() == 0.0
