"""Safety stock and reorder point from the distribution of demand over the lead time.

Belongs here: the table `replenishment`. Does not belong here: the distribution itself (`totals.py`), orders.

The reorder point is the quantile of lead-time demand at the wanted cycle service level, the probability that stock
lasts until the delivery; safety stock is what it is above the mean. The quantiles are those that `total_forecasts`
learned from errors of totals: no normal distribution is assumed, and independence of weeks neither. Between published
levels the quantile is taken as linear in the normal score of the level. Silver, Pyke, Thomas (2017), "Inventory and
Production Management in Supply Chains", 4th ed., ch. 6.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import replenishment
from dp_assets.domain.contracts.columns import key_columns, quantile_name
from dp_assets.domain.hierarchy import Matrix
from dp_assets.domain.policies import service_levels


def replenishment_table(totals: pl.DataFrame, classes: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    """The `replenishment` table: one row per series, for the configured lead time and its service level.

    Args:
        totals: `total_forecasts` rows.
        classes: `series_classes` rows.
        config: lead time, service levels and policies.
    """
    lead = min(config.in_buckets(config.replenishment.lead_time_weeks), config.horizon)
    levels = config.quantile_levels
    known = classes.select("series_id", "demand_class", "abc", "xyz")
    rows = totals.filter(pl.col("lead") == lead).join(known, on="series_id", how="left")
    rows = rows.with_columns(pl.col("abc").fill_null("C")).sort("series_id")
    wanted = service_levels(rows, config)
    quantiles = rows.select(quantile_name(level) for level in levels).to_numpy()
    point = quantile_at(quantiles, np.asarray(levels), wanted)
    mean = rows["forecast"].to_numpy()
    frame = rows.select(*(column.name for column in key_columns(config)), "abc").with_columns(
        pl.lit(lead, pl.Int64()).alias("lead"),
        pl.Series("service_level", wanted),
        pl.Series("lead_time_demand", mean),
        pl.Series("safety_stock", np.maximum(point - mean, 0.0)),
        pl.Series("reorder_point", np.maximum(point, mean)),
    )
    return replenishment(config).conform(frame)


def quantile_at(quantiles: Matrix, levels: Matrix, wanted: Matrix) -> Matrix:
    """(R,) quantile of each row at its own level, linear in the normal score between `levels` (Q,), ascending.

    Beyond the outermost level the outermost quantile stands: nothing is known of the tail.
    """
    from scipy.special import ndtri

    scores, target = ndtri(levels), ndtri(np.clip(wanted, levels[0], levels[-1]))
    right = np.clip(np.searchsorted(scores, target), 1, len(levels) - 1)
    share = (target - scores[right - 1]) / (scores[right] - scores[right - 1])
    rows = np.arange(len(quantiles))
    found: Matrix = quantiles[rows, right - 1] * (1 - share) + quantiles[rows, right] * share
    return found
