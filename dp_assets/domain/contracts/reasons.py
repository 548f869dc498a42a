"""Tables of the stage `reasons`: why a forecast is what it is, why it changed, why a bucket was extreme.

Belongs here: explanations of numbers. Does not belong here: the numbers (`forecasting.py`, `reconciliation.py`).
"""

from __future__ import annotations

import polars as pl

from dp_assets.domain.contracts.columns import number, text
from dp_assets.domain.table import Column, Table

_SERIES = text("series_id", "series")
_BUCKET = Column("bucket_start", pl.Date(), "first day of the bucket")

FEATURE_CONTRIBUTIONS = Table(
    name="feature_contributions",
    grain="series × lead × driver",
    key=("series_id", "lead", "driver"),
    columns=(
        _SERIES,
        Column("lead", pl.Int64(), "buckets ahead", minimum=1),
        _BUCKET,
        text("driver", "what the models were told: recent demand, price, promotion, …, each attribute"),
        number("contribution", "what it adds to the baseline; all of a lead sum to forecast − baseline", "units"),
        number("baseline", "forecast at the series' mean level with nothing going on", "units", minimum=0),
        number("forecast", "mean of the models", "units", minimum=0),
        text("detail", "what the driver says of the bucket, in figures"),
    ),
)
FEATURE_IMPORTANCE = Table(
    name="feature_importance",
    grain="driver",
    key=("driver",),
    columns=(
        text("driver", "as in feature_contributions"),
        number("importance", "rise of the WAPE when the driver's inputs are swapped between series"),
        number("spread", "standard deviation of that over swaps", minimum=0),
        number("wape", "WAPE of the last closed horizon with everything in place", minimum=0),
    ),
)
FORECAST_CHANGES = Table(
    name="forecast_changes",
    grain="series × bucket × part, over the buckets that the cycle shares with the one before",
    key=("series_id", "bucket_start", "part"),
    columns=(
        _SERIES,
        _BUCKET,
        text(
            "part",
            "code, new_actuals, restated_history, attributes, plans, configuration, retraining, "
            "reconciliation or planner",
        ),
        number("units", "what it changed; all parts of a bucket sum to after − before", "units"),
        number("before", "published in the earlier cycle", "units", minimum=0),
        number("after", "published in this cycle", "units", minimum=0),
        text("since", "the earlier cycle"),
    ),
)
OUTLIER_CAUSES = Table(
    name="outlier_causes",
    grain="capped bucket of a series × likely cause",
    key=("series_id", "bucket_start", "rank"),
    columns=(
        _SERIES,
        _BUCKET,
        Column("rank", pl.Int64(), "1 for the likeliest", minimum=1),
        text("cause", "feed_duplicate, bulk_order, promotion, event, holiday, price or unknown"),
        text("evidence", "what points to it, in words"),
        number("excess", "units above the cap", "units", minimum=0),
    ),
)
PROMOTION_UPLIFT = Table(
    name="promotion_uplift",
    grain="run of promoted buckets of a series × kind of promotion",
    key=("series_id", "bucket_start", "kind"),
    columns=(
        _SERIES,
        _BUCKET,
        text("kind", "kind of promotion, or discount"),
        Column("buckets", pl.Int64(), "length of the run", "buckets", minimum=1),
        number("coverage", "mean share of stores and days under that kind; of a discount, its depth", minimum=0),
        number("baseline", "forecast for the run with nothing planned", "units", minimum=0),
        number("planned_by_kind", "what the kind adds to the baseline by plan", "units"),
        number("planned", "what all kinds add together", "units"),
        number("sold", "units sold in the run; null until it is over", "units", nullable=True),
        number("achieved", "sold − baseline; null until it is over", "units", nullable=True),
    ),
)
PROMOTION_SIDE_EFFECTS = Table(
    name="promotion_side_effects",
    grain="promoted series × affected series of the same category and place",
    key=("promoted", "affected"),
    columns=(
        text("promoted", "series that is promoted"),
        text("affected", "series that is not promoted itself in these buckets"),
        text("category", "what both belong to"),
        text("kind", "cannibal (it sells less meanwhile) or halo (it sells more)"),
        number("effect", "relative change of its sales against its recent mean while the other is promoted"),
        Column("buckets", pl.Int64(), "promoted buckets that were judged", "buckets", minimum=1),
        number("p_value", "of Student's t", minimum=0),
    ),
)
