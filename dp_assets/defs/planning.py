"""What planners and buyers act on in a cycle: series_classes, replenishment, temporal_rollups, lost_sales, exceptions.

Belongs here: which partitions are read, what is written, what the web UI shows. The rest is `domain/series_classes.py`,
`domain/replenishment.py`, `domain/temporal.py`, `domain/lost_sales.py` and `domain/exceptions.py`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.champions import open_panel
from dp_assets.defs.reconciled_rollups import written
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import (
    EXCEPTIONS,
    lost_sales,
    reconciled_rollups,
    replenishment,
    series_classes,
    temporal_rollups,
)
from dp_assets.domain.exceptions import Said, exception_table
from dp_assets.domain.hierarchy import SERIES, build_hierarchies
from dp_assets.domain.lost_sales import lost_sales_table
from dp_assets.domain.panel import recent_actuals
from dp_assets.domain.replenishment import replenishment_table
from dp_assets.domain.series_classes import class_table
from dp_assets.domain.temporal import temporal_rollups as temporal_table
from dp_assets.domain.temporal import without_factor
from dp_assets.partitions import HISTORY, window
from dp_assets.pictures.planning import class_picture, exception_picture, lost_sales_picture, period_picture
from dp_assets.pictures.previews import preview
from dp_assets.project import Project
from dp_assets.reconciling import champion_residuals
from dp_assets.runs import each_partition
from dp_resources.lake import Lake

OWNERS = ["team:demand-planning"]
GROUP = "planning"
FIRST_NAMES = 5
"""Series named where some have no factor."""


def build(project: Project) -> dg.Definitions:
    """The assets `series_classes`, `replenishment`, `temporal_rollups`, `lost_sales` and `exceptions`."""
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
        name="temporal_rollups",
        partitions_def=project.cycles,
        deps=[
            "features",
            "sku_attributes",
            "reconciled_rollups",
            dg.AssetDep("residuals", partition_mapping=HISTORY),
        ],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "polars", "numpy"},
        owners=OWNERS,
    )
    def sum_over_time(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Reconciled forecasts over several weeks, months and quarters at every node, with intervals of their own."""

        def work(cycle: str) -> Mapping[str, Any]:
            table = periods_of(lake, config, cycle)
            kinds = dict(table.filter(level="total").group_by("kind").agg(pl.col("period").n_unique()).iter_rows())
            picture = {"periods_of_the_total": period_picture(table)} if len(table) else {}
            shown = {"periods": kinds, **factor_metadata(table, config), **picture}
            return {**written(lake, temporal_rollups(config), table, cycle), **shown}

        return each_partition(context, work)

    @dg.asset(
        name="lost_sales",
        partitions_def=project.cycles,
        deps=["features"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "numpy"},
        owners=OWNERS,
    )
    def estimate_lost_sales(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> dg.MaterializeResult[None]:
        """What buckets out of stock would have sold, from the buckets around them and the rest of the family."""

        def work(cycle: str) -> Mapping[str, Any]:
            table = lost_sales_table(open_panel(lake, cycle), lake.read("stockouts", cycle=cycle), config)
            units, money = table.select(pl.col("lost").sum(), money=(pl.col("lost") * pl.col("price")).sum()).row(0)
            picture = {"lost_by_bucket": lost_sales_picture(table)} if len(table) else {}
            shown = {"lost_units": round(units, 3), "lost_money": round(money, 3), **picture}
            return {**written(lake, lost_sales(config), table, cycle), **shown}

        return each_partition(context, work)

    @dg.asset(
        name="exceptions",
        partitions_def=project.cycles,
        deps=[
            "features",
            "planner_inputs",
            "series_classes",
            "sku_attributes",
            dg.AssetDep("forecasts", partition_mapping=before),
            dg.AssetDep("reconciled_rollups", partition_mapping=before),
            dg.AssetDep("published_forecasts", partition_mapping=before),
        ],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"python", "polars"},
        owners=OWNERS,
    )
    def list_exceptions(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """The worklist: what changed, erred, is uncertain or new, and locks that end, ranked by the money at stake."""

        def work(cycle: str) -> Mapping[str, Any]:
            table = exceptions_of(lake, config, cycle)
            rules = dict(table["rule"].value_counts().sort("rule").iter_rows())
            picture = {"money_by_rule": exception_picture(table)} if len(table) else {}
            return {**written(lake, EXCEPTIONS, table, cycle), "by_rule": rules, **picture}

        return each_partition(context, work)

    return dg.Definitions(assets=[classify, restock, sum_over_time, estimate_lost_sales, list_exceptions])


def periods_of(lake: Lake, config: DemandConfig, cycle: str) -> pl.DataFrame:
    """The `temporal_rollups` of a cycle."""
    panel, rollups = open_panel(lake, cycle), lake.read("reconciled_rollups", cycle=cycle)
    forecast = panel.series.filter(pl.col("series_id").is_in(rollups.filter(level=SERIES)["node"].unique().implode()))
    attributes = lake.read("sku_attributes", cycle=cycle)
    hierarchies = build_hierarchies(forecast, attributes, config, date.fromisoformat(cycle))
    return temporal_table(rollups, hierarchies, champion_residuals(lake, config, cycle), panel, config)


def factor_metadata(table: pl.DataFrame, config: DemandConfig) -> dict[str, Any]:
    """How many series of `temporal_rollups` have no factor, per unit of measure, and the first of them."""
    if (units := config.reporting.units) is None:
        return {}
    lacking = {
        unit: {"series": len(names), "first": names[:FIRST_NAMES]}
        for unit, names in without_factor(table, units).items()
    }
    return {"series_without_factor": dg.MetadataValue.json(lacking)}


def exceptions_of(lake: Lake, config: DemandConfig, cycle: str) -> pl.DataFrame:
    """The worklist of a cycle, from it and the few before."""
    buckets = max(one.bias_buckets for one in config.exception_thresholds)
    buckets = max([buckets, *(one.bias_buckets or 0 for one in config.exceptions.levels.values())])
    earlier = [key for key in lake.partitions("published_forecasts") if key < cycle][-buckets:]
    now = _said(lake, config, cycle)
    attributes = lake.read("sku_attributes", cycle=cycle)
    return exception_table(
        now=now,
        inputs=lake.read("planner_inputs", cycle=cycle),
        classes=lake.read("series_classes", cycle=cycle),
        actuals=recent_actuals(open_panel(lake, cycle), buckets + config.horizon),
        earlier={date.fromisoformat(key): _said(lake, config, key) for key in earlier},
        hierarchies=build_hierarchies(now.published, attributes, config, date.fromisoformat(cycle)),
        cycle=date.fromisoformat(cycle),
        config=config,
    )


def _said(lake: Lake, config: DemandConfig, cycle: str) -> Said:
    """What a cycle said; of nodes only where some level is judged."""
    rollups = lake.read("reconciled_rollups", cycle=cycle) if config.exceptions.levels else None
    return Said(
        lake.read("published_forecasts", cycle=cycle),
        lake.read("forecasts", cycle=cycle),
        reconciled_rollups(config).empty() if rollups is None else rollups,
    )
