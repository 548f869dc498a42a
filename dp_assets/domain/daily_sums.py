"""Rows and units per business date.

Belongs here: counting rows by day, which the buckets of a file and its quality report both begin with. Does not belong
here: what is made of the days.
"""

from __future__ import annotations

import numpy as np
import polars as pl


def daily_sums(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows and units per business date, ascending: sold_on, rows, quantity.

    Args:
        rows: sold_on and quantity, neither of them null.
    """
    if rows.is_empty():
        return pl.DataFrame(schema={"sold_on": pl.Date, "rows": pl.Int64, "quantity": pl.Float64})
    day = rows["sold_on"].to_physical().to_numpy()
    first = day.min()
    # Years have few days: counting into an array costs a fraction of hashing every row.
    counts = np.bincount(day - first)
    units = np.bincount(day - first, weights=rows["quantity"].to_numpy())
    present = np.flatnonzero(counts)
    return pl.DataFrame(
        {
            "sold_on": pl.Series(present + first, dtype=pl.Int32).cast(pl.Date),
            "rows": pl.Series(counts[present], dtype=pl.Int64),
            "quantity": units[present],
        }
    )
