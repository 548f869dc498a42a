"""Accuracy of totals: how far the forecasts of nodes were from what was sold below them, level by level.

Belongs here: nodes beside the sums of their series' actuals, before and after reconciliation, and how much their
intervals covered. Does not belong here: errors of series (`accuracy.py`), which pool what cancels in a total.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import LEVEL_ACCURACY
from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.hierarchy import Hierarchy, labels_of
from dp_assets.domain.metrics import pit_coverage

COVERED = (80, 95)
POOLED_LEADS = 0


def level_accuracy_table(
    rollups: pl.DataFrame, actuals: pl.DataFrame, hierarchies: Sequence[Hierarchy], config: DemandConfig
) -> pl.DataFrame:
    """The `level_accuracy` table: per hierarchy and level, over all closed leads and each.

    Locked numbers are left out: they are decisions, not forecasts.

    Args:
        rollups: `reconciled_rollups` rows of closed buckets.
        actuals: series_id, bucket_start, actual; a series without a row sold 0.
        hierarchies: those that were rolled up.
        config: quantile levels.
    """
    if rollups.is_empty():
        return LEVEL_ACCURACY.empty()
    sums = actuals.join(labels_of(hierarchies), on="series_id").group_by("hierarchy", "level", "node", "bucket_start")
    judged = (
        rollups.filter(~pl.col("locked"))
        .join(sums.agg(pl.col("actual").sum()), on=["hierarchy", "level", "node", "bucket_start"], how="left")
        .with_columns(pl.col("actual").fill_null(0.0))
        .sort("hierarchy", "level", "node", "lead")
    )
    levels = np.asarray(config.quantile_levels)
    quantiles = judged.select(quantile_name(level) for level in config.quantile_levels).to_numpy()
    actual = judged["actual"].to_numpy()
    judged = judged.with_columns(
        pl.Series(f"coverage_{level}", pit_coverage(actual, quantiles, levels, level / 100)) for level in COVERED
    )
    frames = []
    for keys in (["hierarchy", "level"], ["hierarchy", "level", "lead"]):
        error, base = pl.col("forecast") - pl.col("actual"), pl.col("base_forecast") - pl.col("actual")
        sold = pl.col("actual").sum()
        summed = judged.group_by(keys).agg(
            pl.col("node").n_unique().cast(pl.Int64()).alias("nodes"),
            sold.alias("actual_units"),
            pl.when(sold > 0).then(error.abs().sum() / sold).alias("wape"),
            pl.when(sold > 0).then(base.abs().sum() / sold).alias("base_wape"),
            pl.when(sold > 0).then(error.sum() / sold).alias("bias"),
            *(pl.col(f"coverage_{level}").mean() for level in COVERED),
        )
        summed = summed.rename({"actual_units": "actual"})
        if "lead" not in keys:
            summed = summed.with_columns(pl.lit(POOLED_LEADS, pl.Int64()).alias("lead"))
        frames.append(LEVEL_ACCURACY.conform(summed))
    return LEVEL_ACCURACY.conform(pl.concat(frames))
