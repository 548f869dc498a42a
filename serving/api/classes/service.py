"""Classes of series out of the table `series_classes`. Does not belong here: HTTP, how series are classed."""

from __future__ import annotations

import polars as pl

from serving.api.classes.schemas import ClassesQuery
from serving.api.cursors import page
from serving.api.questions import Answer
from serving.tables import Kept
from serving.views import View

COLUMNS = ("series_id", "demand_class", "abc", "xyz", "revenue", "units", "variation", "price")
CHOICES = ("demand_class", "abc", "xyz")


def classes(table: Kept, seen: View | None, query: ClassesQuery) -> Answer:
    """The answer of `ClassesPage`, of the series that are seen (None: all of them).

    Raises:
        BadParameterError: the cursor is not one of this listing.
    """
    chosen = {name: value for name in CHOICES if (value := getattr(query, name)) is not None}
    frame = table.frame.filter(*(pl.col(name) == value for name, value in chosen.items()))
    names: list[str] = frame["series_id"].to_list()
    rows = range(len(names)) if seen is None else [at for at, name in enumerate(names) if seen.has_series(name)]
    filters = ("classes", table.cycle, sorted(chosen.items()))
    part = page(rows, lambda at: [names[at]], query.limit, query.cursor, table.sha256, filters)
    return {
        "version": table.sha256,
        "total": len(rows),
        "changed": part.changed,
        "next": part.next,
        "cycle": table.cycle,
        "series": frame[list(part.rows)].select(COLUMNS).to_dicts(),
    }
