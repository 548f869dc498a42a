"""Reconciling a cycle from what lies in the lake.

Belongs here: which tables are read for it. Does not belong here: the method (`domain/rollups.py`), the asset
(`defs/reconciled_rollups.py`). Nothing here knows Dagster, so planners' edits can be looked at without it.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dp_assets.champions import champion_cycle
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import residuals
from dp_assets.domain.panel import Panel
from dp_assets.domain.rollups import Rollups, roll_up
from dp_resources.lake import Lake

READ = ("series_id", "cutoff", "lead", "residual", "out_of_sample")
"""Columns that reconciliation reads of the largest table of a cycle."""


def champion_residuals(
    lake: Lake, config: DemandConfig, cycle: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Residuals of the champion that forecasts the cycle, all columns or some; empty where no model exists yet."""
    champion, wanted = champion_cycle(lake, cycle), columns or residuals(config).empty().columns
    return residuals(config).empty()[wanted] if champion is None else lake.read("residuals", wanted, cycle=champion)


def reconcile_cycle(
    lake: Lake, config: DemandConfig, cycle: str, panel: Panel, inputs: pl.DataFrame | None = None
) -> Rollups:
    """Reads a cycle's tables and reconciles them; under other planners' inputs than its own where these are given."""
    return roll_up(
        forecasts=lake.read("forecasts", cycle=cycle),
        attributes=lake.read("sku_attributes", cycle=cycle),
        node_forecasts=lake.read("node_forecasts", cycle=cycle),
        planner_inputs=lake.read("planner_inputs", cycle=cycle) if inputs is None else inputs,
        residuals=champion_residuals(lake, config, cycle, READ),
        panel=panel,
        config=config,
    )
