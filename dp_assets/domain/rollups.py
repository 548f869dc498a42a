"""The reconciled rollups of one cycle, from tables to table.

Belongs here: lining up forecasts, nodes, locks and residuals as matrices, and laying the result out as rows.
Does not belong here: the methods themselves (`reconciliation.py`, `overrides.py`, `node_intervals.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import reconciled_rollups
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.errors import ContractError
from dp_assets.domain.hierarchy import SERIES, Hierarchy, Matrix, build_hierarchies
from dp_assets.domain.locks import Locks, find_locks
from dp_assets.domain.node_forecasts import node_errors
from dp_assets.domain.node_intervals import error_correlation, moved_quantiles, node_quantiles, quantile_variance
from dp_assets.domain.panel import Panel
from dp_assets.domain.product_life import PREDECESSOR, hold_off_sale, kept_share, not_begun, share_alive
from dp_assets.domain.reconciliation import BaseForecasts, check_size, correlate_errors, reconcile
from dp_assets.domain.shrinkage import Correlation
from dp_assets.domain.split_keys import key_weights

YEAR_WEEKS = 52
MAX_INCOHERENCE = 1e-6
"""Largest relative difference allowed between a node and the sum of its children."""


@dataclass(frozen=True)
class Rollups:
    """What reconciliation made.

    Attributes:
        table: `reconciled_rollups` rows.
        hierarchies: what was rolled up.
        locks: what planners locked, and what of it contradicts itself.
        correlation: hierarchy → level → correlation of errors behind the nodes' quantiles.
        incoherence: largest relative difference between a node and the sum of its children.
        shrinkage: λ, how far `mint_shrink` shrank the correlation of errors, 1 to nothing; None under other methods.
    """

    table: pl.DataFrame
    hierarchies: tuple[Hierarchy, ...]
    locks: Locks
    correlation: dict[str, dict[str, float]]
    incoherence: float
    shrinkage: float | None = None


@dataclass(frozen=True)
class SeriesForecasts:
    """The `forecasts` table as matrices: S series ascending, M leads.

    Attributes:
        starts: M bucket starts.
        mean: (S, M) units per bucket.
        naive: (S,) mean of the last 8 buckets.
        quantiles: (S, M, Q).
    """

    starts: tuple[date, ...]
    mean: Matrix
    naive: Matrix
    quantiles: Matrix


def series_matrices(forecasts: pl.DataFrame, levels: Sequence[float]) -> SeriesForecasts:
    """Lines the forecasts up.

    Raises:
        ContractError: there are none, or a series lacks a lead that others have.
    """
    frame = forecasts.sort("series_id", "lead")
    leads = frame.select("lead", "bucket_start").unique().sort("lead", "bucket_start")
    series, horizon = frame["series_id"].n_unique(), len(leads)
    if not len(frame) or len(frame) != series * horizon or leads["lead"].n_unique() != horizon:
        raise ContractError(
            f"expected forecasts of every series for the same leads, got {len(frame)} rows for {series} series and "
            f"{horizon} leads; materialise the asset forecasts again"
        )
    quantiles = frame.select(quantile_name(level) for level in levels).to_numpy()
    return SeriesForecasts(
        starts=tuple(leads["bucket_start"]),
        mean=frame["forecast"].to_numpy().reshape(series, horizon),
        naive=frame["naive"].to_numpy().reshape(series, horizon)[:, 0],
        quantiles=np.ascontiguousarray(quantiles.reshape(series, horizon, len(levels))),
    )


def node_base(
    hierarchy: Hierarchy, node_forecasts: pl.DataFrame, own: SeriesForecasts, variance: Matrix
) -> tuple[Matrix, Matrix]:
    """(A, M) base forecasts and (A,) residual variances of the nodes, in the hierarchy's order.

    A node that `node_forecasts` lacks (its series' attributes changed in between) takes what its series sum to.
    """
    horizon = len(own.starts)
    rows = hierarchy.nodes.select("level", "node").with_row_index("row").with_columns(pl.col("row").cast(pl.Int64()))
    found = node_forecasts.filter(pl.col("hierarchy") == hierarchy.name).join(rows, on=["level", "node"])
    found = found.filter(pl.col("lead") <= horizon)
    at = found["row"].to_numpy()
    mean, spread = hierarchy.aggregate(own.mean), hierarchy.aggregate(variance)
    mean[at, found["lead"].to_numpy() - 1] = found["forecast"].to_numpy()
    spread[at] = found["residual_variance"].to_numpy()
    return mean, spread


def last_year(panel: Panel, series: pl.Series) -> Matrix:
    """(S, T) units of series in the buckets of the year before the cutoff; 0 where the panel does not know one."""
    buckets = min(panel.history, max(1, YEAR_WEEKS // panel.bucket_weeks))
    rows = pl.DataFrame({"series_id": series}).join(
        panel.series.select("series_id").with_row_index("row"), on="series_id", how="left", maintain_order="left"
    )
    known = rows["row"].is_not_null().to_numpy()
    units = np.zeros((len(series), buckets))
    units[known] = panel.quantity[rows["row"].drop_nulls().to_numpy(), panel.history - buckets : panel.history]
    return units


def _ended(
    panel: Panel, series: pl.Series, starts: Sequence[date]
) -> tuple[npt.NDArray[np.bool_] | None, npt.NDArray[np.bool_]]:
    """(S, M) whether each series has ended before a lead, None where none has; (S,) whether another one follows it."""
    rows = _rows_of(panel, series)
    alive = share_alive(rows, starts, panel.bucket_weeks)
    if alive is None or (alive > 0).all():
        return None, np.zeros(len(rows), np.bool_)
    followed = rows.filter(pl.col("life_kind") == PREDECESSOR)["life_twin"].drop_nulls()
    return alive <= 0, rows["series_id"].is_in(followed.implode()).to_numpy()


def _rows_of(panel: Panel, series: pl.Series) -> pl.DataFrame:
    """What the panel knows of some series, in their order; null for those it does not have."""
    rows = series.alias("series_id").to_frame()
    return rows.join(panel.series, on="series_id", how="left", maintain_order="left")


def _key(forecasts: pl.DataFrame, config: DemandConfig) -> Matrix | None:
    """(S,) weights of the configured key, by series ascending; None where the method needs none."""
    found = [key for key in config.reconciliation.keys if key.name == config.reconciliation.key]
    if config.reconciliation.method != "top_down_user_key":
        return None
    return key_weights(found[0], forecasts.select("series_id", *config.series_key).unique().sort("series_id"))


def past_correlation(hierarchies: Sequence[Hierarchy], residuals: pl.DataFrame, panel: Panel) -> Correlation:
    """How the errors of the newest cycle's backtest went together, one bucket ahead, over all nodes and series.

    Series have the out-of-sample errors of `residuals`, nodes the one-step residuals of their own forecasts in the same
    buckets, all of them before the panel's cutoff. A series or node without an error in one of the buckets goes with
    no other.

    Raises:
        ReconciliationError: there are more series than `mint_shrink` takes.
    """
    check_size(len(hierarchies[0].series))
    rows = pl.DataFrame({"series_id": hierarchies[0].series}).with_row_index("row")
    buckets = pl.DataFrame({"cutoff": panel.starts[: panel.history].astype("datetime64[D]")}).with_row_index("bucket")
    ahead = residuals.filter("out_of_sample", pl.col("lead") == 1).join(rows, on="series_id").join(buckets, on="cutoff")
    times = ahead["bucket"].unique().sort().to_numpy()
    series = np.full((len(rows), len(times)), np.nan)
    series[ahead["row"].to_numpy(), np.searchsorted(times, ahead["bucket"].to_numpy())] = ahead["residual"].to_numpy()
    nodes = [node_errors(panel, hierarchy)[:, times] for hierarchy in hierarchies]
    return correlate_errors(hierarchies, nodes, series)


def roll_up(
    forecasts: pl.DataFrame,
    attributes: pl.DataFrame,
    node_forecasts: pl.DataFrame,
    planner_inputs: pl.DataFrame,
    residuals: pl.DataFrame,
    panel: Panel,
    config: DemandConfig,
) -> Rollups:
    """Reconciles one cycle: base forecasts of all levels → rows of every hierarchy, level and node that agree.

    Args:
        forecasts, attributes, node_forecasts, planner_inputs: the contracted tables of the cycle.
        residuals: the champion's `residuals`; empty where there are none.
        panel: the cycle's panel, for what was sold in the last year.
        config: hierarchies, method, quantile levels.

    Raises:
        ContractError: the inputs do not line up, or a node differs from its children by more than MAX_INCOHERENCE.
    """
    levels = config.quantile_levels
    hierarchies = build_hierarchies(forecasts, attributes, config, panel.cutoff)
    own = series_matrices(forecasts, levels)
    variance = quantile_variance(own.quantiles[:, 0], levels)
    ended, followed = _ended(panel, hierarchies[0].series, own.starts)
    by_correlation = config.reconciliation.method == "mint_shrink"
    bases = [node_base(hierarchy, node_forecasts, own, variance) for hierarchy in hierarchies]
    if ended is not None:
        kept = [kept_share(ended, followed, own.naive, hierarchy) for hierarchy in hierarchies]
        bases = [(mean * share, spread) for (mean, spread), share in zip(bases, kept, strict=True)]
    base = BaseForecasts(
        series=own.mean,
        nodes=tuple(mean for mean, _ in bases),
        series_variance=variance,
        node_variance=tuple(spread for _, spread in bases),
        recent=own.naive,
        history=last_year(panel, hierarchies[0].series),
        correlation=past_correlation(hierarchies, residuals, panel) if by_correlation else None,
        key=_key(forecasts, config),
    )
    locks = find_locks(planner_inputs, hierarchies, own.starts)
    idle = not_begun(_rows_of(panel, hierarchies[0].series), own.starts, panel.bucket_weeks)
    off = idle if ended is None else ended if idle is None else ended | idle
    held = locks if off is None else hold_off_sale(locks, off, hierarchies)
    reconciled = reconcile(hierarchies, base, config.reconciliation, held)
    quantiles = moved_quantiles(own.quantiles, own.mean, reconciled)
    frames, correlations, gaps = [], {}, [0.0]
    for index, hierarchy in enumerate(hierarchies):
        mean = hierarchy.aggregate(reconciled)
        gaps.append(incoherence(hierarchy, mean, reconciled))
        correlation = error_correlation(hierarchy, residuals)
        correlations[hierarchy.name] = dict(zip(hierarchy.levels, correlation.tolist(), strict=True))
        upper = node_quantiles(hierarchy, mean, quantiles, levels, correlation)
        labels = hierarchy.nodes.select("level", "node", "parent")
        frames.append(
            _rows(
                hierarchy, labels, own.starts, mean, base.nodes[index], upper, np.isfinite(locks.nodes[index]), levels
            )
        )
        bottom = pl.DataFrame({"node": hierarchy.series, "parent": hierarchy.series_parents}).select(
            pl.lit(SERIES).alias("level"), "node", "parent"
        )
        frames.append(
            _rows(hierarchy, bottom, own.starts, reconciled, own.mean, quantiles, np.isfinite(locks.series), levels)
        )
    if max(gaps) > MAX_INCOHERENCE:
        raise ContractError(f"levels of the rollup differ by {max(gaps):.2g}, at most {MAX_INCOHERENCE:g} is allowed")
    table = reconciled_rollups(config).conform(pl.concat(frames))
    shrinkage = base.correlation.intensity if base.correlation else None
    return Rollups(table, hierarchies, locks, correlations, max(gaps), shrinkage)


def _rows(
    hierarchy: Hierarchy,
    labels: pl.DataFrame,
    starts: Sequence[date],
    mean: Matrix,
    base: Matrix,
    quantiles: Matrix,
    locked: npt.NDArray[np.bool_],
    levels: Sequence[float],
) -> pl.DataFrame:
    """One row per label and lead; matrices are (labels, leads) and run row by row."""
    leads = pl.DataFrame({"lead": range(1, len(starts) + 1), "bucket_start": starts})
    flat = quantiles.reshape(-1, len(levels))
    return labels.join(leads, how="cross", maintain_order="left_right").with_columns(
        pl.lit(hierarchy.name).alias("hierarchy"),
        pl.Series("forecast", mean.ravel()),
        pl.Series("base_forecast", np.clip(base, 0, None).ravel()),
        *(pl.Series(quantile_name(level), flat[:, column]) for column, level in enumerate(levels)),
        pl.Series("locked", locked.ravel()),
    )


def incoherence(hierarchy: Hierarchy, nodes: Matrix, series: Matrix) -> float:
    """Largest |node − sum of its children| ÷ max(1, node), from (A, M) nodes and (S, M) series."""
    children = np.zeros_like(nodes)
    np.add.at(children, hierarchy.parents[1:], nodes[1:])
    np.add.at(children, hierarchy.ancestors[:, -1], series)
    return float((np.abs(nodes - children) / np.maximum(nodes, 1.0)).max(initial=0.0))


def level_totals(table: pl.DataFrame) -> pl.DataFrame:
    """Per hierarchy and level: nodes, units forecast over the horizon, base and reconciled."""
    return (
        table.group_by("hierarchy", "level", maintain_order=True)
        .agg(
            pl.col("node").n_unique().alias("nodes"),
            pl.col("base_forecast").sum(),
            pl.col("forecast").sum(),
            (pl.col("locked").sum()).alias("locked"),
        )
        .sort("hierarchy", "nodes")
    )
