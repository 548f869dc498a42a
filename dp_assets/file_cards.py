"""Producers' files: their state, what became of their rows, how their quality was judged.

Belongs here: reading that from the lake for whoever only looks. Does not belong here: taking files in
(`ingestion.py`), judging them (`quality.py`). Nothing here knows Dagster.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from dp_assets.domain.errors import ArtefactError
from dp_assets.domain.ingest.registration import Registration
from dp_assets.domain.recall import FileEvent
from dp_assets.registry import file_events, landed_path, registration, registrations
from dp_assets.sources import Reader, made_by_file
from dp_resources.archive import is_kept, location_of
from dp_resources.lake import Lake

STATES = ("waiting", "accepted", "superseded", "duplicate", "quarantined", "recalled")
"""What a file version may be, from `state_of`."""
FATES = ("read", "accepted", "rejected", "duplicate")
WAITING = "it is registered, and not read and accounted for yet; `dp run`, or the sensor of `dp up`, does that"


def files(reader: Reader) -> list[dict[str, Any]]:
    """Every file version, the last to arrive first: who delivered it, its state, and what became of its rows."""
    table = reader.table("file_ledger")
    ledger = {} if table is None else {row["file_version_id"]: row for row in table.frame.iter_rows(named=True)}
    told = events_of(file_events(reader.lake))
    found = [_file(one, ledger.get(one.file_version_id), told) for one in registrations(reader.lake)]
    return sorted(found, key=lambda one: (-one["arrived_at"].timestamp(), one["file_version_id"]))


def events_of(events: Iterable[FileEvent]) -> dict[str, list[FileEvent]]:
    """File version → what people and gates said of it, oldest first."""
    found: dict[str, list[FileEvent]] = {}
    for one in events:
        found.setdefault(one.file_version_id, []).append(one)
    return found


def state_of(line: Mapping[str, Any] | None, recalled: bool) -> str:
    """The state of a file version, by its line of the ledger: one of STATES."""
    if recalled:
        return "recalled"
    if line is None:
        return "waiting"
    if line["status"] != "accepted":
        return str(line["status"])
    return "accepted" if line["superseded_by"] is None else "superseded"


def _file(one: Registration, line: Mapping[str, Any] | None, told: Mapping[str, Sequence[FileEvent]]) -> dict[str, Any]:
    said = [event for event in told.get(one.file_version_id, ()) if event.event != "backdate"]
    recall = said[-1] if said and said[-1].event == "recall" else None
    state = state_of(line, recall is not None)
    names = ("file_version_id", "producer", "feed", "uri", "content_sha256", "bytes", "arrived_at", "supersedes")
    reason = WAITING if state == "waiting" else line["reason"] if line else None
    return {
        **{name: getattr(one, name) for name in names},
        "state": state,
        "reason": f"{recall.by}: {recall.reason}" if recall is not None else reason,
        "superseded_by": line["superseded_by"] if line else None,
        "rows": None if line is None else {fate: line[f"rows_{fate}"] for fate in FATES},
        "units": None if line is None else {fate: line[f"units_{fate}"] for fate in FATES},
    }


def file_card(reader: Reader, version: str, rejected: int, rule: str | None) -> dict[str, Any] | None:
    """Everything that is known of a file version; None where there is none of that id.

    Args:
        reader: the lake.
        version: the file version.
        rejected: how many rejected rows are shown.
        rule: only those that this filter or type rule rejected.
    """
    lake = reader.lake
    try:
        found = registration(lake, version)
    except ArtefactError:
        return None
    table = reader.table("file_ledger")
    lines = [] if table is None else table.frame.filter(pl.col("file_version_id") == version).to_dicts()
    line, commit = (lines[0] if lines else None), lake.commit_of("ingest", version)
    events = events_of(file_events(lake)).get(version, [])
    rows, many = _rejected_rows(lake, version, rejected, rule)
    return {
        **_file(found, line, {version: events}),
        "modified_at": found.modified_at,
        "archive": {
            "location": location_of(lake, landed_path(lake, found.content_sha256)),
            "sha256": found.content_sha256,
            "bytes": found.bytes,
        },
        "archived": is_kept(lake, landed_path(lake, found.content_sha256)),
        "read_as": _read_as(lake, version),
        "ledger": None if line is None else _ledger(line),
        "schema_drift": None if commit is None else commit["schema_drift"],
        "buckets": [] if commit is None else commit["buckets"],
        "tables": {} if commit is None else commit["tables"],
        "quality": quality_of(lake, version),
        "rejected_total": many,
        "rejected_rows": rows,
        "events": [_told(one) for one in events],
        "made": made_by_file(lake, version),
    }


def _read_as(lake: Lake, version: str) -> dict[str, Any] | None:
    """How the file was read: format, what was sniffed, columns as found, rows."""
    if not lake.exists("raw_files", file_version=version):
        return None
    row = lake.read("raw_files", file_version=version).row(0, named=True)
    parsed = {name: json.loads(row[name]) if row[name] else None for name in ("sniffed", "columns_found")}
    return {"format": row["format"], "rows": row["rows"], **parsed}


def _ledger(line: Mapping[str, Any]) -> dict[str, Any]:
    """What became of the rows, rule by rule, and what other files took back since."""
    units = json.loads(line["units_rejected_by"] or "{}")
    rejected = [
        {"rule": rule, "rows": rows, "units": units.get(rule)} for rule, rows in json.loads(line["rejected_by"]).items()
    ]
    return {
        "rejected_by": sorted(rejected, key=lambda one: (-one["rows"], one["rule"])),
        "rows_withdrawn": line["rows_withdrawn"],
        "units_withdrawn": line["units_withdrawn"],
        "withdrawn_by": json.loads(line["withdrawn_by"]),
        "superseded_from": line["superseded_from"],
    }


def quality_of(lake: Lake, version: str) -> list[dict[str, Any]]:
    """The report of data quality, what stands out first."""
    if not lake.exists("data_quality", file_version=version):
        return []
    order = {"block": 0, "warn": 1, "ok": 2, "unjudged": 3}
    rows = lake.read("data_quality", file_version=version).drop("file_version_id", "producer").to_dicts()
    return sorted(rows, key=lambda row: (order.get(row["verdict"], 4), row["measure"], row["subject"]))


def _rejected_rows(lake: Lake, version: str, most: int, rule: str | None) -> tuple[list[dict[str, Any]], int]:
    """The first rejected rows with the text that came, and how many there are; only those are read into memory."""
    if not lake.exists("rejected_rows", file_version=version):
        return [], 0
    path = lake.path("rejected_rows", file_version=version)
    source: Path | io.BytesIO = Path(path) if lake.is_local else io.BytesIO(lake.read_bytes(path))
    wanted = pl.lit(True) if rule is None else pl.col("reason") == rule
    rows = pl.scan_parquet(source, glob=False).filter(wanted)
    many = int(rows.select(pl.len()).collect().item())
    if not isinstance(source, Path):
        source.seek(0)
    shown = rows.select("row_number", "reason", "detail", "original").sort("row_number").head(most).collect()
    return [{**row, "original": json.loads(row["original"])} for row in shown.to_dicts()], many


def _told(one: FileEvent) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("event", "at", "by", "reason", "arrived_at")}
