"""features[cycle]: the dense panel of a cycle, with eligibility and outlier log beside it.

Belongs here: which partitions are read, what is written, what the web UI shows. The rest is `domain/features.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.domain.contracts import EVENTS, OUTLIER_LOG, PRODUCT_LIFE, PROMOTIONS, REGRESSORS, STOCK, eligibility
from dp_assets.domain.features import FeatureSet, Plans, audit_table, build_features
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.known_sales import columns_read
from dp_assets.domain.scratch import scratch_folder
from dp_assets.domain.table import Table
from dp_assets.lake_state import recalls_in_force
from dp_assets.partitions import PAST_BUCKETS
from dp_assets.pictures.previews import panel_picture, preview, table_schema
from dp_assets.pods import ROOMY_TAGS
from dp_assets.project import Project
from dp_assets.registry import counting_commits
from dp_assets.runs import each_partition
from dp_resources.clock import Clock
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The asset `features`."""

    @dg.asset(
        partitions_def=project.cycles,
        deps=[
            dg.AssetDep("weekly_buckets", partition_mapping=PAST_BUCKETS),
            "sku_attributes",
            dg.AssetDep("unified_transactions", partition_mapping=dg.AllPartitionMapping()),
        ],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="features",
        kinds={"python", "polars", "numpy"},
        owners=["team:demand-planning"],
        op_tags=ROOMY_TAGS,
    )
    def features(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
    ) -> dg.MaterializeResult[None]:
        """The cycle's dense panel: explicit zeros, caps, channels known up to the cutoff and ahead of it.

        Beside it eligibility (who is trained on, and why), the outlier log (every capped bucket), stockouts (every
        bucket masked for lack of stock), and the per-row audit table where it is switched on. unified_transactions
        stands for the promotions, events, regressors, stock and lives of products written with it.
        """

        def work(cycle: str) -> Mapping[str, Any]:
            project.grid.refuse_unbegun(project.grid.parse(cycle), clock.now())
            recalls = recalls_in_force(lake, project.config, cycle)
            with scratch_folder() as folder:
                made = _build(lake, project, cycle, folder)
                _publish(lake, project, made, folder, cycle, recalls)
                return _metadata(project, made)

        return each_partition(context, work)

    return dg.Definitions(assets=[features])


def _build(lake: Lake, project: Project, cycle: str, folder: Path) -> FeatureSet:
    past = [bucket for bucket in lake.partitions("weekly_buckets") if bucket < cycle]
    return build_features(
        lake.frames("weekly_buckets", past, columns_read(project.config)),
        lake.read("sku_attributes", cycle=cycle),
        current_plans(lake, project, cycle),
        project.config,
        project.grid.parse(cycle),
        folder,
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
