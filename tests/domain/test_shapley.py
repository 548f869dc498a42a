"""Shapley values: shares add up, symmetric causes share alike, drawn orders come close to all of them."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from dp_assets.domain.shapley import Switched, shapley_values


def game(causes: int, seed: int = 0) -> dict[Switched, np.ndarray]:
    """A random outcome of shape (2,) for every set of causes."""
    rng = np.random.default_rng(seed)
    return {
        frozenset(number for number in range(causes) if mask >> number & 1): rng.normal(size=2)
        for mask in range(2**causes)
    }


def over_all_orders(causes: int, outcomes: dict[Switched, np.ndarray]) -> np.ndarray:
    """The slow twin: every order, one after another."""
    orders = list(permutations(range(causes)))
    shares = np.zeros((causes, 2))
    for order in orders:
        for place, cause in enumerate(order):
            before = frozenset(order[:place])
            shares[cause] += (outcomes[before | {cause}] - outcomes[before]) / len(orders)
    return shares


@pytest.mark.parametrize("causes", [1, 2, 3, 4])
def test_few_causes_are_shared_exactly(causes: int) -> None:
    outcomes = game(causes)
    shares = shapley_values(causes, outcomes.__getitem__, pairs=4, seed=1)
    np.testing.assert_allclose(shares, over_all_orders(causes, outcomes), atol=1e-12)


@pytest.mark.parametrize("causes", [2, 5, 7])
def test_shares_add_up_whether_drawn_or_exact(causes: int) -> None:
    outcomes = game(causes)
    shares = shapley_values(causes, outcomes.__getitem__, pairs=1, seed=1)
    whole = outcomes[frozenset(range(causes))] - outcomes[frozenset()]
    np.testing.assert_allclose(shares.sum(axis=0), whole, atol=1e-12)


def test_drawn_orders_come_closer_the_more_are_drawn() -> None:
    outcomes = game(7)
    exact = over_all_orders(7, outcomes)
    errors = [
        np.mean([np.abs(shapley_values(7, outcomes.__getitem__, pairs, seed) - exact).mean() for seed in range(20)])
        for pairs in (1, 6)
    ]
    assert errors[1] < 0.6 * errors[0]


def test_pairs_of_orders_are_exact_where_causes_only_meet_in_twos() -> None:
    rng = np.random.default_rng(2)
    meeting = rng.normal(size=(8, 8))

    def value(switched: Switched) -> np.ndarray:
        at = sorted(switched)
        return np.array([meeting[np.ix_(at, at)].sum()])

    one, another = (shapley_values(8, value, pairs=1, seed=seed) for seed in (1, 2))
    np.testing.assert_allclose(one, another, atol=1e-12)


def test_no_outcome_is_asked_for_twice() -> None:
    asked: list[Switched] = []

    def value(switched: Switched) -> np.ndarray:
        asked.append(switched)
        return np.array([float(len(switched))])

    shapley_values(6, value, pairs=3, seed=1)
    assert len(asked) == len(set(asked))


def test_nothing_that_differs_shares_nothing() -> None:
    assert shapley_values(0, lambda _: np.ones(3), pairs=2, seed=1).shape == (0, 3)
