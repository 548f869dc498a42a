"""Forecasts summed over time at every node: four weeks, a quarter, the months of a calendar.

Belongs here: the table `temporal_rollups`. Does not belong here: which periods there are (`periods.py`), units of
measure (`reporting_units.py`), totals from the first lead on, of series alone (`totals.py`).

A period's mean is the sum of its buckets' reconciled means, so it agrees with them, with every other period and over
every level, keeps what planners locked, and is never negative. Its quantiles are no sums of quantiles. Errors of past
forecasts are summed over the same leads with the same shares wherever all of them have an actual; their distributions
are those of the series' periods, their correlation within a level makes the nodes' (`node_intervals.py`). Of a period
that began before the cutoff, what was sold since is known and has no error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.error_distributions import error_distributions
from dp_assets.domain.hierarchy import SERIES, Hierarchy, Matrix
from dp_assets.domain.intervals import ErrorDistributions, quantiles
from dp_assets.domain.node_intervals import error_correlation, node_quantiles
from dp_assets.domain.panel import Panel
from dp_assets.domain.periods import Period, periods, shares
from dp_assets.domain.reporting_units import ReportingUnits
from dp_assets.domain.series_classes import last_price


def period_residuals(residuals: pl.DataFrame, weights: Matrix, config: DemandConfig) -> pl.DataFrame:
    """Rows like those of the table `residuals`, in which `lead` p stands for the p-th period.

    Args:
        residuals: rows of the table `residuals`.
        weights: (P, M) share of each lead in each period.
        config: quantile levels.
    """
    made = []
    rows = residuals.sort("series_id", "cutoff", "lead")
    for number, weight in enumerate(weights, start=1):
        leads = pl.DataFrame({"lead": np.flatnonzero(weight) + 1, "weight": weight[weight > 0]})
        summed = rows.join(leads, on="lead", maintain_order="left").group_by(
            "series_id", "cutoff", "out_of_sample", maintain_order=True
        )
        made.append(
            summed.agg((pl.col("actual", "predicted") * pl.col("weight")).sum(), pl.col("scale").first(), seen=pl.len())
            .filter(pl.col("seen") == len(leads))
            .with_columns(
                pl.lit(number, pl.Int64).alias("lead"),
                residual=pl.col("actual") - pl.col("predicted"),
                predicted_quantiles=pl.lit(None, pl.List(pl.Float32())),
            )
        )
    return contracts.residuals(config).conform(pl.concat(made))


def temporal_rollups(
    rollups: pl.DataFrame,
    hierarchies: Sequence[Hierarchy],
    residuals: pl.DataFrame,
    panel: Panel,
    config: DemandConfig,
) -> pl.DataFrame:
    """The `temporal_rollups` table of a cycle; empty where the backtest has no errors of any of the periods.

    Args:
        rollups: `reconciled_rollups` rows of the cycle.
        hierarchies: those of the cycle, over the same series.
        residuals: the champion's `residuals`; empty where there are none.
        panel: the cycle's panel, for what was sold before the cutoff, and last prices.
        config: the periods, quantile levels, units of measure.
    """
    table = contracts.temporal_rollups(config)
    series = hierarchies[0].series
    own = rollups.filter((pl.col("hierarchy") == hierarchies[0].name) & (pl.col("level") == SERIES))
    means = own.sort("node", "lead")["forecast"].to_numpy().reshape(len(series), -1)
    found = periods(config, panel.cutoff, means.shape[1])
    if not found or residuals.is_empty():
        return table.empty()
    every = shares(found, panel.starts, panel.bucket_weeks)
    past, ahead = every[:, : panel.history], every[:, panel.history :][:, : means.shape[1]]
    errors = period_residuals(residuals, ahead, config)
    judged = np.isin(np.arange(1, len(found) + 1), errors["lead"].unique().to_numpy())
    if not judged.any():
        return table.empty()
    sold, price, skus = _of_series(panel, series, past)
    mean = means @ ahead.T
    distributions = ErrorDistributions.of(error_distributions(errors, config), config.quantile_levels)
    # What reconciliation says is 0 was locked there, or has ended: no error speaks of it.
    spans = quantiles(mean, series.to_list(), distributions) * (mean > 0)[:, :, None]
    units, whole = config.reporting.units, sold + mean
    amounts = {"value": whole * price[:, None], **(units.converted(whole, skus) if units else {})}
    frames = []
    for hierarchy in hierarchies:
        total = hierarchy.aggregate(mean)
        upper = node_quantiles(hierarchy, total, spans, config.quantile_levels, error_correlation(hierarchy, errors))
        nodes = hierarchy.nodes.select("level", "node")
        before = hierarchy.aggregate(sold)
        sums = {name: hierarchy.aggregate(amount) for name, amount in amounts.items()}  # of NaN: NaN
        frames.append(_rows(hierarchy, nodes, found, before, total, sums, upper, config))
        bottom = pl.DataFrame({"level": SERIES, "node": series})
        frames.append(_rows(hierarchy, bottom, found, sold, mean, amounts, spans, config))
    kept = pl.DataFrame([(one.kind, one.name) for one in found], schema=["kind", "period"], orient="row").filter(judged)
    return table.conform(pl.concat(frames).join(kept, on=["kind", "period"], how="semi", maintain_order="left"))


def without_factor(table: pl.DataFrame, units: ReportingUnits) -> dict[str, list[str]]:
    """Unit of measure → series that make its sums unknown because their SKU has no factor for it, ascending.

    Args:
        table: the `temporal_rollups` of a cycle.
        units: those it was made with.
    """
    series = table.filter(pl.col("level") == SERIES)
    return {
        unit: series.filter(pl.col(column).is_null())["node"].unique().sort().to_list()
        for unit, column in units.columns.items()
    }


def _of_series(panel: Panel, series: pl.Series, past: Matrix) -> tuple[Matrix, Matrix, pl.Series]:
    """(S, P) units that were sold in each period before the cutoff, (S,) last prices, and (S,) SKUs.

    An unknown series has sold 0, its price is 0 and its SKU null.
    """
    rows = panel.series.select("series_id", "sku").with_row_index("row")
    joined = series.alias("series_id").to_frame().join(rows, on="series_id", how="left", maintain_order="left")
    placed = joined["row"]
    known = placed.is_not_null().to_numpy()
    sold, price = np.zeros((len(series), len(past))), np.zeros(len(series))
    at = placed.drop_nulls().to_numpy()
    begun = np.flatnonzero(past.any(axis=0))
    sold[known] = np.asarray(panel.quantity[:, begun], np.float64)[at] @ past[:, begun].T
    price[known] = last_price(panel)[at]
    return np.clip(sold, 0, None), price, joined["sku"]


def _rows(
    hierarchy: Hierarchy,
    labels: pl.DataFrame,
    found: Sequence[Period],
    sold: Matrix,
    mean: Matrix,
    amounts: Mapping[str, Matrix],
    spans: Matrix,
    config: DemandConfig,
) -> pl.DataFrame:
    """One row per label and period; matrices are (labels, periods), spans (labels, periods, Q) of what is ahead.

    Amounts become columns by their names, null where they are NaN.
    """
    each = pl.DataFrame(
        [(one.kind, one.name, one.first, one.end) for one in found],
        schema={"kind": pl.String, "period": pl.String, "starts_on": pl.Date, "ends_on": pl.Date},
        orient="row",
    ).with_columns(pl.col("ends_on").dt.offset_by("-1d"))
    flat = (sold[:, :, None] + spans).reshape(mean.size, -1)
    return labels.join(each, how="cross", maintain_order="left_right").with_columns(
        pl.lit(hierarchy.name).alias("hierarchy"),
        pl.Series("sold", sold.ravel()),
        pl.Series("forecast", (sold + mean).ravel()),
        *(pl.Series(name, amount.ravel(), nan_to_null=True) for name, amount in amounts.items()),
        *(pl.Series(quantile_name(level), flat[:, at]) for at, level in enumerate(config.quantile_levels)),
    )
