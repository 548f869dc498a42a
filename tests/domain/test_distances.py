"""Distances of two samples: of a sample to itself they are zero, and they agree with slow ones written down plainly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dp_assets.domain.distances import category_psi, ks_distance, psi

SAMPLES = st.lists(st.integers(-20, 20), min_size=5, max_size=40).map(lambda found: np.array(found) / 8)
COUNTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 500), min_size=1)


def slow_psi(reference: list[float], recent: list[float]) -> float:
    """The index bin by bin: shares of the deciles of the reference, none below a ten-thousandth."""
    edges = sorted(set(np.quantile(reference, np.arange(1, 10) / 10).tolist()))
    lows, highs = [-math.inf, *edges], [*edges, math.inf]
    total = 0.0
    for low, high in zip(lows, highs, strict=True):
        one, two = (
            max(sum(low < value <= high for value in values) / len(values), 1e-4) for values in (reference, recent)
        )
        total += (two - one) * math.log(two / one)
    return total


@given(SAMPLES)
def test_a_sample_does_not_drift_from_itself_in_whatever_order(sample: np.ndarray) -> None:
    assert psi(sample, sample[::-1]) == 0
    assert ks_distance(sample, sample[::-1]) == 0


@given(COUNTS)
def test_counts_do_not_drift_from_themselves(counts: dict[str, int]) -> None:
    assert category_psi(counts, dict(reversed(counts.items()))) == 0


@given(SAMPLES, SAMPLES)
def test_numbers_agree_with_the_slow_twin_and_with_scipy(reference: np.ndarray, recent: np.ndarray) -> None:
    assert psi(reference, recent) == pytest.approx(slow_psi(reference.tolist(), recent.tolist()), abs=1e-9)
    assert ks_distance(reference, recent) == pytest.approx(
        stats.ks_2samp(reference, recent, method="asymp").statistic, abs=1e-12
    )


def test_the_index_is_the_symmetric_divergence_that_scipy_computes() -> None:
    rng = np.random.default_rng(1)
    reference, recent = rng.normal(size=40_000), rng.normal(0.4, 1.2, size=40_000)
    edges = [-np.inf, *np.quantile(reference, np.arange(1, 10) / 10), np.inf]
    one, two = (np.histogram(values, edges)[0] / len(values) for values in (reference, recent))
    assert psi(reference, recent) == pytest.approx(stats.entropy(one, two) + stats.entropy(two, one), rel=1e-2)


def test_a_shift_is_a_major_one_by_the_rule_of_thumb_and_a_new_sample_of_the_same_is_none() -> None:
    rng = np.random.default_rng(2)
    reference = rng.poisson(3.0, 5_000).astype(np.float64)
    assert psi(reference, rng.poisson(3.0, 5_000).astype(np.float64)) < 0.01
    assert psi(reference, rng.poisson(5.0, 5_000).astype(np.float64)) > 0.25
    assert ks_distance(reference, rng.poisson(5.0, 5_000).astype(np.float64)) > 0.25


def test_a_channel_that_is_mostly_zero_is_compared_by_the_share_of_zeros() -> None:
    mostly = np.zeros(1_000)
    mostly[:50] = 1.0
    half = np.zeros(1_000)
    half[:500] = 1.0
    assert psi(mostly, half) > 0.25
    assert psi(np.zeros(100), np.zeros(7)) == 0


def test_rare_categories_count_together_and_a_new_one_is_drift_once_it_is_common() -> None:
    usual = {"a": 500, "b": 500, **{f"rare {number}": 1 for number in range(5)}}
    assert category_psi(usual, {"a": 500, "b": 500, "other": 5}) == 0
    assert category_psi(usual, {"a": 300, "b": 300, "new": 400}) > 0.25
