"""Tables of the stage `planning`: what planners and buyers act on.

Belongs here: classes, stock, price elasticity, the worklist of a cycle, and scenarios. Does not belong here: planners'
own numbers (`reconciliation.py`).
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import count, key_columns, number, quantile_columns, text
from dp_assets.domain.table import Column, Table


def series_classes(config: DemandConfig) -> Table:
    """How each series sells, how much it matters, how steady it is."""
    return Table(
        name="series_classes",
        grain="series",
        key=("series_id",),
        columns=(
            *key_columns(config),
            text("demand_class", "smooth, erratic, intermittent or lumpy"),
            text("abc", "A, B or C by revenue of the last year"),
            text("xyz", "X, Y or Z by the variation of the last year"),
            number("revenue", "of the last year", "money", minimum=0),
            number("units", "of the last year", "units"),
            number("variation", "standard deviation ÷ mean of a bucket in the last year", minimum=0),
            number("price", "last known price per unit; 0 where none was ever known", "money per unit", minimum=0),
        ),
    )


def replenishment(config: DemandConfig) -> Table:
    """Safety stock and reorder point per series for the configured lead time."""
    return Table(
        name="replenishment",
        grain="series",
        key=("series_id",),
        columns=(
            *key_columns(config),
            text("abc", "class that decides the service level"),
            Column("lead", pl.Int64(), "lead time in buckets", minimum=1),
            number("service_level", "probability that stock lasts until the delivery", minimum=0),
            number("lead_time_demand", "mean demand over the lead time", "units", minimum=0),
            number("safety_stock", "stock beyond the mean", "units", minimum=0),
            number("reorder_point", "stock at which to order: quantile of lead-time demand", "units", minimum=0),
        ),
    )


def price_elasticity(config: DemandConfig) -> Table:
    """How demand of each series answers to its price, as of the cycle: estimates pooled over families."""
    return Table(
        name="price_elasticity",
        grain="series",
        key=("series_id",),
        columns=(
            *key_columns(config),
            text("family", "levels of the first hierarchy, joined by /; empty where one is missing", nullable=True),
            number("elasticity", "change of demand in % where the price rises by 1 %; empty if unknown", nullable=True),
            number("lower_80", "lower end of its 80 % interval", nullable=True),
            number("upper_80", "upper end of its 80 % interval", nullable=True),
            number("deviation", "standard deviation of what it may truly be", nullable=True, minimum=0),
            text("basis", "own (its own price moved), family or catalogue (only that of others did), or unknown"),
            number("own_estimate", "from its own history alone", nullable=True),
            number("own_error", "standard error of that", nullable=True, minimum=0),
            count("sales", "selling buckets looked at"),
            number("price_variation", "standard deviation of log price over them", minimum=0),
            number("price", "last known price per unit; 0 where none was ever known", "money per unit", minimum=0),
        ),
    )


def scenario_forecasts(config: DemandConfig) -> Table:
    """The series and nodes that a scenario changes, over every bucket, beside the published numbers of its cycle."""
    scenario = quantile_columns(config)
    base = (
        replace(one, name=f"base_{one.name}", description=f"{one.description}, without the scenario")
        for one in scenario
    )
    return Table(
        name="scenario_forecasts",
        grain="scenario × changed node or series × lead",
        key=("hierarchy", "level", "node", "lead"),
        partitioned_by="scenario",
        columns=(
            text("hierarchy", "hierarchy; series stand under the first one only"),
            text("level", "total, a configured level, or series"),
            text("node", "path of the node from the top, joined by /; series_id on the series level"),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            Column("bucket_start", pl.Date(), "first day of the forecast bucket"),
            number("forecast", "mean in the scenario", "units per bucket", minimum=0),
            number("base_forecast", "published number, without the scenario", "units per bucket", minimum=0),
            *scenario,
            *base,
            Column("held", pl.Boolean(), "whether a planner's number stands there, which the scenario keeps"),
        ),
    )


def temporal_rollups(config: DemandConfig) -> Table:
    """Forecasts summed over time at every level: spans from the cutoff, months and quarters of a calendar."""
    return Table(
        name="temporal_rollups",
        grain="hierarchy × level × node × period",
        key=("hierarchy", "level", "node", "kind", "period"),
        columns=(
            text("hierarchy", "hierarchy"),
            text("level", "total, a configured level, or series"),
            text("node", "path of the node from the top, joined by /; series_id on the series level"),
            text("kind", "4_weeks and the like, counted from the cutoff; month or quarter of the calendar"),
            text("period", "first day, or name in the calendar"),
            Column("starts_on", pl.Date(), "first day of the period"),
            Column("ends_on", pl.Date(), "last day of the period"),
            number("sold", "sold in the period before the cutoff", "units", minimum=0),
            number("forecast", "mean of the whole period: sold before the cutoff and forecast", "units", minimum=0),
            number("value", "the same at each series' last known price", "money", minimum=0),
            *(replace(column, unit="units") for column in quantile_columns(config)),
            *unit_columns(config),
        ),
    )


def unit_columns(config: DemandConfig) -> tuple[Column, ...]:
    """One column per unit of measure that forecasts are reported in.

    They stand last in their table: Athena finds its columns by their place.

    Raises:
        ConfigError: `reporting.unit_table` was not read with the configuration.
    """
    units = config.reporting.units
    description = "the same in this unit of measure; empty where a SKU that counts has no factor for it"
    return tuple(
        number(column, description, unit, nullable=True, minimum=0)
        for unit, column in (units.columns.items() if units else ())
    )


def lost_sales(config: DemandConfig) -> Table:
    """What buckets out of stock would have sold, estimated; what was sold stays as it is everywhere."""
    return Table(
        name="lost_sales",
        grain="bucket of a series that was out of stock",
        key=("series_id", "bucket_start"),
        columns=(
            *key_columns(config),
            Column("bucket_start", pl.Date(), "first day of the bucket"),
            text("kind", "stated by a file, or inferred from its sales"),
            number("sold", "units sold", "units per bucket"),
            number("demand", "what would have been sold", "units per bucket", minimum=0),
            number("lost", "demand less what was sold", "units per bucket", minimum=0),
            number("lost_low", "the same at the 10 % quantile of demand", "units per bucket", minimum=0),
            number("lost_high", "the same at the 90 % quantile of demand", "units per bucket", minimum=0),
            number("price", "price per unit, last known in that bucket", "money per unit", minimum=0),
        ),
    )


EXCEPTIONS = Table(
    name="exceptions",
    grain="rank",
    key=("rank",),
    columns=(
        Column("rank", pl.Int64(), "place by money at stake", minimum=1),
        text("hierarchy", "hierarchy of the node; the first one for a series"),
        text("level", "series, or level of the node; unknown for a lock of a node that is not forecast"),
        text("node", "series, or path of the node"),
        text("rule", "changed, biased, outside, uncertain, new or expiring"),
        number("units", "units at stake", "units"),
        number("money", "units × last price", "money"),
        text("words", "the reason in words"),
    ),
)
