"""Correlation of forecast errors, shrunk to none: what a few past errors of many nodes say of how they go together.

Belongs here: the shrunk correlation as factors, never as a matrix. Does not belong here: where errors come from
(`rollups.py`), reconciling under the correlation (`common_errors.py`).

Schäfer, Strimmer (2005), "A shrinkage approach to large-scale covariance matrix estimation", Stat. Appl. Genet. Mol.
Biol. 4: every correlation between two different nodes is scaled by 1 − λ, with
    λ = Σ Var(r_ij) ÷ Σ r_ij²      over all pairs of different nodes, cut to [0, 1].
It is the estimator of `mint_shrink` in Wickramasuriya, Athanasopoulos, Hyndman (2019), and of hierarchicalforecast, the
tests' oracle. With T errors of each node the correlation before shrinking has rank T, so λ and all that follows cost
n T², not n².
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dp_assets.domain.least_squares import Matrix

LEAST_INTENSITY = 1e-6
"""Smallest λ: with none at all, errors that add up exactly would leave no covariance to divide by."""


@dataclass(frozen=True)
class Correlation:
    """The correlation matrix diag(1 − rows of factors²) + factors factors' of n nodes.

    Attributes:
        intensity: λ; 1 where there is nothing to correlate.
        factors: (n, T) loadings; a row of zeros for a node whose errors are taken to go with no other's.
    """

    intensity: float
    factors: Matrix


def shrunk_correlation(errors: Matrix) -> Correlation:
    """The shrunk correlation of (n, T) errors of n nodes at T times.

    Errors are centred, so what all of a node's errors have in common is no correlation. A node that lacks an error at
    one of the times (NaN), or whose errors never differ, goes with no other.
    """
    count = errors.shape[1]
    complete = np.asarray(np.isfinite(errors).all(axis=1))
    centred = np.where(complete[:, None], errors, 0.0)
    centred = centred - centred.mean(axis=1, keepdims=True) if count else centred
    spread = np.sqrt((centred**2).mean(axis=1)) if count else np.zeros(len(errors))
    largest = np.abs(np.where(complete[:, None], errors, 0.0)).max(axis=1, initial=0.0)
    used = np.asarray(spread > 1e-9 * largest, np.bool_)
    if count < 2 or used.sum() < 2:
        return Correlation(1.0, np.zeros_like(errors))
    scaled = np.where(used[:, None], centred / np.where(used, spread, 1.0)[:, None], 0.0)
    # Over pairs i ≠ j: Σ r² from the T × T products of times, and Σ (z_i z_j)² from the sums of squares per time.
    squares = float(((scaled.T @ scaled) ** 2).sum()) / count**2 - float(used.sum())
    products = float(((scaled**2).sum(axis=0) ** 2).sum() - (scaled**4).sum())
    variance = count / (count - 1) ** 3 * (products - count * squares)
    least = (count / (count - 1)) ** 2 * squares
    intensity = float(np.clip(variance / least, LEAST_INTENSITY, 1.0)) if least > 0 else 1.0
    return Correlation(intensity, np.sqrt((1 - intensity) / count) * scaled)
