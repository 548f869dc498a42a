"""What becomes of a file: accepted rows in the unified schema, rejected ones with their reason and what they held.

Belongs here: the parts that files of every feed come to. Does not belong here: which rows are rejected (`type_rules.py`
and the modules of feeds), what a whole file comes to (`unify_chunks.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.ingest import values
from dp_assets.domain.ingest.file_lines import Dates
from dp_assets.domain.ingest.schema_drift import TypeEvidence
from dp_assets.domain.ingest.sources import ROW, SURPLUS, Source
from dp_assets.domain.ingest.verdicts import Verdicts


@dataclass(frozen=True)
class FileHeader:
    """What every row of a file version carries, and the path that it came under."""

    file_version_id: str
    producer: str
    known_from: datetime
    uri: str = ""


@dataclass(frozen=True)
class Unified:
    """One file version in the unified schema.

    Attributes:
        rows: accepted rows, as the contract of their feed's table.
        rejected: as `contracts.REJECTED_ROWS`.
        buckets: as `contracts.FILE_BUCKETS`; empty for feeds other than transactions.
        lines: as `contracts.FILE_LINES`; None where the producer's files do not restate each other. Of a chunk, a date
            says what the chunk holds.
        replaces: business dates of which earlier files of the producer say nothing any more; None for none.
        quantity_accepted: units of accepted rows.
        units_rejected_by: reason → units of the rows it rejected, as far as they could be read.
        evidence: what the values say about the types of columns, for `type_drift`.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    buckets: pl.DataFrame
    lines: pl.DataFrame | None = None
    replaces: Dates | None = None
    quantity_accepted: float = 0.0
    units_rejected_by: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[TypeEvidence, ...] = ()

    @property
    def rows_read(self) -> int:
        """Rows of the file."""
        return len(self.rows) + len(self.rejected)


def with_header(frame: pl.DataFrame, header: FileHeader) -> pl.DataFrame:
    """Rows with the columns that say which file they are of."""
    return frame.with_columns(
        pl.lit(header.file_version_id).alias("file_version_id"),
        pl.lit(header.producer).alias("producer"),
        pl.lit(header.known_from).dt.cast_time_unit("us").alias("known_from"),
    )


def rejected_rows(source: Source, verdicts: Verdicts, header: FileHeader) -> pl.DataFrame:
    """Rejected rows with reason, detail and the source values as a JSON object, as `contracts.REJECTED_ROWS`."""
    found = source.frame.filter(~verdicts.accepted)
    names: Sequence[str] = [name for name in found.columns if name not in (ROW, SURPLUS)]
    texts = found.select([_original(found[name]) for name in names])
    original = (
        texts.select(pl.struct(names).struct.json_encode().alias("original"))["original"]
        if names and len(found)
        else pl.Series("original", ["{}"] * len(found), dtype=pl.String)
    )
    rejected = ~verdicts.accepted
    frame = pl.DataFrame(
        [
            found[ROW].alias("row_number"),
            verdicts.reason.filter(rejected),
            verdicts.detail.filter(rejected),
            original,
        ]
    )
    return contracts.REJECTED_ROWS.conform(with_header(frame, header))


def _original(series: pl.Series) -> pl.Series:
    if isinstance(series.dtype, (pl.List, pl.Array)):
        return series.cast(pl.List(pl.String), strict=False)
    if series.dtype.is_nested() or series.dtype.is_float():
        return values.texts(series).alias(series.name)
    return series.cast(pl.String, strict=False)
