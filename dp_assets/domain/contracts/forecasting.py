"""Tables of the stage `forecasting`: every active series and every node of the hierarchies by lead.

Belongs here: forecasts before they are made to agree, and what their intervals are held to. Does not belong here: what
is published (`reconciliation.py`).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import count, key_columns, number, quantile_columns, text
from dp_assets.domain.table import Column, Table


def forecasts(config: DemandConfig) -> Table:
    """Every active series × lead. `forecast` is the mean (it adds up); q0.5 is the median (best for SKU error)."""
    return Table(
        name="forecasts",
        grain="series × lead",
        key=("series_id", "lead"),
        columns=(
            *key_columns(config),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            Column("bucket_start", pl.Date(), "first day of the forecast bucket"),
            number("forecast", "mean", "units per bucket", minimum=0),
            *quantile_columns(config),
            *(
                number(f"{side}_{level}", f"{side} end of the {level} % interval", "units per bucket", minimum=0)
                for level in config.intervals.levels
                for side in ("lower", "upper")
            ),
            text(
                "method",
                "lstm (the network), blend (with gradient boosting), ending (of a product that ends), or the other one",
            ),
            text("model_version", "cycle of the champion and the hashes of its weights; the library for fallbacks"),
            number("naive", "mean of the last 8 buckets, for comparison", "units per bucket", minimum=0),
            text("receipt", "hash over inputs, model, configuration and code"),
        ),
    )


def refreshed_forecasts(config: DemandConfig) -> Table:
    """The forecasts of designated SKUs, made again between cycles with the newest features and champion."""
    return replace(forecasts(config), name="refreshed_forecasts", grain="designated series × lead")


def total_forecasts(config: DemandConfig) -> Table:
    """Demand over a lead time: totals of leads 1 to `lead`, with quantiles from errors of totals."""
    one = forecasts(config)
    columns = {column.name: column for column in one.columns if column.name != "naive"}
    columns["lead"] = Column("lead", pl.Int64(), "buckets summed, from the first one ahead", minimum=1)
    columns["bucket_start"] = Column("bucket_start", pl.Date(), "first day of the last bucket of the sum")
    units = {
        name: replace(column, unit="units") if column.unit == "units per bucket" else column
        for name, column in columns.items()
    }
    return replace(
        one, name="total_forecasts", grain="series × total of leads 1 to lead", columns=tuple(units.values())
    )


INTERVAL_CONTRACT = Table(
    name="interval_contract",
    grain="demand class × interval",
    key=("demand_class", "level"),
    columns=(
        text("demand_class", "smooth, erratic, intermittent or lumpy, as of the cycle that forecast"),
        Column("level", pl.Int64(), "interval in percent", minimum=1),
        Column("cycles", pl.Int64(), "earlier cycles looked at", minimum=0),
        count("observations", "their forecasts whose buckets had closed by this cycle's cutoff"),
        number("coverage", "share of what was sold that lay inside, before any widening", nullable=True, minimum=0),
        number("low", "least coverage that the contract allows"),
        number("high", "most coverage that it allows"),
        text("verdict", "holds, too wide, widened, blocked or too narrow (as configured), or unjudged: too few rows"),
        Column(
            "shifts",
            pl.List(pl.Float64()),
            "what is added to quantile forecasts of the class ÷ sqrt(forecast + 0.1), at the configured levels",
        ),
    ),
)


def node_forecasts(config: DemandConfig) -> Table:
    """Base forecasts of the levels above the series."""
    return Table(
        name="node_forecasts",
        grain="node × lead",
        key=("hierarchy", "level", "node", "lead"),
        columns=(
            text("hierarchy", "hierarchy"),
            text("level", "level name; total and series are implied"),
            text("node", "path of the node from the top, joined by /"),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            Column("bucket_start", pl.Date(), "first day of the forecast bucket"),
            number("forecast", "base forecast before reconciliation", "units per bucket", minimum=0),
            number("residual_variance", "variance of its one-step residuals", "units²", minimum=0),
            text("method", "model that made it"),
        ),
    )
