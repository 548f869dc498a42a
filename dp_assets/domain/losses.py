"""Losses: `point` compares every bucket, `sum` compares the horizon's total; both are always evaluated.

Belongs here: the two loss modes, the shape of the error, and how windows are weighted. Does not belong here: the loop
that minimises them (`training.py`), metrics of published forecasts (`metrics.py`).

Errors are scaled by the window's level s (see `network.py`), e = (predicted − actual) ÷ s, so that no big seller
drowns the others. Each window is weighted by s: demand is counted, so the scaled error of a slow mover is mostly chance
(its variance falls as 1 ÷ s), and equal weights would let that chance drown the series that make the volume. With `mae`
the weighted loss is the absolute error in units. The total of M buckets is scaled by s × sqrt(M), so that with
independent errors both modes have the same size. With `mse` both are least where the prediction is the mean.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Shape = Literal["mse", "mae", "huber"]
Mode = Literal["point", "sum"]


def shaped(error: Tensor, shape: Shape) -> Tensor:
    """Error (…) → loss (…), element by element. `huber` is quadratic up to one level and linear beyond."""
    if shape == "mse":
        return error * error
    if shape == "mae":
        return error.abs()
    return functional.huber_loss(error, torch.zeros_like(error), reduction="none", delta=1.0)


def point_loss(predicted: Tensor, actual: Tensor, level: Tensor, mask: Tensor, shape: Shape = "mse") -> Tensor:
    """Weighted mean over windows and leads of the scaled error; all but level (B,) are (B, M). Scalar."""
    losses = shaped((predicted - actual) / level[:, None], shape)
    weights = mask * level[:, None]
    return (losses * weights).sum() / weights.sum().clamp_min(1e-9)


def sum_loss(predicted: Tensor, actual: Tensor, level: Tensor, mask: Tensor, shape: Shape = "mse") -> Tensor:
    """Weighted mean over windows of the scaled error of the horizon's total over observed leads. Scalar."""
    leads = mask.sum(dim=1)
    error = ((predicted - actual) * mask).sum(dim=1) / (level * leads.clamp_min(1).sqrt())
    weights = (leads > 0) * level
    return (shaped(error, shape) * weights).sum() / weights.sum().clamp_min(1e-9)


def loss(mode: Mode, predicted: Tensor, actual: Tensor, level: Tensor, mask: Tensor, shape: Shape = "mse") -> Tensor:
    """The loss of a mode."""
    function = point_loss if mode == "point" else sum_loss
    return function(predicted, actual, level, mask, shape)


def both_losses(
    predicted: Tensor, actual: Tensor, level: Tensor, mask: Tensor, shape: Shape = "mse"
) -> dict[Mode, float]:
    """Both modes, for evaluation."""
    return {
        "point": float(point_loss(predicted, actual, level, mask, shape)),
        "sum": float(sum_loss(predicted, actual, level, mask, shape)),
    }
