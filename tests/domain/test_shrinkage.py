from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dp_assets.domain import reconciliation
from dp_assets.domain.errors import ReconciliationError
from dp_assets.domain.hierarchy import Hierarchy
from dp_assets.domain.locks import Locks
from dp_assets.domain.reconciliation import BaseForecasts, correlate_errors, minimum_trace
from dp_assets.domain.shrinkage import shrunk_correlation
from tests.domain.test_reconciliation import base_of, tree
from tests.oracles import reconciliation_dense as dense


def past_errors(rows: int, times: int, seed: int) -> np.ndarray:
    """Errors that share a cause, of very different sizes."""
    rng = np.random.default_rng(seed)
    own = rng.normal(1.0, 1.0, (rows, times)) + rng.normal(0, 1, (rows, 1)) * rng.normal(0, 1, times)
    return np.asarray(own * rng.uniform(0.5, 4.0, (rows, 1)))


def correlated(hierarchy: Hierarchy, seed: int, noise: float, times: int = 14) -> tuple[BaseForecasts, np.ndarray]:
    """Base forecasts whose variances are those of the errors beside them."""
    errors = past_errors(len(hierarchy) + len(hierarchy.series), times, seed)
    variance = errors.var(axis=1, ddof=1)
    nodes = len(hierarchy)
    base = base_of(
        hierarchy, seed=seed, noise=noise, series_variance=variance[nodes:], node_variance=(variance[:nodes],)
    )
    return replace(base, correlation=correlate_errors([hierarchy], [errors[:nodes]], errors[nodes:])), errors


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_shrunk_covariance_is_that_of_the_peer_library_and_of_a_loop_over_pairs(seed: int) -> None:
    from hierarchicalforecast.utils import _shrunk_covariance_schaferstrimmer_no_nans

    errors = past_errors(9, 8 + 5 * seed, seed)
    variance = errors.var(axis=1, ddof=1)
    found = shrunk_correlation(errors)
    matrix = found.factors @ found.factors.T
    np.fill_diagonal(matrix, 1.0)
    covariance = np.sqrt(variance)[:, None] * matrix * np.sqrt(variance)
    assert 0 < found.intensity < 1
    assert np.allclose(covariance, _shrunk_covariance_schaferstrimmer_no_nans(errors, 2e-8), rtol=1e-6)
    assert np.allclose(covariance, dense.shrunk_covariance(errors, variance), rtol=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_reconciling_by_the_shrunk_covariance_is_what_the_peer_library_gives(seed: int) -> None:
    from hierarchicalforecast.methods import MinTrace

    hierarchy = tree(seed)
    base, errors = correlated(hierarchy, seed, noise=0.03)
    summing = np.vstack([dense.summing_by_path(hierarchy), np.eye(12)])
    peer = MinTrace("mint_shrink").fit_predict(
        S=summing,
        y_hat=np.vstack([*base.nodes, base.series]),
        y_insample=errors,
        y_hat_insample=np.zeros_like(errors),
    )["mean"][-12:]
    found = minimum_trace([hierarchy], base, "shrink")
    positive = (peer >= 0).all(axis=0)
    assert positive.any()
    assert np.allclose(found[:, positive], peer[:, positive], rtol=1e-6)


def test_under_locks_and_with_zeros_it_is_what_the_exact_solver_finds() -> None:
    zeros = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        hierarchy = tree(seed + 1, series=5)
        nodes = len(hierarchy)
        base, errors = correlated(hierarchy, seed, noise=0.6)
        variance = np.concatenate([*base.node_variance, base.series_variance])
        summing = np.vstack([dense.summing_by_path(hierarchy), np.eye(5)])
        truth = summing @ rng.gamma(2.0, 5.0, 5)
        fixed = rng.random(len(summing)) < 0.2
        numbers = np.where(fixed, truth, np.nan)[:, None]
        one = replace(base, series=base.series[:, :1], nodes=(base.nodes[0][:, :1],))
        found = minimum_trace([hierarchy], one, "shrink", Locks((numbers[:nodes],), numbers[nodes:]))[:, 0]
        forecast = np.concatenate([one.nodes[0][:, 0], one.series[:, 0]])
        exact = dense.nearest_by_covariance(
            summing, forecast, dense.shrunk_covariance(errors, variance), fixed, np.where(fixed, truth, 0.0)
        )
        zeros += int((found == 0).sum())
        assert found.min() >= 0
        assert np.allclose((summing @ found)[fixed], truth[fixed], rtol=1e-9)
        assert np.allclose(found, exact, rtol=1e-7, atol=1e-7)
    assert zeros > 5


def test_a_node_whose_errors_are_not_all_known_goes_with_no_other() -> None:
    errors = past_errors(6, 12, 5)
    holes = np.vstack([errors, errors[:1], np.full((1, 12), 3.0)])
    holes[6, 4] = np.nan
    found, without = shrunk_correlation(holes), shrunk_correlation(errors)
    assert found.intensity == pytest.approx(without.intensity, rel=1e-12)
    assert np.allclose(found.factors[:6], without.factors)
    assert not found.factors[6:].any()


@pytest.mark.parametrize("times", [0, 1])
def test_without_errors_to_compare_only_variances_count(times: int) -> None:
    hierarchy = tree(3)
    base = base_of(hierarchy, seed=3)
    errors = past_errors(len(hierarchy) + 12, times, 1)
    nothing = correlate_errors([hierarchy], [errors[: len(hierarchy)]], errors[len(hierarchy) :])
    assert nothing.intensity == 1
    found = minimum_trace([hierarchy], replace(base, correlation=nothing), "shrink")
    assert np.array_equal(found, minimum_trace([hierarchy], base, "wls_var"))


def test_more_series_than_fit_are_refused_with_what_to_choose_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "MOST_CORRELATED", 5)
    hierarchy = tree(1)
    base, _ = correlated(hierarchy, 1, noise=0.1)
    with pytest.raises(ReconciliationError, match=r"at most 5 series.* got 12\. Choose mint_wls_var"):
        minimum_trace([hierarchy], base, "shrink")
