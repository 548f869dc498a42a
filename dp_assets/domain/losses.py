"""Losses: `point` compares every bucket, `sum` compares the horizon's total; both are always evaluated.

Belongs here: the two loss modes, the shape of the error, the loss of quantiles, and how windows are weighted. Does not
belong here: the loop that minimises them (`training.py`), metrics of published forecasts (`metrics.py`).

Quantities are scaled by the window's level s (see `network.py`), so that no big seller drowns the others. Each window
is weighted by sqrt(s): demand is counted, so the scaled error of a slow mover is mostly chance (its variance falls as
1 ÷ s), and equal weights would let that chance drown the series that make the volume. The total of M buckets is scaled
by s × sqrt(M), so that with independent errors both modes have the same size. With `tweedie` and `mse` both are least
where the prediction is the mean. Quantiles are compared bucket by bucket in either mode: those of a total are not a sum
of quantiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Shape = Literal["tweedie", "mse", "mae", "huber"]
Mode = Literal["point", "sum"]
TWEEDIE_POWER = 1.5
"""Variance grows as mean^1.5: between Poisson (1) and gamma (2)."""
SMALLEST = 1e-3
"""Scaled predictions count as at least this in a Tweedie loss, which has no value at 0."""
QUANTILE_WEIGHT = 8.0
"""Weight of the pinball loss, a mean over levels, beside the loss of the mean."""


@dataclass(frozen=True)
class Judged:
    """What a loss compares: mean (B, M), quantiles (B, M, Q) at levels (Q,), actual (B, M), all units; mask (B, M) of
    observed leads; level (B,), units."""

    mean: Tensor
    quantiles: Tensor
    levels: Tensor
    actual: Tensor
    mask: Tensor
    level: Tensor


def shaped(predicted: Tensor, actual: Tensor, shape: Shape) -> Tensor:
    """Loss of scaled predictions (…) against scaled actuals (…), element by element.

    `tweedie` is the deviance at power 1.5 but for what does not depend on the prediction; `huber` is quadratic up to
    one level and linear beyond.
    """
    if shape == "tweedie":
        root = predicted.clamp_min(SMALLEST).sqrt()
        return 2 * (actual / root + root)
    error = predicted - actual
    if shape == "mse":
        return error * error
    if shape == "mae":
        return error.abs()
    return functional.huber_loss(error, torch.zeros_like(error), reduction="none", delta=1.0)


def point_loss(judged: Judged, shape: Shape = "tweedie") -> Tensor:
    """Weighted mean over windows and leads of the loss of the mean. Scalar."""
    level = judged.level[:, None]
    losses = shaped(judged.mean / level, judged.actual / level, shape)
    return _weighted(losses, judged.mask * level.sqrt())


def sum_loss(judged: Judged, shape: Shape = "tweedie") -> Tensor:
    """Weighted mean over windows of the loss of the horizon's total over observed leads. Scalar."""
    leads = judged.mask.sum(dim=1)
    scale = judged.level * leads.clamp_min(1).sqrt()
    predicted, actual = ((values * judged.mask).sum(dim=1) / scale for values in (judged.mean, judged.actual))
    return _weighted(shaped(predicted, actual, shape), (leads > 0) * judged.level.sqrt())


def quantile_loss(judged: Judged) -> Tensor:
    """Weighted mean over windows, leads and levels of the scaled pinball loss. Scalar."""
    level = judged.level[:, None]
    error = (judged.actual[:, :, None] - judged.quantiles) / level[:, :, None]  # (B, M, Q)
    pinball = torch.maximum(judged.levels * error, (judged.levels - 1) * error)
    return _weighted(pinball.mean(dim=2), judged.mask * level.sqrt())


def _weighted(losses: Tensor, weights: Tensor) -> Tensor:
    return (losses * weights).sum() / weights.sum().clamp_min(1e-9)


def loss(mode: Mode, judged: Judged, shape: Shape = "tweedie") -> Tensor:
    """What training minimises: the mean's loss of a mode, and the quantiles'. Scalar."""
    of_mean = point_loss(judged, shape) if mode == "point" else sum_loss(judged, shape)
    return of_mean + QUANTILE_WEIGHT * quantile_loss(judged)


def both_losses(judged: Judged, shape: Shape = "tweedie") -> dict[Mode, float]:
    """`loss` in both modes, for evaluation."""
    return {"point": float(loss("point", judged, shape)), "sum": float(loss("sum", judged, shape))}
