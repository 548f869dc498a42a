"""Dagster partitions: files, buckets, cycles, scenarios, and the mappings between them.

Belongs here: partition definitions and mappings, one of each kind. Does not belong here: bucket arithmetic, which is
`BucketGrid`'s: windows of a bucket are never read from a Dagster context, because for N > 1 they are one week wide.
"""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta

import dagster as dg

from dp_assets.domain.buckets import BucketGrid

FILE_PARTITIONS = dg.DynamicPartitionsDefinition(name="file")
SCENARIO_PARTITIONS = dg.DynamicPartitionsDefinition(name="scenario")
"""Names of scenarios; what they are stands in the planning database."""


def window(start_offset: int, end_offset: int) -> dg.TimeWindowPartitionMapping:
    """Cycle ← partitions between two offsets from it, absent ones allowed."""
    with warnings.catch_warnings():
        # Leaving out partitions that do not exist is marked beta; nothing else maps a cycle to all history.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.TimeWindowPartitionMapping(
            start_offset=start_offset, end_offset=end_offset, allow_nonexistent_upstream_partitions=True
        )


HISTORY = window(-800, 0)
"""Cycle ← models up to it."""
MODEL_ASSETS = ("encoders", "tuned_model", "boosted_model", "residuals")
"""What a champion consists of; forecasts read it of a cycle at or before their own."""
PAST_BUCKETS = window(-800, -1)
"""Cycle ← buckets before its cutoff. For N > 1 one bucket too many slips through, so code filters by cutoff again."""
EXCLUSION_YEARS = 15


def time_partitions(grid: BucketGrid, end: datetime | None, extra_buckets: int) -> dg.TimeWindowPartitionsDefinition:
    """Bucket starts as time-window partitions.

    Args:
        grid: the bucket grid.
        end: the simulated now, or None for wall time.
        extra_buckets: 0 lists closed buckets; 1 lists the current one as well (cycles).
    """
    first = datetime.combine(grid.first, datetime.min.time())
    weeks = range(52 * EXCLUSION_YEARS)
    skipped = [first + timedelta(weeks=week) for week in weeks if week % grid.weeks]
    cron_weekday = (grid.first.weekday() + 1) % 7
    stop = None
    if end is not None:
        local = end.astimezone(grid.zone).date()
        stop = datetime.combine(grid.start_of(local) + extra_buckets * grid.step, datetime.min.time())
    return dg.TimeWindowPartitionsDefinition(
        start=first,
        end=stop,
        fmt="%Y-%m-%d",
        cron_schedule=f"0 0 * * {cron_weekday}",
        timezone=str(grid.zone),
        exclusions=skipped or None,
        end_offset=extra_buckets if end is None else 0,
    )


def bucket_partitions(grid: BucketGrid, end: datetime | None) -> dg.TimeWindowPartitionsDefinition:
    """Closed buckets."""
    return time_partitions(grid, end, extra_buckets=0)


def cycle_partitions(grid: BucketGrid, end: datetime | None) -> dg.TimeWindowPartitionsDefinition:
    """Cycles, the current one included: its cutoff is the start of the bucket that runs now."""
    return time_partitions(grid, end, extra_buckets=1)
