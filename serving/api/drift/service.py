"""Rows of the table `drift`.

Does not belong here: HTTP, the comparisons themselves (`dp_assets/domain/drift.py`).
"""

from __future__ import annotations

import polars as pl

from serving.api.drift.schemas import DriftQuery
from serving.api.questions import Answer
from serving.tables import Kept


def drift(table: Kept, query: DriftQuery) -> Answer:
    """The answer of `Drift`."""
    asked = {name: value for name in ("kind", "verdict") if (value := getattr(query, name)) is not None}
    frame = table.frame.filter(pl.col(name) == value for name, value in asked.items()) if asked else table.frame
    return {"version": table.sha256, "cycle": table.cycle, "compared": frame.to_dicts()}
