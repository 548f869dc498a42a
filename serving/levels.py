"""Central intervals and quantiles of any level from the published quantiles.

Belongs here: the interpolation rule. Does not belong here: how quantiles are made (`dp_assets/domain/intervals.py`).

A level that was published is returned as published. Any other is interpolated linearly in the normal score of the
quantile level, which is exact where errors are Gaussian. Beyond the outermost published quantiles the slope of the last
two goes on. Ends are never negative, and a wider level never lies inside a narrower one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Basis = Literal["published", "interpolated", "extrapolated"]
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Weights:
    """How to get E quantiles out of Q published ones: `base + weight × (right − left)`, kept at or below `right`.

    Ends of intervals stand as all lower ones, then all upper ones, both in the order of the levels asked for; `basis`
    has one entry per level.
    """

    base: npt.NDArray[np.intp]
    left: npt.NDArray[np.intp]
    right: npt.NDArray[np.intp]
    weight: FloatArray
    inside: npt.NDArray[np.bool_]
    basis: tuple[Basis, ...]

    @property
    def all_published(self) -> bool:
        """Whether every end is a published quantile."""
        return set(self.basis) <= {"published"}

    def ends(self, quantiles: FloatArray) -> FloatArray:
        """(…, E) quantiles asked for, from (…, Q) published ones."""
        base = quantiles[..., self.base]
        if self.all_published:
            return base
        right = quantiles[..., self.right]
        ends = base + self.weight * (right - quantiles[..., self.left])
        return np.maximum(np.where(self.inside, np.minimum(ends, right), ends), 0.0)


def _place(probability: float, published: Sequence[float]) -> tuple[int, int, int, float, Basis]:
    """Base, left, right, weight and basis of one quantile level."""
    for index, level in enumerate(published):
        if abs(level - probability) < TOLERANCE:
            return index, index, index, 0.0, "published"
    score = NormalDist().inv_cdf
    right = int(np.searchsorted(published, probability).clip(1, len(published) - 1))
    left = right - 1
    span = score(published[right]) - score(published[left])
    if probability > published[-1]:
        return right, left, right, (score(probability) - score(published[right])) / span, "extrapolated"
    weight = (score(probability) - score(published[left])) / span
    return left, left, right, weight, "interpolated" if probability > published[0] else "extrapolated"


@lru_cache(maxsize=256)
def weights(levels: tuple[int, ...], published: tuple[float, ...]) -> Weights:
    """Weights of central intervals.

    Args:
        levels: interval levels in percent, each from 1 to 99.
        published: at least two quantile levels, ascending.

    >>> weights((80, 50), (0.1, 0.25, 0.5, 0.75, 0.9)).ends(np.array([1.0, 2.0, 4.0, 7.0, 11.0])).tolist()
    [1.0, 2.0, 11.0, 7.0]
    """
    targets = [0.5 - level / 200 for level in levels] + [0.5 + level / 200 for level in levels]
    found = quantile_weights(tuple(targets), published)
    lower, upper = found.basis[: len(levels)], found.basis[len(levels) :]
    return replace(found, basis=tuple(_worst(low, high) for low, high in zip(lower, upper, strict=True)))


@lru_cache(maxsize=256)
def quantile_weights(levels: tuple[float, ...], published: tuple[float, ...]) -> Weights:
    """Weights of quantiles, in the order of the levels.

    Args:
        levels: quantile levels, each above 0 and below 1.
        published: at least two quantile levels, ascending.

    >>> quantile_weights((0.5, 0.9), (0.1, 0.25, 0.5, 0.75, 0.9)).ends(np.array([1.0, 2.0, 4.0, 7.0, 11.0])).tolist()
    [4.0, 11.0]
    """
    places = [_place(level, published) for level in levels]
    bases, lefts, rights, slopes, kinds = zip(*places, strict=True) if places else ((), (), (), (), ())
    return Weights(
        base=np.array(bases, dtype=np.intp),
        left=np.array(lefts, dtype=np.intp),
        right=np.array(rights, dtype=np.intp),
        weight=np.array(slopes),
        inside=np.array([kind == "interpolated" for kind in kinds], dtype=np.bool_),
        basis=tuple(kinds),
    )


def _worst(one: Basis, other: Basis) -> Basis:
    ranks: tuple[Basis, ...] = ("published", "interpolated", "extrapolated")
    return max(one, other, key=ranks.index)
