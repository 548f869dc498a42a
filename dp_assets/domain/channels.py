"""Past channels: what a series' own history says at each bucket, known only up to the cutoff.

Belongs here: rolling statistics, trend, runs and share of zeros, relative price, time since the last promotion.
Does not belong here: channels known ahead (`promotions.py`, `calendar.py`), scaling (`encoders.py`).

The value at bucket t is what is known at the end of t: it uses buckets up to and including t, and nothing later. Cells
before the first sale are 0. Windows reach back over what there is: at the first bucket they hold one value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from coreforecast.grouped_array import GroupedArray
from coreforecast.lag_transforms import RollingMax, RollingMean, RollingMin, RollingStd

from dp_assets.domain.cleaning import BoolArray, row_blocks
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.panel import FloatArray

Channel = npt.NDArray[np.floating[Any]]
STATISTICS = ("mean", "std", "min", "max")
TREND_LIMIT = 10.0
"""Upper bound of the trend; its lower bound is -1 by nature."""
MAX_WEEKS_SINCE = 52.0
"""Weeks since the last promotion where it is longer ago, or there was none."""


def past_names(config: DemandConfig) -> tuple[str, ...]:
    """Names of the past channels, in order."""
    rolling = [f"rolling_{name}_{weeks}w" for weeks in config.features.rolling_windows_weeks for name in STATISTICS]
    return (
        *rolling,
        f"trend_{_trend_weeks(config)}w",
        "zero_run",
        "zero_share",
        "relative_price",
        "weeks_since_promotion",
    )


def past_channels(
    capped: FloatArray,
    observed: FloatArray,
    price: FloatArray,
    promoted: BoolArray,
    first: npt.NDArray[np.int32],
    config: DemandConfig,
    beside: int = 0,
    gaps: bool | None = None,
) -> FloatArray:
    """(S, T, P) float32 channels in the order of `past_names`.

    rolling_<statistic>_<w>w: of capped quantity over the last w weeks, units; std with divisor n − 1, 0 for one value.
    trend_<w>w: (mean of the last w weeks − mean of the w weeks before) ÷ the latter; 0 where that is 0 or not there.
    zero_run: buckets since the last sale, 0 in a bucket with sales.
    zero_share: share of buckets without sales since the first sale.
    relative_price: price ÷ own mean price over the longest window; 1 where no price is known.
    weeks_since_promotion: 0 under a promotion, at most MAX_WEEKS_SINCE.

    Args:
        capped, observed, price: (S, T) as in `Panel`.
        promoted: (S, T) whether the bucket lies under a known promotion.
        first: (S,) index of the first sale.
        config: windows and bucket length.
        beside: further channels for which room is left behind them, zeros.
        gaps: whether `has_gaps`, of these series or of any beside them: a running sum that may meet a gap rounds
            otherwise. Found out here when left out.
    """
    series, buckets = capped.shape
    names = past_names(config)
    if gaps is None:
        gaps = has_gaps(observed, first, config)
    channels = np.zeros((series, buckets, len(names) + beside), dtype=np.float32)
    for rows in row_blocks(series, buckets):
        since = np.arange(buckets) >= first[rows, None]
        values = _block_channels(capped[rows], observed[rows] > 0, price[rows], promoted[rows], ~since, config, gaps)
        for number, name in enumerate(names):
            known = since & np.isfinite(values[name])
            np.copyto(channels[rows, :, number], values[name], where=known, casting="same_kind")
    return channels


def has_gaps(observed: FloatArray, first: npt.NDArray[np.int32], config: DemandConfig) -> bool:
    """Whether any bucket after a series' first sale is not observed, (S, T) and (S,) as of `past_channels`."""
    series, buckets = observed.shape
    # Where zeros are explicit, only buckets out of stock are missing after the first sale.
    return config.zero_fill == "ignore" or any(
        bool(((observed[rows] <= 0) & (np.arange(buckets) >= first[rows, None])).any())
        for rows in row_blocks(series, buckets)
    )


def _block_channels(
    capped: FloatArray,
    observed: BoolArray,
    price: FloatArray,
    promoted: BoolArray,
    before: BoolArray,
    config: DemandConfig,
    gaps: bool,
) -> dict[str, Channel]:
    demand = _demand(capped, observed)
    values, weeks = _rolling(demand, config, gaps), _trend_weeks(config)
    values[f"trend_{weeks}w"] = _trend(demand, config.in_buckets(weeks), gaps)
    # A bucket out of stock is no sign that a product sells no longer.
    values |= _zeros((capped > 0) | ((config.zero_fill == "zero") & ~observed & ~before), before)
    longest = max((*config.features.rolling_windows_weeks, weeks))
    values["relative_price"] = _relative_price(price, config.in_buckets(longest))
    values["weeks_since_promotion"] = np.minimum(_since(promoted) * config.bucket.weeks, MAX_WEEKS_SINCE)
    return values


def _trend_weeks(config: DemandConfig) -> int:
    return min(config.features.rolling_windows_weeks, default=4)


def _grouped(dense: Channel) -> GroupedArray:
    series, buckets = dense.shape
    return GroupedArray(np.ascontiguousarray(dense).ravel(), np.arange(series + 1, dtype=np.int32) * buckets)


def rolling_channels(capped: FloatArray, observed: BoolArray, config: DemandConfig) -> dict[str, Channel]:
    """The rolling channels alone, (S, T) each; see `past_channels`."""
    return _rolling(_demand(capped, observed), config, config.zero_fill == "ignore")


def _demand(capped: FloatArray, observed: BoolArray) -> Channel:
    """NaN marks what is not observed; the float64 copy keeps the running variance exact enough after a large value."""
    return np.where(observed, capped, np.nan).astype(np.float64)


def _rolling(demand: Channel, config: DemandConfig, gaps: bool) -> dict[str, Channel]:
    grouped = _grouped(demand)
    kinds = {"mean": RollingMean, "std": RollingStd, "min": RollingMin, "max": RollingMax}
    return {
        f"rolling_{name}_{weeks}w": kinds[name](0, config.in_buckets(weeks), 1, gaps)
        .transform(grouped)
        .reshape(demand.shape)
        for weeks in config.features.rolling_windows_weeks
        for name in STATISTICS
    }


def _trend(demand: Channel, window: int, gaps: bool) -> Channel:
    grouped = _grouped(demand)
    current = RollingMean(0, window, 1, gaps).transform(grouped).reshape(demand.shape)
    previous = RollingMean(window, window, 1, gaps).transform(grouped).reshape(demand.shape)
    known = previous > 0
    ratio = np.divide(current - previous, previous, out=np.zeros_like(current), where=known)
    return np.asarray(np.clip(ratio, -1.0, TREND_LIMIT))


def _zeros(sold: BoolArray, before: BoolArray) -> dict[str, Channel]:
    age = np.cumsum(~before, axis=1)
    zeros = np.cumsum(~sold & ~before, axis=1)
    return {"zero_run": _since(sold), "zero_share": zeros / np.maximum(age, 1)}


def _since(happened: BoolArray) -> Channel:
    """Buckets since it last happened, 0 where it happens; infinite before the first time."""
    index = np.arange(happened.shape[1], dtype=np.float32)
    last = np.maximum.accumulate(np.where(happened, index, -np.float32(np.inf)), axis=1)
    return np.asarray(index - last)


def _relative_price(price: FloatArray, window: int) -> Channel:
    known = price > 0
    trailing = RollingMean(0, window, 1, False).transform(_grouped(np.where(known, price, np.nan).astype(np.float64)))
    ratio = np.divide(price, trailing.reshape(price.shape), out=np.ones(price.shape), where=known)
    return np.asarray(ratio)
