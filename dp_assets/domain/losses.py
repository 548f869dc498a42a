"""Losses: `point` compares every bucket, `sum` compares the horizon's total; both are always evaluated.

Belongs here: the two loss modes, the shape of the error, and how windows are weighted. Does not belong here: the loop
that minimises them (`training.py`), metrics of published forecasts (`metrics.py`).

Errors are scaled by the window's level s (see `network.py`), e = (predicted − actual) ÷ s, so that no big seller
drowns the others, and each window is weighted by sqrt(s), so that slow movers, whose scaled errors are mostly chance,
do not drown the big ones. The total of M buckets is scaled by s × sqrt(M): with independent errors both modes then
have the same size. With `mse` both are least when the prediction is the mean.
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
    weights = mask * level.sqrt()[:, None]
    return (losses * weights).sum() / weights.sum().clamp_min(1e-9)


def sum_loss(predicted: Tensor, actual: Tensor, level: Tensor, mask: Tensor, shape: Shape = "mse") -> Tensor:
    """Weighted mean over windows of the scaled error of the horizon's total over observed leads. Scalar."""
    leads = mask.sum(dim=1)
    error = ((predicted - actual) * mask).sum(dim=1) / (level * leads.clamp_min(1).sqrt())
    weights = (leads > 0) * level.sqrt()
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
