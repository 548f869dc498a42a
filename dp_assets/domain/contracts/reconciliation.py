"""Tables of the stage `reconciliation`: planners' numbers, levels that agree, what is published.

Belongs here: the numbers that leave the house, and what they are made of. Does not belong here: the hierarchies
themselves (`domain/hierarchy.py`).
"""

from __future__ import annotations

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import key_columns, number, quantile_columns, text
from dp_assets.domain.table import Column, Table


def planner_inputs(config: DemandConfig) -> Table:
    """What planners fixed, as of the cycle: a snapshot of the planning database with its ledger sequence number."""
    return Table(
        name="planner_inputs",
        grain="node × bucket as of the cycle",
        key=("hierarchy", "node", "bucket_start"),
        columns=(
            text("hierarchy", "hierarchy of the node"),
            text("node", "series_id or path of the node"),
            Column("bucket_start", pl.Date(), "first day of the bucket"),
            number("quantity", "number the planner set", "units per bucket", minimum=0),
            Column("locked", pl.Boolean(), "whether reconciliation must keep it"),
            text("reason_code", "why"),
            text("user", "who"),
            Column("expires", pl.Date(), "last cycle that a lock holds in", nullable=True),
            Column("ledger_sequence", pl.Int64(), "place in the audit ledger", minimum=0),
            text("split", "how series below share it: forecast, history, or a key of reconciliation.keys"),
        ),
    )


def reconciled_rollups(config: DemandConfig) -> Table:
    """Forecasts of every level of every hierarchy that agree: each node is the sum of its children."""
    return Table(
        name="reconciled_rollups",
        grain="hierarchy × level × node × lead",
        key=("hierarchy", "level", "node", "lead"),
        columns=(
            text("hierarchy", "hierarchy"),
            text("level", "total, a configured level, or series"),
            text("node", "path of the node from the top, joined by /; series_id on the series level"),
            text("parent", "path of the parent node; empty on the top", nullable=True),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            Column("bucket_start", pl.Date(), "first day of the forecast bucket"),
            number("forecast", "reconciled mean", "units per bucket", minimum=0),
            number("base_forecast", "forecast before reconciliation", "units per bucket", minimum=0),
            *quantile_columns(config),
            Column("locked", pl.Boolean(), "fixed by a planner"),
        ),
    )


def published_forecasts(config: DemandConfig) -> Table:
    """The number that leaves the house, with what it is made of."""
    return Table(
        name="published_forecasts",
        grain="series × lead",
        key=("series_id", "lead"),
        columns=(
            *key_columns(config),
            Column("lead", pl.Int64(), "buckets ahead", minimum=1),
            Column("bucket_start", pl.Date(), "first day of the forecast bucket"),
            number("statistical", "mean forecast of the model", "units per bucket", minimum=0),
            number("reconciled", "after reconciliation", "units per bucket", minimum=0),
            number("override", "number a planner set", "units per bucket", nullable=True, minimum=0),
            number("final", "the published number", "units per bucket", minimum=0),
            text("user", "who set the override", nullable=True),
            text("reason_code", "why", nullable=True),
            Column(
                "ledger_sequence",
                pl.Int64(),
                "place in the audit ledger of the planner's number that made it what it is",
                nullable=True,
                minimum=0,
            ),
        ),
    )
