"""What was sold as it was known on a past day, out of the table `weekly_buckets`.

Belongs here: adding up what had arrived by then. Does not belong here: HTTP (`endpoints.py`), histories as a cycle saw
them (`service.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from serving.api.history.service import checked
from serving.api.questions import Answer
from serving.bundle import HISTORY_WEEKS, Bundle

if TYPE_CHECKING:
    from dp_assets.domain.buckets import BucketGrid
    from serving.tables import Kept, KeptTables

TABLE = "weekly_buckets"


def history_as_of(
    tables: KeptTables, bundle: Bundle, sku: str, rows: Sequence[int], day: date, grid: BucketGrid, buckets: int | None
) -> tuple[Answer, str]:
    """The answer of `SkuHistory` as of the beginning of a day, and the version of what it was made of.

    Args:
        tables: where `weekly_buckets` is read.
        bundle: of the newest cycle known then, which says what series the SKU has.
        sku: the SKU.
        rows: rows of its series.
        day: the day.
        grid: of the cycle in service.
        buckets: newest buckets wanted; all of two years when None.

    Raises:
        BadParameterError: more buckets are asked for than are kept.
    """
    begun = [one for one in tables.lake.partitions(TABLE) if one < day.isoformat()][-(HISTORY_WEEKS // grid.weeks) :]
    wanted = begun[len(begun) - checked(buckets, len(begun), f"that had begun before {day}") :]
    kept = [tables.table(TABLE, bucket=start) for start in wanted]
    there = [one for one in kept if one is not None]
    units = _units(there, [bundle.series_ids[row] for row in rows], grid.midnight(day))
    found: Answer = {
        "sku": sku,
        "cycle": bundle.head.cycle,
        "as_of": day,
        "bucket_weeks": bundle.head.bucket_weeks,
        "series": [
            {
                "series_id": bundle.series_ids[row],
                "key": bundle.keys[row],
                "buckets": [_bucket(start, units.get((start, bundle.series_ids[row]), 0.0)) for start in wanted],
            }
            for row in rows
        ],
    }
    version = hashlib.sha256("".join(one.sha256 for one in there).encode()).hexdigest()
    return found, version


def _units(kept: Sequence[Kept], series_ids: Sequence[str], moment: datetime) -> dict[tuple[str, str], float]:
    """Units by bucket and series, of what had arrived by a moment."""
    if not kept or not series_ids:
        return {}
    found = [one.of_each(series_ids).select("bucket_start", "series_id", "known_from", "quantity") for one in kept]
    rows = pl.concat(found).filter(pl.col("known_from") <= moment)
    sums = rows.group_by("bucket_start", "series_id", maintain_order=True).agg(pl.col("quantity").sum())
    return {(start.isoformat(), series_id): units for start, series_id, units in sums.iter_rows()}


def _bucket(start: str, units: float) -> Answer:
    return {"bucket_start": start, "units": units, "capped": None, "observed": None}
