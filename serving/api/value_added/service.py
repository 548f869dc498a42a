"""Rows of the table `forecast_value_added`.

Does not belong here: HTTP, the errors themselves (`dp_assets/domain/value_added.py`).
"""

from __future__ import annotations

import polars as pl

from serving.api.cursors import Key, page
from serving.api.questions import Answer
from serving.api.value_added.schemas import ValueAddedQuery
from serving.tables import Kept
from serving.views import NODE, View

KEY = ("grouping", "name", "lead")
COUNTS = ("observations", "actual")


def value_added(table: Kept, seen: View | None, query: ValueAddedQuery) -> Answer:
    """The answer of `ValueAdded`, of what is seen (None: everything).

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    asked = {name: value for name in KEY if (value := getattr(query, name)) is not None}
    frame = table.frame if seen is None else _nodes_seen(table.frame, seen)
    if asked:
        frame = frame.filter(pl.col(name) == value for name, value in asked.items())

    def key_of(row: int) -> Key:
        return list(frame.select(KEY).row(row))

    filters = ("value added", table.cycle, *sorted(asked.items()))
    part = page(range(len(frame)), key_of, query.limit, query.cursor, table.sha256, filters)
    return {
        "version": table.sha256,
        "total": len(frame),
        "changed": part.changed,
        "next": part.next,
        "cycle": table.cycle,
        "groups": [_group(row) for row in frame[list(part.rows)].to_dicts()],
    }


def _nodes_seen(frame: pl.DataFrame, seen: View) -> pl.DataFrame:
    """Rows of nodes that are seen. The grouping of a node is hierarchy, point and level; others have no point."""
    place = pl.col("grouping").str.splitn(".", 2).struct
    named = frame.with_columns(
        place.field("field_0").alias("hierarchy"), place.field("field_1").fill_null("").alias("level"), node="name"
    )
    return seen.named(named).drop(NODE)


def _group(row: Answer) -> Answer:
    named = {name: row[name] for name in (*KEY, *COUNTS)}
    errors, added = (
        {name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)}
        for prefix in ("error_", "added_by_")
    )
    return {**named, "errors": errors, "added": added}
