"""Tables of the stage `planning`: what planners and buyers act on.

Belongs here: classes, stock and the worklist of a cycle. Does not belong here: planners' own numbers
(`reconciliation.py`).
"""

from __future__ import annotations

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import key_columns, number, text
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


EXCEPTIONS = Table(
    name="exceptions",
    grain="rank",
    key=("rank",),
    columns=(
        Column("rank", pl.Int64(), "place by money at stake", minimum=1),
        text("node", "series, or node of a lock"),
        text("rule", "changed, biased, outside, new or expiring"),
        number("units", "units at stake", "units"),
        number("money", "units × last price", "money"),
        text("words", "the reason in words"),
    ),
)
