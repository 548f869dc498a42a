"""Shapley values: how a difference between two outcomes is shared fairly among the causes that differ.

Belongs here: the shares, exactly where causes are few and over seeded orders where they are many. Does not belong here:
what a cause is, and the outcome of some of them (`feature_contributions.py`, `forecast_changes.py`).

A cause's share is what it changes when it is switched on after some others, averaged over the orders in which all can
be switched on (Shapley 1953). The shares add up to the whole difference in every order, so they do in any average.
Many causes are averaged over drawn orders, each taken forwards and backwards, which cancels most of what depends on
the order (antithetic sampling, Mitchell et al. 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Switched = frozenset[int]
Value = Callable[[Switched], Array]


def shapley_values(causes: int, value: Value, pairs: int, seed: int) -> Array:
    """(causes, …) the share of each cause; the sum over causes is value(all) − value(none).

    Args:
        causes: how many.
        value: the outcome (…) where exactly the given causes are switched on; asked once for each set.
        pairs: orders drawn, each taken forwards and backwards. Where all sets are fewer than these would ask for, all
            are taken, and the shares are exact.
        seed: of the draw.
    """
    known: dict[Switched, Array] = {}

    def outcome(switched: Switched) -> Array:
        if switched not in known:
            known[switched] = np.asarray(value(switched), np.float64)
        return known[switched]

    shares = np.zeros((causes, *outcome(frozenset()).shape))
    if 2**causes <= 2 * pairs * max(1, causes - 1) + 2:
        for cause, without, weight in _all_sets(causes):
            shares[cause] += weight * (outcome(without | {cause}) - outcome(without))
        return shares
    for order in _drawn_orders(causes, pairs, seed):
        for place, cause in enumerate(order):
            before = frozenset(order[:place])
            shares[cause] += (outcome(before | {cause}) - outcome(before)) / (2 * pairs)
    return shares


def _all_sets(causes: int) -> Iterator[tuple[int, Switched, float]]:
    """(cause, a set without it, share of orders in which the set comes just before it)."""
    for cause in range(causes):
        others = [other for other in range(causes) if other != cause]
        for size in range(causes):
            weight = factorial(size) * factorial(causes - size - 1) / factorial(causes)
            for chosen in combinations(others, size):
                yield cause, frozenset(chosen), weight


def _drawn_orders(causes: int, pairs: int, seed: int) -> Iterator[list[int]]:
    rng = np.random.default_rng(seed)
    for _ in range(pairs):
        order = rng.permutation(causes).tolist()
        yield order
        yield order[::-1]
