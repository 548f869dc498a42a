"""raw_files[file] and unified_transactions[file]: what each landed file is, and every row of it in one schema.

Belongs here: which file versions a run takes in, what the web UI shows of them. The rest is `dp_assets/ingestion.py`.
Both assets come from one step, because both need the whole file and reading it is most of the work. Either can be
materialised alone: `raw_files` then reads files without unifying them.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.content import Known, known_files
from dp_assets.domain.contracts import RAW_FILES
from dp_assets.domain.ingest.filters import filter_names
from dp_assets.domain.ingest.unify import feed_table
from dp_assets.ingestion import IngestReport, ingest_file, profile_file
from dp_assets.partitions import FILE_PARTITIONS
from dp_assets.pictures.previews import preview, table_schema
from dp_assets.project import Project
from dp_assets.runs import each_partition_of
from dp_resources.lake import Lake

RAW, UNIFIED = "raw_files", "unified_transactions"
SPECS = (
    dg.AssetSpec(
        RAW,
        description="Landed files, one partition per version: content hash, size, arrival, detected format, columns, "
        "row count.\n\nA file that cannot be read or mapped is quarantined with the reason, and the others go on. A "
        "file whose content stands at another path already is a duplicate.",
        group_name="ingest",
        kinds={"python", "duckdb", "polars"},
        owners=["team:demand-planning"],
    ),
    dg.AssetSpec(
        UNIFIED,
        deps=[RAW],
        description="Accepted rows in one schema: mapped, typed, in UTC and with the business date, filtered in the "
        "stated order.\n\nRejected rows keep their reason and original values in `rejected_rows`; read = accepted + "
        "rejected + duplicate. Files of reference data go to `product_master`, `promotions`, `events` and `regressors` "
        "instead. A file's tables count from its commit record on, which is written last.",
        group_name="ingest",
        kinds={"python", "polars", "parquet"},
        owners=["team:demand-planning"],
    ),
)


def build(project: Project) -> dg.Definitions:
    """The assets `raw_files` and `unified_transactions`."""

    @dg.multi_asset(
        specs=SPECS,
        pool="ingestion",
        partitions_def=FILE_PARTITIONS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def ingested_files(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> Iterator[dg.MaterializeResult[None]]:
        """Reads each file once, writes its profile, its unified rows and last its commit record."""
        known = known_files(lake, project.config)
        unifies = dg.AssetKey(UNIFIED) in context.selected_asset_keys

        def work(file_version_id: str) -> Mapping[str, Mapping[str, Any]]:
            if known.waits(file_version_id):
                context.log.warning(f"{file_version_id} waits: the configuration lacks its producer")
                return {key: {"status": "waiting for its producer"} for key in (RAW, UNIFIED)}
            return _take_in(context, lake, project, file_version_id, known, unifies)

        yield from each_partition_of(context, work)

    return dg.Definitions(assets=[ingested_files])


def _take_in(
    context: dg.AssetExecutionContext, lake: Lake, project: Project, version: str, known: Known, unifies: bool
) -> dict[str, Mapping[str, Any]]:
    """Ingests one file version, or only profiles it; asset → what it shows."""
    if not unifies:
        profile = profile_file(lake, project.config, version, known)
        return {RAW: _profile_metadata(_spoken(context, profile))}
    report = ingest_file(lake, project.config, version, known)
    rows = ", ".join(f"{count} {name}" for name, count in report.rows.items())
    context.log.debug(f"{report.record['uri']} is {report.status}: {rows}")
    return {RAW: _profile_metadata(_spoken(context, report.profile)), UNIFIED: _metadata(project, report)}


def _spoken(context: dg.AssetExecutionContext, profile: pl.DataFrame) -> dict[str, Any]:
    """The row of `raw_files`; says so when the file does not count."""
    (found,) = profile.to_dicts()
    if found["status"] != "accepted":
        context.log.warning(f"{found['uri']} is {found['status']}: {found['reason']}")
    return found


def _profile_metadata(found: Mapping[str, Any]) -> dict[str, Any]:
    columns = json.loads(found["columns_found"] or "{}")
    listed = pl.DataFrame({"column": list(columns), "type as found": list(columns.values())}, schema_overrides=_TEXTS)
    return {
        "dagster/column_schema": table_schema(RAW_FILES),
        "uri": found["uri"],
        "producer": found["producer"],
        "feed": found["feed"],
        "arrived_at": found["arrived_at"].isoformat(),
        "bytes": found["bytes"],
        "format": found["format"] or "unknown",
        "rows": found["rows"] or 0,
        "status": found["status"],
        "reason": found["reason"] or "–",
        "columns found": preview(listed, rows=100),
    }


def _metadata(project: Project, report: IngestReport) -> dict[str, Any]:
    record, totals = report.record, report.totals
    drift = [*record["schema_drift"], *totals.changed_columns]
    return {
        "dagster/row_count": record["rows"]["accepted"],
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
        "schema drift": dg.MetadataValue.md("\n".join(f"- {one}" for one in drift) or "none"),
        "buckets touched": len(record["buckets"]),
        "preview": preview(totals.rows),
        "rejected, first rows": preview(totals.rejected.select("row_number", "reason", "detail", "original"), rows=5),
    }


def _filters(project: Project, record: Mapping[str, Any]) -> dict[str, Any]:
    """The configured filters in their order, with the rows each rejected; reference data passes through none."""
    if record["feed"] != "transactions":
        return {}
    names = filter_names(project.config.filters)
    counts = [record["rejected_by"].get(name, 0) for name in names]
    listed = pl.DataFrame({"filter, in order": names, "rows rejected": counts}, schema_overrides=_FILTERS)
    return {"filters": preview(listed, rows=len(names))}


_TEXTS: dict[str, pl.DataType] = {"column": pl.String(), "type as found": pl.String()}
_FILTERS: dict[str, pl.DataType] = {"filter, in order": pl.String(), "rows rejected": pl.Int64()}
