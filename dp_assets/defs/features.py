"""features[cycle]: the dense panel of a cycle, with eligibility and outlier log beside it.

Belongs here: which partitions are read, what is written, what the web UI shows. The rest is `domain/features.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.champions import code_revision
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import EVENTS, OUTLIER_LOG, PRODUCT_LIFE, PROMOTIONS, REGRESSORS, STOCK, eligibility
from dp_assets.domain.features import FeatureSet, build_features
from dp_assets.domain.features_audit import audit_table
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.known_sales import columns_read
from dp_assets.domain.outline import Plans, outline_of
from dp_assets.domain.scratch import scratch_folder
from dp_assets.domain.table import Table
from dp_assets.feature_shards import (
    FeatureShards,
    compare_shards,
    derive_shard,
    features_of_shards,
    observe_shard,
    remove_shards,
    share_out,
)
from dp_assets.forecast_shards import parse_name, shard_name
from dp_assets.lake_state import recalls_in_force
from dp_assets.partitions import PAST_BUCKETS
from dp_assets.pictures.previews import panel_picture, preview, table_schema
from dp_assets.pods import ROOMY_TAGS
from dp_assets.project import Project
from dp_assets.registry import counting_commits
from dp_assets.runs import each_partition
from dp_resources.clock import Clock
from dp_resources.lake import Lake

Inputs = tuple[Iterator[pl.DataFrame], pl.DataFrame, Plans, DemandConfig, date]
UPSTREAM: dict[str, dg.PartitionMapping | None] = {
    "weekly_buckets": PAST_BUCKETS,
    "sku_attributes": None,
    "unified_transactions": dg.AllPartitionMapping(),
}
"""What features are made of → which of its partitions."""
GROUP = "features"
KINDS = {"python", "polars", "numpy"}
OWNERS = ["team:demand-planning"]
FEATURES = """The cycle's dense panel: explicit zeros, caps, channels known up to the cutoff and ahead of it.

Beside it eligibility (who is trained on, and why), the outlier log (every capped bucket), stockouts (every
bucket masked for lack of stock), and the per-row audit table where it is switched on. unified_transactions
stands for the promotions, events, regressors, stock and lives of products written with it.
"""


def build(project: Project) -> dg.Definitions:
    """The asset `features`; in steps of its own where it is made in shards."""
    in_steps = project.config.features.shards > 1
    return dg.Definitions(assets=[sharded_features(project) if in_steps else whole_features(project)])


def whole_features(project: Project) -> dg.AssetsDefinition:
    """The asset `features` as one step."""

    @dg.asset(
        description=FEATURES,
        partitions_def=project.cycles,
        deps=[dg.AssetDep(name, partition_mapping=mapping) for name, mapping in UPSTREAM.items()],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds=KINDS,
        owners=OWNERS,
        op_tags=ROOMY_TAGS,
    )
    def features(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
    ) -> dg.MaterializeResult[None]:
        def work(cycle: str) -> Mapping[str, Any]:
            project.grid.refuse_unbegun(project.grid.parse(cycle), clock.now())
            recalls = recalls_in_force(lake, project.config, cycle)
            with scratch_folder() as folder:
                made = build_features(*_inputs(lake, project, cycle), folder)
                _publish(lake, project, made, folder, cycle, recalls)
                return _metadata(project, made)

        return each_partition(context, work)

    return features


def sharded_features(project: Project) -> dg.AssetsDefinition:
    """The asset `features` as steps: one that shares out the series, one for each shard that makes what its series say
    of their own, one that compares all, one more for each shard, and one that puts them together.

    Steps hand each other nothing but a shard's name; what they make lies in the lake, so that each may run anywhere.
    """
    nothing, config = dg.In(dg.Nothing), project.config

    @dg.op(ins=dict.fromkeys(UPSTREAM, nothing), out=dg.DynamicOut(dg.Nothing), tags=ROOMY_TAGS)
    def share_out_series(
        context: dg.OpExecutionContext, lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
    ) -> Iterator[dg.DynamicOutput[None]]:
        """Says who the series are, and names the shards: as many as configured, but no more than there are series."""
        most = 1
        for cycle in context.partition_keys:
            project.grid.refuse_unbegun(project.grid.parse(cycle), clock.now())
            recalls = recalls_in_force(lake, config, cycle)
            found = outline_of(*_inputs(lake, project, cycle))
            code = code_revision(project.settings)
            most = max(most, len(share_out(lake, cycle, found, config, config.features.shards, code, recalls)))
        yield from _names(most)

    @dg.op(ins={"shared_out": nothing}, out=dg.Out(dg.Nothing), tags=ROOMY_TAGS)
    def observe_series(context: dg.OpExecutionContext, lake: dg.ResourceParam[Lake]) -> None:
        """Sales, stock-outs and plans of the series of one shard."""
        _each_shard(context, lake, config, observe_shard)

    @dg.op(ins={"observed": nothing}, out=dg.DynamicOut(dg.Nothing), tags=ROOMY_TAGS)
    def compare_series(
        context: dg.OpExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> Iterator[dg.DynamicOutput[None]]:
        """What all series together say to each: sums of peers, the usual uplift of promotions."""
        shards = [FeatureShards.opened(lake, cycle) for cycle in context.partition_keys]
        for made in shards:
            compare_shards(made, config)
        yield from _names(max(len(made) for made in shards))

    @dg.op(ins={"compared": nothing}, out=dg.Out(dg.Nothing), tags=ROOMY_TAGS)
    def derive_series(context: dg.OpExecutionContext, lake: dg.ResourceParam[Lake]) -> None:
        """Caps and past channels of the series of one shard."""
        _each_shard(context, lake, config, derive_shard)

    @dg.op(ins={"derived": nothing}, out=dg.Out(dg.Nothing), tags=ROOMY_TAGS)
    def write_panel(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> None:
        """Puts the shards together, and writes panel and tables."""

        def work(cycle: str) -> Mapping[str, Any]:
            with features_of_shards(FeatureShards.opened(lake, cycle), config) as (made, folder, recalls):
                _publish(lake, project, made, folder, cycle, recalls)
                return _metadata(project, made)

        each_partition(context, work)
        for cycle in context.partition_keys:  # only now: begun again, the step must find the shards of all cycles
            remove_shards(lake, cycle)

    @dg.graph_asset(
        description=FEATURES,
        partitions_def=project.cycles,
        ins={
            name: dg.AssetIn(partition_mapping=mapping, dagster_type=dg.Nothing) for name, mapping in UPSTREAM.items()
        },
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds=KINDS,
        owners=OWNERS,
    )
    def features(**upstream: Any) -> Any:
        compared = compare_series(share_out_series(**upstream).map(observe_series).collect())
        return write_panel(compared.map(derive_series).collect())

    return features


def _names(shards: int) -> Iterator[dg.DynamicOutput[None]]:
    for number in range(shards):
        yield dg.DynamicOutput(None, mapping_key=shard_name(number, shards))


def _each_shard(
    context: dg.OpExecutionContext,
    lake: Lake,
    config: DemandConfig,
    work: Callable[[FeatureShards, int, DemandConfig], None],
) -> None:
    """Does the work for the step's shard of every cycle that has so many."""
    number, _ = parse_name(str(context.get_mapping_key()))
    for cycle in context.partition_keys:
        made = FeatureShards.opened(lake, cycle)
        if number < len(made):
            work(made, number, config)


def _inputs(lake: Lake, project: Project, cycle: str) -> Inputs:
    past = [bucket for bucket in lake.partitions("weekly_buckets") if bucket < cycle]
    return (
        lake.frames("weekly_buckets", past, columns_read(project.config)),
        lake.read("sku_attributes", cycle=cycle),
        current_plans(lake, project, cycle),
        project.config,
        project.grid.parse(cycle),
    )


def current_plans(lake: Lake, project: Project, cycle: str) -> Plans:
    """Lines of the committed files that were known, and not superseded, at the cycle's knowledge time."""
    moment = project.grid.known_at(project.grid.parse(cycle))
    current = version_spans(counting_commits(lake).values()).filter(
        pl.col("known_from") <= moment,
        pl.col("superseded_from").is_null() | (pl.col("superseded_from") > moment),
    )

    def lines(table: Table) -> pl.DataFrame:
        versions = current.filter(pl.col("feed") == table.name)["file_version_id"].to_list()
        found = lake.read_all(table.name, versions)
        return table.empty() if found is None else found

    return Plans(lines(PROMOTIONS), lines(EVENTS), lines(REGRESSORS), lines(STOCK), lines(PRODUCT_LIFE))


def _publish(
    lake: Lake, project: Project, made: FeatureSet, folder: Path, cycle: str, recalls: list[str] | None
) -> None:
    lake.write("eligibility", made.eligibility, cycle=cycle)
    lake.write("outlier_log", made.outlier_log, cycle=cycle)
    lake.write("stockouts", made.stockouts, cycle=cycle)
    if project.config.features.audit_table:
        lake.write("features_audit", audit_table(made.panel), cycle=cycle)
    info = {"series": len(made.panel), "history": made.panel.history, "notes": list(made.notes), "recalls": recalls}
    lake.write_folder("features", folder, info, cycle=cycle)


def _metadata(project: Project, made: FeatureSet) -> dict[str, Any]:
    panel, reasons = made.panel, made.eligibility["reason"].value_counts().sort("reason")
    taken_off = (made.outlier_log["original"] - made.outlier_log["capped"]).sum()
    return {
        "dagster/row_count": len(panel) * panel.history,
        "series": len(panel),
        "history_buckets": panel.history,
        "first_bucket": str(panel.starts[0]),
        "eligibility": dict(reasons.iter_rows()),
        "capped_buckets": len(made.outlier_log),
        "capped_units": round(float(taken_off), 3),
        "buckets_out_of_stock": dict(made.stockouts["kind"].value_counts().sort("kind").iter_rows()),
        "channels": {"past": panel.past_names, "known": panel.known_names, "calendar": panel.calendar_names},
        "notes": dg.MetadataValue.md("\n".join(f"- {note}" for note in made.notes) or "none"),
        "eligibility_schema": table_schema(eligibility(project.config)),
        "outlier_log_schema": table_schema(OUTLIER_LOG),
        "series_preview": preview(panel.series),
        "outlier_preview": preview(made.outlier_log.sort("original", descending=True)),
        "biggest_series": panel_picture(panel),
    }
