"""Tables of the lake as the Glue catalogue states them, from the same contracts as `dp ddl`.

Belongs here: contract → table input of Glue. Does not belong here: types and partitions, which
`dp_assets/domain/table_ddl.py` knows.
"""

from __future__ import annotations

from typing import Any

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import tables
from dp_assets.domain.table import Table
from dp_assets.domain.table_ddl import (
    ATHENA_TYPES,
    GRID_PARTITIONS,
    LONGEST_COMMENT,
    athena_name,
    projected_partitions,
)

PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
WEEKLY_ACCURACY = """\
-- MAPE and RMSE by week and category, for dashboards: QuickSight, Tableau, or Athena itself.
SELECT cycle, hierarchy, node AS category, observations, mape, rmse, wape, bias
FROM accuracy
WHERE lead = 0 AND level NOT IN ('method', 'demand_class')
ORDER BY cycle DESC, mape DESC
"""
PUBLISHED = """\
-- The published numbers of the newest cycle beside what was sold, one row per series and week.
SELECT * FROM published_forecasts WHERE cycle = (SELECT max(cycle) FROM published_forecasts)
"""
QUERIES = {"weekly-accuracy-by-category": WEEKLY_ACCURACY, "published-forecasts": PUBLISHED}
"""Name → query kept in Athena, which dashboards take as their data set."""


def catalogue_tables(config: DemandConfig, root: str) -> list[dict[str, Any]]:
    """Every table of the lake as Glue's `TableInput`.

    Args:
        config: decides attributes, quantiles and the grid.
        root: the lake's root, e.g. `s3://bucket/lake`.
    """
    return [_table(table, config, f"{root}/{table.name}/") for table in tables(config)]


def _table(table: Table, config: DemandConfig, location: str) -> dict[str, Any]:
    key = table.partitioned_by
    renamed = any(athena_name(column.name) != column.name for column in table.columns)
    more = projected_partitions(key, location, config) if key in GRID_PARTITIONS else {}
    kinds = [{"Name": key, "Type": "date" if key in GRID_PARTITIONS else "string"}] if key else []
    return {
        "Name": table.name,
        "Description": f"one row per {table.grain}",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet", "EXTERNAL": "TRUE", **more},
        "PartitionKeys": kinds,
        "StorageDescriptor": {
            "Location": location,
            "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe",
                **({"Parameters": {"parquet.column.index.access": "true"}} if renamed else {}),
            },
            "Columns": [
                {
                    "Name": athena_name(column.name),
                    "Type": ATHENA_TYPES[column.dtype],
                    "Comment": _comment(column.description, column.unit),
                }
                for column in table.columns
            ],
        },
    }


def _comment(description: str, unit: str) -> str:
    return (f"{description} ({unit})" if unit else description)[:LONGEST_COMMENT]
