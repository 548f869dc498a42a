"""Which file versions a bucket is made of.

Belongs here: the relation between file versions and buckets, from the ingest commit records alone.
Does not belong here: what the versions add (the SQL model `weekly_buckets`), when they count (`ingest/events.py`).

Functions here take the commit records of versions that count: recalled ones are left out by the caller.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.ingest.recipe import short_hash
from dp_assets.domain.ingest.restatements import LinesOf, lines_not_read, restated_buckets, restatements
from dp_assets.domain.table import UTC_TIME

Commit = Mapping[str, Any]
Inputs = dict[str, str]
"""File version → digest of what is read from it."""
BUCKET_FORMAT = 1
"""Raise it when the same files give other buckets: with every change of the SQL models that build them."""


def _arrival(commit: Commit) -> tuple[datetime, str]:
    return datetime.fromisoformat(str(commit["arrived_at"])), str(commit["file_version_id"])


def bucket_inputs(
    commits: Iterable[Commit], config: DemandConfig, lines_of: LinesOf = lines_not_read
) -> dict[str, Inputs]:
    """Bucket start → what its contributions are made from; a bucket built from anything else is stale.

    A transactions file is an input of the buckets its rows fall in: its rows, when they count from, and when they are
    taken back, all at once or, where files restate each other by rows or dates, each on its own. A promotions calendar
    is an input of the buckets its plans reach into, as far as a file with rows there arrived while the calendar was
    current; restating it later changes nothing for that bucket.
    """
    counted, grid = [commit for commit in commits if commit["status"] != "quarantined"], BucketGrid.of(config)
    restated = restated_buckets(restatements(counted, config, lines_of), grid)
    spans = {row[0]: (row[4], row[5]) for row in version_spans(counted).iter_rows()}
    how = f"{BUCKET_FORMAT}:{','.join(config.series_key)}"
    inputs: dict[str, Inputs] = {}
    arrivals: dict[str, list[tuple[datetime, str]]] = {}
    for commit in sorted(counted, key=_arrival):
        version = str(commit["file_version_id"])
        if not commit["buckets"]:
            continue
        known_from, superseded_from = spans[version]
        told = (how, _rows_of(commit, "unified_transactions"), str(known_from), str(superseded_from))
        digest = short_hash(*told)
        for bucket in map(str, commit["buckets"]):
            taken_back = restated.get((version, bucket))
            inputs.setdefault(bucket, {})[version] = short_hash(*told, taken_back) if taken_back else digest
            arrivals.setdefault(bucket, []).append((known_from, version))
    starts = sorted(inputs)
    for commit in counted:
        version, reach = str(commit["file_version_id"]), commit.get("reach")
        if not reach:
            continue
        known_from, superseded_from = spans[version]
        first, last = (date.fromisoformat(str(day)) for day in reach)
        for bucket in starts[bisect_left(starts, grid.start_of(first).isoformat()) : bisect_right(starts, str(last))]:
            read_by = _arrived_between(arrivals[bucket], known_from, superseded_from)
            if read_by:
                inputs[bucket][version] = short_hash(how, _rows_of(commit, "promotions"), *read_by)
    return inputs


def _rows_of(commit: Commit, table: str) -> str:
    return str(commit.get("tables", {}).get(table, ""))


def _arrived_between(arrivals: list[tuple[datetime, str]], since: datetime, until: datetime | None) -> list[str]:
    """Versions that arrived in [since, until), of a list sorted by arrival."""
    begin = bisect_left(arrivals, (since, ""))
    end = len(arrivals) if until is None else bisect_left(arrivals, (until, ""))
    return [version for _, version in arrivals[begin:end]]


def bucket_ends(commits: Iterable[Commit], grid: BucketGrid, before: date) -> pl.DataFrame:
    """Buckets that were sold in, and the knowledge time of the cycle that follows each: earlier cycles never read them.

    Args:
        commits: commit records of ingestion.
        grid: the bucket grid.
        before: buckets from this one on are left out.

    Returns:
        bucket_start, known_at (UTC). Buckets before the first of the grid are known like that one's predecessor.
    """
    starts = {date.fromisoformat(str(bucket)) for commit in commits for bucket in commit["buckets"]}
    found = sorted(start for start in starts if start < before)
    moments = [grid.known_at(max(start, grid.first - grid.step) + grid.step) for start in found]
    return pl.DataFrame(
        {"bucket_start": found, "known_at": moments}, schema={"bucket_start": pl.Date, "known_at": UTC_TIME}
    )
