"""published_forecasts[cycle]: the number that leaves the house, with what it is made of.

Belongs here: which partitions are read, what is written, what the web UI shows. The rest is `domain/overrides.py`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.domain.contracts import published_forecasts
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.domain.overrides import publish
from dp_assets.domain.panel import Panel
from dp_assets.ledger_notes import publication
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The asset `published_forecasts`."""
    config = project.config

    @dg.asset(
        name="published_forecasts",
        partitions_def=project.cycles,
        deps=["features", "forecasts", "reconciled_rollups", "planner_inputs", "sku_attributes"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="reconciliation",
        kinds={"python", "polars"},
        owners=["team:demand-planning"],
    )
    def publish_cycle(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Per series and lead: the statistical, the reconciled, the planner's and the final number, who and why."""

        def work(cycle: str) -> Mapping[str, Any]:
            forecasts = lake.read("forecasts", cycle=cycle)
            hierarchies = build_hierarchies(
                forecasts, lake.read("sku_attributes", cycle=cycle), config, date.fromisoformat(cycle)
            )
            rollups = lake.read("reconciled_rollups", cycle=cycle)
            inputs = lake.read("planner_inputs", cycle=cycle)
            panel = Panel.load(lake.open_folder("features", cycle=cycle))
            frame, applied = publish(forecasts, rollups, inputs, hierarchies, config, panel)
            receipt = lake.write("published_forecasts", frame, cycle=cycle)
            publication(context, project, lake, cycle, receipt)
            totals = frame.select(pl.col("statistical", "reconciled", "final").sum().round(3)).row(0, named=True)
            return {
                "dagster/partition_row_count": receipt.rows,
                "dagster/column_schema": table_schema(published_forecasts(config)),
                "sha256": receipt.sha256,
                "units": dg.MetadataValue.json(totals),
                "changed_by_planners": int((applied.source >= 0).sum()),
                "conflicts": dg.MetadataValue.json(list(applied.conflicts)),
                "preview": preview(frame.sort("final", descending=True)),
            }

        return each_partition(context, work)

    return dg.Definitions(assets=[publish_cycle])
