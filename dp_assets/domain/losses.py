"""Losses: `point` compares every bucket, `sum` the horizon's total, `mix` weighs the two; both are always evaluated.

Belongs here: the two loss modes, the shape of the error, the loss of quantiles, and how windows are weighted. Does not
belong here: the loop that minimises them (`training.py`), metrics of published forecasts (`metrics.py`).

Quantities are scaled by the window's level s (see `network.py`), so that no big seller drowns the others. Each window
is weighted by sqrt(s): demand is counted, so the scaled error of a slow mover is mostly chance (its variance falls as
1 ÷ s), and equal weights would let that chance drown the series that make the volume. The total of M buckets is scaled
by s × sqrt(M), so that with independent errors both modes have the same size. With `tweedie` and `mse` both are least
where the prediction is the mean. Quantiles are compared bucket by bucket in every mode: those of a total are not a sum
of quantiles.

`negative_binomial` is the likelihood of counts, so it is of units and not of ratios: the mean is the published one, the
variance is mean + dispersion × mean², the dispersion is learned per window. Divided by a level, counts would be no
counts any more. Windows are weighted as above. A total of counts with different means has no such likelihood; where
one is evaluated, it is by `tweedie`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from torch import Tensor
from torch.nn import functional

Shape = Literal["tweedie", "mse", "mae", "huber", "negative_binomial"]
Mode = Literal["point", "sum"]
Value = TypeVar("Value", float, Tensor)
TWEEDIE_POWER = 1.5
"""Variance grows as mean^1.5: between Poisson (1) and gamma (2)."""
SMALLEST = 1e-3
"""Scaled predictions count as at least this in a Tweedie loss, which has no value at 0."""
QUANTILE_WEIGHT = 8.0
"""Weight of the pinball loss, a mean over levels, beside the loss of the mean."""


@dataclass(frozen=True)
class Judged:
    """What a loss compares: mean (B, M), quantiles (B, M, Q) at levels (Q,), actual (B, M), all units; mask (B, M) of
    observed leads; level (B,), units; dispersion (B,) of the negative binomial, where the network learns one."""

    mean: Tensor
    quantiles: Tensor
    levels: Tensor
    actual: Tensor
    mask: Tensor
    level: Tensor
    dispersion: Tensor | None = None


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


def negative_binomial(mean: Tensor, actual: Tensor, dispersion: Tensor) -> Tensor:
    """Negative log likelihood of actual units under a mean in units and a dispersion α > 0, element by element, nats.

    The variance is mean + α × mean². Fractions of units, as of goods sold by weight, count as they are.

    Source: Salinas et al., DeepAR (2020), section 3.1, with their shape parameter α.
    """
    mean, size = mean.clamp_min(SMALLEST), 1 / dispersion
    odds = dispersion * mean
    failures = torch.log1p(odds)
    chosen = torch.lgamma(actual + size) - torch.lgamma(size) - torch.lgamma(actual + 1)
    return size * failures - actual * (odds.log() - failures) - chosen


def point_loss(judged: Judged, shape: Shape = "tweedie") -> Tensor:
    """Weighted mean over windows and leads of the loss of the mean. Scalar."""
    level = judged.level[:, None]
    if shape == "negative_binomial":
        if judged.dispersion is None:
            raise ValueError("expected a network that learns a dispersion, for point_loss negative_binomial")
        losses = negative_binomial(judged.mean, judged.actual, judged.dispersion[:, None])
    else:
        losses = shaped(judged.mean / level, judged.actual / level, shape)
    return _weighted(losses, judged.mask * level.sqrt())


def sum_loss(judged: Judged, shape: Shape = "tweedie") -> Tensor:
    """Weighted mean over windows of the loss of the horizon's total over observed leads. Scalar."""
    shape = "tweedie" if shape == "negative_binomial" else shape
    leads = judged.mask.sum(dim=1)
    scale = judged.level * leads.clamp_min(1).sqrt()
    predicted, actual = ((values * judged.mask).sum(dim=1) / scale for values in (judged.mean, judged.actual))
    return _weighted(shaped(predicted, actual, shape), (leads > 0) * judged.level.sqrt())


def quantile_loss(judged: Judged) -> Tensor:
    """Weighted mean over windows, leads and levels of the scaled pinball loss. Scalar."""
    level = judged.level[:, None]
    error = judged.actual[:, :, None] - judged.quantiles  # (B, M, Q)
    pinball = functional.relu(error).mean(dim=2) - error @ ((1 - judged.levels) / len(judged.levels))
    return _weighted(pinball / level, judged.mask * level.sqrt())


def _weighted(losses: Tensor, weights: Tensor) -> Tensor:
    return (losses * weights).sum() / weights.sum().clamp_min(1e-9)


def mixed(point: Value, total: Value, sum_share: float) -> Value:
    """(1 − sum_share) × the loss of buckets + sum_share × that of totals."""
    return point * (1 - sum_share) + total * sum_share


def loss(judged: Judged, shape: Shape = "tweedie", sum_share: float = 0.0) -> Tensor:
    """What training minimises: the mean's loss, of totals by such a share and of buckets by the rest, and the
    quantiles'. Scalar."""
    if sum_share == 0:
        of_mean = point_loss(judged, shape)
    elif sum_share == 1:
        of_mean = sum_loss(judged, shape)
    else:
        of_mean = mixed(point_loss(judged, shape), sum_loss(judged, shape), sum_share)
    return of_mean + QUANTILE_WEIGHT * quantile_loss(judged)


def both_losses(judged: Judged, shape: Shape = "tweedie") -> dict[Mode, float]:
    """`loss` of buckets alone and of totals alone, for evaluation."""
    of_quantiles = QUANTILE_WEIGHT * float(quantile_loss(judged))
    return {
        "point": float(point_loss(judged, shape)) + of_quantiles,
        "sum": float(sum_loss(judged, shape)) + of_quantiles,
    }
