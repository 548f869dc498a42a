from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from dp_assets.domain import node_intervals
from dp_assets.domain.hierarchy import Hierarchy, build_hierarchy
from dp_assets.domain.node_intervals import (
    DEFAULT_CORRELATION,
    error_correlation,
    moved_quantiles,
    node_quantiles,
    quantile_variance,
)
from dp_assets.domain.reconciliation_config import HierarchyConfig
from tests.domain.rollup_inputs import make_residuals, rollup_config

LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


def departments(sizes: dict[str, int]) -> Hierarchy:
    names = [name for name, size in sizes.items() for _ in range(size)]
    frame = pl.DataFrame({"series_id": [f"s{row:04d}" for row in range(len(names))], "department": names})
    return build_hierarchy(HierarchyConfig(name="product", levels=("department",)), frame)


def test_the_variance_of_normal_and_of_count_quantiles_is_found() -> None:
    normal = stats.norm.ppf(LEVELS, 50, 7)[None, :]
    poisson = stats.poisson.ppf(LEVELS, 20)[None, :]
    assert quantile_variance(normal, LEVELS)[0] == pytest.approx(49, rel=0.03)
    assert quantile_variance(poisson, LEVELS)[0] == pytest.approx(20, rel=0.15)
    assert quantile_variance(np.full((1, 9), 3.0), LEVELS)[0] == pytest.approx(0.0, abs=1e-9)


def test_quantiles_follow_their_mean_without_crossing_or_falling_below_zero() -> None:
    quantiles = np.array([[[0.0, 1.0, 4.0]]] * 5)
    base = np.array([[2.0], [2.0], [2.0], [0.0], [0.001]])
    moved = moved_quantiles(quantiles, base, np.array([[2.0], [0.0], [4.0], [3.0], [1.0]]))
    assert moved[0].tolist() == [[0.0, 1.0, 4.0]]
    assert moved[1].tolist() == [[0.0, 0.0, 0.0]]
    assert moved[2].tolist() == [[0.0, 2.0, 8.0]]
    assert moved[3].tolist() == [[3.0, 4.0, 7.0]]
    assert moved[4].max() < 20  # a thousandfold mean does not make thousandfold quantiles
    assert (np.diff(moved, axis=-1) >= 0).all()


def errors(hierarchy: Hierarchy, correlation: float, seed: int = 1, origins: int = 300) -> np.ndarray:
    """(S, O) errors of differing size whose pairs correlate inside a department, and not across."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(len(hierarchy), origins))[hierarchy.ancestors[:, 1]]
    own = rng.normal(size=(len(hierarchy.series), origins))
    size = rng.uniform(0.5, 4.0, len(hierarchy.series))[:, None]
    return size * (np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own)


@pytest.mark.parametrize("truth", [0.0, 0.1, 0.5])
def test_the_correlation_that_made_the_errors_is_found(truth: float) -> None:
    hierarchy = departments({"a": 20, "b": 30, "c": 1})
    residuals = make_residuals(rollup_config(), errors(hierarchy, truth), hierarchy.series.to_list())
    total, department = error_correlation(hierarchy, residuals)
    assert department == pytest.approx(truth, abs=0.05)
    assert 0 <= total <= truth + 0.02


def correlation_by_hand(hierarchy: Hierarchy, residuals: pl.DataFrame) -> list[float]:
    """The estimator of `error_correlation`, node by node and time by time."""
    series = {name: row for row, name in enumerate(hierarchy.series.to_list())}
    found: dict[int, dict[tuple[object, int], float]] = {row: {} for row in series.values()}
    for line in residuals.iter_rows(named=True):
        if line["series_id"] in series:
            found[series[line["series_id"]]][line["cutoff"], line["lead"]] = line["residual"]
    sigma = {row: float(np.sqrt(np.mean(np.square(list(errors.values()))))) for row, errors in found.items() if errors}
    result = []
    for depth in range(len(hierarchy.levels)):
        up, down = 0.0, 0.0
        for node in sorted(set(hierarchy.ancestors[:, depth].tolist())):
            rows = [row for row in sigma if hierarchy.ancestors[row, depth] == node]
            excess = pairs = own = 0.0
            for time in {time for row in rows for time in found[row]}:
                here = [row for row in rows if time in found[row]]
                if len(here) > 1:
                    squares = sum(sigma[row] ** 2 for row in here)
                    excess += sum(found[row][time] for row in here) ** 2 - sum(found[row][time] ** 2 for row in here)
                    pairs += sum(sigma[row] for row in here) ** 2 - squares
                    own += squares
            if own > 0 and pairs > 0:
                up, down = up + excess / own, down + pairs / own
        result.append(float(np.clip(up / down, 0, 1)) if down else DEFAULT_CORRELATION)
    return result


@pytest.mark.parametrize("rows", [2**21, 7])
def test_correlations_are_those_added_up_by_hand_in_blocks_of_any_size(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(node_intervals, "BLOCK_ROWS", rows)
    hierarchy = departments({"a": 4, "b": 3, "c": 1})
    names = ["unknown", *hierarchy.series.to_list()[1:]]
    residuals = make_residuals(rollup_config(), errors(hierarchy, 0.4, origins=9), names)
    some = residuals.sample(fraction=0.8, seed=2, shuffle=True)
    expected = correlation_by_hand(hierarchy, some)
    assert 0 < max(expected) < 1
    assert error_correlation(hierarchy, some).tolist() == pytest.approx(expected, rel=1e-9)


def test_without_out_of_sample_residuals_the_default_correlation_stands() -> None:
    config, hierarchy = rollup_config(), departments({"a": 3, "b": 2})
    in_sample = make_residuals(config, errors(hierarchy, 0.9), hierarchy.series.to_list(), out_of_sample=False)
    assert error_correlation(hierarchy, in_sample).tolist() == [DEFAULT_CORRELATION] * 2
    assert error_correlation(hierarchy, in_sample.clear()).tolist() == [DEFAULT_CORRELATION] * 2


@pytest.mark.parametrize("truth", [0.0, 0.2])
def test_node_intervals_hold_the_share_of_sums_that_they_promise(truth: float) -> None:
    hierarchy = departments({"a": 40, "b": 25})
    mean, size = 30.0, 6.0
    rng = np.random.default_rng(7)
    series = np.tile(stats.norm.ppf(LEVELS, mean, size), (65, 1, 1))
    made = node_quantiles(
        hierarchy, hierarchy.aggregate(np.full((65, 1), mean)), series, LEVELS, np.array([truth, truth])
    )
    common = rng.normal(size=(1, 20_000))
    draws = mean + size * (np.sqrt(truth) * common + np.sqrt(1 - truth) * rng.normal(size=(65, 20_000)))
    sums = hierarchy.aggregate(draws)
    for row in range(3):
        inside = (sums[row] >= made[row, 0, 2]) & (sums[row] <= made[row, 0, 6])
        assert inside.mean() == pytest.approx(0.8, abs=0.02)


def test_node_quantiles_never_cross_and_are_never_negative_even_for_rare_sellers() -> None:
    hierarchy = departments({"a": 30, "b": 5, "c": 1})
    rng = np.random.default_rng(3)
    mean = rng.gamma(0.3, 1.0, (36, 4)) * (rng.random((36, 4)) < 0.7)
    series = stats.poisson.ppf(LEVELS, np.maximum(mean, 1e-9)[:, :, None])
    made = node_quantiles(hierarchy, hierarchy.aggregate(mean), series, LEVELS, np.array([0.1, 0.3]))
    assert np.isfinite(made).all()
    assert (made >= 0).all()
    assert (np.diff(made, axis=-1) >= 0).all()
    assert np.array_equal(made[3], series[-1])  # a node over one series keeps its quantiles


def test_more_correlation_means_wider_intervals() -> None:
    hierarchy = departments({"a": 40})
    series = np.tile(stats.norm.ppf(LEVELS, 30, 6), (40, 1, 1))
    total = hierarchy.aggregate(np.full((40, 1), 30.0))
    widths = []
    for correlation in (0.0, 0.1, 1.0):
        made = node_quantiles(hierarchy, total, series, LEVELS, np.full(2, correlation))
        widths.append(made[0, 0, -1] - made[0, 0, 0])
    assert widths[0] < widths[1] < widths[2]
    assert widths[2] == pytest.approx(40 * (series[0, 0, -1] - series[0, 0, 0]), rel=0.05)
