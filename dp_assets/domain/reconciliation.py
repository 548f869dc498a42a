"""Reconciliation: one forecast per series from which the forecast of every node follows by summing.

Belongs here: bottom-up, top-down and minimum-trace (MinT) reconciliation of mean forecasts, never negative.
Does not belong here: planners' locks (`overrides.py`), uncertainty (`node_intervals.py`), tables (`rollups.py`).

Several hierarchies over the same series are reconciled together: one number per series, so the total and the published
number are the same whichever hierarchy one looks at. Nodes are always sums of the series, so they always agree.

MinT: Wickramasuriya, Athanasopoulos, Hyndman (2019), "Optimal forecast reconciliation…", JASA 114; its weighted least
squares with W = I (`ols`), the number of series below (`wls_struct`) and residual variances (`wls_var`), solved under
x >= 0 by hierarchicalforecast's sparse quadratic programme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dp_assets.domain.config import ReconciliationConfig
from dp_assets.domain.errors import ContractError
from dp_assets.domain.hierarchy import Hierarchy, Matrix

VARIANCE_FLOOR = 1e-4
"""Least variance in MinT, as a share of the series' mean variance: a node without errors must not weigh infinitely."""

SOLVER_TOLERANCE = 1e-5
"""An interior-point solver never quite reaches 0: what is below this share of the mean forecast is 0."""


@dataclass(frozen=True)
class BaseForecasts:
    """What the levels say before they agree, over hierarchies of the same S series.

    Attributes:
        series: (S, M) mean forecasts.
        nodes: per hierarchy (A, M) base forecasts of its nodes.
        series_variance: (S,) variance of a one-step error, units²; used by `mint_wls_var`.
        node_variance: per hierarchy (A,) variance of a one-step error, units².
        recent: (S,) recent mean demand; splits a node among children that are all forecast 0.
    """

    series: Matrix
    nodes: tuple[Matrix, ...]
    series_variance: Matrix
    node_variance: tuple[Matrix, ...]
    recent: Matrix

    def __post_init__(self) -> None:
        shapes = {"series": self.series, **{f"nodes of hierarchy {i}": nodes for i, nodes in enumerate(self.nodes)}}
        for name, values in shapes.items():
            if values.ndim != 2 or values.shape[1] != self.series.shape[1] or not np.isfinite(values).all():
                raise ContractError(
                    f"base forecasts of {name}: expected finite values of shape (rows, {self.series.shape[1]} leads), "
                    f"got {values.shape}; materialise forecasts and node_forecasts again"
                )


def reconcile(hierarchies: Sequence[Hierarchy], base: BaseForecasts, config: ReconciliationConfig) -> Matrix:
    """(S, M) reconciled mean forecasts of the series, never negative; `Hierarchy.aggregate` gives every node's."""
    if config.method == "bottom_up":
        return np.clip(base.series, 0, None)
    if config.method == "top_down":
        return top_down(hierarchies[0], base)
    return minimum_trace(hierarchies, base, config.method.removeprefix("mint_"))


def top_down(hierarchy: Hierarchy, base: BaseForecasts) -> Matrix:
    """Splits the total's base forecast level by level by the children's forecast proportions.

    Children that are all forecast 0 share by their recent means instead, and equally where those are 0 as well.
    The first hierarchy leads: there is one way down to a series.
    """
    nodes, recent = np.clip(base.nodes[0], 0, None), hierarchy.aggregate(base.recent)
    value = nodes.copy()
    for depth in range(1, len(hierarchy.levels)):
        rows = np.flatnonzero(hierarchy.depth == depth)
        parents = hierarchy.parents[rows]
        value[rows] = value[parents] * _shares(nodes[rows], recent[rows], parents, len(hierarchy))
    parents = hierarchy.ancestors[:, -1]
    return value[parents] * _shares(np.clip(base.series, 0, None), base.recent, parents, len(hierarchy))


def _shares(forecast: Matrix, recent: Matrix, parents: Any, count: int) -> Matrix:
    """(R, M) share of each row in its parent, adding up to 1 over siblings."""
    best = np.ones_like(forecast)
    for weight in (np.broadcast_to(np.clip(recent, 0, None)[:, None], forecast.shape), forecast):
        sums = np.zeros((count, forecast.shape[1]))
        np.add.at(sums, parents, weight)
        best = np.where(sums[parents] > 0, weight, best)
    sums = np.zeros((count, forecast.shape[1]))
    np.add.at(sums, parents, best)
    shares: Matrix = best / sums[parents]
    return shares


def minimum_trace(hierarchies: Sequence[Hierarchy], base: BaseForecasts, method: str) -> Matrix:
    """MinT with diagonal weights and x >= 0.

    Args:
        hierarchies: over the same series.
        base: base forecasts of all levels.
        method: `ols`, `wls_struct` or `wls_var`.
    """
    from scipy import sparse

    keep = _distinct_nodes(hierarchies)
    upper = [hierarchy.summing()[rows] for hierarchy, rows in zip(hierarchies, keep, strict=True)]
    summing = sparse.csr_matrix(sparse.vstack([*upper, sparse.eye(len(base.series), format="csr")]))
    forecast = np.vstack([*(nodes[rows] for nodes, rows in zip(base.nodes, keep, strict=True)), base.series])
    variance = np.concatenate(
        [*(nodes[rows] for nodes, rows in zip(base.node_variance, keep, strict=True)), base.series_variance]
    )
    unit = float(np.clip(base.series, 0, None).mean()) or 1.0  # the solver's tolerances are absolute: work near 1
    floor = VARIANCE_FLOOR * (float(base.series_variance.mean()) or unit**2)
    return unit * _solve(summing, np.clip(forecast, 0, None) / unit, np.maximum(variance, floor) / unit**2, method)


def _distinct_nodes(hierarchies: Sequence[Hierarchy]) -> list[Any]:
    """Per hierarchy the node rows that count: a level that an earlier hierarchy has too must not count twice."""
    seen: set[tuple[str, ...]] = set()
    keep = []
    for hierarchy in hierarchies:
        fresh = [depth for depth in range(len(hierarchy.levels)) if hierarchy.levels[: depth + 1] not in seen]
        seen |= {hierarchy.levels[: depth + 1] for depth in range(len(hierarchy.levels))}
        keep.append(np.flatnonzero(np.isin(hierarchy.depth, fresh)))
    return keep


def _solve(summing: Any, forecast: Matrix, variance: Matrix, method: str) -> Matrix:
    """hierarchicalforecast's sparse MinT, on forecasts of mean 1; its last rows are the series.

    The library estimates variances from residuals. We hold variances, and hand over two residuals per row whose sample
    variance is exactly the one held: 0 and r lie r/2 from their mean, so it is r²/2 over one degree of freedom.
    """
    from hierarchicalforecast.methods import MinTraceSparse

    residuals = np.sqrt(2 * variance)[:, None] * np.array([0.0, 1.0])
    known = {"S": summing, "y_hat": forecast, "y_insample": residuals, "y_hat_insample": np.zeros_like(residuals)}
    try:
        solved = MinTraceSparse(method, nonnegative=True).fit_predict(**known)
    except Exception as error:  # the library raises the bare class
        if "Non-negative optimisation failed" not in str(error):
            raise
        solved = MinTraceSparse(method, nonnegative=True, qp=False).fit_predict(**known)
    result = solved["mean"][-summing.shape[1] :]
    return np.where(result > SOLVER_TOLERANCE, result, 0.0)
