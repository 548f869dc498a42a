"""unified_transactions[file]: every row of a file in the unified schema, or rejected for a stated reason.

Belongs here: which file versions a run looks at, what the web UI shows of them. The rest is `dp_assets/ingestion.py`.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.content import known_files
from dp_assets.domain.ingest.filters import filter_names
from dp_assets.domain.ingest.unify import feed_table
from dp_assets.ingestion import IngestReport, unify_file
from dp_assets.partitions import FILE_PARTITIONS
from dp_assets.previews import preview, table_schema
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The asset `unified_transactions`."""

    @dg.asset(
        partitions_def=FILE_PARTITIONS,
        deps=["raw_files"],
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="ingest",
        kinds={"python", "polars", "parquet"},
        owners=["team:demand-planning"],
    )
    def unified_transactions(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> dg.MaterializeResult[None]:
        """Accepted rows in one schema: mapped, typed, in UTC and with the business date, filtered in the stated order.

        Rejected rows keep their reason and original values in `rejected_rows`; read = accepted + rejected + duplicate.
        Files of reference data go to `product_master` and `promotions` instead. A file's tables count from its commit
        record on, which is written last.
        """
        known = known_files(lake, project.config)

        def work(file_version_id: str) -> Mapping[str, Any]:
            if known.waits(file_version_id):
                return {"status": "waiting for its producer"}
            report = unify_file(lake, project.config, file_version_id, known)
            rows = ", ".join(f"{count} {name}" for name, count in report.rows.items())
            context.log.debug(f"{report.record['uri']} is {report.status}: {rows}")
            return _metadata(project, report)

        return each_partition(context, work)

    return dg.Definitions(assets=[unified_transactions])


def _metadata(project: Project, report: IngestReport) -> dict[str, Any]:
    record, unified = report.record, report.unified
    return {
        "dagster/row_count": len(unified.rows),
        "dagster/column_schema": table_schema(feed_table(record["feed"], project.config)),
        "uri": record["uri"],
        "producer": record["producer"],
        "feed": record["feed"],
        "status": record["status"],
        "reason": record["reason"] or "–",
        **{f"rows {name}": count for name, count in record["rows"].items()},
        **{f"units {name}": units for name, units in record["quantity"].items()},
        "rejected by": dg.MetadataValue.json(record["rejected_by"]),
        **_filters(project, record),
        "schema drift": dg.MetadataValue.md("\n".join(f"- {one}" for one in record["schema_drift"]) or "none"),
        "buckets touched": len(record["buckets"]),
        "preview": preview(unified.rows),
        "rejected, first rows": preview(unified.rejected.select("row_number", "reason", "detail", "original"), rows=5),
    }


def _filters(project: Project, record: Mapping[str, Any]) -> dict[str, Any]:
    """The configured filters in their order, with the rows each rejected; reference data passes through none."""
    if record["feed"] != "transactions":
        return {}
    names = filter_names(project.config.filters)
    counts = [record["rejected_by"].get(name, 0) for name in names]
    listed = pl.DataFrame({"filter, in order": names, "rows rejected": counts}, schema_overrides=_FILTERS)
    return {"filters": preview(listed, rows=len(names))}


_FILTERS: dict[str, pl.DataType] = {"filter, in order": pl.String(), "rows rejected": pl.Int64()}
