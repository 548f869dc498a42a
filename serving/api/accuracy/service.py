"""Scores out of the table `accuracy`. Does not belong here: HTTP, the metrics (`dp_assets/domain/metrics.py`)."""

from __future__ import annotations

import polars as pl

from serving.api.accuracy.schemas import AccuracyQuery
from serving.api.cursors import Key, page
from serving.api.questions import Answer
from serving.tables import Kept
from serving.views import View

KEY = ("hierarchy", "level", "node", "lead")
COUNTS = ("observations", "actual")


def accuracy(table: Kept, seen: View | None, query: AccuracyQuery) -> Answer:
    """The answer of `Accuracy`, of what is seen (None: everything).

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    asked = {name: value for name in KEY if (value := getattr(query, name)) is not None}
    frame = table.frame if seen is None else seen.named(table.frame)
    if asked:
        frame = frame.filter(pl.col(name) == value for name, value in asked.items())

    def key_of(row: int) -> Key:
        return list(frame.row(row)[: len(KEY)])

    filters = ("accuracy", table.cycle, *sorted(asked.items()))
    part = page(range(len(frame)), key_of, query.limit, query.cursor, table.sha256, filters)
    return {
        "version": table.sha256,
        "total": len(frame),
        "changed": part.changed,
        "next": part.next,
        "cycle": table.cycle,
        "scores": [_score(row) for row in frame[list(part.rows)].to_dicts()],
    }


def _score(row: Answer) -> Answer:
    named = {name: row.pop(name) for name in (*KEY, *COUNTS)}
    return {**named, "metrics": row}
