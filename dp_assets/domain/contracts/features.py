"""Tables of the stage `features`: which series a cycle is about, and what was changed in their history.

Belongs here: what people look up about a panel. Does not belong here: the panel itself, which is no table
(`domain/panel.py`).
"""

from __future__ import annotations

import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import count, key_columns, number, text
from dp_assets.domain.table import Column, Table


def eligibility(config: DemandConfig) -> Table:
    """Which series are active (forecast), which are trained on, and why."""
    return Table(
        name="eligibility",
        grain="series as of the cycle",
        key=("series_id",),
        columns=(
            *key_columns(config),
            Column("first_bucket", pl.Date(), "bucket of the first sale"),
            Column("last_bucket", pl.Date(), "bucket of the last sale"),
            count("selling_weeks", "buckets with sales in the low-volume window, in weeks"),
            Column("active", pl.Boolean(), "sold recently, so it is forecast"),
            Column("eligible", pl.Boolean(), "trained on"),
            text("reason", "eligible, mandatory, low_volume, no_attributes, too_short, held_back or inactive"),
        ),
    )


OUTLIER_LOG = Table(
    name="outlier_log",
    grain="capped bucket of a series",
    key=("series_id", "bucket_start"),
    columns=(
        text("series_id", "series"),
        Column("bucket_start", pl.Date(), "first day of the bucket"),
        number("original", "quantity as sold", "units"),
        number("capped", "quantity after capping", "units", minimum=0),
        number("threshold", "mean + z_threshold × standard deviation", "units", minimum=0),
        Column("promoted", pl.Boolean(), "judged against promotion buckets instead of ordinary ones"),
    ),
)


STOCKOUTS = Table(
    name="stockouts",
    grain="bucket of a series that was out of stock",
    key=("series_id", "bucket_start"),
    columns=(
        text("series_id", "series"),
        Column("bucket_start", pl.Date(), "first day of the bucket"),
        text("kind", "stated by a file, or inferred from its sales"),
        number("share", "days without stock, as files say", "share of the bucket's days", minimum=0),
    ),
)
"""They are not observed: models neither learn from them nor read them."""
