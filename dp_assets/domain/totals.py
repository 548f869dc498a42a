"""Totals over the first buckets ahead: demand over a lead time, with an uncertainty of its own.

Belongs here: residuals of totals, the table `total_forecasts`. Does not belong here: forecasts of single buckets
(`forecasts.py`), totals over series (`rollups.py`).

The mean of a total is the sum of the means. Its quantiles are not sums of quantiles: errors of neighbouring weeks
partly cancel, and partly share a cause. So the totals of the backtest are compared with what was sold in all, and
errors are pooled by size of the total exactly as those of single buckets are (`error_distributions.py`). Throughout,
`lead` h stands for the total of leads 1 to h.
"""

from __future__ import annotations

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import key_columns, quantile_name
from dp_assets.domain.fallback import TWIN
from dp_assets.domain.forecasts import ENDING, quantile_series
from dp_assets.domain.intervals import ErrorDistributions, quantiles


def total_residuals(residuals: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    """Rows like those of the table `residuals` for totals: where every lead from 1 to h has an actual, their sums."""
    keys = ["series_id", "cutoff"]
    running = (
        residuals.sort(*keys, "lead")
        .with_columns(
            pl.col("actual", "predicted").cum_sum().over(keys),
            pl.int_range(1, pl.len() + 1).over(keys).alias("seen"),
            pl.lit(None, pl.List(pl.Float32())).alias("predicted_quantiles"),
        )
        .filter(pl.col("seen") == pl.col("lead"))
    )
    return contracts.residuals(config).conform(
        running.with_columns(residual=pl.col("actual") - pl.col("predicted")).drop("seen")
    )


def total_forecasts(forecasts: pl.DataFrame, errors: ErrorDistributions | None, config: DemandConfig) -> pl.DataFrame:
    """Rows of the table `total_forecasts`: every series and every h up to the horizon.

    Args:
        forecasts: rows of the table `forecasts`, all leads of every series.
        errors: distributions of errors of totals; None where there is no model yet, which gives no rows.
        config: key columns, quantile levels, intervals.
    """
    table = contracts.total_forecasts(config)
    if errors is None or forecasts.is_empty():
        return table.empty()
    rows = forecasts.sort("series_id", "lead")
    series = rows["series_id"].unique(maintain_order=True).to_list()
    means = rows["forecast"].to_numpy().reshape(len(series), -1).cumsum(axis=1)
    spans = quantiles(means, series, errors).reshape(means.size, -1)
    names = [column.name for column in key_columns(config)]
    highest = rows[quantile_name(config.quantile_levels[-1])].to_numpy().reshape(means.shape).cumsum(axis=1).reshape(-1)
    spans[rows["method"].is_in([ENDING, TWIN]).to_numpy() & (highest == 0)] = 0  # not on sale yet, or any more
    return table.conform(
        rows.select(*names, "lead", "bucket_start", "method", "model_version", "receipt").with_columns(
            pl.Series("forecast", means.reshape(-1)),
            *quantile_series(spans, config),
        )
    )
