"""Calibration: how far quantile forecasts of the backtest missed the share of actuals they promise, and by how much to
move them.

Belongs here: split-conformal shifts per size of the forecast and level, from the table `residuals`. Does not belong
here: applying them (`intervals.py`), the table they end in (`error_distributions.py`).

Forecasts are pooled over series and leads by the size of their mean. In a pool, a quantile at level τ is left alone
while the share of actuals below it is τ within a tolerance: moving what holds only adds noise. Where it does not hold,
the shift is the τ-quantile of (actual − quantile) ÷ sqrt(mean + 0.1). Shares split ties at whole numbers, as coverage
does (`metrics.pit_coverage`), and the actual is spread evenly over its whole number, so that a count is not taken for a
point.

A backtest may lie in another season than what follows. So a quantile is moved only where the older and the newer half
of its origins agree on the direction, and by the smaller of the shifts; and the median, which is a forecast and not an
interval, is never moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.intervals import OFFSET, Array, scale_of
from dp_assets.domain.metrics import cdf_at

MEDIAN = 0.5
MAX_BINS = 8
PER_BIN = 600
"""Backtest rows a pool should hold at least; with fewer in all there are fewer pools, at least one."""
TOLERANCE = 0.005
"""Share by which a quantile may miss its level, besides two standard errors of the share."""
SPREAD = (-0.375, -0.125, 0.125, 0.375)
"""Where an actual is put on its whole number, units."""


@dataclass(frozen=True)
class Shifts:
    """Pools ascending by size: centres (N,), log units, and shifts (N, Q), ÷ sqrt(mean + 0.1)."""

    centres: Array
    values: Array

    def at(self, centre: Array) -> Array:
        """(P, Q) shifts at means (P,), units; linear between pools on the logarithm, flat beyond them."""
        place = np.log(np.asarray(centre, np.float64) + OFFSET)
        columns = [np.interp(place, self.centres, column) for column in self.values.T]
        return np.stack(columns, axis=1)


def find_shifts(residuals: pl.DataFrame, levels: Sequence[float]) -> Shifts:
    """Shifts of every pool of a backtest; 0 where a quantile holds, and where no quantiles were forecast."""
    rows = residuals.filter(pl.col("predicted_quantiles").is_not_null())
    if rows.is_empty():
        return Shifts(np.zeros(1), np.zeros((1, len(levels))))
    quantiles = np.stack(rows["predicted_quantiles"].to_list()).astype(np.float64)
    actual, mean = (rows[name].to_numpy().astype(np.float64) for name in ("actual", "predicted"))
    cutoffs = rows["cutoff"].to_numpy()
    origins = np.unique(cutoffs)
    newer = cutoffs >= origins[len(origins) // 2]
    count = int(np.clip(len(rows) // PER_BIN, 1, MAX_BINS))
    pool = np.searchsorted(np.quantile(mean, np.linspace(0, 1, count + 1)[1:-1]), mean, side="right")
    kept = [here for here in (pool == number for number in range(count)) if here.any()]
    return Shifts(
        np.array([np.log(mean[here] + OFFSET).mean() for here in kept]),
        np.stack(
            [agreed_shifts(actual[at], mean[at], quantiles[at], np.asarray(levels), newer[at]) for at in kept],
        ),
    )


def agreed_shifts(actual: Array, mean: Array, quantiles: Array, levels: Array, newer: npt.NDArray[np.bool_]) -> Array:
    """(Q,) shifts of one pool of a backtest: what all rows, the older and the newer ones agree on; 0 for the median.

    Args:
        actual, mean, quantiles, levels: as for `conformal_shifts`.
        newer: (n,) whether a row belongs to the newer half of the origins; all rows count as one where only one half
            has any.
    """
    halves = [newer, ~newer] if newer.any() and not newer.all() else []
    found = [conformal_shifts(actual, mean, quantiles, levels)]
    found += [_moved(actual[part], mean[part], quantiles[part], levels) for part in halves]
    agree = np.all(np.sign(found) == np.sign(found[0]), axis=0) & (levels != MEDIAN)
    return np.asarray(np.where(agree, np.sign(found[0]) * np.abs(found).min(axis=0), 0.0))


def share_below(actual: Array, quantiles: Array, levels: Array) -> Array:
    """(Q,) share of actuals (n,) below each of their quantiles (n, Q), ties at whole numbers split.

    >>> share_below(np.array([0.0, 9.0]), np.array([[1.0, 4.0], [1.0, 4.0]]), np.array([0.25, 0.75])).tolist()
    [0.5, 0.5]
    """
    below, above = (cdf_at(actual + side, quantiles, levels)[:, None] for side in (-0.5, 0.5))
    width = above - below
    inside = np.clip((levels - below) / np.maximum(width, 1e-9), 0.0, 1.0)
    return np.asarray(np.where(width < 1e-9, below < levels, inside).mean(axis=0))


def conformal_shifts(actual: Array, mean: Array, quantiles: Array, levels: Array) -> Array:
    """(Q,) shifts of one pool, ÷ sqrt(mean + 0.1): 0 where a quantile holds.

    Args:
        actual: (n,) units sold.
        mean: (n,) mean forecasts, units.
        quantiles: (n, Q) quantile forecasts, units.
        levels: (Q,) their levels.
    """
    missed = np.abs(share_below(actual, quantiles, levels) - levels)
    off = missed > TOLERANCE + 2 * np.sqrt(levels * (1 - levels) / len(actual))
    return np.asarray(np.where(off, _moved(actual, mean, quantiles, levels), 0.0))


def _moved(actual: Array, mean: Array, quantiles: Array, levels: Array) -> Array:
    """(Q,) shifts of one pool, whether its quantiles hold or not."""
    shifts = np.zeros(len(levels))
    for number, level in enumerate(levels):
        scores = (actual - quantiles[:, number] + np.array(SPREAD)[:, None]) / scale_of(mean)
        shifts[number] = np.quantile(scores, level)
    return shifts
