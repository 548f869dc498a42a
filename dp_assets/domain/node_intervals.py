"""Uncertainty of reconciled forecasts: how far actual sums may lie from the summed means.

Belongs here: quantiles of series after reconciliation moved their mean, quantiles of nodes from those of their series.
Does not belong here: quantiles of series from residuals (`intervals.py`).

Quantiles do not add up: a sum of many series is relatively more certain than each. A node's distribution is taken as a
gamma with
    mean      the sum of the reconciled means, and
    variance  (1 − ρ) Σσᵢ² + ρ (Σσᵢ)², the variance of a sum of errors that share one correlation ρ,
where σᵢ comes from the series' own quantiles and ρ, per level, from how their out-of-sample errors added up in the
backtest. ρ = 0 is independence, ρ = 1 makes node intervals as wide as the sum of the series' intervals. The gamma is
never negative, skewed for small nodes and close to normal for large ones. A node over one series keeps its quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.hierarchy import Hierarchy, Matrix
from dp_assets.domain.table import ascends

DEFAULT_CORRELATION = 0.05
"""Correlation of errors assumed where no out-of-sample residual says more."""
LARGEST_STRETCH = 4.0
"""Reconciliation scales a series' quantiles with its mean up to this factor; the rest of a rise shifts them."""
INTEGRATION_POINTS = 64


def moved_quantiles(quantiles: Matrix, base: Matrix, reconciled: Matrix) -> Matrix:
    """(S, M, Q) quantiles after the mean went from base to reconciled (S, M); never negative, never crossing.

    A mean that falls or rises moderately scales its quantiles. A mean that rises from almost nothing would blow them
    up, so what lies beyond the largest stretch shifts them instead.
    """
    ratio = np.divide(reconciled, base, out=np.ones_like(base), where=base > 0)
    stretch = np.minimum(ratio, LARGEST_STRETCH)
    shift = np.clip(reconciled - stretch * base, 0, None)
    return quantiles * stretch[:, :, None] + shift[:, :, None]


def quantile_variance(quantiles: Matrix, levels: Sequence[float]) -> Matrix:
    """(…, Q) quantiles at Q ascending levels → (…) variance, units².

    Between and beyond the levels the quantile function is taken as linear in the normal score, not below 0; so it is
    exact for normal quantiles, but for the integration's own error of about 1 %.
    """
    from scipy.special import ndtri

    scores = ndtri(np.asarray(levels))
    points = ndtri((np.arange(INTEGRATION_POINTS) + 0.5) / INTEGRATION_POINTS)
    left = np.clip(np.searchsorted(scores, points) - 1, 0, len(scores) - 2)
    share = (points - scores[left]) / (scores[left + 1] - scores[left])
    weights = np.zeros((INTEGRATION_POINTS, len(scores)))
    weights[np.arange(INTEGRATION_POINTS), left] = 1 - share
    weights[np.arange(INTEGRATION_POINTS), left + 1] = share
    total, squares = np.zeros(quantiles.shape[:-1]), np.zeros(quantiles.shape[:-1])
    for weight in weights:
        value = np.clip(quantiles @ weight, 0, None)
        total += value
        squares += value * value
    mean = total / INTEGRATION_POINTS
    return np.clip(squares / INTEGRATION_POINTS - mean * mean, 0, None)


def error_correlation(hierarchy: Hierarchy, residuals: pl.DataFrame) -> Matrix:
    """(D,) correlation of the errors of series under one node, per level from the top, in [0, 1].

    Moment estimator: for errors with standard deviations σᵢ and correlation ρ, E[(Σeᵢ)² − Σeᵢ²] = ρ[(Σσᵢ)² − Σσᵢ²].
    Both sides are summed over origins and leads, divided by the node's Σσᵢ² so that the biggest node does not decide
    alone, and summed over the nodes of the level. Levels where no node has two series with residuals take the default.

    Args:
        hierarchy: the hierarchy.
        residuals: `residuals` rows; only out-of-sample ones count.
    """
    errors, key = residuals.filter("out_of_sample"), ("series_id", "cutoff", "lead")
    errors = errors if ascends(errors, key) else errors.sort(key)  # sums of floats depend on their order
    row, at = _rows_of(errors["series_id"], hierarchy.series), _places(errors)
    lowest, count = hierarchy.ancestors[:, -1], len(hierarchy.series)
    residual = errors["residual"].to_numpy()
    squares, seen = np.zeros(count), np.zeros(count)
    for block in _blocks(row):
        mine, here = row[block] >= 0, residual[block]
        squares += np.bincount(row[block][mine], here[mine] ** 2, minlength=count)
        seen += np.bincount(row[block][mine], minlength=count)
    sigma = np.sqrt(squares / np.maximum(seen, 1))
    times = int(at.max(initial=-1)) + 1
    # Of every lowest node and time: Σe, Σe², Σσ, Σσ² and how many series, which add up over a node's children.
    cells = np.zeros((5, len(hierarchy) * times))
    for block in _blocks(row):
        mine = row[block] >= 0
        own, here = row[block][mine], residual[block][mine]
        cell = lowest[own] * times + at[block][mine]
        for number, values in enumerate((here, here**2, sigma[own], sigma[own] ** 2, np.ones(len(own)))):
            cells[number] += np.bincount(cell, values, minlength=cells.shape[1])
    moments = cells.reshape(5, len(hierarchy), times)
    found = []
    for depth in range(len(hierarchy.levels)):
        above = np.zeros_like(moments)
        pairs = np.unique(np.stack([lowest, hierarchy.ancestors[:, depth]], axis=1), axis=0)
        for sums, below in zip(above, moments, strict=True):
            np.add.at(sums, pairs[:, 1], below[pairs[:, 0]])
        found.append(_level_correlation(above))
    return np.array(found, dtype=np.float64)


BLOCK_ROWS = 2**21
"""Residuals looked at at a time: a large catalogue has a hundred million."""


def _blocks(rows: npt.NDArray[np.int64]) -> list[slice]:
    return [slice(start, start + BLOCK_ROWS) for start in range(0, len(rows), BLOCK_ROWS)]


def _rows_of(names: pl.Series, series: pl.Series) -> npt.NDArray[np.int64]:
    """(n,) place of each name among the series, -1 where it is none of them; names that follow each other are looked up
    once."""
    runs = names.alias("value").rle().struct.unnest()
    rows = pl.DataFrame({"value": series, "row": np.arange(len(series), dtype=np.int64)})
    found = runs.join(rows, on="value", how="left", maintain_order="left")["row"].fill_null(-1).to_numpy()
    return np.repeat(found, runs["len"].to_numpy())


def _places(errors: pl.DataFrame) -> npt.NDArray[np.int64]:
    """(n,) number of the pair of cutoff and lead of each residual."""
    days = errors["cutoff"].to_physical().to_numpy().astype(np.int64)
    leads = errors["lead"].to_numpy()
    cutoffs = np.unique(days)
    return np.asarray(np.searchsorted(cutoffs, days) * (leads.max(initial=0) + 1) + leads, np.int64)


def _level_correlation(moments: Matrix) -> float:
    """Of a level, from the five sums (5, A, T) of its nodes and times; see `error_correlation`."""
    residual, square, sigma, variance, series = moments
    told = series > 1
    excess, pairs, own = (
        (values * told).sum(axis=1) for values in (residual**2 - square, sigma**2 - variance, variance)
    )
    nodes = (own > 0) & (pairs > 0)
    if not nodes.any():
        return DEFAULT_CORRELATION
    return float(np.clip((excess[nodes] / own[nodes]).sum() / (pairs[nodes] / own[nodes]).sum(), 0.0, 1.0))


def node_quantiles(
    hierarchy: Hierarchy, mean: Matrix, series_quantiles: Matrix, levels: Sequence[float], correlation: Matrix
) -> Matrix:
    """(A, M, Q) quantiles of the nodes: never negative, never crossing.

    Args:
        hierarchy: A nodes over S series on D levels.
        mean: (A, M) reconciled means.
        series_quantiles: (S, M, Q) of the reconciled series.
        levels: Q quantile levels, ascending.
        correlation: (D,) from `error_correlation`.
    """
    own = quantile_variance(series_quantiles, levels)
    shared = correlation[hierarchy.depth][:, None]
    variance = shared_variance(hierarchy.aggregate(own), hierarchy.aggregate(np.sqrt(own)), shared)
    found = gamma_quantiles(mean, variance, levels)
    single = hierarchy.sizes == 1
    only = np.zeros(len(hierarchy), dtype=np.intp)
    only[hierarchy.ancestors] = np.arange(len(hierarchy.series))[:, None]
    found[single] = series_quantiles[only[single]]
    quantiles: Matrix = np.maximum.accumulate(np.clip(np.nan_to_num(found), 0, None), axis=-1)
    return quantiles


def shared_variance(variance: Matrix, deviation: Matrix, correlation: Matrix) -> Matrix:
    """Variance of a sum of errors that share one correlation, from their summed variances and summed deviations."""
    return (1 - correlation) * variance + correlation * deviation**2


def gamma_quantiles(mean: Matrix, variance: Matrix, levels: Sequence[float]) -> Matrix:
    """(A, M, Q) quantiles of gamma distributions with that mean and variance (A, M); the mean where either is 0."""
    from scipy import stats

    spread = (mean > 0) & (variance > 0)
    safe_mean, safe_variance = np.where(spread, mean, 1.0), np.where(spread, variance, 1.0)
    shape, scale = safe_mean**2 / safe_variance, safe_variance / safe_mean
    found = stats.gamma.ppf(np.asarray(levels), shape[:, :, None], scale=scale[:, :, None])
    return np.where(spread[:, :, None], found, mean[:, :, None])
