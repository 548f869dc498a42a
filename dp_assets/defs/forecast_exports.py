"""forecast_exports[cycle]: the published numbers in the files and tables of other programs.

Belongs here: what it waits for, what the web UI shows. The rest is `exporting.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.domain.errors import StorageError
from dp_assets.exporting import export_cycle, failures
from dp_assets.pictures.previews import preview
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake

NOTHING = "nothing is configured; the section exports of demand.yaml names targets, see docs/exports.md"


def build(project: Project) -> dg.Definitions:
    """The asset `forecast_exports`."""

    @dg.asset(
        name="forecast_exports",
        partitions_def=project.cycles,
        deps=["forecasts", "reconciled_rollups", "published_forecasts", "sku_attributes"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="serving",
        kinds={"python", "polars"},
        owners=["team:demand-planning"],
    )
    def export(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Published numbers with intervals, method, who and why, in folders, on S3 and in tables of PostgreSQL."""

        def work(cycle: str) -> Mapping[str, Any]:
            if not project.config.exports:
                context.log.debug(NOTHING)
                return {"exports": NOTHING}
            done = export_cycle(lake, project, cycle)
            if (message := failures(done)) is not None:
                raise StorageError(message)
            rows = sum(one.rows for one in done)
            return {
                "dagster/partition_row_count": rows,
                "exports": preview(pl.DataFrame([asdict(one) for one in done])),
            }

        return each_partition(context, work)

    return dg.Definitions(assets=[export])
