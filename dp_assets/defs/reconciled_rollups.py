"""node_forecasts[cycle], planner_inputs[cycle] and reconciled_rollups[cycle]: every level agrees.

Belongs here: which partitions are read, what is written, what the web UI shows. The rest is `domain/rollups.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.domain.contracts import node_forecasts, planner_inputs, reconciled_rollups
from dp_assets.domain.hierarchy import SERIES, build_hierarchies
from dp_assets.domain.node_forecasts import node_forecast_table
from dp_assets.domain.panel import Panel
from dp_assets.domain.planning import inputs_of
from dp_assets.domain.rollups import Rollups, level_totals
from dp_assets.domain.table import Table
from dp_assets.partitions import HISTORY
from dp_assets.pictures.nodes import rollup_picture
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.project import Project
from dp_assets.reconciling import reconcile_cycle
from dp_assets.runs import each_partition
from dp_resources.lake import Lake
from dp_resources.planning_db import PlanningDatabase

OWNERS = ["team:demand-planning"]
GROUP = "reconciliation"


def build(project: Project) -> dg.Definitions:
    """The assets `node_forecasts`, `planner_inputs` and `reconciled_rollups`."""
    config = project.config

    @dg.asset(
        name="node_forecasts",
        partitions_def=project.cycles,
        deps=["features", "sku_attributes"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "polars", "numpy"},
        owners=OWNERS,
    )
    def forecast_nodes(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Base forecasts of every node above the series, from its own summed history, with statsforecast."""

        def work(cycle: str) -> Mapping[str, Any]:
            panel = Panel.load(lake.open_folder("features", cycle=cycle))
            hierarchies = build_hierarchies(
                panel.series, lake.read("sku_attributes", cycle=cycle), config, date.fromisoformat(cycle)
            )
            frame = node_forecast_table(panel, hierarchies, config)
            methods = dict(frame.filter(pl.col("lead") == 1)["method"].value_counts().sort("method").iter_rows())
            return {**written(lake, node_forecasts(config), frame, cycle), "nodes_per_method": methods}

        return each_partition(context, work)

    @dg.asset(
        name="planner_inputs",
        partitions_def=project.cycles,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python"},
        owners=OWNERS,
    )
    def snapshot_inputs(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], planning: dg.ResourceParam[PlanningDatabase]
    ) -> dg.MaterializeResult[None]:
        """Overrides and locks that hold in the cycle: the only thing that reconciliation and publication read of them.

        A snapshot of the planning database with the end of its audit ledger.
        """

        def work(cycle: str) -> Mapping[str, Any]:
            last = planning.last_change()  # first: the snapshot is never older than it says
            head = planning.head(last)  # what others enter besides changes nothing of the snapshot
            frame = inputs_of(planning.numbers(), date.fromisoformat(cycle), config)
            shown = written(lake, planner_inputs(config), frame, cycle)
            lake.commit("planner_inputs", cycle, {"cycle": cycle, "last_change": last, "ledger": asdict(head)})
            locked = int(frame["locked"].sum())
            return {**shown, "locks": locked, "overrides": len(frame) - locked, "ledger_sequence": head.sequence}

        return each_partition(context, work)

    @dg.asset(
        name="reconciled_rollups",
        partitions_def=project.cycles,
        deps=[
            "forecasts",
            "node_forecasts",
            "planner_inputs",
            "sku_attributes",
            "features",
            dg.AssetDep("residuals", partition_mapping=HISTORY),
        ],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "polars", "numpy"},
        owners=OWNERS,
    )
    def roll_up_cycle(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Forecasts of every level of every hierarchy that agree: each node is the sum of its children."""

        def work(cycle: str) -> Mapping[str, Any]:
            panel = Panel.load(lake.open_folder("features", cycle=cycle))
            rollups = reconcile_cycle(lake, config, cycle, panel)
            for sentence in (*rollups.locks.conflicts, *rollups.locks.unmatched):
                context.log.warning(sentence)
            return {
                **written(lake, reconciled_rollups(config), rollups.table, cycle),
                **rollup_metadata(rollups),
                "method": config.reconciliation.method,
                **({} if rollups.shrinkage is None else {"shrinkage": rollups.shrinkage}),
                "biggest_nodes": rollup_picture(rollups.table, panel, rollups.hierarchies[0]),
            }

        return each_partition(context, work)

    return dg.Definitions(assets=[forecast_nodes, snapshot_inputs, roll_up_cycle])


def written(lake: Lake, table: Table, frame: pl.DataFrame, cycle: str) -> dict[str, Any]:
    """Writes a cycle's partition; what every table shows of itself."""
    receipt = lake.write(table.name, frame, cycle=cycle)
    return {
        "dagster/partition_row_count": receipt.rows,
        "dagster/column_schema": table_schema(table),
        "sha256": receipt.sha256,
        "preview": preview(frame),
    }


def rollup_metadata(rollups: Rollups) -> dict[str, Any]:
    """Totals per level, how well they agree, what locks did, and how errors hang together."""
    biggest = rollups.table.filter((pl.col("lead") == 1) & (pl.col("level") != SERIES))
    return {
        "totals_per_level": preview(level_totals(rollups.table), rows=50),
        "maximum_incoherence": rollups.incoherence,
        "locked_numbers": int(rollups.table["locked"].sum()),
        "conflicts": dg.MetadataValue.json(list(rollups.locks.conflicts)),
        "unmatched_inputs": dg.MetadataValue.json(list(rollups.locks.unmatched)),
        "error_correlation": dg.MetadataValue.json(rollups.correlation),
        "nodes_preview": preview(biggest.sort("forecast", descending=True)),
    }
