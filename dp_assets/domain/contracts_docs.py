"""The table contracts described for people: `docs/tables.md`, generated from `contracts` alone.

Belongs here: contracts as Markdown. Does not belong here: what the tables are (`contracts`).
"""

from __future__ import annotations

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import tables
from dp_assets.domain.table import Column, Table

INTRODUCTION = """\
# Tables of the lake

Generated from `dp_assets/domain/contracts`; do not edit by hand (`make golden` writes it anew). Blocking asset
checks hold every partition to this, and so do the contracts of the dbt models.

Every table is Parquet under `<lake>/<table>/<key>=<partition>/part.parquet`, or `<lake>/<table>/part.parquet` where it
has no partitions. The columns of attributes, quantiles, intervals and units of measure follow the configuration; here
they are those of the demo's `demand.yaml`. Quantities are units per bucket unless the column says otherwise. Times are
UTC; dates are business dates.
"""


def tables_markdown(config: DemandConfig) -> str:
    """`docs/tables.md` under a configuration: an overview, then every table with its columns in order."""
    found = tables(config)
    overview = [
        "| table | grain | one partition per |",
        "| --- | --- | --- |",
        *(
            f"| [{table.name}](#{table.name}) | {table.grain} | {_words(table.partitioned_by) or '–'} |"
            for table in found
        ),
    ]
    return "\n".join([INTRODUCTION, *overview, "", *("\n".join(_table(table)) for table in found)])


def _table(table: Table) -> list[str]:
    key = ", ".join(f"`{name}`" for name in table.key)
    return [
        f"## {table.name}",
        "",
        f"Grain: {table.grain}. {_partitions(table)}: {key}.",
        "",
        "| column | type | unit | range | empty | meaning |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(column) for column in table.columns),
        "",
    ]


def _row(column: Column) -> str:
    meaning = column.description.replace("|", "\\|")
    cells = (f"`{column.name}`", _type(column.dtype), column.unit or "–", _range(column), _empty(column), meaning)
    return f"| {' | '.join(cells)} |"


def _empty(column: Column) -> str:
    return "may be" if column.nullable else "never"


def _range(column: Column) -> str:
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"{low:g} … {high:g}"
    if low is not None:
        return f"≥ {low:g}"
    return f"≤ {high:g}" if high is not None else "–"


def _type(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List):
        inner = dtype.inner
        return f"list of {_type(inner if isinstance(inner, pl.DataType) else inner())}"
    if isinstance(dtype, pl.Datetime):
        return "time (UTC)"
    names = {"String": "text", "Int64": "whole number", "Float64": "number", "Date": "date", "Boolean": "true/false"}
    return names.get(str(dtype), str(dtype))


def _partitions(table: Table) -> str:
    if not table.partitioned_by:
        return "Not partitioned. Unique"
    return f"Partitioned by {_words(table.partitioned_by)}. Unique in each partition"


def _words(partition: str) -> str:
    return partition.replace("_", " ")
