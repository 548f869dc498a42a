"""A table in blocks as NDJSON, CSV, Parquet or an Arrow stream, sent while it is made.

Belongs here: how bytes of each format come about block by block. Does not belong here: what is in the table.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from serving.api.catalogue.schemas import Format

PARQUET = {"compression": "zstd", "compression_level": 1}
"""As the tables of the lake are written."""


class _Outlet(io.RawIOBase):
    """A file that keeps only what was not fetched yet, and knows how much went through it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def fetch(self) -> bytes:
        """What was written since the last time."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found


def text_columns(schema: Any) -> list[str]:
    """Names of the columns of text, plain or coded."""
    import pyarrow as pa

    return [one.name for one in schema if pa.types.is_string(one.type) or pa.types.is_dictionary(one.type)]


def _parquet(blocks: Iterator[Any]) -> Iterator[bytes]:
    """One row group per block; only text is dictionary encoded, for numbers that costs time and saves nothing."""
    import pyarrow.parquet as pq

    first, outlet = next(blocks), _Outlet()
    with pq.ParquetWriter(outlet, first.schema, use_dictionary=text_columns(first.schema), **PARQUET) as writer:
        for block in chain([first], blocks):
            writer.write_batch(block, row_group_size=max(len(block), 1))
            yield outlet.fetch()
    yield outlet.fetch()


def _arrow(blocks: Iterator[Any]) -> Iterator[bytes]:
    import pyarrow.ipc

    first, outlet = next(blocks), _Outlet()
    with pyarrow.ipc.new_stream(outlet, first.schema) as writer:
        for block in chain([first], blocks):
            writer.write_batch(block)
            yield outlet.fetch()
    yield outlet.fetch()


def _plain(block: Any) -> Any:
    """A block whose text is text, not codes."""
    import pyarrow as pa

    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in block.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=block.schema.names)


def _csv(blocks: Iterator[Any]) -> Iterator[bytes]:
    import pyarrow.csv

    for number, block in enumerate(blocks):
        outlet = io.BytesIO()
        pyarrow.csv.write_csv(_plain(block), outlet, pyarrow.csv.WriteOptions(include_header=number == 0))
        yield outlet.getvalue()


def _ndjson(blocks: Iterator[Any]) -> Iterator[bytes]:
    import polars as pl

    for block in blocks:
        outlet = io.BytesIO()
        frame = pl.DataFrame(pl.from_arrow(_plain(block)))
        frame.write_ndjson(outlet)
        yield outlet.getvalue()


WRITERS: dict[Format, Callable[[Iterator[Any]], Iterator[bytes]]] = {
    "ndjson": _ndjson,
    "csv": _csv,
    "parquet": _parquet,
    "arrow": _arrow,
}


def written(blocks: Iterator[Any], name: Format) -> Iterator[bytes]:
    """The bytes of a table in a format, block by block.

    Args:
        blocks: Arrow record batches of one schema, at least one.
        name: of the format.
    """
    return WRITERS[name](blocks)
