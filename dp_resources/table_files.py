"""A table as a Parquet file that grows chunk by chunk, so that memory never holds more than one chunk of it.

Belongs here: how rows are encoded. Does not belong here: where the file goes in the end (`lake.py`), what the table
means (`dp_assets/domain/contracts`).

The same rows in the same chunks give the same bytes.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

CONSTANT = ("file_version_id", "producer")
"""Text columns that hold one value throughout a file: they are written as one value and a run of references."""
NEARLY_UNIQUE = ("row_number", "sold_at")
"""Columns for which a dictionary of values would be as long as the column."""


class TableFile:
    """A Parquet file in the making.

    Args:
        path: where to write it; what is there is replaced.
        schema: of the rows to come.

    Attributes:
        rows: written so far.
    """

    def __init__(self, path: Path, schema: pl.Schema) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.path, self.schema, self.rows = path, schema, 0
        self._sha256: str | None = None
        arrow = pl.DataFrame(schema=schema).to_arrow().schema
        fields: list[Any] = [
            one.with_type(pa.dictionary(pa.int32(), pa.large_string())) if one.name in CONSTANT else one
            for one in arrow
        ]
        counted = [name for name, dtype in schema.items() if dtype == pl.Int64 and name in NEARLY_UNIQUE]
        # Types are read off the Parquet file alone: what is a dictionary here is text to whoever reads it.
        self._writer: Any = pq.ParquetWriter(
            path,
            pa.schema(fields),
            compression="zstd",
            compression_level=1,
            use_dictionary=[name for name in schema if name not in NEARLY_UNIQUE],
            column_encoding=dict.fromkeys(counted, "DELTA_BINARY_PACKED"),
            store_schema=False,
        )

    def append(self, frame: pl.DataFrame) -> None:
        """Writes a chunk as one row group; an empty one leaves no trace."""
        import pyarrow as pa

        if frame.is_empty():
            return
        columns: list[Any] = []
        for name in self.schema:
            values = frame[name]
            if name in CONSTANT:
                if not (values == values[0]).all():
                    raise ValueError(f"expected one {name} in a file, got {values.unique().to_list()[:3]}")
                # Of these two a list would do, too, but for that pyarrow imports pandas, a third of a second.
                places = pl.Series([0], dtype=pl.Int32).new_from_index(0, len(frame)).to_arrow()
                columns.append(pa.DictionaryArray.from_arrays(places, values.head(1).to_arrow()))
            else:
                columns.append(values.to_arrow())
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._writer.schema))
        self.rows += len(frame)

    def close(self) -> str:
        """Completes the file; its SHA-256. Closing it again only gives the hash again."""
        if self._sha256 is None:
            self._writer.close()
            self._sha256 = file_sha256(self.path)
        return self._sha256


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
