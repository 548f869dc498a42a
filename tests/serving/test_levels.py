from __future__ import annotations

import doctest
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import serving.levels
from serving.levels import quantile_weights, weights

PUBLISHED = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


def test_the_example_in_the_documentation_holds() -> None:
    assert doctest.testmod(serving.levels).failed == 0


def test_published_levels_come_back_unchanged() -> None:
    quantiles = np.random.default_rng(1).gamma(2, 3, (4, len(PUBLISHED))).cumsum(axis=1)
    rule = weights((50, 80, 90, 95), PUBLISHED)
    assert set(rule.basis) == {"published"}
    assert np.array_equal(rule.ends(quantiles), quantiles[:, [3, 2, 1, 0, 5, 6, 7, 8]])


def test_every_level_is_exact_for_gaussian_quantiles() -> None:
    normal = NormalDist(100, 7)
    quantiles = np.array([normal.inv_cdf(level) for level in PUBLISHED])
    levels = tuple(range(1, 100))
    ends = weights(levels, PUBLISHED).ends(quantiles)
    expected = [normal.inv_cdf(0.5 + sign * level / 200) for sign in (-1, 1) for level in levels]
    assert ends == pytest.approx(expected, rel=1e-9)


def test_a_level_beyond_the_published_ones_is_labelled_extrapolated() -> None:
    assert weights((60, 95, 99), PUBLISHED).basis == ("interpolated", "published", "extrapolated")


@given(
    steps=st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=len(PUBLISHED), max_size=len(PUBLISHED)),
    levels=st.lists(st.integers(1, 99), min_size=1, max_size=30, unique=True),
)
def test_intervals_are_nested_and_never_negative_whatever_the_quantiles(steps: list[float], levels: list[int]) -> None:
    ordered = tuple(sorted(levels))
    ends = weights(ordered, PUBLISHED).ends(np.cumsum(steps))
    lower, upper = ends[: len(ordered)], ends[len(ordered) :]
    assert (ends >= 0).all()
    assert (lower <= upper).all()
    assert (np.diff(lower) <= 0).all()
    assert (np.diff(upper) >= 0).all()


@given(levels=st.lists(st.integers(1, 99), min_size=1, max_size=10, unique=True))
def test_the_fast_rule_equals_interpolation_level_by_level(levels: list[int]) -> None:
    quantiles = np.array([0, 0, 1, 2, 5, 7, 7, 12, 30], dtype=float)
    ends = weights(tuple(levels), PUBLISHED).ends(quantiles)
    scores = [NormalDist().inv_cdf(level) for level in PUBLISHED]
    for position, level in enumerate(levels):
        for side, sign in ((0, -1), (1, 1)):
            score = NormalDist().inv_cdf(0.5 + sign * level / 200)
            if scores[0] <= score <= scores[-1]:
                expected = float(np.interp(score, scores, quantiles))
                assert ends[side * len(levels) + position] == pytest.approx(expected, abs=1e-9)


@given(
    steps=st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=len(PUBLISHED), max_size=len(PUBLISHED)),
    levels=st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=30),
)
def test_quantiles_never_cross_and_are_never_negative_whatever_is_published(
    steps: list[float], levels: list[float]
) -> None:
    found = quantile_weights(tuple(sorted(levels)), PUBLISHED).ends(np.cumsum(steps))
    assert (found >= 0).all()
    assert (np.diff(found) >= 0).all()


def test_published_quantiles_come_back_unchanged_and_none_when_none_are_asked_for() -> None:
    quantiles = np.random.default_rng(1).gamma(2, 3, (4, len(PUBLISHED))).cumsum(axis=1)
    assert np.array_equal(quantile_weights(PUBLISHED, PUBLISHED).ends(quantiles), quantiles)
    assert quantile_weights((), PUBLISHED).ends(quantiles).shape == (4, 0)
