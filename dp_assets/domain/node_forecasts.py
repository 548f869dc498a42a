"""Base forecasts of the nodes above the series, from their own summed history.

Belongs here: what statsforecast says about a node's past, and how far off it was. Does not belong here: making nodes
and series agree (`reconciliation.py`).

Three models, each where it is strong: the dynamic optimised theta method for nodes that sell in every bucket, simple
exponential smoothing for nodes with gaps, and the mean of the last buckets for nodes too young or too flat to fit.

A node's forecast is that of the series forecast today. Its history holds the series that were new in each past bucket,
but those that will be new in a future bucket are nobody's forecast yet. So each lead is scaled by the share of units
that series known at an origin had that many buckets later, in the recent past. Left out, sums come out too high (on
Complete Journey groceries by 3 to 4 %).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import node_forecasts
from dp_assets.domain.hierarchy import Hierarchy, Matrix
from dp_assets.domain.panel import Panel

Method = Literal["theta", "ses", "mean"]
MIN_BUCKETS = 10
"""A node with fewer buckets since its first sale is forecast by its recent mean."""
RECENT_BUCKETS = 8
"""Buckets behind the recent mean: those of the naive forecast."""
SHARE_ORIGINS = 8
"""Past origins, all leads closed, behind the share of units that known series keep."""


@dataclass(frozen=True)
class NodeForecasts:
    """Base forecasts of A nodes.

    Attributes:
        mean: (A, M) units per bucket, never negative.
        variance: (A,) mean squared one-step residual over the history, units².
        errors: (A, T) those residuals, sold − fitted, in the buckets of the history; NaN where there is none.
        method: (A,) model that made each.
    """

    mean: Matrix
    variance: Matrix
    errors: Matrix
    method: npt.NDArray[np.str_]


def choose_methods(history: Matrix) -> npt.NDArray[np.str_]:
    """(A, T) sums, zero before the first sale → (A,) method of each node."""
    buckets = history.shape[1]
    first = _first(history)
    gaps = (history <= 0).sum(axis=1) - first
    since = np.arange(buckets) >= first[:, None]
    flat = history.max(axis=1) == history.min(axis=1, where=since, initial=np.inf)
    young = buckets - first < MIN_BUCKETS
    return np.select([young | flat, gaps <= 0], ["mean", "theta"], default="ses")


def _first(history: Matrix) -> npt.NDArray[np.intp]:
    """(A,) bucket of the first sale; T where there is none."""
    sold = history > 0
    first: npt.NDArray[np.intp] = np.where(sold.any(axis=1), sold.argmax(axis=1), history.shape[1])
    return first


def forecast_nodes(history: Matrix, horizon: int) -> NodeForecasts:
    """Forecasts every row of (A, T) sums for leads 1..M; each row is fitted from its first sale on."""
    methods = choose_methods(history)
    mean = np.zeros((len(history), horizon))
    variance = np.zeros(len(history))
    errors = np.full(history.shape, np.nan)
    for method, fit in (("mean", _recent_mean), ("ses", _smoothed), ("theta", _theta)):
        rows = np.flatnonzero(methods == method)
        if len(rows):
            mean[rows], variance[rows], errors[rows] = fit(history[rows], horizon)
    return NodeForecasts(np.clip(mean, 0, None), variance, errors, methods)


def _recent_mean(history: Matrix, horizon: int) -> tuple[Matrix, Matrix, Matrix]:
    """Mean of the last buckets since the first sale; their variance around it stands for the residuals'."""
    recent = history[:, -RECENT_BUCKETS:]
    since = np.arange(history.shape[1] - recent.shape[1], history.shape[1]) >= _first(history)[:, None]
    count = np.maximum(since.sum(axis=1), 1)
    mean = (recent * since).sum(axis=1) / count
    variance = ((recent - mean[:, None]) ** 2 * since).sum(axis=1) / count
    errors = np.full(history.shape, np.nan)
    errors[:, -recent.shape[1] :] = np.where(since, recent - mean[:, None], np.nan)
    return np.repeat(mean[:, None], horizon, axis=1), variance, errors


def _smoothed(history: Matrix, horizon: int) -> tuple[Matrix, Matrix, Matrix]:
    from statsforecast.models import SimpleExponentialSmoothingOptimized

    return _statsforecast(SimpleExponentialSmoothingOptimized(alias="model"), history, horizon)


def _theta(history: Matrix, horizon: int) -> tuple[Matrix, Matrix, Matrix]:
    from statsforecast.models import DynamicOptimizedTheta

    return _statsforecast(DynamicOptimizedTheta(season_length=1, alias="model"), history, horizon)


def _statsforecast(model: object, history: Matrix, horizon: int) -> tuple[Matrix, Matrix, Matrix]:
    """Runs one statsforecast model over (A, T) sums.

    Returns:
        (A, M) forecasts, (A,) mean squared one-step residuals, and (A, T) those residuals, NaN where there is none.
    """
    from statsforecast import StatsForecast

    rows, buckets = np.nonzero(np.arange(history.shape[1]) >= _first(history)[:, None])
    table = pl.DataFrame({"unique_id": rows, "ds": buckets, "y": history[rows, buckets]})
    engine: Any = StatsForecast(models=[model], freq=1, n_jobs=1)
    ahead = engine.forecast(df=table, h=horizon, fitted=True).sort("unique_id", "ds")
    residual = (pl.col("y") - pl.col("model")).fill_nan(None)
    fitted = engine.forecast_fitted_values().with_columns(residual.alias("residual"))
    by_node = fitted.group_by("unique_id").agg((pl.col("residual") ** 2).mean().alias("variance"))
    variance = by_node.sort("unique_id")["variance"].fill_null(0.0).to_numpy().astype(np.float64)
    errors = np.full(history.shape, np.nan)
    errors[fitted["unique_id"].to_numpy(), fitted["ds"].to_numpy()] = fitted["residual"].to_numpy()
    return ahead["model"].to_numpy().astype(np.float64).reshape(len(history), horizon), variance, errors


def continuing_share(quantity: Matrix, horizon: int, active: int) -> Matrix:
    """(M,) share of all units in lead k's bucket that series active at the origin sold, over recent past origins.

    Args:
        quantity: (S, T) units.
        horizon: M.
        active: a series is active at an origin if it sold in that many buckets before it.
    """
    buckets = quantity.shape[1]
    origins = range(max(1, buckets - horizon - SHARE_ORIGINS + 1), buckets - horizon + 1)
    kept, sold = np.zeros(horizon), np.zeros(horizon)
    for origin in origins:
        known = (quantity[:, max(0, origin - active) : origin] > 0).any(axis=1)
        ahead = quantity[:, origin : origin + horizon]
        kept += ahead[known].sum(axis=0)
        sold += ahead.sum(axis=0)
    return np.divide(kept, sold, out=np.ones(horizon), where=sold > 0)


def node_history(panel: Panel, hierarchy: Hierarchy) -> Matrix:
    """(A, T) units sold per node and bucket; a series that the panel does not have sold nothing."""
    rows = panel.series.select("series_id").with_row_index("row")
    placed = (
        hierarchy.series.alias("series_id").to_frame().join(rows, on="series_id", how="left", maintain_order="left")
    )
    known = placed["row"].is_not_null().to_numpy()
    history = np.zeros((len(placed), panel.history))
    history[known] = panel.quantity[placed["row"].drop_nulls().to_numpy()]
    return hierarchy.aggregate(history)


def node_errors(panel: Panel, hierarchy: Hierarchy) -> Matrix:
    """(A, T) one-step residuals of the nodes' own forecasts, sold − fitted; NaN where there is none."""
    return forecast_nodes(node_history(panel, hierarchy), 1).errors


def node_forecast_table(panel: Panel, hierarchies: Sequence[Hierarchy], config: DemandConfig) -> pl.DataFrame:
    """The `node_forecasts` table of a cycle: every node above the series, total included, of every hierarchy."""
    starts = [day.astype(date) for day in panel.starts[panel.history :]]
    quantity = np.asarray(panel.quantity, dtype=np.float64)
    share = continuing_share(quantity, panel.horizon, config.in_buckets(config.active_weeks))
    frames = [_node_frame(hierarchy, node_history(panel, hierarchy), share, starts) for hierarchy in hierarchies]
    return node_forecasts(config).conform(pl.concat(frames))


def _node_frame(hierarchy: Hierarchy, history: Matrix, share: Matrix, starts: Sequence[date]) -> pl.DataFrame:
    horizon = len(starts)
    made = forecast_nodes(history, horizon)
    leads = pl.DataFrame({"lead": list(range(1, horizon + 1)), "bucket_start": starts})
    nodes = hierarchy.nodes.select(
        pl.lit(hierarchy.name).alias("hierarchy"),
        "level",
        "node",
        pl.Series("residual_variance", made.variance),
        pl.Series("method", made.method.tolist(), dtype=pl.String()),
    )
    frame = nodes.join(leads, how="cross", maintain_order="left_right")
    return frame.with_columns(pl.Series("forecast", (made.mean * share).ravel()))
