"""Intervals: quantiles of a forecast, the network's own or from the distributions of past errors.

Belongs here: the quantile functions and the one scaling rule they share with `error_distributions.py`.
Does not belong here: how the distributions are made. Serving imports this module: NumPy and Polars only.

`network`: the network's quantiles, moved where the backtest showed that they do not cover what they say (split
conformal). The shift belongs to a pool of forecasts of like size and to a level; between two pools it is interpolated.
Where demand comes in whole numbers, so do its quantiles: they are drawn to the nearest one.

`empirical`, and `gaussian` built on it: quantiles around the mean, from past errors alone.
The errors of a count grow with the square root of what is expected, so errors are compared as residual ÷ sqrt(mean +
0.1). Within a lead they are pooled over forecasts of like size (`*bin:<n>`); between two pools the quantiles are
interpolated on the logarithm of the forecast. Around the pool's median, a series' own `spread` makes them wider or
narrower: the width of its errors against its pools', drawn to 1 where it has few errors (empirical Bayes).
Results are never negative and never cross.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.errors import ArtefactError

Array = npt.NDArray[np.float64]
OFFSET = 0.1
"""Added to means before roots and logarithms, units: what is left of the error of a forecast of 0."""
STEEPNESS = 4.0
"""Slope of a quantile between two whole numbers halfway; 1 would leave it where it is."""
Method = Literal["network", "empirical", "gaussian"]
POOL = "*bin:"
"""Prefix of the series_id of a pool."""


def scale_of(mean: npt.NDArray[np.floating]) -> Array:
    """Size of the error to expect of a mean, units; same shape."""
    return np.sqrt(np.asarray(mean, np.float64) + OFFSET)


@dataclass(frozen=True)
class _Pools:
    """The pools of one lead, ascending by centre: centres (N,) log units, scaled quantiles and shifts (N, Q)."""

    centres: Array
    scaled: Array
    shifts: Array


@dataclass(frozen=True)
class _Lattice:
    """The pools of leads 1..M side by side: `count` (M,) of them; centres (M, N), infinite beyond the count; scaled
    quantiles and shifts (M, N, Q)."""

    centres: Array
    scaled: Array
    shifts: Array
    count: npt.NDArray[np.int64]

    @classmethod
    def of(cls, leads: Sequence[_Pools]) -> _Lattice:
        count = np.array([len(pools.centres) for pools in leads], np.int64)
        gaps = (count.max() - count).tolist()
        pairs = list(zip(leads, gaps, strict=True))
        return cls(
            centres=np.stack([np.pad(pools.centres, (0, gap), constant_values=np.inf) for pools, gap in pairs]),
            scaled=np.stack([np.pad(pools.scaled, ((0, gap), (0, 0))) for pools, gap in pairs]),
            shifts=np.stack([np.pad(pools.shifts, ((0, gap), (0, 0))) for pools, gap in pairs]),
            count=count,
        )


@dataclass(frozen=True)
class ErrorDistributions:
    """The table `error_distributions` in the form the quantile function reads.

    Attributes:
        levels: Q quantile levels, ascending.
        pools: lead → its pools.
        whole: whether demand comes in whole numbers.
        spread: (series, lead) → own spread; what is absent has 1.
        normal: (series, lead) → (mean, std) of its errors, units, where the normality check passes.
    """

    levels: Array
    pools: dict[int, _Pools]
    whole: bool
    spread: dict[tuple[str, int], float]
    normal: dict[tuple[str, int], tuple[float, float]]
    _lattices: dict[int, _Lattice] = field(default_factory=dict, repr=False, compare=False)

    def lattice(self, horizon: int) -> _Lattice:
        """Pools of leads 1..horizon; a lead without pools has those of the nearest one, the shorter of two."""
        if horizon not in self._lattices:
            nearest = [min(self.pools, key=lambda known: (abs(known - lead), known)) for lead in range(1, horizon + 1)]
            self._lattices[horizon] = _Lattice.of([self.pools[lead] for lead in nearest])
        return self._lattices[horizon]

    @classmethod
    def of(cls, frame: pl.DataFrame, levels: Sequence[float]) -> ErrorDistributions:
        """From rows of the table.

        Args:
            frame: the table.
            levels: the configured quantile levels its lists are of.

        Raises:
            ArtefactError: no pools, lists of another length, or a table of an earlier version.
        """
        if missing := sorted({"shifts", "whole"} - set(frame.columns)):
            raise ArtefactError(
                f"expected error distributions with the columns {missing}, got those of an earlier version; "
                "materialise the assets tuned_model and residuals again"
            )
        pooled = frame.filter("pooled").sort("lead", "centre")
        widths = set(frame["scaled_quantiles"].list.len().unique())
        if pooled.is_empty() or widths != {len(levels)}:
            raise ArtefactError(
                f"expected error distributions with pools and {len(levels)} quantiles a row, got {len(pooled)} pools "
                f"and lists of {sorted(widths)}; materialise the asset residuals again"
            )
        pools = {
            int(lead): _Pools(
                np.log(group["centre"].to_numpy() + OFFSET),
                np.stack(group["scaled_quantiles"].to_list()).astype(np.float64),
                np.stack(group["shifts"].to_list()).astype(np.float64),
            )
            for (lead,), group in pooled.group_by("lead", maintain_order=True)
        }
        own = frame.filter(~pl.col("pooled"))
        keys = list(zip(own["series_id"].to_list(), own["lead"].to_list(), strict=True))
        errors = zip(keys, own["normal"].to_list(), own["mean"].to_list(), own["std"].to_list(), strict=True)
        return cls(
            levels=np.asarray(levels, np.float64),
            pools=pools,
            whole=bool(pooled["whole"].all()),
            spread=dict(zip(keys, own["spread"].to_list(), strict=True)),
            normal={key: (mean, std) for key, passes, mean, std in errors if passes},
        )


def published_quantiles(
    method: Method,
    means: npt.NDArray[np.floating],
    own: npt.NDArray[np.floating],
    series: Sequence[str],
    distributions: ErrorDistributions,
) -> Array:
    """Quantiles (R, M, Q) of the network's forecasts by the configured method, ascending and never negative.

    Args:
        method: which quantiles; see the module's docstring.
        means: (R, M) means of leads 1..M, units.
        own: (R, M, Q) the network's own quantiles, units.
        series: R series_ids.
        distributions: past errors, with the shifts of calibration.
    """
    if method == "network":
        return calibrated(means, own, distributions)
    return quantiles(means, series, distributions, method=method)


def calibrated(
    means: npt.NDArray[np.floating], own: npt.NDArray[np.floating], distributions: ErrorDistributions
) -> Array:
    """Quantiles (R, M, Q) of a network after their shifts; ascending, never negative. means (R, M), own (R, M, Q)."""
    expected = np.asarray(means, np.float64)
    pools = distributions.lattice(expected.shape[1])
    shift = _between_pools(np.log(expected + OFFSET), pools, pools.shifts) * scale_of(expected)[:, :, None]
    moved = np.maximum.accumulate(np.maximum(np.asarray(own, np.float64) + shift, 0.0), axis=2)
    return whole_numbers(moved) if distributions.whole else np.asarray(moved)


def whole_numbers(values: Array) -> Array:
    """Values drawn to the nearest whole number; what lies about halfway stays between, so that rounding errors of two
    libraries stay small.

    >>> whole_numbers(np.array([0.2, 1.5, 2.45, 2.9])).round(3).tolist()
    [0.0, 1.5, 2.3, 3.0]
    """
    below = np.floor(values)
    return np.asarray(below + np.clip((values - below - 0.5) * STEEPNESS + 0.5, 0.0, 1.0))


def widened(quantiles: Array, means: Array, shifts: Array, whole: bool) -> Array:
    """Quantiles (S, M, Q) of means (S, M) moved by the shifts (S, Q) of each series; ascending, never negative.

    Args:
        quantiles: units.
        means: units.
        shifts: ÷ sqrt(mean + 0.1), see `interval_contract.py`.
        whole: whether demand comes in whole numbers, to which moved quantiles are drawn.
    """
    moved = shifts.any(axis=1)
    if not moved.any():
        return quantiles
    result = quantiles.copy()
    wide = result[moved] + shifts[moved][:, None, :] * scale_of(means[moved])[:, :, None]
    wide = np.maximum.accumulate(np.maximum(wide, 0.0), axis=2)
    result[moved] = whole_numbers(wide) if whole else wide
    return result


def quantiles(
    forecast: npt.NDArray[np.floating],
    series: Sequence[str],
    distributions: ErrorDistributions,
    levels: Sequence[float] | None = None,
    method: Method = "empirical",
) -> Array:
    """Quantiles of demand, units: (R, M) means → (R, M, Q), ascending along the last axis, never negative.

    Args:
        forecast: (R, M) means of leads 1..M.
        series: R series_ids.
        distributions: past errors.
        levels: quantile levels wanted (default: those of the distributions); between two known levels the quantile
            is interpolated, beyond the outermost it is that of the outermost.
        method: `gaussian` uses mean and standard deviation of a series' own errors where the normality check passed,
            and the empirical quantiles elsewhere.
    """
    means = np.asarray(forecast, np.float64)
    result = _empirical(means, series, distributions)
    if method == "gaussian":
        for column in range(means.shape[1]):
            _put_gaussian(result[:, column], means[:, column], series, column + 1, distributions)
    result = np.maximum.accumulate(np.maximum(result, 0.0), axis=2)
    return result if levels is None else _at_levels(result, distributions.levels, np.asarray(levels, np.float64))


def _empirical(means: Array, series: Sequence[str], distributions: ErrorDistributions) -> Array:
    """(R, M) means → (R, M, Q). All leads at once: the API asks for few series, where a loop would cost most."""
    leads = range(1, means.shape[1] + 1)
    pools = distributions.lattice(means.shape[1])
    scaled = _between_pools(np.log(means + OFFSET), pools, pools.scaled)
    median = _at_levels(scaled, distributions.levels, np.array([0.5]))  # (R, M, 1)
    spread = np.array([[distributions.spread.get((name, lead), 1.0) for lead in leads] for name in series], np.float64)
    width = median + (scaled - median) * spread.reshape(*means.shape, 1)
    return np.asarray(means[:, :, None] + width * scale_of(means)[:, :, None])


def _between_pools(place: Array, pools: _Lattice, values: Array) -> Array:
    """Values (M, N, Q) of the pools at places (R, M), log units, linear between the two nearest of a lead. (R, M, Q)"""
    lead = np.arange(place.shape[1])
    right = np.minimum((pools.centres <= place[:, :, None]).sum(axis=2), pools.count - 1)
    left = np.maximum(right - 1, 0)
    below, above = pools.centres[lead, left], pools.centres[lead, right]
    weight = np.clip((place - below) / np.where(above > below, above - below, 1.0), 0.0, 1.0)[:, :, None]
    return np.asarray(values[lead, left] * (1 - weight) + values[lead, right] * weight)


def _put_gaussian(
    result: Array, mean: Array, series: Sequence[str], lead: int, distributions: ErrorDistributions
) -> None:
    """Overwrites the rows (R, Q) of series whose errors passed the normality check."""
    standard = np.array([NormalDist().inv_cdf(float(level)) for level in distributions.levels])
    for row, name in enumerate(series):
        if (found := distributions.normal.get((name, lead))) is not None:
            result[row] = mean[row] + found[0] + found[1] * standard


def _at_levels(known: Array, at: Array, wanted: Array) -> Array:
    """Quantiles (R, M, Q) at levels `at` → (R, M, W) at the wanted levels, by linear interpolation."""
    right = np.clip(np.searchsorted(at, wanted), 1, len(at) - 1)
    weight = np.clip((wanted - at[right - 1]) / (at[right] - at[right - 1]), 0.0, 1.0)
    return np.asarray(known[:, :, right - 1] * (1 - weight) + known[:, :, right] * weight)
