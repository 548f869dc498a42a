"""series_classes[cycle], replenishment[cycle] and exceptions[cycle]: what planners and buyers act on.

Belongs here: which partitions are read, what is written, what the web UI shows. The rest is `domain/series_classes.py`,
`domain/replenishment.py` and `domain/exceptions.py`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.champions import open_panel
from dp_assets.defs.reconciled_rollups import written
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import EXCEPTIONS, replenishment, series_classes
from dp_assets.domain.exceptions import Before, exception_table
from dp_assets.domain.panel import recent_actuals
from dp_assets.domain.replenishment import replenishment_table
from dp_assets.domain.series_classes import class_table
from dp_assets.partitions import window
from dp_assets.planning_pictures import class_picture, exception_picture
from dp_assets.previews import preview
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake

OWNERS = ["team:demand-planning"]
GROUP = "planning"


def build(project: Project) -> dg.Definitions:
    """The assets `series_classes`, `replenishment` and `exceptions`."""
    config = project.config
    before = window(-config.exceptions.bias_buckets, 0)

    @dg.asset(
        name="series_classes",
        partitions_def=project.cycles,
        deps=["features"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "numpy"},
        owners=OWNERS,
    )
    def classify(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Demand class, ABC by revenue and XYZ by steadiness of every series, as of the cycle."""

        def work(cycle: str) -> Mapping[str, Any]:
            table = class_table(open_panel(lake, cycle), config)
            return {**written(lake, series_classes(config), table, cycle), "revenue_by_class": class_picture(table)}

        return each_partition(context, work)

    @dg.asset(
        name="replenishment",
        partitions_def=project.cycles,
        deps=["forecasts", "series_classes"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "polars"},
        owners=OWNERS,
    )
    def restock(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Safety stock and reorder point per series, from the distribution of demand over the lead time."""

        def work(cycle: str) -> Mapping[str, Any]:
            totals, classes = lake.read("total_forecasts", cycle=cycle), lake.read("series_classes", cycle=cycle)
            table = replenishment_table(totals, classes, config)
            summed = table.group_by("abc").agg(
                pl.len().alias("series"),
                pl.col("service_level").first(),
                pl.col("lead_time_demand", "safety_stock").sum(),
            )
            shown = preview(summed.sort("abc").with_columns(pl.col(pl.Float64).round(3)))
            return {**written(lake, replenishment(config), table, cycle), "stock_by_class": shown}

        return each_partition(context, work)

    @dg.asset(
        name="exceptions",
        partitions_def=project.cycles,
        deps=[
            "features",
            "planner_inputs",
            "series_classes",
            dg.AssetDep("forecasts", partition_mapping=before),
            dg.AssetDep("published_forecasts", partition_mapping=before),
        ],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "polars"},
        owners=OWNERS,
    )
    def list_exceptions(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """The worklist: series that changed, erred, are new, or whose lock ends, ranked by the money at stake."""

        def work(cycle: str) -> Mapping[str, Any]:
            table = exceptions_of(lake, config, cycle)
            rules = dict(table["rule"].value_counts().sort("rule").iter_rows())
            picture = {"money_by_rule": exception_picture(table)} if len(table) else {}
            return {**written(lake, EXCEPTIONS, table, cycle), "by_rule": rules, **picture}

        return each_partition(context, work)

    return dg.Definitions(assets=[classify, restock, list_exceptions])


def exceptions_of(lake: Lake, config: DemandConfig, cycle: str) -> pl.DataFrame:
    """The worklist of a cycle, from it and the few before."""
    earlier = [key for key in lake.partitions("published_forecasts") if key < cycle][-config.exceptions.bias_buckets :]
    return exception_table(
        published=lake.read("published_forecasts", cycle=cycle),
        forecasts=lake.read("forecasts", cycle=cycle),
        inputs=lake.read("planner_inputs", cycle=cycle),
        prices=lake.read("series_classes", ["series_id", "price"], cycle=cycle),
        actuals=recent_actuals(open_panel(lake, cycle), config.exceptions.bias_buckets + config.horizon),
        earlier={
            date.fromisoformat(key): Before(
                lake.read("published_forecasts", cycle=key), lake.read("forecasts", cycle=key)
            )
            for key in earlier
        },
        cycle=date.fromisoformat(cycle),
        config=config,
    )
