"""Where a published number comes from, link by link: what each step of the graph says of one series and bucket.

Belongs here: finding a number's rows in the tables between stages, and what a bucket of history is made of. Does not
belong here: reading the lake (`dp_assets/tracing.py`), why a forecast is as high as it is (`feature_contributions.py`).

Every link names its table, its partition and the hash of its content, so that whoever doubts it can look there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from dp_assets.domain.hierarchy import SERIES, TOTAL
from dp_assets.domain.panel import Panel

Row = dict[str, Any]
TOLERANCE = 1e-3
"""Units by which a bucket of a panel, kept in single precision, may differ from its contributions, per 1,000 units."""
CONTRIBUTION = ("file_version_id", "event", "known_from", "quantity", "revenue", "transactions")
NODE = ("hierarchy", "level", "node", "parent", "base_forecast", "forecast", "locked")
ROW = ("file_version_id", "row_number", "sold_at", "quantity", "revenue", "unit_price", "transaction_id")


@dataclass(frozen=True)
class Made:
    """Who wrote a content first: the Dagster run, what triggered it and who, why, by which code, when."""

    run_id: str
    job: str
    trigger: str
    by: str | None
    cause: str | None
    code: str
    configuration: str
    at: str


@dataclass(frozen=True)
class Source:
    """What a link is read from.

    Attributes:
        table: table or artefact.
        partition: its partition.
        sha256: hash of the content: of the table's file, or of the artefact as the lake names it.
        location: where that content lies.
        current: whether it is what the partition holds now; what was replaced lies under `_versions`.
        key: column → value of the row.
        made: the run that wrote it; None where runs were not noted yet.
    """

    table: str
    partition: str
    sha256: str
    location: str
    current: bool
    key: Mapping[str, Any]
    made: Made | None


@dataclass(frozen=True)
class HistoryBucket:
    """One bucket of a series' history: what each file version adds to it.

    Attributes:
        bucket_start: first day.
        units: sum of what the cycle knew.
        seen: units in the cycle's panel; None for a series that it has not.
        agrees: whether both are the same number. They differ where files were restated with an earlier arrival, or
            recalled, and the cycle was not computed again.
        known: contributions that the cycle knew.
        unknown: those known later only, which it left out.
        recalled: file versions that hold rows of it and count for nothing, because somebody took them back.
    """

    bucket_start: date
    units: float
    seen: float | None
    agrees: bool
    known: Sequence[Row]
    unknown: Sequence[Row]
    recalled: Sequence[str]


def nodes_above(rollups: pl.DataFrame, series_id: str, lead: int) -> tuple[Row | None, list[Row]]:
    """What reconciliation made of a series, and of every node above it, in every hierarchy, from the top down.

    Args:
        rollups: `reconciled_rollups` of the cycle.
        series_id: the series.
        lead: the lead.

    Returns:
        The series' row (None where the table has none) and the nodes' rows: hierarchy, level, node, parent,
        base_forecast, forecast, locked.
    """
    here = rollups.filter(pl.col("lead") == lead).select(NODE)
    own = here.filter((pl.col("level") == SERIES) & (pl.col("node") == series_id)).to_dicts()
    above = here.filter(pl.col("level") != SERIES)
    nodes = [node for one in own for node in _line(above.filter(pl.col("hierarchy") == one["hierarchy"]), one)]
    return (own[0] if own else None), nodes


def _line(nodes: pl.DataFrame, below: Row) -> list[Row]:
    """The nodes above one, from the top down."""
    found: list[Row] = []
    while below["parent"] is not None:
        rows = nodes.filter((pl.col("node") == below["parent"]) & (pl.col("level") != below["level"])).to_dicts()
        # A department may be called `total` like the top; the top is the one without a parent.
        row = min(rows, key=lambda one: (one["parent"] is not None) == (below["parent"] == TOTAL), default=None)
        if row is None:
            break
        found.insert(0, row)
        below = row
    return found


def inputs_about(inputs: pl.DataFrame, series_id: str, nodes: Iterable[Row], bucket: date) -> list[Row]:
    """Planners' numbers that speak of a series, or of a node above it, in a bucket: the lowest first, then the newest.

    Args:
        inputs: `planner_inputs` of the cycle.
        series_id: the series.
        nodes: nodes above it, from the top down, as `nodes_above` gives them.
        bucket: first day.
    """
    above = [(node["hierarchy"], node["node"]) for node in nodes]
    ranks = {place: len(above) - at for at, place in enumerate(above)}
    rows = [
        row
        for row in inputs.filter(pl.col("bucket_start") == bucket).to_dicts()
        if row["node"] == series_id or (row["hierarchy"], row["node"]) in ranks
    ]
    return sorted(rows, key=lambda row: (ranks.get((row["hierarchy"], row["node"]), 0), -row["ledger_sequence"]))


def decisive(published: Row, about: Sequence[Row]) -> Row | None:
    """The planner's number that made a published one what it is, as publishing noted it; None where none did."""
    sequence = published.get("ledger_sequence")  # not in tables from before it was noted
    return None if sequence is None else next((row for row in about if row["ledger_sequence"] == sequence), None)


def history_bucket(
    bucket: date, contributions: pl.DataFrame, known_at: datetime, seen: float | None, recalled: Sequence[str]
) -> HistoryBucket:
    """What a bucket of one series is made of, as of a cycle's knowledge time.

    Args:
        bucket: first day.
        contributions: rows of `weekly_buckets` of the series.
        known_at: the moment.
        seen: units of the cycle's panel.
        recalled: file versions that hold rows of it and were taken back.
    """
    rows = contributions.select(CONTRIBUTION).sort("known_from", "file_version_id", "event").to_dicts()
    known = [row for row in rows if row["known_from"] <= known_at]
    units = float(sum(row["quantity"] for row in known))
    agrees = seen is not None and abs(units - seen) <= TOLERANCE * max(1.0, abs(units) / 1000)
    return HistoryBucket(
        bucket, units, seen, agrees, known, [row for row in rows if row["known_from"] > known_at], recalled
    )


def counted(contributions: pl.DataFrame, known_at: datetime) -> dict[str, str]:
    """File version → how many of its rows in a bucket counted for a cycle: all, none, or some.

    What a file brought is taken back by events of later ones, by its number of rows.

    Args:
        contributions: rows of `weekly_buckets` of one series and bucket.
        known_at: the cycle's knowledge time.
    """
    known = contributions.filter(pl.col("known_from") <= known_at)
    brought = pl.col("transactions").filter(pl.col("transactions") > 0).max()
    sums = known.group_by("file_version_id").agg(pl.col("transactions").sum().alias("left"), brought.alias("brought"))
    return {
        version: "none" if not left else "all" if left == most else "some"
        for version, left, most in sums.select("file_version_id", "left", "brought").iter_rows()
    }


def panel_row(panel: Panel, series_id: str) -> int | None:
    """The row of a series in a panel."""
    found = panel.series.select((pl.col("series_id") == series_id).arg_true()).to_series()
    return int(found[0]) if len(found) else None


def channels(panel: Panel, row: int, bucket: date) -> list[Row]:
    """What the models were told last: name, kind (past, known or calendar), bucket and value.

    Channels of the past as of the newest bucket of history, those known ahead and of the calendar as of the forecast
    bucket.
    """
    last = panel.history - 1
    at = int(np.searchsorted(panel.starts, np.datetime64(bucket)))
    own = {name: float(getattr(panel, name)[row, last]) for name in ("quantity", "capped", "observed", "price")}
    past = own | dict(zip(panel.past_names, np.asarray(panel.past[row, last]).tolist(), strict=True))
    known = dict(zip(panel.known_names, np.asarray(panel.known[row, at]).tolist(), strict=True))
    calendar = dict(zip(panel.calendar_names, np.asarray(panel.calendar[at]).tolist(), strict=True))
    told = (("past", str(panel.starts[last]), past), ("known", str(bucket), known), ("calendar", str(bucket), calendar))
    return [
        {"name": name, "kind": kind, "bucket_start": day, "value": value}
        for kind, day, values in told
        for name, value in values.items()
    ]


def rows_of_series(rows: pl.LazyFrame, key: Mapping[str, str], bucket: date, step: timedelta) -> pl.LazyFrame:
    """The accepted rows of a file version that fall into a bucket of a series, by their number in the file.

    Args:
        rows: `unified_transactions` of the version.
        key: key columns of the series; an empty location is one that the row does not name.
        bucket: first day.
        step: length of a bucket.
    """
    of_series = [pl.col(name).fill_null("") == (value or "") for name, value in key.items()]
    in_bucket = pl.col("sold_on").is_between(bucket, bucket + step - timedelta(days=1))
    return rows.filter(*of_series, in_bucket).select(ROW).sort("row_number")
