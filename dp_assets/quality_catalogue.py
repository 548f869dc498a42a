"""What the files of each producer have shown so far, and which of them lack their report of data quality.

Belongs here: reading a producer's catalogue. Does not belong here: filling and writing it (`quality.py`).

    _quality/<producer>/seen.parquet      SKUs and days, and the versions they are of; made anew when missing

A catalogue is written after the reports it counts, and after what a gate recalls. It names the rows that each version
was reported on with, so it tells where a process was killed between a commit record and the report; the plan asks for
such versions before anything is made of their rows.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl

from dp_assets.domain.ingest.registration import Registration
from dp_assets.domain.ingest.unify import FEED_TABLES
from dp_assets.domain.quality import SEEN
from dp_resources.lake import Lake

COUNTED = "file"
"""Kind of the catalogue's rows that name the versions it holds, with a hash of the rows that were counted."""
NOTHING, RECALLED = "-", "recalled"
"""Hashes of versions whose rows are not counted."""


def unreported(
    lake: Lake, known: Iterable[Registration], commits: Mapping[str, Mapping[str, Any]], recalled: Collection[str]
) -> frozenset[str]:
    """Committed versions that count, but whose rows as they are now have no report yet."""
    registered = {one.file_version_id: one.producer for one in known}
    reported = {
        producer: reported_rows(read_catalogue(lake, producer)) for producer in sorted(set(registered.values()))
    }
    return frozenset(
        version
        for version, commit in commits.items()  # in the order of their memory, which takes half the time of any other
        if version in registered
        and version not in recalled
        # One that was recalled when it was reported on, and put back since, has been decided about.
        and reported[registered[version]].get(version) not in (rows_hash(commit), RECALLED)
    )


def rows_hash(commit: Mapping[str, Any]) -> str:
    """What a catalogue says about the rows of a version that counts: the hash of its table, or that none count."""
    if commit["status"] != "accepted":
        return NOTHING
    return hashlib.sha256(commit["tables"][FEED_TABLES[commit["feed"]]].encode()).hexdigest()[:16]


def reported_rows(catalogue: pl.DataFrame) -> dict[str, str]:
    """Version → the rows that its report is of."""
    return dict(catalogue.filter(pl.col("kind") == COUNTED).select("value", "seen_from").iter_rows())


def read_catalogue(lake: Lake, producer: str) -> pl.DataFrame:
    """A producer's catalogue, as SEEN; empty where there is none that can be read."""
    path = catalogue_path(lake, producer)
    if not lake.has_bytes(path):
        return pl.DataFrame(schema=SEEN)
    try:
        return pl.read_parquet(io.BytesIO(lake.read_bytes(path))).select(list(SEEN))
    except pl.exceptions.PolarsError:
        return pl.DataFrame(schema=SEEN)


def catalogue_path(lake: Lake, producer: str) -> str:
    return f"{lake.root}/_quality/{producer}/seen.parquet"
