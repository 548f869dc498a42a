"""Error distributions: what the residuals of a model look like, per series and lead, and pooled over like forecasts.

Belongs here: the table `error_distributions` from the table `residuals`. Does not belong here: the residuals themselves
(`residuals.py`), what is done with the distributions (`intervals.py`).

A series has few residuals of its own, so two kinds of rows stand side by side: its own (mean, std, quantiles, normality
check, spread), and pools of all series' errors by size of the forecast, named `*bin:<n>` from small to big. Pools also
hold the shifts that calibrate the network's quantiles (`calibration.py`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.calibration import find_shifts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.errors import NotEnoughHistoryError
from dp_assets.domain.intervals import OFFSET, POOL, scale_of
from dp_assets.domain.table import Table

MAX_BINS = 24
PER_BIN = 150
"""Residuals a pool should hold at least; with fewer in all there are fewer pools, at least one."""
SHRINKAGE = 40.0
"""A series' own spread counts as much as its pools' once it has this many residuals."""
NORMAL_OBSERVATIONS = 8
"""Fewest residuals on which the normality check can pass."""
NORMAL_P_VALUE = 0.05


def error_distributions(
    residuals: pl.DataFrame, config: DemandConfig, table: Table = contracts.ERROR_DISTRIBUTIONS
) -> pl.DataFrame:
    """Rows of the table `error_distributions`, sorted by series and lead; pools come first.

    Args:
        residuals: rows of the table `residuals`.
        config: the quantile levels.
        table: the table they become, of single buckets or of totals.

    Raises:
        NotEnoughHistoryError: there is not one residual.
    """
    if residuals.is_empty():
        raise NotEnoughHistoryError("expected residuals of a backtest, got none; the model forecasts no series at all")
    scaled = residuals.with_columns(
        pl.Series("scaled", residuals["residual"].to_numpy() / scale_of(residuals["predicted"].to_numpy())),
        _bins(residuals),
    )
    widths = scaled.group_by("lead", "bin").agg(
        pl.col("scaled").median().alias("pool_median"),
        (pl.col("scaled") - pl.col("scaled").median()).abs().mean().alias("pool_width"),
    )
    spreads = _spreads(scaled.join(widths, on=["lead", "bin"]))
    pools = _described(scaled.with_columns(pl.format(POOL + "{}", "bin").alias("series_id")), config, pooled=True)
    own = _described(scaled, config, pooled=False).drop("spread").join(spreads, on="series_id", how="left")
    made = pl.concat([pools, own.select(pools.columns)])
    return table.conform(made.with_columns(_shifts(made, residuals, config)))


def _shifts(made: pl.DataFrame, residuals: pl.DataFrame, config: DemandConfig) -> pl.Series:
    """Per row, what is added to the network's quantiles of forecasts like it; 0 for the rows of single series."""
    values = find_shifts(residuals, config.quantile_levels).at(made["centre"].to_numpy())
    return pl.Series("shifts", values * made["pooled"].to_numpy()[:, None]).arr.to_list()


def _bins(residuals: pl.DataFrame) -> pl.Series:
    """Per residual, its pool: quantile bins of the prediction within its lead, text that sorts by size."""
    bins = np.zeros(len(residuals), np.int64)
    leads, predicted = residuals["lead"].to_numpy(), residuals["predicted"].to_numpy()
    for lead in np.unique(leads):
        here = np.flatnonzero(leads == lead)
        count = int(np.clip(len(here) // PER_BIN, 1, MAX_BINS))
        edges = np.quantile(predicted[here], np.linspace(0, 1, count + 1)[1:-1])
        bins[here] = np.searchsorted(edges, predicted[here], side="right")
    return pl.Series("bin", bins).cast(pl.String).str.zfill(2)


def _spreads(scaled: pl.DataFrame) -> pl.DataFrame:
    """Per series over all leads: mean |scaled error − pool's median| against the pool's, shrunk to 1."""
    ratio = (pl.col("scaled") - pl.col("pool_median")).abs() / pl.max_horizontal("pool_width", pl.lit(1e-9))
    return scaled.group_by("series_id").agg(((ratio.sum() + SHRINKAGE) / (pl.len() + SHRINKAGE)).alias("spread"))


def _described(scaled: pl.DataFrame, config: DemandConfig, pooled: bool) -> pl.DataFrame:
    """One row per series (or pool) and lead."""
    levels = config.quantile_levels
    grouped = scaled.group_by("series_id", "lead").agg(
        pl.len().alias("observations"),
        (pl.col("actual") == pl.col("actual").round()).all().alias("whole"),
        pl.col("residual").mean().alias("mean"),
        pl.col("residual").std().fill_null(0.0).alias("std"),
        pl.col("residual").skew().alias("skew"),
        pl.col("residual").kurtosis().alias("excess"),
        *(pl.col("residual").quantile(level, "linear").alias(f"r{level}") for level in levels),
        *(pl.col("scaled").quantile(level, "linear").alias(f"s{level}") for level in levels),
        ((pl.col("predicted") + OFFSET).log().mean().exp() - OFFSET).clip(lower_bound=0.0).alias("centre"),
    )
    return grouped.select(
        "series_id",
        "lead",
        "observations",
        "mean",
        "std",
        pl.Series("normal", is_normal(*(grouped[name].to_numpy() for name in ("observations", "skew", "excess")))),
        pl.lit(pooled).alias("pooled"),
        pl.concat_list(f"r{level}" for level in levels).alias("quantiles"),
        "centre",
        pl.concat_list(f"s{level}" for level in levels).alias("scaled_quantiles"),
        pl.lit(1.0).alias("spread"),
        "whole",
    )


def is_normal(
    observations: npt.NDArray[np.integer], skew: npt.NDArray[np.floating], excess: npt.NDArray[np.floating]
) -> npt.NDArray[np.bool_]:
    """Jarque-Bera test: whether n values with that skewness and excess kurtosis may be normal, at 5 %.

    n/6 (skew² + excess²/4) is chi-squared with 2 degrees of freedom, whose tail is exp(−x/2). False below
    NORMAL_OBSERVATIONS values and for constant ones, of which nothing can be said.
    """
    statistic = observations / 6 * (skew**2 + excess**2 / 4)
    with np.errstate(invalid="ignore"):
        passes = np.exp(-statistic / 2) > NORMAL_P_VALUE
    return np.asarray(passes & (observations >= NORMAL_OBSERVATIONS))
