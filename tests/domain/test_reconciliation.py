from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from dp_assets.domain.errors import ContractError
from dp_assets.domain.hierarchy import Hierarchy, build_hierarchy
from dp_assets.domain.reconciliation import BaseForecasts, minimum_trace, reconcile, top_down
from dp_assets.domain.reconciliation_config import HierarchyConfig, ReconciliationConfig
from tests.oracles import reconciliation_dense as dense

METHODS = ("bottom_up", "top_down", "mint_ols", "mint_wls_struct", "mint_wls_var")
"""Those that leave forecasts alone which already agree; past proportions do not."""


def tree(seed: int = 1, series: int = 12, levels: tuple[str, ...] = ("department", "brand")) -> Hierarchy:
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(
        {
            "series_id": [f"s{number:02d}" for number in range(series)],
            "department": rng.choice(["dairy", "bakery", None], series).tolist(),
            "brand": rng.choice(["own", "best"], series).tolist(),
        }
    )
    return build_hierarchy(HierarchyConfig(name="product", levels=levels), frame)


def base_of(
    *hierarchies: Hierarchy, seed: int = 1, noise: float = 0.2, leads: int = 2, **changes: Any
) -> BaseForecasts:
    rng = np.random.default_rng(seed)
    series = rng.gamma(2.0, 5.0, (len(hierarchies[0].series), leads))
    nodes = tuple(h.aggregate(series) * rng.lognormal(0, noise, (len(h), leads)) for h in hierarchies)
    made: dict[str, Any] = {
        "series": series,
        "nodes": nodes,
        "series_variance": rng.gamma(2.0, 5.0, len(series)),
        "node_variance": tuple(rng.gamma(2.0, 20.0, len(h)) for h in hierarchies),
        "recent": series.mean(axis=1),
        "history": rng.poisson(3.0, (len(series), 20)).astype(np.float64),
    }
    return BaseForecasts(**{**made, **changes})


def variance_of(method: str, summing: np.ndarray, base: BaseForecasts) -> np.ndarray:
    if method == "wls_var":
        return np.concatenate([*base.node_variance, base.series_variance])
    return summing.sum(axis=1) if method == "wls_struct" else np.ones(len(summing))


@pytest.mark.parametrize("method", ["ols", "wls_struct", "wls_var"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_minimum_trace_is_the_closed_form_where_that_is_not_negative(method: str, seed: int) -> None:
    hierarchy = tree(seed)
    base = base_of(hierarchy, seed=seed, noise=0.05)
    summing = np.vstack([dense.summing_by_path(hierarchy), np.eye(12)])
    forecast = np.vstack([*base.nodes, base.series])
    expected = dense.mint(summing, forecast, variance_of(method, summing, base))
    if expected.min() < 0:
        expected = dense.mint_non_negative(summing, forecast, variance_of(method, summing, base))
    assert np.allclose(minimum_trace([hierarchy], base, method), expected, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("method", ["ols", "wls_struct", "wls_var"])
def test_minimum_trace_finds_the_best_non_negative_answer_where_the_closed_form_is_negative(method: str) -> None:
    hierarchy = tree(4)
    base = base_of(hierarchy, seed=4)
    base = base_of(
        hierarchy, seed=4, nodes=(base.nodes[0] * 0.2,), series=base.series * np.linspace(0.001, 1, 12)[:, None]
    )
    summing = np.vstack([dense.summing_by_path(hierarchy), np.eye(12)])
    forecast = np.vstack([*base.nodes, base.series])
    variance = variance_of(method, summing, base)
    assert dense.mint(summing, forecast, variance).min() < 0
    found = minimum_trace([hierarchy], base, method)
    assert found.min() >= 0
    assert np.allclose(found, dense.mint_non_negative(summing, forecast, variance), rtol=1e-7, atol=1e-7)


def test_two_hierarchies_share_one_answer_and_a_common_level_counts_once() -> None:
    product, flat = tree(5), tree(5, levels=("department",))
    base = base_of(product, flat, seed=5, noise=0.02)
    assert np.allclose(
        minimum_trace([product, flat], base, "wls_struct"),
        minimum_trace(
            [product], replace(base, nodes=base.nodes[:1], node_variance=base.node_variance[:1]), "wls_struct"
        ),
        rtol=1e-9,
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_top_down_is_what_splitting_node_by_node_gives(seed: int) -> None:
    hierarchy = tree(seed)
    base = base_of(hierarchy, seed=seed)
    series, nodes = base.series.copy(), base.nodes[0].copy()
    series[[1, 2, 3]] = 0  # children that are all forecast 0 share by recent means
    nodes[1] = 0
    base = base_of(hierarchy, seed=seed, series=series, nodes=(nodes,), recent=base.recent * (np.arange(12) != 2))
    found = top_down(hierarchy, base)
    for lead in range(2):
        expected = dense.top_down(hierarchy, nodes[:, lead], series[:, lead], base.recent)
        assert np.allclose(found[:, lead], expected)
    assert np.allclose(found.sum(axis=0), nodes[0])


def test_top_down_agrees_with_the_peer_library() -> None:
    from hierarchicalforecast.methods import TopDown

    hierarchy = tree(2)
    base = base_of(hierarchy, seed=2)
    tags = {level: np.flatnonzero(hierarchy.depth == depth) for depth, level in enumerate(hierarchy.levels)}
    tags["series"] = np.arange(len(hierarchy), len(hierarchy) + 12)
    summing = np.vstack([hierarchy.summing().toarray(), np.eye(12)])
    peer = TopDown(method="forecast_proportions").fit_predict(
        S=summing, y_hat=np.vstack([base.nodes[0], base.series]), tags=tags
    )
    assert np.allclose(top_down(hierarchy, base), peer["mean"][-12:])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("average_proportions", "average_proportions"), ("proportions_of_averages", "proportion_averages")],
)
def test_top_down_by_past_proportions_agrees_with_the_peer_library(ours: str, theirs: str) -> None:
    from hierarchicalforecast.methods import TopDown

    hierarchy = tree(2)
    base = base_of(hierarchy, seed=2)
    summing = np.vstack([hierarchy.summing().toarray(), np.eye(12)])
    tags = {level: np.flatnonzero(hierarchy.depth == depth) for depth, level in enumerate(hierarchy.levels)}
    tags["series"] = np.arange(len(hierarchy), len(hierarchy) + 12)
    peer = TopDown(method=theirs).fit_predict(
        S=summing, y_hat=np.vstack([base.nodes[0], base.series]), y_insample=summing @ base.history, tags=tags
    )
    found = reconcile([hierarchy], base, ReconciliationConfig(method=f"top_down_{ours}"))  # type: ignore[arg-type]
    assert np.allclose(found, peer["mean"][-12:], rtol=1e-9)
    assert np.allclose(found.sum(axis=0), base.nodes[0][0])


def test_middle_out_agrees_with_the_peer_library() -> None:
    from hierarchicalforecast.methods import MiddleOut

    hierarchy = tree(2)
    base = base_of(hierarchy, seed=2)
    summing = np.vstack([hierarchy.summing().toarray(), np.eye(12)])
    tags = {level: np.flatnonzero(hierarchy.depth == depth) for depth, level in enumerate(hierarchy.levels)}
    tags["series"] = np.arange(len(hierarchy), len(hierarchy) + 12)
    peer = MiddleOut(middle_level="department", top_down_method="forecast_proportions").fit_predict(
        S=summing, y_hat=np.vstack([base.nodes[0], base.series]), tags=tags
    )
    found = reconcile([hierarchy], base, ReconciliationConfig(method="middle_out", middle_level="department"))
    assert np.allclose(found, peer["mean"][-12:], rtol=1e-9)


def test_past_proportions_without_any_past_are_equal_shares() -> None:
    base = base_of(tree(2), history=np.zeros((12, 20)))
    for method in ("top_down_average_proportions", "top_down_proportions_of_averages"):
        found = reconcile([tree(2)], base, ReconciliationConfig(method=method))  # type: ignore[arg-type]
        assert np.allclose(found, base.nodes[0][0] / 12)


def test_a_total_without_any_forecast_or_history_below_is_split_equally() -> None:
    hierarchy = tree(1, series=4, levels=())
    base = base_of(hierarchy, series=np.zeros((4, 2)), nodes=(np.array([[8.0, 4.0]]),), recent=np.zeros(4))
    assert top_down(hierarchy, base).tolist() == [[2.0, 1.0]] * 4


@pytest.mark.parametrize("method", METHODS)
def test_every_method_leaves_forecasts_that_already_agree_alone(method: str) -> None:
    hierarchy = tree(3)
    base = base_of(hierarchy, seed=3, noise=0.0)
    found = reconcile([hierarchy], base, ReconciliationConfig(method=method))
    assert np.allclose(found, base.series, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_no_method_gives_a_negative_or_undefined_number_when_everything_is_zero(method: str) -> None:
    hierarchy = tree(3)
    zeros = {
        "series": np.zeros((12, 2)),
        "nodes": (np.zeros((len(hierarchy), 2)),),
        "series_variance": np.zeros(12),
        "node_variance": (np.zeros(len(hierarchy)),),
        "recent": np.zeros(12),
        "history": np.zeros((12, 20)),
    }
    found = reconcile([hierarchy], base_of(hierarchy, **zeros), ReconciliationConfig(method=method))
    assert np.allclose(found, 0, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_levels_eight_orders_of_magnitude_apart_are_solved(method: str) -> None:
    hierarchy = tree(6)
    scale = np.logspace(-3, 5, 12)[:, None]
    series = np.random.default_rng(6).gamma(2.0, 1.0, (12, 2)) * scale
    nodes = hierarchy.aggregate(series) * 1.1
    base = base_of(
        hierarchy, series=series, nodes=(nodes,), series_variance=series[:, 0] ** 2, node_variance=(nodes[:, 0] ** 2,)
    )
    found = reconcile([hierarchy], base, ReconciliationConfig(method=method))
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(series.sum(), rel=0.2)


@pytest.mark.parametrize("method", ["ols", "wls_struct", "wls_var"])
def test_a_solver_that_gives_up_is_replaced_by_the_iterative_one(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from hierarchicalforecast import methods

    hierarchy = tree(1)
    base = base_of(hierarchy, noise=0.05)
    expected = minimum_trace([hierarchy], base, method)
    fit = methods.MinTraceSparse.fit

    def give_up(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.qp:
            raise Exception("Non-negative optimisation failed.")
        return fit(self, *args, **kwargs)

    monkeypatch.setattr(methods.MinTraceSparse, "fit", give_up)
    assert np.allclose(minimum_trace([hierarchy], base, method), expected, rtol=1e-2, atol=1e-2)


def test_base_forecasts_that_are_not_numbers_are_refused() -> None:
    hierarchy = tree()
    with pytest.raises(ContractError, match="hierarchy 0"):
        base_of(hierarchy, nodes=(np.full((len(hierarchy), 2), np.nan),))
