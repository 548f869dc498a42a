"""What a run tells the SQL models: the configuration, contracts, buckets and cycles, as dbt's variables.

Belongs here: what the configuration means to the models. Does not belong here: starting dbt (`dbt_runner.py`), parsing
the project (`dp_assets/dbt_manifest.py`), files (`warehouse.py`), partitions of the graph (`defs/weekly_buckets.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.table import Table

DUCKDB_TYPES: dict[pl.DataType, str] = {
    pl.String(): "varchar",
    pl.Int64(): "bigint",
    pl.Float64(): "double",
    pl.Boolean(): "boolean",
    pl.Date(): "date",
    pl.Datetime("us", "UTC"): "timestamp with time zone",
    pl.List(pl.String()): "varchar[]",
}
"""Polars type of a contract → type as DuckDB reports it."""
ROWS_PER_SLICE = 4_000_000
"""Rows whose sums DuckDB holds at once: some hundred MB, and few enough passes over the files' days."""
CONTRACT_TESTS = "tag:contract"
"""Data tests of what the contract of a table judges as it is promoted: a run leaves them out."""


def contract_types(table: Table, *leading: tuple[str, str]) -> list[dict[str, str]]:
    """Columns and DuckDB types of a table, for the models whose columns follow the configuration."""
    columns = [*leading, *((column.name, DUCKDB_TYPES[column.dtype]) for column in table.columns)]
    return [{"name": name, "data_type": data_type} for name, data_type in columns]


def model_variables(config: DemandConfig) -> dict[str, Any]:
    """What the configuration says to the models, whatever the run."""
    ranked = sorted(enumerate(config.producers), key=lambda item: (item[1].priority, item[0]))
    return {
        "series_key": list(config.series_key),
        "bucket_first": config.bucket.first.isoformat(),
        "bucket_weeks": config.bucket.weeks,
        "producers": [producer.name for _, producer in ranked],
        "attributes": [{"name": name, "kind": attribute.kind} for name, attribute in config.attributes.items()],
    }


def slices(grid: BucketGrid, buckets: Sequence[str], rows: int) -> list[list[date]]:
    """Buckets that are written and read together: about `ROWS_PER_SLICE` rows if they spread evenly.

    Args:
        grid: the bucket grid.
        buckets: bucket starts of the run, ascending.
        rows: rows of all of them.
    """
    step = max(1, len(buckets) * ROWS_PER_SLICE // max(1, rows))
    return [[grid.parse(key) for key in buckets[at : at + step]] for at in range(0, len(buckets), step)]


def slice_variables(grid: BucketGrid, parts: Iterable[Sequence[date]]) -> list[dict[str, str]]:
    """First and last day of each slice, as the models take them."""
    last_day = grid.step - timedelta(days=1)
    return [{"first": part[0].isoformat(), "last": (part[-1] + last_day).isoformat()} for part in parts]


def cycle_variables(grid: BucketGrid, cycles: Iterable[str]) -> list[dict[str, str]]:
    """Cutoff and knowledge time of each cycle, as the models take them."""
    cutoffs = [grid.parse(cycle) for cycle in cycles]
    return [{"cutoff": cutoff.isoformat(), "known_at": grid.known_at(cutoff).isoformat()} for cutoff in cutoffs]
