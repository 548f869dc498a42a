"""The table features_audit: a panel as rows, for people and BI.

Belongs here: that table. Does not belong here: making the panel (`features.py`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from dp_assets.domain.panel import Panel


def audit_table(panel: Panel) -> pl.DataFrame:
    """The panel as rows, for people and BI: one per series × bucket from its first sale to the last lead.

    Columns: series_id, bucket_start, lead (null in history), quantity, quantity_capped, observed, price and the past
    channels (null in leads), then the known and the calendar channels.
    """
    total = len(panel.starts)
    row, bucket = np.nonzero(np.arange(total) >= panel.first[:, None])
    behind = bucket >= panel.history
    at = np.minimum(bucket, panel.history - 1)
    columns: dict[str, pl.Series] = {
        "series_id": panel.series["series_id"].gather(row),
        "bucket_start": pl.Series(panel.starts[bucket].astype("datetime64[ms]")).cast(pl.Date),
        "lead": pl.Series(bucket - panel.history + 1).cast(pl.Int64),
    }
    history = {"quantity": panel.quantity, "quantity_capped": panel.capped}
    history |= {"observed": panel.observed, "price": panel.price}
    columns |= {name: pl.Series(values[row, at]) for name, values in history.items()}
    columns |= {name: pl.Series(panel.past[row, at, number]) for number, name in enumerate(panel.past_names)}
    unknown_ahead = ["lead", *history, *panel.past_names]
    columns |= {name: pl.Series(panel.known[row, bucket, number]) for number, name in enumerate(panel.known_names)}
    columns |= {name: pl.Series(panel.calendar[bucket, number]) for number, name in enumerate(panel.calendar_names)}
    ahead = pl.Series(behind)
    return pl.DataFrame(columns).with_columns(
        pl.when(ahead if name == "lead" else ~ahead).then(pl.col(name)) for name in unknown_ahead
    )
