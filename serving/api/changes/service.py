"""The waterfall between two cycles out of the table `forecast_changes`. Does not belong here: HTTP, its computation."""

from __future__ import annotations

from itertools import groupby

from serving.api.contributions.service import rows_of_series
from serving.api.questions import Answer
from serving.tables import Kept
from serving.views import View

BUCKET = ("bucket_start", "before", "after")


def changes(table: Kept, seen: View | None, series_id: str) -> Answer:
    """The answer of `Changes`.

    Raises:
        UnknownSeriesError: the table has none of it, or it is not seen.
    """
    rows = rows_of_series(table, seen, series_id).to_dicts()
    return {
        "series_id": series_id,
        "cycle": table.cycle,
        "since": rows[0]["since"],
        "buckets": [
            {
                **dict(zip(BUCKET, about, strict=True)),
                "parts": [{"part": one["part"], "units": one["units"]} for one in parts],
            }
            for about, parts in groupby(rows, lambda row: tuple(row[name] for name in BUCKET))
        ],
    }
