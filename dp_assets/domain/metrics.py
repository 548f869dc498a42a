"""Accuracy of forecasts, each metric defined once.

Belongs here: metrics over a frame of scored rows, in one pass for any grouping. Does not belong here: which rows are
scored and against what (`accuracy.py`).

A scored frame has a row per series × cutoff × lead:
    series_id, actual, forecast (mean), one column per quantile level (q0.5 is the median), and optionally
    cutoff           one cutoff is assumed where it is missing
    naive            the naive forecast
    scale_squared    mean squared naive step (y_t − y_{t−1})² of the series' past; null or 0: no scaled metrics
    weight           revenue of the series' last 13 weeks
Quantities are units per bucket. Bias is forecast minus actual: positive is over-forecast.
Ratios whose denominator is 0, and metrics whose optional column is missing, are null (NaN in `score`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.contracts.columns import quantile_name
from dp_assets.domain.contracts.monitoring import ACCURACY_METRICS
from dp_assets.domain.hierarchy import Matrix

COVERAGE_LEVELS = (50, 80, 90, 95)
STANDARD_QUANTILES = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
OPTIONAL = ("naive", "scale_squared", "weight")


def cdf_at(x: Matrix, quantiles: Matrix, levels: Matrix) -> Matrix:
    """Forecast distribution function at x (n,): linear between the quantiles (n, Q) at `levels` (Q,), 0 below, 1 above.

    >>> cdf_at(np.array([0.0, 1.5, 9.0]), np.array([[1.0, 2.0]] * 3), np.array([0.25, 0.75])).tolist()
    [0.0, 0.5, 1.0]
    """
    above = (quantiles <= x[:, None]).sum(axis=1)
    rows = np.arange(len(x))
    right = np.clip(above, 1, len(levels) - 1)
    low, high = quantiles[rows, right - 1], quantiles[rows, right]
    share = (x - low) / np.maximum(high - low, 1e-12)
    between = levels[right - 1] + share * (levels[right] - levels[right - 1])
    return np.select([above == 0, above == len(levels)], [0.0, 1.0], default=between)


def pit_coverage(actual: Matrix, quantiles: Matrix, levels: Matrix, level: float) -> Matrix:
    """(n,) share of each actual that lies inside the central interval of `level`, ties at whole numbers split.

    It is the share of a uniform draw between F(y − ½) and F(y + ½) that falls inside; a true count model scores its
    nominal level, where plain coverage reads far above it.

    >>> wide = np.array([[0.0, 1.0, 2.0, 3.0]])
    >>> pit_coverage(np.array([1.0]), wide, np.array([0.1, 0.25, 0.75, 0.9]), 0.5).round(5).tolist()
    [0.76923]
    """
    low, high = (1 - level) / 2, (1 + level) / 2
    below, above = cdf_at(actual - 0.5, quantiles, levels), cdf_at(actual + 0.5, quantiles, levels)
    width = above - below
    inside = np.clip(np.minimum(above, high) - np.maximum(below, low), 0, None) / np.maximum(width, 1e-9)
    return np.where(width < 1e-9, (below >= low) & (below <= high), inside)


def plain_coverage(actual: Matrix, lower: Matrix, upper: Matrix) -> npt.NDArray[np.bool_]:
    """(n,) whether each actual lies inside its interval, both ends included.

    >>> plain_coverage(np.array([1.0, 4.0]), np.array([1.0, 1.0]), np.array([3.0, 3.0])).tolist()
    [True, False]
    """
    inside: npt.NDArray[np.bool_] = (actual >= lower - 1e-9) & (actual <= upper + 1e-9)
    return inside


def pinball(actual: Matrix, quantile: Matrix, level: float) -> Matrix:
    """Loss of a quantile forecast: `level` per unit of under-forecast, `1 − level` per unit of over-forecast.

    >>> pinball(np.array([10.0, 10.0]), np.array([8.0, 12.0]), 0.9).round(6).tolist()
    [1.8, 0.2]
    """
    error = actual - quantile
    return np.maximum(level * error, (level - 1) * error)


def row_losses(
    frame: pl.DataFrame,
    levels: Sequence[int] = COVERAGE_LEVELS,
    quantile_levels: Sequence[float] = STANDARD_QUANTILES,
) -> pl.DataFrame:
    """A scored frame with one column per loss of a single row, ready to be summed over any grouping."""
    knots = np.asarray(quantile_levels, dtype=np.float64)
    actual = frame["actual"].to_numpy().astype(np.float64)
    quantiles = frame.select(quantile_name(level) for level in quantile_levels).to_numpy().astype(np.float64)
    column = {level: quantiles[:, index] for index, level in enumerate(quantile_levels)}
    losses = [2 * pinball(actual, column[level], level) for level in quantile_levels]
    coverage: list[pl.Series] = []
    for level in levels:
        low, high = round(0.5 - level / 200, 4), round(0.5 + level / 200, 4)
        if low in column and high in column:
            split = pit_coverage(actual, quantiles, knots, level / 100)
            plain = plain_coverage(actual, column[low], column[high])
            coverage += [pl.Series(f"coverage_{level}", split), pl.Series(f"plain_coverage_{level}", plain)]
    extra = [pl.lit(None, pl.Float64()).alias(name) for name in OPTIONAL if name not in frame.columns]
    if "cutoff" not in frame.columns:
        extra.append(pl.lit(0).alias("cutoff"))
    error, magnitude = pl.col("forecast") - pl.col("actual"), pl.col("actual").abs()
    size = magnitude + pl.col("forecast").abs()
    return frame.with_columns(
        *extra,
        *coverage,
        pl.Series("quantile_loss", np.mean(losses, axis=0)),
        pl.Series("median_error", np.abs(column[0.5] - actual) if 0.5 in column else np.full(len(actual), np.nan)),
    ).with_columns(
        error.alias("error"),
        (error**2).alias("squared_error"),
        magnitude.alias("magnitude"),
        pl.when(pl.col("actual") > 0).then(error.abs() / pl.col("actual")).alias("relative_error"),
        pl.when(size > 0).then(2 * error.abs() / size).otherwise(0.0).alias("symmetric_error"),
        (pl.col("naive") - pl.col("actual")).alias("naive_error"),
    )


def summarise(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Metrics of rows from `row_losses` per group: the `by` columns, observations, actual, and ACCURACY_METRICS.

    Two steps, because scaled and horizon metrics are per series and cutoff before they are averaged. Order is kept
    throughout: sums of floats depend on it, and the same rows must give the same bytes.
    """
    keys = ["_all", *by]
    rows = rows.with_columns(pl.lit(0).alias("_all")).sort(*keys, "series_id", "cutoff", maintain_order=True)
    found = (
        _per_series(rows, keys)
        .group_by(keys, maintain_order=True)
        .agg(
            pl.col("n").sum().cast(pl.Int64()).alias("observations"),
            pl.col("actual").sum(),
            *(metric.alias(f"metric_{name}") for name, metric in _metrics(rows.columns).items()),
        )
    )
    finite = (
        pl.when(pl.col(f"metric_{name}").is_finite()).then(pl.col(f"metric_{name}")).alias(name)
        for name in ACCURACY_METRICS
    )
    return found.sort(keys).select(*by, "observations", "actual", *finite)


def _per_series(rows: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Sums over the leads of each series and cutoff, and its scaled errors."""
    naive = pl.col("naive_error")
    series = rows.group_by(*keys, "series_id", "cutoff", maintain_order=True).agg(
        pl.len().alias("n"),
        pl.col(
            "actual", "magnitude", "median_error", "error", "squared_error", "quantile_loss", "symmetric_error"
        ).sum(),
        pl.col(name for name in ACCURACY_METRICS if name in rows.columns).sum(),
        pl.col("error").abs().sum().alias("absolute_error"),
        pl.col("relative_error").count().alias("n_relative"),
        pl.col("relative_error").sum(),
        naive.count().alias("n_naive"),
        naive.sum(),
        naive.abs().sum().alias("naive_absolute"),
        (naive**2).sum().alias("naive_squared"),
        pl.col("scale_squared", "weight").first(),
    )
    scale = pl.when(pl.col("scale_squared") > 0).then(pl.col("scale_squared"))
    weight = pl.when(scale.is_not_null()).then(pl.col("weight"))
    naive_mean = pl.when(pl.col("n_naive") > 0).then(pl.col("naive_squared") / pl.col("n_naive"))
    return series.with_columns(
        (pl.col("squared_error") / pl.col("n") / scale).sqrt().alias("rmsse"),
        (naive_mean / scale).sqrt().alias("naive_rmsse"),
        (weight / weight.sum().over(*keys, "cutoff")).alias("share"),  # adds up to 1 per group and cutoff
    ).with_columns((pl.col("share") * pl.col("rmsse")).fill_nan(None).alias("weighted_rmsse"))


def _metrics(columns: Sequence[str]) -> dict[str, pl.Expr]:
    """Metric → aggregation over the rows of `_per_series`; null where the scored frame lacks what it needs."""
    total = {name: pl.col(name).sum() for name in ("n", "n_naive", "n_relative", "magnitude")}
    covered = {name: pl.col(name).sum() / total["n"] for name in ACCURACY_METRICS if name in columns}
    cutoffs = pl.col("cutoff").filter(pl.col("weighted_rmsse").is_not_null()).n_unique()
    has_naive = pl.when(total["n_naive"] > 0)
    metrics = {
        "wape": pl.col("median_error").sum() / total["magnitude"],
        "mape": pl.col("relative_error").sum() / total["n_relative"],
        "smape": pl.col("symmetric_error").sum() / total["n"],
        "mae": pl.col("absolute_error").sum() / total["n"],
        "rmse": (pl.col("squared_error").sum() / total["n"]).sqrt(),
        "rmsse": pl.col("rmsse").mean(),
        "wrmsse": pl.col("weighted_rmsse").sum() / cutoffs,
        "horizon_wape": pl.col("error").abs().sum() / pl.col("actual").abs().sum(),
        "bias": pl.col("error").sum() / total["magnitude"],
        "wql": pl.col("quantile_loss").sum() / total["magnitude"],
        "naive_wape": has_naive.then(pl.col("naive_absolute").sum() / total["magnitude"]),
        "naive_mae": pl.col("naive_absolute").sum() / total["n_naive"],
        "naive_rmse": (pl.col("naive_squared").sum() / total["n_naive"]).sqrt(),
        "naive_rmsse": pl.col("naive_rmsse").mean(),
        "naive_bias": has_naive.then(pl.col("naive_error").sum() / total["magnitude"]),
    }
    absent = {name: pl.lit(None, pl.Float64()) for name in ACCURACY_METRICS}
    return {**absent, **metrics, **covered}


def score(
    frame: pl.DataFrame,
    levels: Sequence[int] = COVERAGE_LEVELS,
    quantile_levels: Sequence[float] = STANDARD_QUANTILES,
) -> dict[str, float]:
    """Every metric of ACCURACY_METRICS over a scored frame; NaN where it is not defined.

    Args:
        frame: scored rows, see the module's docstring.
        levels: central intervals whose coverage is scored, percent; others are NaN.
        quantile_levels: levels whose columns the frame has.

    >>> frame = pl.DataFrame({"series_id": ["a", "b"], "actual": [10.0, 10.0], "forecast": [13.0, 9.0],
    ...                       "q0.25": [9.0, 7.0], "q0.5": [12.0, 9.0], "q0.75": [15.0, 11.0]})
    >>> found = score(frame, (50,), (0.25, 0.5, 0.75))
    >>> found["bias"], found["wape"]  # forecast 22, sold 20: over-forecast is positive; medians miss by 2 and 1
    (0.1, 0.15)
    """
    if frame.is_empty():
        return dict.fromkeys(ACCURACY_METRICS, float("nan"))
    found = summarise(row_losses(frame, levels, quantile_levels), by=()).row(0, named=True)
    return {name: float("nan") if found[name] is None else float(found[name]) for name in ACCURACY_METRICS}
