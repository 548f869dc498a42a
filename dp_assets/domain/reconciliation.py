"""Reconciliation: one forecast per series from which the forecast of every node follows by summing.

Belongs here: bottom-up, top-down and minimum-trace (MinT) reconciliation of mean forecasts, never negative, which
keeps locked numbers. Does not belong here: which locks can be kept (`locks.py`), the optimiser (`least_squares.py`),
uncertainty (`node_intervals.py`), tables (`rollups.py`).

Several hierarchies over the same series are reconciled together: one number per series, so the total and the published
number are the same whichever hierarchy one looks at. Nodes are always sums of the series, so they always agree.

MinT: Wickramasuriya, Athanasopoulos, Hyndman (2019), "Optimal forecast reconciliation…", JASA 114; its weighted least
squares with W = I (`ols`), the number of series below (`wls_struct`) and residual variances (`wls_var`), and with
correlations of past errors beside those variances, shrunk to none (`shrink`); all solved under x >= 0 and with locked
nodes as equations. A lock is knowledge like any other: MinT gives the estimate of all other
numbers given that one, so those beside a raised node fall a little where the total's own forecast speaks against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dp_assets.domain.common_errors import Common, nearest_with_common
from dp_assets.domain.errors import ContractError, ReconciliationError
from dp_assets.domain.hierarchy import TOTAL, Hierarchy, Matrix
from dp_assets.domain.least_squares import Problem, nearest
from dp_assets.domain.locks import Locks
from dp_assets.domain.reconciliation_config import ReconciliationConfig
from dp_assets.domain.shrinkage import Correlation, shrunk_correlation
from dp_assets.domain.split_keys import split

VARIANCE_FLOOR = 1e-4
"""Least variance, as a share of the series' mean variance: a node without errors must not weigh infinitely."""
MOST_CORRELATED = 200_000
"""Series that `mint_shrink` takes at most. With 26 errors each they need 4 seconds of one core a lead, and 0.5 GB."""


@dataclass(frozen=True)
class BaseForecasts:
    """What the levels say before they agree, over hierarchies of the same S series.

    Attributes:
        series: (S, M) mean forecasts.
        nodes: per hierarchy (A, M) base forecasts of its nodes.
        series_variance: (S,) variance of a one-step error, units²; used by `mint_wls_var` and `mint_shrink`.
        node_variance: per hierarchy (A,) variance of a one-step error, units².
        recent: (S,) recent mean demand; splits a node among children that are all forecast 0.
        history: (S, T) units of the last year; read by the methods that split by past proportions alone.
        correlation: of errors, see `correlate_errors`; read by `mint_shrink` alone.
        key: (S,) weights, NaN for a series without one; read by `top_down_user_key` alone.
    """

    series: Matrix
    nodes: tuple[Matrix, ...]
    series_variance: Matrix
    node_variance: tuple[Matrix, ...]
    recent: Matrix
    history: Matrix
    correlation: Correlation | None = None
    key: Matrix | None = None

    def __post_init__(self) -> None:
        shapes = {"series": self.series, **{f"nodes of hierarchy {i}": nodes for i, nodes in enumerate(self.nodes)}}
        for name, values in shapes.items():
            if values.ndim != 2 or values.shape[1] != self.series.shape[1] or not np.isfinite(values).all():
                raise ContractError(
                    f"base forecasts of {name}: expected finite values of shape (rows, {self.series.shape[1]} leads), "
                    f"got {values.shape}; materialise forecasts and node_forecasts again"
                )


def reconcile(
    hierarchies: Sequence[Hierarchy], base: BaseForecasts, config: ReconciliationConfig, locks: Locks | None = None
) -> Matrix:
    """(S, M) reconciled mean forecasts of the series, never negative; `Hierarchy.aggregate` gives every node's.

    Args:
        hierarchies: over the same series.
        base: base forecasts of all levels.
        config: the method.
        locks: numbers that are met exactly. MinT solves for all others under them; after any other method, the series
            under locks move as little as can be, in proportion where locks do not overlap.
    """
    locks = locks or Locks.none(hierarchies, base.series.shape[1])
    if config.method.startswith("mint_"):
        return minimum_trace(hierarchies, base, config.method.removeprefix("mint_"), locks)
    return move_to_locks(_without_locks(hierarchies[0], base, config), hierarchies, locks)


def _without_locks(hierarchy: Hierarchy, base: BaseForecasts, config: ReconciliationConfig) -> Matrix:
    """(S, M) by any method but MinT; of several hierarchies the first leads."""
    if config.method == "bottom_up":
        return np.clip(base.series, 0, None)
    if config.method == "top_down":
        return top_down(hierarchy, base)
    if config.method == "top_down_user_key":
        total, series = np.clip(base.nodes[0][0], 0, None), np.clip(base.series, 0, None)
        leads = range(series.shape[1])
        return np.stack([split(float(total[lead]), series[:, lead], base.key) for lead in leads], axis=1)
    if config.method == "middle_out":
        return top_down(hierarchy, base, hierarchy.levels.index(config.middle_level or TOTAL))
    proportions = (average_proportions if "average_proportions" in config.method else proportions_of_averages)(base)
    return np.clip(base.nodes[0][:1], 0, None) * proportions[:, None]


def average_proportions(base: BaseForecasts) -> Matrix:
    """(S,) each series' share of the total, averaged over past buckets in which anything was sold; sums to 1.

    Gross, Sohl (1990), "Disaggregation methods to expedite product line forecasting", J. Forecasting 9: method A.
    """
    total = base.history.sum(axis=0)
    if not (total > 0).any():
        return np.full(len(base.series), 1 / len(base.series))
    shares: Matrix = (base.history[:, total > 0] / total[total > 0]).mean(axis=1)
    return shares


def proportions_of_averages(base: BaseForecasts) -> Matrix:
    """(S,) each series' share of everything that was sold; sums to 1. Gross, Sohl (1990): method F."""
    sold = base.history.sum(axis=1)
    return sold / sold.sum() if sold.sum() > 0 else np.full(len(sold), 1 / len(sold))


def top_down(hierarchy: Hierarchy, base: BaseForecasts, start: int = 0) -> Matrix:
    """Splits the base forecasts of a level, by depth (0: the total), downwards by the children's forecast proportions.

    Children that are all forecast 0 share by their recent means instead, and equally where those are 0 as well.
    """
    nodes, recent = np.clip(base.nodes[0], 0, None), hierarchy.aggregate(base.recent)
    value = nodes.copy()
    for depth in range(start + 1, len(hierarchy.levels)):
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


def minimum_trace(
    hierarchies: Sequence[Hierarchy], base: BaseForecasts, method: str, locks: Locks | None = None
) -> Matrix:
    """MinT with x >= 0 and locked numbers.

    Args:
        hierarchies: over the same series.
        base: base forecasts of all levels.
        method: `ols`, `wls_struct`, `wls_var` or `shrink`, which is `wls_var` where nothing is correlated.
        locks: numbers that are met exactly.

    Raises:
        ReconciliationError: the locks contradict each other; see `locks.find_locks`. Or there are too many series.
    """
    locks = locks or Locks.none(hierarchies, base.series.shape[1])
    floor = VARIANCE_FLOOR * (float(base.series_variance.mean()) or 1.0)
    by_error = np.maximum(base.series_variance, floor), [np.maximum(each, floor) for each in base.node_variance]
    own, above = {
        "ols": (np.ones(len(base.series)), [np.ones(len(each)) for each in hierarchies]),
        "wls_struct": (np.ones(len(base.series)), [each.sizes.astype(np.float64) for each in hierarchies]),
        "wls_var": by_error,
        "shrink": by_error,
    }[method]
    counted = [
        np.where(fresh, variance, np.inf) for fresh, variance in zip(_distinct_nodes(hierarchies), above, strict=True)
    ]
    sums = np.clip(np.vstack(base.nodes), 0, None)
    series, spread = np.clip(base.series, 0, None), np.concatenate(counted)
    if method != "shrink" or base.correlation is None or not base.correlation.factors.any():
        return nearest(_problem(series, own, sums, spread, hierarchies, locks))
    check_size(len(series))
    loadings = base.correlation.factors
    rest = 1 - (loadings**2).sum(axis=1)
    upper = np.sqrt(np.where(np.isfinite(spread), spread, 0.0))[:, None] * loadings[: len(spread)]
    lower = np.sqrt(own)[:, None] * loadings[len(spread) :]
    problem = _problem(series, own * rest[len(spread) :], sums, spread * rest[: len(spread)], hierarchies, locks)
    return nearest_with_common(problem, Common(lower, upper, series, sums))


def correlate_errors(
    hierarchies: Sequence[Hierarchy], node_errors: Sequence[Matrix], series_errors: Matrix
) -> Correlation:
    """Shrunk correlation of past errors: rows for the nodes of all hierarchies, one below the other, then the series.

    Args:
        hierarchies: over the same series.
        node_errors: per hierarchy (A, T) errors of its nodes at T times; NaN where there is none.
        series_errors: (S, T) those of the series at the same times.
    """
    once = [
        np.where(fresh[:, None], errors, np.nan)
        for fresh, errors in zip(_distinct_nodes(hierarchies), node_errors, strict=True)
    ]
    return shrunk_correlation(np.vstack([*once, series_errors]))


def check_size(series: int) -> None:
    """Refuses more series than `mint_shrink` takes.

    Raises:
        ReconciliationError: there are too many.
    """
    if series > MOST_CORRELATED:
        raise ReconciliationError(
            f"reconciliation.method mint_shrink: expected at most {MOST_CORRELATED:,} series, as every one keeps its "
            f"past errors in memory; got {series:,}. Choose mint_wls_var, which weighs errors without correlation"
        )


def move_to_locks(values: Matrix, hierarchies: Sequence[Hierarchy], locks: Locks) -> Matrix:
    """(S, M) forecasts that meet the locks and are otherwise as near to `values` (S, M) as can be.

    A series may move in proportion to its size, so one lock scales the series below it alike. Series that are all 0
    share equally.
    """
    moved = values.copy()
    nothing = np.concatenate([np.full(len(hierarchy), np.inf) for hierarchy in hierarchies])
    for lead in range(values.shape[1]):
        here = slice(lead, lead + 1)
        of_lead = Locks(tuple(numbers[:, here] for numbers in locks.nodes), locks.series[:, here])
        if of_lead:
            size = np.maximum(values[:, lead], 1e-9 * (float(values[:, lead].mean()) or 1.0))
            sums = np.zeros((len(nothing), 1))
            moved[:, here] = nearest(_problem(values[:, here], size, sums, nothing, hierarchies, of_lead))
    return moved


def _problem(
    series: Matrix,
    series_variance: Matrix,
    sums: Matrix,
    sum_variance: Matrix,
    hierarchies: Sequence[Hierarchy],
    locks: Locks,
) -> Problem:
    """The least-squares problem over the nodes of all hierarchies, one below the other."""
    numbers = np.vstack(locks.nodes)
    fixed, held = np.isfinite(numbers), np.isfinite(locks.series)
    offsets = np.cumsum([0, *(len(hierarchy) for hierarchy in hierarchies[:-1])])
    paths = np.hstack([each.ancestors + offset for each, offset in zip(hierarchies, offsets, strict=True)])
    return Problem(
        forecast=np.where(held, locks.series, series),
        variance=series_variance,
        paths=paths,
        sums=np.where(fixed, numbers, sums),
        sum_variance=sum_variance,
        fixed=fixed,
        held=held,
    )


def _distinct_nodes(hierarchies: Sequence[Hierarchy]) -> list[npt.NDArray[np.bool_]]:
    """Per hierarchy (A,) which nodes count: a level that an earlier hierarchy has too must not count twice."""
    seen: set[tuple[str, ...]] = set()
    counted = []
    for hierarchy in hierarchies:
        fresh = [depth for depth in range(len(hierarchy.levels)) if hierarchy.levels[: depth + 1] not in seen]
        seen |= {hierarchy.levels[: depth + 1] for depth in range(len(hierarchy.levels))}
        counted.append(np.isin(hierarchy.depth, fresh))
    return counted
