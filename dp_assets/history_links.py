"""History behind a forecast: what file versions add to its buckets, those files, and their rows.

Belongs here: which tables and records are read for it. Does not belong here: what is found in them
(`domain/trace.py`), the links from a number down to its history (`tracing.py`). Nothing here knows Dagster.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.panel import Panel
from dp_assets.domain.trace import CONTRIBUTION, HistoryBucket, counted, history_bucket, panel_row, rows_of_series
from dp_assets.kept_receipts import Receipt
from dp_assets.registry import landed_path, recalled_versions, registration
from dp_assets.sources import Reader, made_by_file, table_source
from dp_resources.archive import is_kept, location_of
from dp_resources.lake import Lake

BUCKETS = 8
"""Buckets of history shown unless more are asked for."""


@dataclass(frozen=True)
class Question:
    """What is traced: a series and a forecast bucket of a cycle, with so many buckets of its history.

    Attributes:
        series_id: the series.
        bucket: first day of the forecast bucket.
        cycle: the cycle whose number it is.
        buckets: newest buckets of history shown.
        rows_of: bucket of history whose file rows are shown; the newest with any when None.
    """

    series_id: str
    bucket: date
    cycle: str
    buckets: int = BUCKETS
    rows_of: date | None = None


def contributions_of(reader: Reader, series_id: str, bucket: date) -> pl.DataFrame:
    """Rows of `weekly_buckets` of a series and bucket; none where nothing was sold."""
    table = reader.table("weekly_buckets", bucket=bucket.isoformat())
    if table is None:
        return pl.DataFrame(schema=dict.fromkeys(CONTRIBUTION, pl.String))
    return table.frame.filter(pl.col("series_id") == series_id)


def history_of(reader: Reader, asked: Question, receipt: Receipt, panel: Panel | None) -> list[HistoryBucket]:
    cutoff = date.fromisoformat(asked.cycle)
    first = cutoff - asked.buckets * receipt.grid.step
    starts = [first + at * receipt.grid.step for at in range(asked.buckets)]
    if asked.rows_of is not None and asked.rows_of < first:
        starts.insert(0, asked.rows_of)
    row = None if panel is None else panel_row(panel, asked.series_id)
    seen = {} if panel is None or row is None else dict(zip(_past(panel), panel.quantity[row].tolist(), strict=True))
    recalled = recalled_in(reader, asked, receipt, starts)
    return [
        history_bucket(
            start,
            contributions_of(reader, asked.series_id, start),
            receipt.grid.known_at(cutoff),
            seen.get(start),
            recalled.get(start, ()),
        )
        for start in starts
        if start in seen or not seen or start == asked.rows_of
    ]


def _past(panel: Panel) -> list[date]:
    found: list[date] = panel.starts[: panel.history].astype("datetime64[D]").tolist()
    return found


def recalled_in(reader: Reader, asked: Question, receipt: Receipt, starts: Sequence[date]) -> dict[date, list[str]]:
    """Bucket → recalled file versions that hold rows of the series there."""
    found: dict[date, list[str]] = {}
    for version in sorted(recalled_versions(reader.lake)):
        commit = reader.lake.commit_of("ingest", version) or {"buckets": ()}
        for start in starts:
            if start.isoformat() in commit["buckets"] and len(rows_in(reader.lake, version, asked, receipt, start)):
                found.setdefault(start, []).append(version)
    return found


def bucket_link(reader: Reader, one: HistoryBucket, series_id: str) -> dict[str, Any]:
    key = one.bucket_start.isoformat()
    table = reader.table("weekly_buckets", bucket=key)
    row = {"series_id": series_id, "bucket_start": one.bucket_start}
    source = None if table is None else table_source(reader.lake, "weekly_buckets", table.sha256, row, bucket=key)
    return {"source": source, **vars(one)}


def bucket_shown(asked: Question, history: Sequence[HistoryBucket]) -> HistoryBucket | None:
    """The bucket whose rows are shown: the one asked for, else the newest that has any."""
    newest = (one for one in reversed(history) if one.known or one.recalled)
    return next((one for one in history if one.bucket_start == asked.rows_of), next(newest, None))


# -- files -------------------------------------------------------------------------------------------------------------


def _versions(history: Sequence[HistoryBucket]) -> Iterator[str]:
    for one in history:
        yield from (row["file_version_id"] for row in (*one.known, *one.unknown))
        yield from one.recalled


def files_behind(lake: Lake, history: Sequence[HistoryBucket]) -> list[dict[str, Any]]:
    """Every file version that adds to buckets of history, in order of arrival."""
    withdrawn = recalled_versions(lake)
    found = [file_link(lake, version, version in withdrawn) for version in dict.fromkeys(_versions(history))]
    return sorted(found, key=lambda one: (one["arrived_at"], one["file_version_id"]))


def file_link(lake: Lake, version: str, recalled: bool) -> dict[str, Any]:
    """A file version: who delivered it, when, its hash, and where its bytes are kept whatever becomes of the file."""
    one, commit = registration(lake, version), lake.commit_of("ingest", version)
    path = landed_path(lake, one.content_sha256)
    return {
        "file_version_id": version,
        **{name: getattr(one, name) for name in ("producer", "uri", "content_sha256", "arrived_at", "supersedes")},
        "status": None if commit is None else commit["status"],
        "recalled": recalled,
        "archive": {"location": location_of(lake, path), "sha256": one.content_sha256, "bytes": one.bytes},
        "archived": is_kept(lake, path),
        "rows_sha256": None if commit is None else commit["tables"].get("unified_transactions"),
        "made": made_by_file(lake, version),
    }


def rows_in(lake: Lake, version: str, asked: Question, receipt: Receipt, bucket: date) -> pl.DataFrame:
    """The accepted rows of a file version that fall into a bucket of a series; only they are read into memory."""
    path = lake.path("unified_transactions", file_version=version)
    source: Path | io.BytesIO
    try:
        source = Path(path) if lake.is_local else io.BytesIO(lake.read_bytes(path))
        key = _key(asked.series_id, receipt.series_key)
        return rows_of_series(pl.scan_parquet(source, glob=False), key, bucket, receipt.grid.step).collect()
    except (ArtefactError, FileNotFoundError):  # the file is being read again
        return pl.DataFrame()


def _key(series_id: str, names: Sequence[str]) -> dict[str, str]:
    """Key columns of a series; a SKU may hold the sign that joins them, a location is what comes after the last."""
    parts = series_id.rsplit("|", len(names) - 1) if len(names) > 1 else [series_id]
    return dict(zip(names, parts, strict=True))


def file_rows(
    reader: Reader, asked: Question, receipt: Receipt, bucket: date, recalled: Sequence[str] | None = None
) -> pl.DataFrame:
    """The rows behind a bucket of history, by file version and row number.

    `known` says whether the cycle knew the file, `counts` how many of the file's rows here counted for it (all, none or
    some), `recalled` whether the file was taken back.

    Args:
        reader: where tables come from.
        asked: the series and the cycle.
        receipt: of the cycle's forecasts.
        bucket: the bucket of history.
        recalled: file versions with rows of it that were taken back, where they are known already.
    """
    lake, known_at = reader.lake, receipt.grid.known_at(date.fromisoformat(asked.cycle))
    contributions = contributions_of(reader, asked.series_id, bucket)
    if recalled is None:
        recalled = recalled_in(reader, asked, receipt, [bucket]).get(bucket, [])
    counting, parts = counted(contributions, known_at), []
    for version in sorted({*contributions["file_version_id"], *recalled}):
        told = {
            "known": registration(lake, version).arrived_at <= known_at,
            "counts": "none" if version in recalled else counting.get(version, "none"),
            "recalled": version in recalled,
        }
        rows = rows_in(lake, version, asked, receipt, bucket)
        parts.append(rows.with_columns(pl.lit(value).alias(name) for name, value in told.items()))
    return pl.concat(parts, how="diagonal_relaxed") if parts else pl.DataFrame()
