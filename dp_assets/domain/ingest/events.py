"""What file versions count for, and when: a pure function of the commit records of ingestion.

Belongs here: spans of knowledge. Does not belong here: rows and buckets (`weekly_buckets`).

    landed       the version's rows are known from its arrival on
    superseded   a later version of the same path takes them back from that one's arrival on

A version in quarantine holds no rows and supersedes nothing: a broken restatement must not erase what it restates.
A duplicate holds no rows either, but it does supersede: its path no longer holds what it held before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from dp_assets.domain.table import UTC_TIME

SPAN_SCHEMA: dict[str, pl.DataType] = {
    "file_version_id": pl.String(),
    "producer": pl.String(),
    "feed": pl.String(),
    "uri": pl.String(),
    "known_from": UTC_TIME,
    "superseded_from": UTC_TIME,
}


def version_spans(commits: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """From when to when each version counts, whatever the order of the records.

    Args:
        commits: commit records of ingestion: file_version_id, producer, feed, uri, arrived_at (ISO 8601), status.

    Returns:
        One row per version that is not in quarantine, sorted by known_from and file_version_id; superseded_from is
        null while it is current. A version is known at a moment t iff known_from <= t < superseded_from.
    """
    counted = [commit for commit in commits if commit["status"] != "quarantined"]
    rows = [
        (
            commit["file_version_id"],
            commit["producer"],
            commit["feed"],
            commit["uri"],
            datetime.fromisoformat(commit["arrived_at"]),
        )
        for commit in counted
    ]
    schema = {name: dtype for name, dtype in SPAN_SCHEMA.items() if name != "superseded_from"}
    frame = pl.DataFrame(rows, schema=schema, orient="row").sort("known_from", "file_version_id")
    return frame.with_columns(pl.col("known_from").shift(-1).over("uri").alias("superseded_from")).select(*SPAN_SCHEMA)
