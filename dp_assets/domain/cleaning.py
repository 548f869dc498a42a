"""Cleaning of a cycle's history: which buckets are extreme and capped, which series are trained on and why.

Belongs here: z-score capping with its log, low-volume eligibility with its reasons and overrides.
Does not belong here: densification and channels (`features.py`, `channels.py`); what to do with a series that is not
eligible (`fallback.py`).

The capping rule. Per series, ordinary buckets and buckets under a known promotion are two groups; only observed buckets
count, so explicit zeros do under zero_fill `zero`. A bucket is extreme when it lies above mean + z × standard deviation
of its group, both over all its buckets and over those with sales. The second condition keeps the regular sale of an
intermittent series: where fewer than one bucket in ten sells, mean + 3 × standard deviation over all buckets lies below
that very sale. A group with fewer than MIN_JUDGED buckets cannot judge itself:
    ordinary buckets are then judged by all buckets of the series, or not at all when these are too few as well;
    promotion buckets by the ordinary threshold × the median promotion uplift of the other series (at least 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig, OutlierConfig
from dp_assets.domain.contracts import OUTLIER_LOG, eligibility
from dp_assets.domain.panel import FloatArray

MIN_JUDGED = 8
"""Buckets a group needs to have a mean and a standard deviation of its own."""
MIN_OBSERVED = 6
"""Observed buckets below which a series is `too_short` to be trained on."""
BLOCK_CELLS = 1 << 16
"""Cells worked on at once, so that float64 temporaries and a block of channels stay in the processor's cache."""

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Float64Array = npt.NDArray[np.float64]


def row_blocks(series: int, buckets: int) -> list[slice]:
    """Slices over the series axis that hold about BLOCK_CELLS cells each."""
    step = max(1, BLOCK_CELLS // max(1, buckets))
    return [slice(start, min(start + step, series)) for start in range(0, series, step)]


@dataclass(frozen=True)
class Capping:
    """Outcome of capping.

    Attributes:
        capped: (S, T) quantity, lowered to the threshold where it lay above it; never raised.
        threshold: (S, 2) threshold in units of ordinary [:, 0] and promotion buckets [:, 1]; inf where not judged.
    """

    capped: FloatArray
    threshold: FloatArray


def cap_outliers(quantity: FloatArray, observed: FloatArray, promoted: BoolArray, config: OutlierConfig) -> Capping:
    """Caps extreme buckets of every series by the module's rule.

    Args:
        quantity: (S, T) units; only what was sold before the cutoff, so the caps are as of the cutoff.
        observed: (S, T) 1 where the bucket counts as seen.
        promoted: (S, T) whether the bucket lies under a known promotion.
        config: the switch and the z threshold.
    """
    limits = own_limits(quantity, observed, promoted, config)
    return cap_at(quantity, promoted, limits, usual_uplift(limits))


def own_limits(quantity: FloatArray, observed: FloatArray, promoted: BoolArray, config: OutlierConfig) -> Float64Array:
    """(S, 3) what each series says of its own: the threshold of its ordinary buckets, units, inf where not judged; that
    of its promotion buckets, NaN where they are too few; and its promotion uplift, NaN where nothing is known of it.

    Args: as of `cap_outliers`.
    """
    limits = np.full((len(quantity), 3), np.nan)
    limits[:, 0] = np.inf
    if not config.enabled:
        return limits
    z = config.z_threshold
    for rows in row_blocks(*quantity.shape):
        values, seen, under = quantity[rows].astype(np.float64), observed[rows] > 0, promoted[rows]
        all_limit, all_count, _ = _group_limit(values, seen, z)
        plain_limit, plain_count, plain_mean = _group_limit(values, seen & ~under, z)
        promo_limit, promo_count, promo_mean = _group_limit(values, seen & under, z)
        judged_by_all = np.where(all_count >= MIN_JUDGED, all_limit, np.inf)
        limits[rows, 0] = np.where(plain_count >= MIN_JUDGED, plain_limit, judged_by_all)
        limits[rows, 1] = np.where(promo_count >= MIN_JUDGED, promo_limit, np.nan)
        known = (plain_count >= MIN_JUDGED) & (promo_count > 0) & (plain_mean > 0)
        limits[rows, 2] = np.divide(promo_mean, plain_mean, out=np.full(len(values), np.nan), where=known)
    return limits


def usual_uplift(limits: Float64Array) -> float:
    """Median promotion uplift, at least 1, of the series whose `own_limits` are given."""
    uplift = limits[:, 2]
    return max(1.0, float(np.nanmedian(uplift))) if np.isfinite(uplift).any() else 1.0


def cap_at(quantity: FloatArray, promoted: BoolArray, limits: Float64Array, usual: float) -> Capping:
    """Caps buckets of some series.

    Args:
        quantity, promoted: as of `cap_outliers`.
        limits: their `own_limits`.
        usual: the `usual_uplift` of all series.
    """
    ordinary, own = limits[:, 0], limits[:, 1]
    threshold = np.stack([ordinary, np.where(np.isnan(own), ordinary * usual, own)], axis=1).astype(np.float32)
    return Capping(np.minimum(quantity, np.where(promoted, threshold[:, 1:], threshold[:, :1])), threshold)


def _group_limit(values: Float64Array, group: BoolArray, z: float) -> tuple[Float64Array, IntArray, Float64Array]:
    """Per row: the larger of mean + z × std of the group and of its buckets with sales; group size; group mean."""
    mean, std, count = _moments(values, group)
    selling_mean, selling_std, _ = _moments(values, group & (values > 0))
    return np.maximum(mean + z * std, selling_mean + z * selling_std), count, mean


def _moments(values: Float64Array, group: BoolArray) -> tuple[Float64Array, Float64Array, IntArray]:
    """Mean, population standard deviation and size of each row's group; 0 for an empty one."""
    count = group.sum(axis=1, dtype=np.int64)
    size = np.maximum(count, 1)
    mean = np.where(group, values, 0.0).sum(axis=1) / size
    deviation = np.where(group, values - mean[:, None], 0.0)
    return mean, np.sqrt((deviation * deviation).sum(axis=1) / size), count


def outlier_log(
    series_id: pl.Series,
    starts: npt.NDArray[np.datetime64],
    quantity: FloatArray,
    promoted: BoolArray,
    capping: Capping,
) -> pl.DataFrame:
    """One row per capped bucket, by the contract OUTLIER_LOG: original − capped is exactly what was taken off."""
    rows, buckets = np.nonzero(capping.capped < quantity)
    under = promoted[rows, buckets]
    frame = pl.DataFrame(
        {
            "series_id": series_id.gather(rows),
            "bucket_start": pl.Series(starts[buckets].astype("datetime64[ms]")).cast(pl.Date),
            "original": quantity[rows, buckets],
            "capped": capping.capped[rows, buckets],
            "threshold": capping.threshold[rows, under.astype(np.intp)],
            "promoted": under,
        }
    )
    return OUTLIER_LOG.conform(frame)


def judge_eligibility(history: pl.DataFrame, attributes: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    """Who is active, who is trained on, and why, by the contract `eligibility`.

    Args:
        history: one row per series seen: series_id, key columns, first_bucket, last_bucket, selling_buckets (buckets
            with sales in the low-volume window), observed_buckets, active.
        attributes: the contract `sku_attributes` as of the cycle.
        config: floors and overrides.

    The first reason that applies wins: inactive, held_back, mandatory, no_attributes, too_short, low_volume, eligible.
    So a held-back SKU stays out even when it is also called mandatory, and a mandatory SKU is trained on whatever its
    volume, length or attributes, as long as it is active. `no_attributes` cannot apply when none is configured.
    """
    floor = selling_buckets_floor(config)
    described = attributes.filter(pl.col("has_attributes"))["sku"] if config.attributes else history["sku"]
    reason = (
        pl.when(~pl.col("active"))
        .then(pl.lit("inactive"))
        .when(pl.col("sku").is_in(list(config.validation.held_back_skus)))
        .then(pl.lit("held_back"))
        .when(pl.col("sku").is_in(list(config.low_volume.mandatory_skus)))
        .then(pl.lit("mandatory"))
        .when(~pl.col("sku").is_in(described.implode()))
        .then(pl.lit("no_attributes"))
        .when(pl.col("observed_buckets") < MIN_OBSERVED)
        .then(pl.lit("too_short"))
        .when(pl.col("selling_buckets") < floor)
        .then(pl.lit("low_volume"))
        .otherwise(pl.lit("eligible"))
    )
    judged = history.with_columns(
        reason=reason, selling_weeks=pl.col("selling_buckets") * config.bucket.weeks
    ).with_columns(eligible=pl.col("reason").is_in(["eligible", "mandatory"]))
    return eligibility(config).conform(judged)


def selling_buckets_floor(config: DemandConfig) -> int:
    """The floor of selling weeks in buckets, rounded up: 10 weeks are 10 buckets of one week, 3 of four."""
    return -(-config.low_volume.min_selling_weeks // config.bucket.weeks)
