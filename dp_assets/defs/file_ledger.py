"""file_ledger: for every file version, what became of each row and unit that was read; it must balance.

Belongs here: writing and showing the ledger, the blocking check that it balances. Does not belong here: what the
ledger says (`domain/ledger.py`).
"""

import dagster as dg

from dp_assets.domain.contracts import FILE_LEDGER
from dp_assets.domain.ledger import imbalances, ledger_totals, rejections
from dp_assets.lake_state import committed_ledger
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.pods import IN_RUN_TAGS
from dp_assets.project import Project
from dp_resources.lake import Lake, parquet_bytes


def build(project: Project) -> dg.Definitions:
    """The asset `file_ledger` and its check."""

    @dg.asset(
        deps=["unified_transactions", "data_quality"],
        group_name="ingest",
        kinds={"python", "polars", "parquet"},
        owners=["team:demand-planning"],
    )
    def file_ledger(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Rows and units of every file: read, accepted, rejected per filter, duplicate; superseded by what, and when;
        taken back line by line or date by date by what, and when.

        Made anew from the commit records at every ingestion, so it holds every file whatever was killed before.
        """
        ledger = committed_ledger(lake, project.config)
        # The commit records keep its history, so what it replaces needs no copy of its own.
        lake.write_bytes(lake.path("file_ledger"), parquet_bytes(ledger))
        newest = ledger.sort("arrived_at", "uri", descending=[True, False])
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(ledger),
                "dagster/column_schema": table_schema(FILE_LEDGER),
                "totals per producer": preview(ledger_totals(ledger), rows=100),
                "rejected by": preview(rejections(ledger), rows=100),
                "newest files": preview(newest, rows=20),
            }
        )

    @dg.asset_check(
        op_tags=IN_RUN_TAGS,
        asset="file_ledger",
        blocking=True,
        description="Read = accepted + rejected + duplicate: per file, per producer, against the reader's own count.",
    )
    def file_ledger_balances(
        context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> dg.AssetCheckResult:
        ledger = lake.read("file_ledger")
        # An ingestion compares its own files with what their reader counted; a run of the ledger alone compares all.
        of_files = context.has_partition_key or context.has_partition_key_range
        profiles = lake.read_all("raw_files", context.partition_keys if of_files else None)
        counted = {}
        if profiles is not None:
            counted = dict(profiles.drop_nulls("rows").select("file_version_id", "rows").iter_rows())
        found = imbalances(ledger, counted)
        return dg.AssetCheckResult(
            passed=not found,
            metadata={
                "files": len(ledger),
                "rows read": int(ledger["rows_read"].sum()),
                "imbalances": dg.MetadataValue.json(found[:100]),
            },
        )

    return dg.Definitions(assets=[file_ledger], asset_checks=[file_ledger_balances])
