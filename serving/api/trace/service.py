"""Traces out of the tables of the lake.

Belongs here: what of a trace whoever asks may see, pages of file rows, what the audit ledger adds. Does not belong
here: HTTP (`endpoints.py`), following a number (`dp_assets/tracing.py`).
"""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

import polars as pl

from serving.api.cursors import Key, page
from serving.api.problems import BadParameterError, UnknownSeriesError
from serving.api.questions import Answer
from serving.api.trace.schemas import RowsQuery, TraceQuery
from serving.tables import KeptTables
from serving.views import NODE, View

log = logging.getLogger("demand_planner.serving")
ROWS = 100
"""File rows in a trace; the rest are pages of their own."""
OF_A_NODE = ("hierarchy", "node", "quantity", "split", "expires", "source")
"""What a planner's number says of the node that it was set for."""


def day(text: str) -> date:
    """A date in a path.

    Raises:
        BadParameterError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadParameterError(f"bucket: expected a date as YYYY-MM-DD, got {text[:40]!r}") from None


def refuse_unseen(seen: View | None, series_id: str, cycle: str) -> None:
    """Answers for a series that is hidden as for one that does not exist, and looks for neither.

    Raises:
        UnknownSeriesError: the series is hidden.
    """
    if seen is not None and not seen.has_series(series_id):
        from dp_assets.tracing import nothing_published

        raise UnknownSeriesError(nothing_published(series_id, cycle))


def trace(
    reader: KeptTables, planning: str, seen: View | None, series_id: str, bucket: date, cycle: str, query: TraceQuery
) -> Answer:
    """The answer of `Trace`.

    Raises:
        UnknownSeriesError: the cycle published no such number.
        BadParameterError: the bucket of history asked for is none.
    """
    from dp_assets.history_links import Question
    from dp_assets.tracing import NoNumberError, number_trace

    if query.history is not None and query.history.isoformat() >= cycle:
        raise BadParameterError(f"history: expected a bucket before the cutoff of cycle {cycle}, got {query.history}")
    asked = Question(series_id, bucket, cycle, query.buckets, query.history)
    try:
        found = number_trace(reader, asked)
    except NoNumberError as error:
        raise UnknownSeriesError(str(error)) from None
    if seen is not None:
        _within(found, seen, series_id)
    if found["override"] is not None:
        hidden = found["override"]["node"] is None  # what was said of a node tells of it, too
        found["override"] |= {"ledger": None if hidden else _ledger(planning, found["override"]["ledger_sequence"])}
    if found["rows"] is not None:
        listed = RowsQuery(cycle=date.fromisoformat(cycle), limit=ROWS)
        found["rows"] = _page(found["rows"]["rows"], series_id, found["rows"]["bucket_start"], cycle, listed)
    return found


def _within(found: Answer, seen: View, series_id: str) -> None:
    """Leaves out nodes that are hidden, and what planners set for them but that it made this number what it is."""
    nodes = (found["reconciliation"] or {}).get("nodes", [])
    kept = seen.named(pl.DataFrame(nodes, schema_overrides=dict.fromkeys(NODE, pl.String))) if nodes else None
    places = set() if kept is None else set(kept.select(NODE).iter_rows())
    if found["reconciliation"] is not None:
        found["reconciliation"]["nodes"] = [one for one in nodes if tuple(one[name] for name in NODE) in places]
    named = {(hierarchy, node) for hierarchy, _, node in places}

    def is_seen(one: Answer) -> bool:
        return one["node"] == series_id or (one["hierarchy"], one["node"]) in named

    found["planner_inputs"] = [one for one in found["planner_inputs"] if is_seen(one)]
    if found["override"] is not None and not is_seen(found["override"]):
        found["override"] |= dict.fromkeys(OF_A_NODE)


def _ledger(planning: str, sequence: int) -> dict[str, Any] | None:
    """What the audit ledger says of a planner's number; None while it cannot be asked, or where it has no such row."""
    from dp_assets.domain.errors import ConfigError, StorageError
    from dp_resources.planning_db import planning_database
    from dp_resources.planning_trail import trail_of

    try:
        found = trail_of(planning_database(planning), sequence)
    except (StorageError, ConfigError) as error:
        log.warning("a trace goes on without the audit ledger: %s", error)
        return None
    return None if found is None else {name: value for name, value in vars(found).items() if name != "user"}


def rows_page(reader: KeptTables, series_id: str, bucket: date, cycle: str, query: RowsQuery) -> Answer:
    """The answer of `RowsPage`.

    Raises:
        BadParameterError: the bucket is not one of history, or the cursor is not one of this listing.
        UnknownSeriesError: the cycle published nothing of the series.
    """
    from dp_assets.tracing import NoNumberError, history_rows

    if bucket.isoformat() >= cycle:
        raise BadParameterError(f"bucket: expected one before the cutoff of cycle {cycle}, got {bucket}")
    try:
        rows = history_rows(reader, series_id, bucket, cycle)
    except NoNumberError as error:
        raise UnknownSeriesError(str(error)) from None
    return _page(rows, series_id, bucket, cycle, query)


def _page(rows: pl.DataFrame, series_id: str, bucket: date, cycle: str, query: RowsQuery) -> Answer:
    def key_of(at: int) -> Key:
        return [versions[at], numbers[at]]

    versions, numbers = (rows[name].to_list() if len(rows) else [] for name in ("file_version_id", "row_number"))
    filters = ("rows", series_id, bucket.isoformat(), cycle)
    part = page(range(len(rows)), key_of, query.limit, query.cursor, cycle, filters)
    return {
        "series_id": series_id,
        "bucket_start": bucket,
        "cycle": cycle,
        "total": len(rows),
        "next": part.next,
        "rows": rows[list(part.rows)].to_dicts() if len(rows) else [],
    }
