"""Parquet and Arrow: files that know their own types.

Belongs here: reading the wanted columns, and fields of structs. Does not belong here: what values mean (`values.py`).

Arrow's C++ readers are used because they answer damaged bytes with an error. Polars' own Parquet reader is a quarter
faster, and ends the process over some of them (ADR 0016).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet

from dp_assets.domain.errors import FileRejectedError
from dp_assets.domain.ingest.archives import Budget
from dp_assets.domain.ingest.detection import ARROW_STREAM_START
from dp_assets.domain.ingest.sources import ROW, Table
from dp_assets.domain.producer_config import ReadLimits

BYTES_PER_VALUE = 8
YEAR_10000_SECONDS = 253_402_300_800
"""From 1970 to the year 10000; as many before 1970 are in the years before Christ."""


def read_parquet(path: Path, limits: ReadLimits, wanted: Collection[str]) -> Table:
    """The wanted columns of a Parquet file in their own types."""
    # Not memory-mapped: a mapped file that shrinks ends the process.
    with pyarrow.parquet.ParquetFile(path, memory_map=False, pre_buffer=False) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
        useful = _useful(schema, limits, wanted)
        # A run of equal values is a few bytes whatever its length.
        Budget(path.stat().st_size, limits).spend(rows * len(useful) * BYTES_PER_VALUE)
        table = file.read(columns=useful, use_threads=False)
    return _table(table.select(useful) if useful else table, rows, schema, wanted)


def read_arrow(path: Path, limits: ReadLimits, wanted: Collection[str]) -> Table:
    """The wanted columns of an Arrow IPC file or stream in their own types."""
    with path.open("rb") as head:
        is_stream = head.read(len(ARROW_STREAM_START)) == ARROW_STREAM_START
    with pa.OSFile(str(path)) as file:
        opened = pa.ipc.open_stream if is_stream else pa.ipc.open_file
        schema = opened(file).schema
        useful = _useful(schema, limits, wanted)
        file.seek(0)
        positions = [schema.get_field_index(name) for name in useful] or [0]
        if len(schema) == 0:
            return pl.DataFrame(schema={ROW: pl.Int64()}), {}, {}
        table = opened(file, options=pa.ipc.IpcReadOptions(included_fields=sorted(positions))).read_all()
    return _table(table.select(useful), table.num_rows, schema, wanted)


def _useful(schema: Any, limits: ReadLimits, wanted: Collection[str]) -> list[str]:
    """Top-level columns that hold wanted columns or fields."""
    names: list[str] = schema.names
    if len(names) > limits.max_columns:
        raise FileRejectedError(
            f"expected at most {limits.max_columns:,} columns, found {len(names):,}; "
            "correct the file, or raise `limits.max_columns` of the producer"
        )
    heads = {name if name in names else name.partition(".")[0] for name in wanted}
    useful = [name for name in names if name in heads]
    if repeated := sorted({name for name in useful if useful.count(name) > 1}):
        raise FileRejectedError(f"expected each useful column once, found {repeated} more than once in {names[:50]}")
    return useful


def _table(table: Any, rows: int, schema: Any, wanted: Collection[str]) -> Table:
    table.validate(full=True)
    frame = pl.DataFrame({ROW: pl.int_range(1, rows + 1, eager=True, dtype=pl.Int64)})
    found = pl.from_arrow(table)
    columns = {field.name: str(field.type) for field in schema}
    if not isinstance(found, pl.DataFrame) or not found.width:
        return frame, columns, {}
    fields = {name: _field(name, found.schema) for name in wanted if name not in columns}
    reached = {name: field for name, field in fields.items() if field is not None}
    chosen = [pl.col(name) for name in found.columns if name in set(wanted)]
    frame = pl.concat([frame, found.select(*chosen, **reached)], how="horizontal")
    columns |= {name: str(frame.schema[name]).lower() for name in reached}
    # Dictionary-encoded text is text like any other.
    frame = frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
    return (
        frame.with_columns(_representable(series) for series in frame.select(pl.col(pl.Date, pl.Datetime))),
        columns,
        {},
    )


def _representable(values: pl.Series) -> pl.Series:
    """Dates and times; as text where some have no year of four digits, which Polars can neither show nor convert.

    Those are then shown as the number that stands in the file.
    """
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_unit == "ns":
        return values  # these end in the year 2262
    count, end = values.to_physical().cast(pl.Int64), _year_10000(values.dtype)
    strange = ((count >= end) | (count <= -end)).fill_null(False)
    if not strange.any():
        return values
    return values.set(strange, None).cast(pl.String).zip_with(~strange, count.cast(pl.String))


def _year_10000(dtype: pl.DataType) -> int:
    if isinstance(dtype, pl.Datetime):
        return int(YEAR_10000_SECONDS * {"ms": 10**3, "us": 10**6}[dtype.time_unit])
    return YEAR_10000_SECONDS // 86_400


def _field(name: str, schema: pl.Schema) -> pl.Expr | None:
    """The field of a struct at a dotted name."""
    first, *steps = name.split(".")
    if first not in schema:
        return None
    found, dtype = pl.col(first), schema[first]
    for step in steps:
        inner = {field.name: field.dtype for field in dtype.fields} if isinstance(dtype, pl.Struct) else {}
        if step not in inner:
            return None
        found, dtype = found.struct.field(step), pl.Series(dtype=inner[step]).dtype
    return found
