"""Blocking contract checks: one per table, derived from its description in `domain/contracts`.

Belongs here: checks that read what an asset wrote and stop everything downstream when it breaks its contract.
Does not belong here: checks of business meaning, which stand with the asset they judge.
"""

import dagster as dg

from dp_assets.domain.contracts import tables
from dp_assets.domain.table import Table
from dp_assets.pods import IN_RUN_TAGS
from dp_assets.project import Project
from dp_resources.lake import Lake

ASSET_OF_TABLE = {
    "rejected_rows": "unified_transactions",
    "file_buckets": "unified_transactions",
    "file_lines": "unified_transactions",
    "product_master": "unified_transactions",
    "attribute_corrections": "unified_transactions",
    "promotions": "unified_transactions",
    "events": "unified_transactions",
    "regressors": "unified_transactions",
    "stock": "unified_transactions",
    "product_life": "unified_transactions",
    "eligibility": "features",
    "outlier_log": "features",
    "stockouts": "features",
    "error_distributions": "residuals",
    "leaderboard": "residuals",
    "total_error_distributions": "residuals",
    "champion_verdict": "residuals",
    "interval_contract": "forecasts",
    "total_forecasts": "forecasts",
    "level_accuracy": "accuracy",
    "forecast_value_added": "accuracy",
}
"""Tables that are written by an asset of another name."""
EVENT_OF_PARTITION = {"file_version": "ingest", "bucket": "weekly_buckets"}
"""Partition key → event whose commit records hold the hashes of the tables."""


def contract_check(table: Table) -> dg.AssetChecksDefinition:
    """A blocking check that every partition of the run keeps the table's contract."""

    @dg.asset_check(
        op_tags=IN_RUN_TAGS,
        asset=ASSET_OF_TABLE.get(table.name, table.name),
        name=f"{table.name}_contract",
        description=f"{table.name}, one row per {table.grain}: columns, types, key and ranges are as described.",
        blocking=True,
    )
    def check(context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
        found: dict[str, list[str]] = {}
        rows = 0
        for key in context.partition_keys if table.partitioned_by else (table.name,):
            partition = {table.partitioned_by: key} if table.partitioned_by else {}
            if not lake.exists(table.name, **partition):
                continue
            count, violations = _violations(table, lake, partition)
            rows += count
            if violations:
                found[key] = violations
        return dg.AssetCheckResult(
            passed=not found, metadata={"rows": rows, "violations": dg.MetadataValue.json(found)}
        )

    return check


def _violations(table: Table, lake: Lake, partition: dict[str, str]) -> tuple[int, list[str]]:
    """Rows of a partition, and what is wrong with them.

    Rows of files and buckets were checked as they were written, and the commit record holds the hash of what was
    written. What still has that hash, and the columns as they are described now, is not read again.
    """
    event = EVENT_OF_PARTITION.get(table.partitioned_by)
    commit = lake.commit_of(event, partition[table.partitioned_by]) if event else None
    written = commit.get("tables", {}).get(table.name) if commit is not None else None
    if written is not None and written == lake.digest(table.name, **partition):
        rows, schema = lake.shape(table.name, **partition)
        if schema == table.schema:
            return rows, []
    frame = lake.read(table.name, **partition)
    return len(frame), table.violations(frame)


def build(project: Project) -> dg.Definitions:
    """One contract check per table of the lake."""
    return dg.Definitions(asset_checks=[contract_check(table) for table in tables(project.config)])
