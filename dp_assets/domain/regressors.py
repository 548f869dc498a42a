"""Regressor channels: outside quantities, such as temperature or marketing spend, per series and bucket.

Belongs here: which values a cycle may use, several values of a bucket made one, gaps filled.
Does not belong here: reading the feed (ingest), scaling (`encoders.py`).

The leak rule has two parts. A value is used only if its file had arrived by the cycle's knowledge time; and only if its
bucket starts less than `known_ahead_weeks` after the cutoff, whatever was delivered. The second part holds for every
origin that a network is trained on: the channel says how many buckets it reaches ahead, and `windows.gather` goes no
further.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig, RegressorConfig
from dp_assets.domain.groups import GROUP, lines_of_series
from dp_assets.domain.known_lines import known_lines, slug
from dp_assets.domain.panel import FloatArray

PREFIX = "regressor_"
LINE = ("producer", "name", "sku", *GROUP, "starts_on")
BREADTH = "breadth"
Values = npt.NDArray[np.float64]
_AGGREGATES: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "mean": pl.Expr.mean,
    "sum": pl.Expr.sum,
    "min": pl.Expr.min,
    "max": pl.Expr.max,
    "last": pl.Expr.last,
}


def known_regressors(regressors: pl.DataFrame, known_at: datetime) -> pl.DataFrame:
    """Values known at a moment; a value is a producer's (name, SKU or group, day), of which the newest file speaks."""
    return known_lines(regressors, LINE, known_at)


def reach(regressor: RegressorConfig, config: DemandConfig) -> int:
    """Whole buckets after an origin for which a regressor's values are known, at most the horizon."""
    return min(regressor.known_ahead_weeks // config.bucket.weeks, config.horizon)


def of_series(regressors: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Values of SKUs and groups as values of each series they are about; series_id is null in those about all.

    Args:
        regressors: what `known_regressors` returned.
        groups: (S rows) what `groups.series_groups` returned.

    Returns:
        The lines with series_id and `breadth`: 0 about a SKU in a group, 1 about a SKU, 2 about a group, 3 about all.
    """
    about_all = pl.col("sku").is_null() & pl.col("level").is_null()
    breadth = pl.when(pl.col("sku").is_null()).then(2).when("in_group").then(0).otherwise(1)
    some = lines_of_series(regressors.filter(~about_all), groups).with_columns(breadth.cast(pl.Int8).alias(BREADTH))
    every = regressors.filter(about_all).with_columns(
        pl.lit(None, pl.String).alias("series_id"), pl.lit(3, pl.Int8).alias(BREADTH)
    )
    return pl.concat([every, some.select(every.columns)])


def regressor_channels(
    regressors: pl.DataFrame,
    series: pl.Series,
    starts: npt.NDArray[np.datetime64],
    history: int,
    config: DemandConfig,
) -> tuple[FloatArray, tuple[str, ...], tuple[int, ...]]:
    """Channels of every configured regressor, in the order configured.

    Args:
        regressors: what `of_series` returned. In the same bucket, a value of a SKU in a group goes before the SKU's,
            this before that of a group, and this before one for all.
        series: (S,) series_id of each series.
        starts: (B,) bucket starts without gaps, history and leads.
        history: T, buckets before the cutoff.
        config: the regressors and the bucket length.

    Returns:
        (S, B, K) float32 values; the K names `regressor_<name>`; and the K reaches, buckets ahead of an origin for
        which a channel may be read. Buckets beyond the reach of the cutoff repeat the last value within it.
    """
    channels = np.zeros((len(series), len(starts), len(config.regressors)), dtype=np.float32)
    names, reaches = regressor_names(config)
    slugs = {name: slug(name) for name in regressors["name"].unique()}
    named = regressors.with_columns(pl.col("name").replace(slugs))
    for number, (name, regressor) in enumerate(config.regressors.items()):
        bucketed = _by_bucket(named.filter(pl.col("name") == name), starts, config.bucket.weeks, regressor)
        end = history + reaches[number]
        values = _dense(bucketed.filter(pl.col("bucket") < end), series, len(starts), end, regressor)
        channels[:, :, number] = _relative(values, history) if regressor.relative else values
    return channels, names, reaches


def regressor_names(config: DemandConfig) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names and reaches of the channels, in the order configured."""
    names = tuple(f"{PREFIX}{name}" for name in config.regressors)
    return names, tuple(reach(regressor, config) for regressor in config.regressors.values())


def unused_regressors(regressors: pl.DataFrame, config: DemandConfig) -> list[str]:
    """Delivered names that the configuration does not have, sorted; and configured ones that nobody delivered."""
    delivered = {slug(name) for name in regressors["name"].unique()}
    unknown = [f"regressor {name} is delivered but not configured" for name in sorted(delivered - {*config.regressors})]
    absent = [f"regressor {name} has no value known by then" for name in config.regressors if name not in delivered]
    return unknown + absent


def _by_bucket(
    lines: pl.DataFrame, starts: npt.NDArray[np.datetime64], bucket_weeks: int, regressor: RegressorConfig
) -> pl.DataFrame:
    """One value per series (null for all) × bucket number; values before the first bucket count for number -1."""
    first = pl.lit(starts[0].astype("datetime64[ms]").item()).cast(pl.Date)
    days = (pl.col("starts_on") - first).dt.total_days()
    ordered = lines.with_columns(bucket=days // (7 * bucket_weeks)).sort(
        "starts_on", "known_from", "producer", "file_version_id", "row_number"
    )
    own_first = ordered.filter(pl.col(BREADTH) == pl.col(BREADTH).min().over("series_id", "bucket"))
    single = own_first.group_by("series_id", "bucket", maintain_order=True).agg(
        _AGGREGATES[regressor.aggregate](pl.col("value"))
    )
    before = single.filter(pl.col("bucket") < 0).sort("bucket").group_by("series_id", maintain_order=True).last()
    return pl.concat(
        [before.with_columns(bucket=pl.lit(-1, pl.Int64)), single.filter(pl.col("bucket") >= 0)], how="diagonal"
    )


def _dense(bucketed: pl.DataFrame, series: pl.Series, buckets: int, end: int, regressor: RegressorConfig) -> Values:
    """(S, B): the series' own value where there is one, else the one for all, else as `missing` says."""
    own = bucketed.filter(pl.col("series_id").is_not_null())
    named = own["series_id"].unique().sort()
    table = pl.DataFrame({"series_id": named, "row": np.arange(len(named))})
    # One row per series with values of its own and, last, where -1 points, the row of all others; the first column is
    # the time before the first bucket.
    values = np.full((len(named) + 1, buckets + 1), np.nan)
    for_all = bucketed.filter(pl.col("series_id").is_null())
    values[:, for_all["bucket"].to_numpy() + 1] = for_all["value"].to_numpy()
    of_one = own.join(table, on="series_id")
    values[of_one["row"].to_numpy(), of_one["bucket"].to_numpy() + 1] = of_one["value"].to_numpy()
    placed = series.to_frame("series_id").join(table, on="series_id", how="left", maintain_order="left")
    place = placed["row"].fill_null(-1)
    return np.asarray(_filled(values, end, regressor)[place.to_numpy()])


def _relative(values: Values, history: int) -> Values:
    """(S, B) values ÷ the mean of those above 0 before the cutoff; 1 where there is no value or no such mean."""
    past = values[:, :history]
    mean = past.sum(axis=1, where=past > 0) / np.maximum((past > 0).sum(axis=1), 1)
    return np.where((values > 0) & (mean > 0)[:, None], values / np.where(mean > 0, mean, 1.0)[:, None], 1.0)


def _filled(values: Values, end: int, regressor: RegressorConfig) -> Values:
    """(rows, B) without gaps: the last value within reach is repeated after it."""
    if regressor.missing == "zero":
        inside = np.nan_to_num(values[:, 1:], nan=0.0)
        if end < inside.shape[1]:
            inside[:, end:] = inside[:, [end - 1]]
        return inside
    index = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(values.shape[1])), axis=1)
    return np.asarray(np.nan_to_num(np.take_along_axis(values, index, axis=1), nan=0.0)[:, 1:])
