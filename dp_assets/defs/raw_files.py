"""raw_files[file]: what each landed file version is: format, columns, rows, or why it stands in quarantine.

Belongs here: which file versions a run looks at, what the web UI shows of them. The rest is `dp_assets/ingestion.py`.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from dp_assets.content import Content, known_files
from dp_assets.domain.contracts import RAW_FILES
from dp_assets.ingestion import profile_file
from dp_assets.partitions import FILE_PARTITIONS
from dp_assets.previews import preview, table_schema
from dp_assets.project import Project
from dp_assets.runs import each_partition
from dp_resources.lake import Lake


def build(project: Project) -> dg.Definitions:
    """The asset `raw_files`."""

    @dg.asset(
        partitions_def=FILE_PARTITIONS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="ingest",
        kinds={"python", "duckdb", "polars"},
        owners=["team:demand-planning"],
    )
    def raw_files(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult[None]:
        """Landed files, one partition per version: content hash, size, arrival, detected format, columns, row count.

        A file that cannot be read or mapped is quarantined with the reason, and the others go on. A file whose content
        stands at another path already is a duplicate.
        """
        known = known_files(lake, project.config)

        def work(file_version_id: str) -> Mapping[str, Any]:
            if known.waits(file_version_id):
                context.log.warning(f"{file_version_id} waits: the configuration lacks its producer")
                return {"status": "waiting for its producer"}
            row, content = profile_file(lake, project.config, file_version_id, known)
            if content.status != "accepted":
                context.log.warning(f"{row['uri'].item()} is {content.status}: {content.reason}")
            return _metadata(row, content)

        return each_partition(context, work, leave_failures=True)

    return dg.Definitions(assets=[raw_files])


def _metadata(row: pl.DataFrame, content: Content) -> dict[str, Any]:
    (found,) = row.to_dicts()
    columns = content.source.columns if content.source else {}
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


_TEXTS: dict[str, pl.DataType] = {"column": pl.String(), "type as found": pl.String()}
