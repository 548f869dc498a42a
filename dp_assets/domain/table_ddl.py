"""The tables of the lake as DDL for Athena and the Glue catalogue, generated from the contracts.

Belongs here: types, partitions and locations as Athena states them. Does not belong here: what the tables are
(`contracts`), running any statement.

Buckets and cycles lie on a grid, so their partitions are projected: nothing has to be registered when one appears. File
versions and scenarios have no such rule; `MSCK REPAIR TABLE` registers the new ones.
"""

from __future__ import annotations

import re

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import tables
from dp_assets.domain.table import LABELS, UTC_TIME, Column, Table

ATHENA_TYPES: dict[pl.DataType, str] = {
    pl.String(): "string",
    pl.Int64(): "bigint",
    pl.Float64(): "double",
    pl.Boolean(): "boolean",
    pl.Date(): "date",
    UTC_TIME: "timestamp",
    LABELS: "array<string>",
    pl.List(pl.Float32()): "array<float>",
    pl.List(pl.Float64()): "array<double>",
}
"""Polars type of a contract → type in Athena; times are UTC."""

GRID_PARTITIONS = frozenset({"bucket", "cycle"})
"""Partition columns whose values are dates of the bucket grid."""
LONGEST_COMMENT = 255
"""Characters that the Glue catalogue keeps of a column's comment."""


def athena_name(name: str) -> str:
    """A column as Athena may call it: letters, digits and underscores.

    >>> athena_name("q0.5"), athena_name("sku")
    ('q0_5', 'sku')
    """
    return re.sub(r"[^A-Za-z0-9_]", "_", name).lower()


def lake_ddl(config: DemandConfig, root: str, database: str) -> list[str]:
    """Statements that make every table of the lake queryable, each ending with a semicolon.

    Args:
        config: decides attributes, quantiles and the grid.
        root: the lake's root, e.g. `s3://bucket/lake`.
        database: name of the database in the catalogue.
    """
    statements = [f"CREATE DATABASE IF NOT EXISTS `{database}`;"]
    for table in tables(config):
        statements.append(table_ddl(table, config, root, database))
        if table.partitioned_by and table.partitioned_by not in GRID_PARTITIONS:
            statements.append(f"MSCK REPAIR TABLE `{database}`.`{table.name}`;")
    return statements


def table_ddl(table: Table, config: DemandConfig, root: str, database: str) -> str:
    """`CREATE EXTERNAL TABLE` over one table's Hive layout."""
    location = f"{root.rstrip('/')}/{table.name}/"
    key = table.partitioned_by
    properties = projected_partitions(key, location, config) if key in GRID_PARTITIONS else {}
    lines = [
        f"CREATE EXTERNAL TABLE IF NOT EXISTS `{database}`.`{table.name}` (",
        ",\n".join(f"  {_column(column)}" for column in table.columns),
        ")",
        f"COMMENT {_text(f'one row per {table.grain}')}",
    ]
    if key:
        lines.append(f"PARTITIONED BY (`{key}` {'date' if key in GRID_PARTITIONS else 'string'})")
    lines.append("ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'")
    if any(athena_name(column.name) != column.name for column in table.columns):
        # Renamed columns are found by their place; the others by name, so that a table may gain columns.
        lines.append("WITH SERDEPROPERTIES ('parquet.column.index.access'='true')")
    lines += ["STORED AS PARQUET", f"LOCATION {_text(location)}"]
    if properties:
        listed = ",\n".join(f"  {_text(name)}={_text(value)}" for name, value in properties.items())
        lines.append(f"TBLPROPERTIES (\n{listed}\n)")
    return "\n".join(lines) + ";"


def _column(column: Column) -> str:
    comment = f"{column.description} ({column.unit})" if column.unit else column.description
    return f"`{athena_name(column.name)}` {ATHENA_TYPES[column.dtype]} COMMENT {_text(comment[:LONGEST_COMMENT])}"


def projected_partitions(key: str, location: str, config: DemandConfig) -> dict[str, str]:
    """Partitions are the starts of the grid, from the first bucket to the one that runs now."""
    return {
        "projection.enabled": "true",
        f"projection.{key}.type": "date",
        f"projection.{key}.format": "yyyy-MM-dd",
        f"projection.{key}.range": f"{config.bucket.first.isoformat()},NOW",
        f"projection.{key}.interval": str(7 * config.bucket.weeks),
        f"projection.{key}.interval.unit": "DAYS",
        "storage.location.template": f"{location}{key}=${{{key}}}/",
    }


def _text(text: str) -> str:
    """A string literal; quotation marks would need another escape in each engine, so there are none."""
    plain = text.replace("\\", "/").replace("'", "’").replace("\n", " ")
    return f"'{plain}'"
