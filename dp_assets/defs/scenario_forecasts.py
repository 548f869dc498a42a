"""scenario_forecasts[scenario]: what planners' scenarios change of the published numbers of their cycle.

Belongs here: which scenario is opened, what the web UI shows. The rest is `domain/scenarios.py`, around it
`dp_assets/scenarios.py`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.domain.contracts import scenario_forecasts
from dp_assets.domain.hierarchy import TOTAL
from dp_assets.domain.scenario_base import Base
from dp_assets.partitions import SCENARIO_PARTITIONS
from dp_assets.pictures.planning import scenario_picture
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_assets.scenario_results import made_of
from dp_assets.scenarios import compute, open_cycle
from dp_resources.lake import Lake
from dp_resources.planning_db import PlanningDatabase
from dp_resources.planning_requests import RUN_SCENARIO, newest_request

UPSTREAM = ("features", "forecasts", "published_forecasts", "price_elasticity")


def build(project: Project) -> dg.Definitions:
    """The asset `scenario_forecasts`."""
    config = project.config

    @dg.asset(
        name="scenario_forecasts",
        partitions_def=SCENARIO_PARTITIONS,
        deps=[dg.AssetDep(name, partition_mapping=dg.AllPartitionMapping()) for name in UPSTREAM],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="planning",
        kinds={"python", "polars", "numpy"},
        owners=["team:demand-planning"],
    )
    def run_scenarios(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], planning: dg.ResourceParam[PlanningDatabase]
    ) -> dg.MaterializeResult[None]:
        """Only what a scenario changes: series, and every node above them, with intervals, beside the base's.

        Scenarios are made by `dp scenario create`; each is computed over one cycle.
        """
        opened: dict[date, tuple[dict[str, str], Base]] = {}  # once for all scenarios of a run

        def work(name: str) -> Mapping[str, Any]:
            kept = planning.scenario(name)
            if kept.cycle not in opened:
                opened[kept.cycle] = made_of(lake, kept.cycle), open_cycle(lake, project, kept.cycle)
            stands_on, base = opened[kept.cycle]
            asked = newest_request(planning, RUN_SCENARIO, name)
            found = compute(lake, kept, base, stands_on, asked.sequence if asked else 0)
            for note in found.notes:
                context.log.info(note)
            total = found.table.filter(pl.col("level") == TOTAL).filter(
                pl.col("hierarchy") == pl.col("hierarchy").first()
            )
            picture = {"total": scenario_picture(base, found.table)} if len(total) else {}
            return {
                "dagster/partition_row_count": len(found.table),
                "dagster/column_schema": table_schema(scenario_forecasts(config)),
                "cycle": kept.cycle.isoformat(),
                "changes": dg.MetadataValue.json(kept.definition.model_dump(mode="json", exclude_defaults=True)),
                "series_computed": found.series,
                "units": round(float((total["forecast"] - total["base_forecast"]).sum()), 3),
                "notes": dg.MetadataValue.md("\n".join(f"- {note}" for note in found.notes) or "none"),
                "preview": preview(found.table),
                **picture,
            }

        return each_partition(context, work)

    return dg.Definitions(assets=[run_scenarios])
