"""Tables of the stage `training`: errors of a model on weeks that it had not seen, and their distributions.

Belongs here: what intervals are made of. Does not belong here: models, which are folders (`domain/model_folder.py`).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import count, number, text
from dp_assets.domain.table import Column, Table


def residuals(config: DemandConfig) -> Table:
    """Backtest errors of the models that had not seen the actuals (unless labelled in-sample)."""
    return Table(
        name="residuals",
        grain="series × cutoff × lead",
        key=("series_id", "cutoff", "lead"),
        columns=(
            text("series_id", "series"),
            Column("cutoff", pl.Date(), "origin of the backtest forecast"),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            number("actual", "units sold", "units"),
            number("predicted", "mean forecast", "units", minimum=0),
            number("residual", "actual minus predicted: positive is under-forecast", "units"),
            number("scale", "recent level of the series at the origin", "units", minimum=0),
            Column(
                "predicted_quantiles",
                pl.List(pl.Float32()),
                "quantile forecasts at the configured levels, before calibration, units; empty where none were made",
                nullable=True,
            ),
            Column("out_of_sample", pl.Boolean(), "false for the labelled in-sample fallback"),
        ),
    )


ERROR_DISTRIBUTIONS = Table(
    name="error_distributions",
    grain="series × lead",
    key=("series_id", "lead"),
    columns=(
        text("series_id", "series, or `*bin:<n>` for a pool of series of like level"),
        Column("lead", pl.Int64(), "buckets ahead", minimum=1),
        count("observations", "residuals behind the row"),
        number("mean", "mean residual", "units"),
        number("std", "standard deviation of residuals", "units", minimum=0),
        Column("normal", pl.Boolean(), "whether the normality check passes"),
        Column("pooled", pl.Boolean(), "whether the row stands for a pool of series"),
        Column("quantiles", pl.List(pl.Float64()), "residual quantiles at the configured levels, units"),
        number("centre", "geometric mean of the predictions behind the row", "units", minimum=0),
        Column(
            "scaled_quantiles",
            pl.List(pl.Float64()),
            "quantiles of residual ÷ sqrt(predicted + 0.1) at the configured levels",
        ),
        number("spread", "width of the series' errors against its pools', shrunk to 1; 1 for a pool", minimum=0),
        Column(
            "shifts",
            pl.List(pl.Float64()),
            "what is added to quantile forecasts of a pool ÷ sqrt(predicted + 0.1), at the configured levels; 0 where "
            "they held, and for a series",
        ),
        Column("whole", pl.Boolean(), "whether all actuals behind the row are whole numbers"),
    ),
)

TOTAL_ERROR_DISTRIBUTIONS = replace(
    ERROR_DISTRIBUTIONS,
    name="total_error_distributions",
    grain="series × total of leads 1 to lead",
)

LEADERBOARD = Table(
    name="leaderboard",
    grain="demand class × method",
    key=("demand_class", "method"),
    columns=(
        text("demand_class", "smooth, erratic, intermittent or lumpy, or `all` of them together"),
        text("method", "what forecast the backtest: lstm, boosting, their blend, or a statistical method"),
        count("observations", "backtest rows that all methods are compared on"),
        number("wape", "error of the median, of the mean where a method has no quantiles, ÷ units sold", nullable=True),
        number("rmse", "root mean squared error of the mean", "units", nullable=True),
        number("bias", "mean forecast minus units sold ÷ units sold: positive is over-forecast", nullable=True),
        number("wql", "pinball loss over the configured levels ÷ units sold; empty without quantiles", nullable=True),
        number("share", "what it counts for in the blend of the class; empty for what is no part of it", nullable=True),
        Column("champion", pl.Boolean(), "whether it is what is published"),
        text("reason", "the verdict in words, or why there is no forecast of it"),
    ),
)
