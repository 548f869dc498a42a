"""Reasons of forecasts out of the table `feature_contributions`. Does not belong here: HTTP, how they are computed."""

from __future__ import annotations

from itertools import groupby

import polars as pl

from serving.api.problems import BadParameterError, UnknownSeriesError
from serving.api.questions import Answer
from serving.tables import Kept
from serving.views import View

LEAD = ("lead", "bucket_start", "baseline", "forecast")
DRIVER = ("driver", "contribution", "detail")


def rows_of_series(table: Kept, seen: View | None, series_id: str) -> pl.DataFrame:
    """Rows of one series that is seen (None: everything is).

    Raises:
        UnknownSeriesError: the table has none of it, or it is not seen.
    """
    rows = table.of_series(series_id if seen is None or seen.has_series(series_id) else "")
    if rows.is_empty():
        raise UnknownSeriesError(
            f"expected a series of the table {table.name} of cycle {table.cycle}, got {series_id!r}; /v1/series lists "
            "those that are forecast, and the models explain only what they forecast themselves"
        )
    return rows


def contributions(table: Kept, seen: View | None, series_id: str, lead: int | None) -> Answer:
    """The answer of `Contributions`.

    Raises:
        UnknownSeriesError: the table has none of it, or it is not seen.
        BadParameterError: it has none of that lead.
    """
    rows = rows_of_series(table, seen, series_id)
    known = rows["lead"].unique().sort().to_list()
    if lead is not None and lead not in known:
        raise BadParameterError(f"lead: expected one of {known}, got {lead}; leave lead out for all of them")
    chosen = rows if lead is None else rows.filter(pl.col("lead") == lead)
    leads = groupby(chosen.to_dicts(), lambda row: tuple(row[name] for name in LEAD))
    return {
        "series_id": series_id,
        "cycle": table.cycle,
        "leads": [
            {
                **dict(zip(LEAD, about, strict=True)),
                "drivers": [{name: one[name] for name in DRIVER} for one in drivers],
            }
            for about, drivers in leads
        ],
    }
