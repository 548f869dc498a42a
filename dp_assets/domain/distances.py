"""How far two samples of one quantity lie apart: population stability index and Kolmogorov-Smirnov distance.

Belongs here: the two distances, of numbers and of categories. Does not belong here: what is compared with what, and
from where on it matters (`drift.py`).

Sources: the index is the symmetric Kullback-Leibler divergence over deciles of the reference (Lewis, An Introduction to
Credit Scoring, 1994; Siddiqi, Credit Risk Scorecards, 2006, whose rule of thumb takes 0.25 for a major shift). The
distance is the two-sample statistic of Kolmogorov and Smirnov (Massey, 1951) without its significance: over a hundred
thousand values everything is significant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating[Any]]
DECILES = np.arange(1, 10) / 10
LEAST = 1e-4
"""Smallest share a bin is taken to have: an empty one makes the index large, but not infinite."""
RARE = 0.01
"""Categories with a smaller share of the reference are counted together, or chance would make an index of them."""


def psi(reference: Values, recent: Values) -> float:
    """Population stability index of two samples of numbers, over the deciles of the reference; 0 for equal samples.

    Deciles that coincide, as those of a channel that is mostly 0, make one bin.

    >>> numbers = np.arange(100.0)
    >>> psi(numbers, numbers), round(psi(numbers, numbers + 30), 2)
    (0.0, 2.49)
    """
    edges = np.unique(np.quantile(np.asarray(reference, np.float64), DECILES)).astype(np.float64)
    return _index(*(_binned(np.asarray(values), edges) for values in (reference, recent)))


def _binned(values: Values, edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Counts of the bins that end at the edges, ends included, and of what lies above."""
    return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1).astype(np.float64)


def _index(reference: npt.NDArray[np.float64], recent: npt.NDArray[np.float64]) -> float:
    one, two = (np.maximum(counts / counts.sum(), LEAST) for counts in (reference, recent))
    return float(((two - one) * np.log(two / one)).sum())


def category_psi(reference: Mapping[str, int], recent: Mapping[str, int]) -> float:
    """The index of two counts per category; what is rare in the reference, or not there, is one category.

    >>> category_psi({"a": 50, "b": 50}, {"a": 50, "b": 50}), round(category_psi({"a": 50, "b": 50}, {"a": 100}), 2)
    (0.0, 4.6)
    """
    least = RARE * sum(reference.values())
    names = [name for name, count in sorted(reference.items()) if count >= least]
    counted = []
    for counts in (reference, recent):
        kept = [counts.get(name, 0) for name in names]
        counted.append(np.array([*kept, sum(counts.values()) - sum(kept)], np.float64))
    return _index(*counted)


def ks_distance(reference: Values, recent: Values) -> float:
    """Largest difference between the two empirical distribution functions, 0 to 1.

    >>> ks_distance(np.array([1.0, 2.0]), np.array([1.0, 2.0])), ks_distance(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    (0.0, 0.5)
    """
    one, two = np.sort(reference), np.sort(recent)
    at = np.concatenate([one, two])
    below = [np.searchsorted(values, at, side="right") / len(values) for values in (one, two)]
    return float(np.abs(below[0] - below[1]).max())
