"""Slow twins of reconciliation: dense algebra and plain loops over a handful of series."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.optimize import nnls

from dp_assets.domain.hierarchy import Hierarchy


def summing_by_path(hierarchy: Hierarchy) -> np.ndarray:
    """(A, S) matrix from the node each series hangs below, climbed parent by parent."""
    nodes = list(zip(hierarchy.nodes["depth"], hierarchy.nodes["node"], strict=True))
    parent = {
        (row["depth"], row["node"]): (row["depth"] - 1, row["parent"]) for row in hierarchy.nodes.iter_rows(named=True)
    }
    matrix = np.zeros((len(nodes), len(hierarchy.series)))
    for column, path in enumerate(hierarchy.series_parents):
        place = (len(hierarchy.levels) - 1, path)
        while place[0] >= 0:
            matrix[nodes.index(place), column] = 1
            place = parent[place]
    return matrix


def mint(summing: np.ndarray, forecast: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(S, M) closed form (S'W⁻¹S)⁻¹S'W⁻¹ŷ; it may be negative."""
    weight = np.diag(1 / variance)
    return np.linalg.solve(summing.T @ weight @ summing, summing.T @ weight @ forecast)


def mint_non_negative(summing: np.ndarray, forecast: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(S, M) least squares under x >= 0, by active sets, one lead at a time."""
    root = np.sqrt(1 / variance)
    return np.stack([nnls(summing * root[:, None], column * root)[0] for column in forecast.T], axis=1)


def nearest(
    forecast: np.ndarray,
    variance: np.ndarray,
    summing: np.ndarray,
    sums: np.ndarray,
    sum_variance: np.ndarray,
    fixed: np.ndarray,
    held: np.ndarray,
) -> np.ndarray:
    """(S,) best of the solutions of all active sets, each by dense algebra: exact, and exponential in S."""
    movable = np.flatnonzero(~held)
    soft = np.flatnonzero(~fixed & np.isfinite(sum_variance))
    best, least = np.full(len(forecast), np.nan), np.inf
    for count in range(len(movable) + 1):
        for zeros in itertools.combinations(movable, count):
            free = np.setdiff1d(movable, zeros)
            x = np.where(held, forecast, 0.0)
            rest = sums - summing @ x
            weighted = summing[np.ix_(soft, free)] / sum_variance[soft, None]
            curvature = np.diag(1 / variance[free]) + summing[np.ix_(soft, free)].T @ weighted
            pull = forecast[free] / variance[free] + weighted.T @ rest[soft]
            equations = summing[np.ix_(fixed, free)]
            matrix = np.block([[curvature, equations.T], [equations, np.zeros((fixed.sum(), fixed.sum()))]])
            x[free] = np.linalg.lstsq(matrix, np.concatenate([pull, rest[fixed]]), rcond=None)[0][: len(free)]
            if x.min(initial=0) < -1e-9 or not np.allclose(summing[fixed] @ x, sums[fixed], rtol=1e-7, atol=1e-7):
                continue
            error = ((x - forecast) ** 2 / variance)[movable].sum()
            error += (((summing @ x - sums) ** 2)[soft] / sum_variance[soft]).sum()
            if error < least:
                best, least = x, error
    return best


def shrunk_covariance(errors: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """(n, n) covariance of these variances with the shrunk correlation of (n, T) errors, pair by pair."""
    count, times = errors.shape
    scaled = (errors - errors.mean(axis=1, keepdims=True)) / errors.std(axis=1, ddof=1, keepdims=True)
    correlation, spread, squares = np.eye(count), 0.0, 0.0
    for one, other in itertools.combinations(range(count), 2):
        products = scaled[one] * scaled[other]
        correlation[one, other] = correlation[other, one] = products.sum() / (times - 1)
        spread += times / (times - 1) ** 3 * ((products - products.mean()) ** 2).sum()
        squares += correlation[one, other] ** 2
    kept = 1 - min(spread / squares, 1.0)
    correlation = np.where(np.eye(count) == 1, 1.0, kept * correlation)
    root = np.sqrt(variance)
    covariance: np.ndarray = root[:, None] * correlation * root
    return covariance


def nearest_by_covariance(
    summing: np.ndarray, forecast: np.ndarray, covariance: np.ndarray, fixed: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """(S,) least (y − Sx)' W⁻¹ (y − Sx) under x >= 0 and fixed rows of Sx, over all active sets, by dense algebra.

    Args:
        summing: (A + S, S) all rows, series last.
        forecast: (A + S,) base forecasts.
        covariance: (A + S, A + S).
        fixed: (A + S,) rows that must be met.
        numbers: (A + S,) what they must be.
    """
    weight = np.linalg.inv(covariance)
    best, least = np.full(summing.shape[1], np.nan), np.inf
    for count in range(summing.shape[1] + 1):
        for zeros in itertools.combinations(range(summing.shape[1]), count):
            free = np.setdiff1d(np.arange(summing.shape[1]), zeros)
            below, equations = summing[:, free], summing[np.ix_(fixed, free)]
            matrix = np.block(
                [[below.T @ weight @ below, equations.T], [equations, np.zeros((fixed.sum(), fixed.sum()))]]
            )
            x = np.zeros(summing.shape[1])
            x[free] = np.linalg.lstsq(
                matrix, np.concatenate([below.T @ weight @ forecast, numbers[fixed]]), rcond=None
            )[0][: len(free)]
            if x.min(initial=0) < -1e-9 or not np.allclose(summing[fixed] @ x, numbers[fixed], rtol=1e-7, atol=1e-7):
                continue
            left = forecast - summing @ x
            if (error := left @ weight @ left) < least:
                best, least = x, error
    return best


def top_down(hierarchy: Hierarchy, nodes: np.ndarray, series: np.ndarray, recent: np.ndarray) -> np.ndarray:
    """(S,) of one lead: every node splits what it got among its children, one by one."""
    summing = summing_by_path(hierarchy)
    given = {0: nodes[0]}
    result = np.zeros(len(series))

    def split(amount: float, forecasts: list[float], means: list[float]) -> list[float]:
        for weights in (forecasts, means):
            if sum(weights) > 0:
                return [amount * weight / sum(weights) for weight in weights]
        return [amount / len(forecasts)] * len(forecasts)

    for row in range(len(hierarchy)):
        depth, name = hierarchy.nodes.row(row, named=True)["depth"], hierarchy.nodes.row(row, named=True)["node"]
        if depth == len(hierarchy.levels) - 1:
            below = [column for column in range(len(series)) if summing[row, column]]
            parts = split(given[row], [series[c] for c in below], [recent[c] for c in below])
            for column, part in zip(below, parts, strict=True):
                result[column] = part
            continue
        below = [
            child
            for child in range(len(hierarchy))
            if hierarchy.nodes["depth"][child] == depth + 1 and hierarchy.nodes["parent"][child] == name
        ]
        parts = split(given[row], [nodes[c] for c in below], [float(summing[c] @ recent) for c in below])
        given.update(zip(below, parts, strict=True))
    return result
