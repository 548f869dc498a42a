"""The ledger of files: what became of every row and every unit that was read.

Belongs here: the ledger as a pure function of the commit records of ingestion, its totals, and whether it balances.
Does not belong here: the verdicts themselves (`ingest/`), reading commit records (`dp_resources/lake.py`).

    rows:   read = accepted + rejected + duplicate, to the row; rejected = the sum over filters and type rules
    units:  the same, to 1e-9 of what was read

What other files take back of accepted rows, and give back, stands beside that as compensating rows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import polars as pl

from dp_assets.domain.contracts import FILE_LEDGER
from dp_assets.domain.ingest.events import version_spans
from dp_assets.domain.ingest.restatements import NOTHING_RESTATED

RELATIVE_TOLERANCE = 1e-9
"""Units are sums of floats, so their totals may differ in the last digits."""
FATES = ("accepted", "rejected", "duplicate")
AMOUNTS = tuple(f"{kind}_{fate}" for kind in ("rows", "units") for fate in ("read", *FATES, "withdrawn"))
ENTERED = (
    "file_version_id",
    "status",
    "reason",
    "rejected_by",
    *(name for name in AMOUNTS if not name.endswith("withdrawn")),
)
"""Columns by which a line is told from that of another commit record."""
_amounts = itemgetter("read", *FATES)


def file_ledger(
    commits: Iterable[Mapping[str, Any]],
    recalled: Collection[str] = frozenset(),
    restated: pl.DataFrame = NOTHING_RESTATED,
) -> pl.DataFrame:
    """One row per committed file version, as `contracts.FILE_LEDGER`, whatever the order of the records.

    Args:
        commits: commit records of ingestion.
        recalled: versions that were taken back. Their rows stay accounted for, but they replace nothing.
        restated: what files take back from each other, as `restatements` gives it.
    """
    records = list(commits)
    moves = _compensations(restated)
    rows = [
        {
            **{name: one[name] for name in ("file_version_id", "producer", "feed", "uri", "status", "reason")},
            "arrived_at": one["arrived_at"],
            **{f"rows_{fate}": one["rows"][fate] for fate in ("read", *FATES)},
            **{f"units_{fate}": float(one["quantity"][fate]) for fate in ("read", *FATES)},
            "rejected_by": _as_json(one["rejected_by"]),
            "units_rejected_by": _as_json(one["units_rejected_by"]) if "units_rejected_by" in one else None,
            **_withdrawn(moves.get(one["file_version_id"], [])),
            "recalled": one["file_version_id"] in recalled,
        }
        for one in records
    ]
    schema = {name: dtype for name, dtype in FILE_LEDGER.schema.items() if not name.startswith("superseded")}
    frame = pl.DataFrame(rows, schema={**schema, "arrived_at": pl.String()}).with_columns(
        pl.col("arrived_at").str.to_datetime(time_unit="us", time_zone="UTC")
    )
    counting = [one for one in records if one["file_version_id"] not in recalled]
    return FILE_LEDGER.conform(frame.join(_successors(counting), on="file_version_id", how="left"))


def _as_json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _compensations(restated: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """File version → what each event takes from it (negative) or gives back, in order of time."""
    summed = (
        restated.group_by("file_version_id", "known_from", "event", "restated_by")
        .agg((pl.col("sign") * pl.col("rows")).sum(), (pl.col("sign") * pl.col("quantity")).sum().alias("units"))
        .sort("file_version_id", "known_from", "event", "restated_by")
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for version, known_from, event, by, rows, units in summed.iter_rows():
        move = {
            "file_version_id": by,
            "event": event,
            "known_from": known_from.isoformat(),
            "rows": rows,
            "units": units,
        }
        found.setdefault(version, []).append(move)
    return found


def _withdrawn(moves: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "rows_withdrawn": -sum(one["rows"] for one in moves),
        "units_withdrawn": 0.0 - math.fsum(one["units"] for one in moves),
        "withdrawn_by": _as_json(moves),
    }


def _successors(commits: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """file_version_id → the version that replaces it at its path, and from when."""
    spans = version_spans(commits).select("file_version_id", "uri", "known_from", "superseded_from")
    newer = spans.select(pl.col("file_version_id").alias("superseded_by"), "uri", pl.col("known_from").alias("from"))
    return spans.join(newer, left_on=["uri", "superseded_from"], right_on=["uri", "from"], how="inner").select(
        "file_version_id", "superseded_by", "superseded_from"
    )


def not_entered(ledger: pl.DataFrame, commits: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """Versions whose line in the ledger is missing, or of an earlier commit record.

    Args:
        ledger: as `contracts.FILE_LEDGER`; at least the columns ENTERED.
        commits: version → its commit record of ingestion.
    """
    columns = {name: ledger[name].to_list() for name in ENTERED}
    parsed = {text: json.loads(text) for text in set(columns["rejected_by"])}  # thousands of files say the same
    columns["rejected_by"] = [parsed[text] for text in columns["rejected_by"]]
    entered = dict(zip(columns["file_version_id"], zip(*columns.values(), strict=True), strict=True))
    return frozenset(version for version, commit in commits.items() if entered.get(version) != _entry(commit))


def _entry(commit: Mapping[str, Any]) -> tuple[Any, ...]:
    said = (commit[name] for name in ("file_version_id", "status", "reason", "rejected_by"))
    return (*said, *_amounts(commit["rows"]), *_amounts(commit["quantity"]))


def ledger_totals(ledger: pl.DataFrame) -> pl.DataFrame:
    """One row per producer: files, those superseded, recalled or in quarantine, and every amount summed."""
    return (
        ledger.group_by("producer")
        .agg(
            pl.len().cast(pl.Int64).alias("files"),
            pl.col("superseded_by").is_not_null().sum().cast(pl.Int64).alias("superseded"),
            pl.col("recalled").sum().cast(pl.Int64),
            (pl.col("status") == "quarantined").sum().cast(pl.Int64).alias("quarantined"),
            pl.col(AMOUNTS).sum(),
        )
        .sort("producer")
    )


def rejections(ledger: pl.DataFrame) -> pl.DataFrame:
    """Rows and units rejected per producer and filter or type rule, with the files; the most frequent first."""
    found = [
        (producer, reason, 1, count, json.loads(units or "{}").get(reason))
        for producer, text, units in ledger.select("producer", "rejected_by", "units_rejected_by").iter_rows()
        for reason, count in json.loads(text).items()
    ]
    schema = {
        "producer": pl.String(),
        "reason": pl.String(),
        "files": pl.Int64(),
        "rows": pl.Int64(),
        "units": pl.Float64(),
    }
    counted = pl.DataFrame(found, schema=schema, orient="row").group_by("producer", "reason").sum()
    return counted.sort("producer", "rows", "reason", descending=[False, True, False])


def imbalances(ledger: pl.DataFrame, rows_found: Mapping[str, int] | None = None) -> list[str]:
    """What does not add up, one sentence per finding; empty when every row and unit is accounted for.

    Args:
        ledger: as `contracts.FILE_LEDGER`.
        rows_found: file version → rows that the reader counted in the file; versions that are left out are not
            compared. A file in quarantine may be readable, but none of its rows count.
    """
    found = []
    for row in ledger.iter_rows(named=True):
        found += [f"{row['file_version_id']} ({row['uri']}): {one}" for one in _imbalances(row, rows_found or {})]
    for row in ledger_totals(ledger).iter_rows(named=True):
        if not _adds_up(row):
            found.append(f"producer {row['producer']}: {_in_words(row)}")
    return found


def _imbalances(row: Mapping[str, Any], rows_found: Mapping[str, int]) -> list[str]:
    found = [] if _adds_up(row) else [_in_words(row)]
    by_reason = sum(json.loads(row["rejected_by"]).values())
    if by_reason != row["rows_rejected"]:
        found.append(f"{row['rows_rejected']} rows rejected, but filters and type rules name {by_reason}")
    if row["units_rejected_by"] is not None:
        parts = list(json.loads(row["units_rejected_by"]).values())
        units = math.fsum(parts)
        if not _agree(units, row["units_rejected"], *parts):
            found.append(f"{row['units_rejected']:g} units rejected, but filters and type rules name {units:g}")
    if not 0 <= row["rows_withdrawn"] <= row["rows_accepted"]:
        found.append(f"{row['rows_accepted']} rows accepted, but other files took {row['rows_withdrawn']} of them back")
    counted = rows_found.get(row["file_version_id"])
    if counted is not None and row["status"] != "quarantined" and counted != row["rows_read"]:
        found.append(f"{row['rows_read']} rows accounted for, but the file holds {counted}")
    return found


def _adds_up(row: Mapping[str, Any]) -> bool:
    rows = row["rows_read"] == sum(row[f"rows_{fate}"] for fate in FATES)
    parts = [row[f"units_{fate}"] for fate in FATES]
    return bool(rows and _agree(row["units_read"], sum(parts), *parts))


def _agree(one: float, other: float, *parts: float) -> bool:
    """Whether two sums of floats are the same, to what can be expected of sums of those parts."""
    return abs(one - other) <= RELATIVE_TOLERANCE * (sum(map(abs, parts)) + abs(one))


def _in_words(row: Mapping[str, Any]) -> str:
    rows = " + ".join(f"{row[f'rows_{fate}']} {fate}" for fate in FATES)
    units = " + ".join(f"{row[f'units_{fate}']:g} {fate}" for fate in FATES)
    return f"read {row['rows_read']} rows ≠ {rows}, or read {row['units_read']:g} units ≠ {units}"
