"""accuracy[cycle]: how good a cycle's forecasts were, once what was sold is known.

Belongs here: which partitions are read, what is written, what the web UI shows. The rest is `domain/accuracy.py`.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.domain.accuracy import (
    DEMAND_CLASS,
    accuracy_summary,
    accuracy_table,
    category_of,
    coverage_summary,
    known_actuals,
    past_scales,
    rolling_coverage,
    scored_frame,
)
from dp_assets.domain.contracts import ACCURACY, published_forecasts, reconciled_rollups, weekly_buckets
from dp_assets.domain.hierarchy import build_hierarchies
from dp_assets.domain.interval_contract import CYCLES
from dp_assets.domain.level_accuracy import level_accuracy_table
from dp_assets.domain.panel import Panel
from dp_assets.domain.plan import LakeState, closed_leads, score_inputs
from dp_assets.domain.table import Table
from dp_assets.domain.value_added import POOLED_LEADS, step_errors, value_added_table
from dp_assets.lake_state import read_state
from dp_assets.pictures.nodes import accuracy_picture, coverage_picture
from dp_assets.pictures.planning import value_added_picture
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.pods import IN_RUN_TAGS
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.clock import Clock
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The asset `accuracy`."""
    own_buckets = dg.TimeWindowPartitionMapping(
        start_offset=0, end_offset=project.config.horizon - 1, allow_nonexistent_upstream_partitions=True
    )

    @dg.asset(
        partitions_def=project.cycles,
        deps=[
            "forecasts",
            "reconciled_rollups",
            "published_forecasts",
            "features",
            "sku_attributes",
            dg.AssetDep("weekly_buckets", partition_mapping=own_buckets),
        ],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="monitoring",
        kinds={"python", "polars"},
        owners=["team:demand-planning"],
    )
    def accuracy(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
    ) -> dg.MaterializeResult[None]:
        """Every metric beside the naive forecast's: total, per method, per node, per lead, and over all closed leads.

        Beside it level_accuracy: errors and coverage of the nodes' own totals, before and after reconciliation; and
        forecast_value_added: the error that model, reconciliation and planners each saved or cost.
        Run again as leads close; actuals are the sums of all contributions known by now. A SKU without a sale in a
        closed bucket sold 0.
        """
        state = read_state(lake)

        def work(cycle: str) -> Mapping[str, Any]:
            return score_cycle(lake, project, clock, state, cycle)

        return each_partition(context, work)

    return dg.Definitions(assets=[accuracy], asset_checks=[coverage_contract(project)])


def coverage_contract(project: Project) -> dg.AssetChecksDefinition:
    """Warns when intervals cover too little or too much of a demand class over the newest scored cycles; the same of
    every category stands beside it, and decides nothing: of many, some are off by chance."""

    @dg.asset_check(
        op_tags=IN_RUN_TAGS,
        asset="accuracy",
        description=(
            f"Over the newest {CYCLES} scored cycles, intervals cover what they promise in every demand class."
        ),
    )
    def coverage_holds(lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
        newest = lake.partitions("accuracy")[-CYCLES:]
        scored = {cycle: lake.read("accuracy", cycle=cycle) for cycle in newest}
        found = rolling_coverage(scored, category_of(project.config))
        broken = found.filter(~pl.col("holds") & (pl.col("by") == DEMAND_CLASS))
        return dg.AssetCheckResult(
            passed=broken.is_empty(),
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "cycles": newest,
                "coverage": preview(found.with_columns(pl.col(pl.Float64).round(4)), rows=len(found)),
                "next": "retrain, so that intervals are calibrated on newer weeks" if len(broken) else "nothing to do",
            },
        )

    return coverage_holds


def score_cycle(lake: Lake, project: Project, clock: Clock, state: LakeState, cycle: str) -> dict[str, Any]:
    """Scores the closed leads of a cycle, publishes the table, then the record of how many leads it covers."""
    config, cutoff = project.config, project.grid.parse(cycle)
    leads = project.grid.leads(cutoff, config.horizon)[: closed_leads(cutoff, state, config, project.grid, clock.now())]
    forecasts = lake.read("forecasts", cycle=cycle)
    panel = Panel.load(lake.open_folder("features", cycle=cycle))
    hierarchies = build_hierarchies(forecasts, lake.read("sku_attributes", cycle=cycle), config, cutoff)
    sold = lake.read_all("weekly_buckets", [day.isoformat() for day in leads])
    actuals = known_actuals(weekly_buckets(config).empty() if sold is None else sold, clock.now())
    scored = scored_frame(forecasts, actuals, past_scales(panel, config), leads)
    table = accuracy_table(scored, hierarchies, config)
    receipt = lake.write("accuracy", table, cycle=cycle)
    published = _if_there(lake, published_forecasts(config), cycle)
    rollups = _if_there(lake, reconciled_rollups(config), cycle).filter(pl.col("bucket_start").is_in(leads))
    of_levels = level_accuracy_table(rollups, actuals, hierarchies, config)
    lake.write("level_accuracy", of_levels, cycle=cycle)
    added = value_added_table(step_errors(published, forecasts, actuals, leads), hierarchies)
    lake.write("forecast_value_added", added, cycle=cycle)
    inputs = score_inputs(cutoff, state, config, project.grid, clock.now())
    lake.commit("accuracy", cycle, {"cycle": cycle, "leads": len(leads), "inputs": inputs})
    shown = {} if scored.is_empty() else {"biggest_nodes": accuracy_picture(scored, panel, hierarchies[0])}
    if len(added):
        people = added.filter(pl.col("grouping").is_in(["user", "reason_code"]) & (pl.col("lead") == POOLED_LEADS))
        rounded = people.with_columns(pl.col(pl.Float64).round(2))
        shown |= {"value_added": value_added_picture(added), "by_planner_and_reason": preview(rounded, rows=50)}
    pooled = of_levels.filter(pl.col("lead") == POOLED_LEADS).drop("lead").with_columns(pl.col(pl.Float64).round(4))
    return {
        "levels": preview(pooled, rows=100),
        "dagster/partition_row_count": receipt.rows,
        "dagster/column_schema": table_schema(ACCURACY),
        "sha256": receipt.sha256,
        "closed_leads": len(leads),
        **accuracy_metadata(table, cycle, category_of(config)),
        **shown,
    }


def _if_there(lake: Lake, table: Table, cycle: str) -> pl.DataFrame:
    """A table of the cycle; no rows where only forecasts were made."""
    return lake.read(table.name, cycle=cycle) if lake.exists(table.name, cycle=cycle) else table.empty()


def accuracy_metadata(table: pl.DataFrame, cycle: str, category: tuple[str, str] | None) -> dict[str, Any]:
    """The metrics that people ask for first, as markdown beside the naive forecast's, and as numbers for plots."""
    methods = sorted(set(table.filter(pl.col("level") == "method")["node"]))
    summaries = [("all series", accuracy_summary({cycle: table}))]
    summaries += [(method, accuracy_summary({cycle: table}, method)) for method in methods]
    beside = pl.concat(frame.select(pl.lit(name).alias("forecast by"), pl.all()) for name, frame in summaries)
    rounded = beside.with_columns(pl.col(pl.Float64).round(4))
    total = table.filter((pl.col("level") == "total") & (pl.col("lead") > 0))
    per_lead = total.select("lead", "observations", "actual", "wape", "naive_wape", "bias", "rmsse", "coverage_80")
    covered = coverage_summary(table, category)
    headline = {f"total_{name}": value for name, value in _headline(table).items()}
    return {
        "beside_naive": preview(rounded, rows=len(rounded)),
        "per_lead": preview(per_lead.with_columns(pl.col(pl.Float64).round(4)), rows=len(per_lead)),
        "coverage": preview(covered.with_columns(pl.col(pl.Float64).round(4)), rows=len(covered)),
        **({} if covered.is_empty() else {"coverage_by_group": coverage_picture(covered)}),
        **headline,
    }


def _headline(table: pl.DataFrame) -> dict[str, float]:
    total = table.filter((pl.col("level") == "total") & (pl.col("lead") == 0))
    names = ("wape", "naive_wape", "bias", "rmsse", "wql", "coverage_80")
    values = total.select(names).row(0, named=True) if len(total) else {}
    return {name: float(value) for name, value in values.items() if value is not None}
