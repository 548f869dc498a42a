"""Stock-outs: buckets in which sales say little about demand, because there was nothing to sell.

Belongs here: which buckets of which series they are, as files say or as sales suggest. Does not belong here: reading
the feed (ingest), what was lost (`lost_sales.py`), what a bucket that is not observed means (`features.py`).

Stated: a line of `feed: stock` says what was on hand from one day to another; nothing, or less, is out of stock. A
bucket counts where the share of its days without stock reaches `stockouts.min_share`.

Inferred: a run of n buckets without sales, with sales before and after it, is improbable where
    p^n × (buckets since the first sale)  <  `stockouts.improbable`,
p being the larger of two: the probability of nothing in a negative binomial with the mean and variance of the buckets
around the run (the smaller of the means before and after it), and the share of buckets without sales outside such runs.
The product bounds how many such runs chance would make. A run that lasts up to the cutoff is never inferred: it may as
well be the end of the product.

Both are as of the cutoff: lines known by its knowledge time, sales before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import STOCKOUTS
from dp_assets.domain.known_lines import known_lines
from dp_assets.domain.panel import FloatArray
from dp_assets.domain.stockout_config import StockoutConfig

LINE = ("producer", "sku", "location", "starts_on")
STATED, INFERRED = "stated", "inferred"
AROUND_WEEKS = 8
"""Weeks before and after a run from which its rate is taken."""
LEAST_AROUND = 4
"""Buckets that are needed on either side."""

Flags = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.float64]


def known_stock(stock: pl.DataFrame, known_at: datetime) -> pl.DataFrame:
    """Lines known at a moment; a line is a producer's (SKU, place, first day), of which the newest file speaks."""
    return known_lines(stock, LINE, known_at)


@dataclass(frozen=True)
class Stockouts:
    """Stock-outs of S series in T buckets.

    Attributes:
        share: (S, T) share of the days that files say were without stock.
        stated: (S, T) whether that makes the bucket one out of stock.
        inferred: (S, T) whether its sales do.
    """

    share: Matrix
    stated: Flags
    inferred: Flags

    @property
    def mask(self) -> Flags:
        """(S, T) buckets that do not count as observed."""
        return np.asarray(self.stated | self.inferred)


def find_stockouts(
    stock: pl.DataFrame,
    series: pl.DataFrame,
    starts: npt.NDArray[np.datetime64],
    quantity: FloatArray,
    first: npt.NDArray[np.int32],
    config: DemandConfig,
) -> Stockouts:
    """Stock-outs from each series' first sale on.

    Args:
        stock: what `known_stock` returned.
        series: S rows with the key columns.
        starts: (T,) bucket starts before the cutoff, without gaps.
        quantity: (S, T) units sold.
        first: (S,) bucket of the first sale.
        config: the rules, key columns, bucket length.
    """
    if stock.is_empty() and not config.stockouts.infer:
        none = np.broadcast_to(np.False_, quantity.shape)
        return Stockouts(np.broadcast_to(np.float64(0), quantity.shape), none, none)
    since = np.arange(len(starts)) >= first[:, None]
    share = out_of_stock_share(stock, series, starts, config) * since
    stated = np.asarray(share >= config.stockouts.min_share)
    inferred = np.zeros(quantity.shape, np.bool_)
    if config.stockouts.infer:
        inferred = improbable_runs(quantity, first, stated, config.stockouts, config.bucket.weeks) & ~stated
    return Stockouts(share, stated, inferred)


def out_of_stock_share(
    stock: pl.DataFrame, series: pl.DataFrame, starts: npt.NDArray[np.datetime64], config: DemandConfig
) -> Matrix:
    """(S, T) share of each bucket's days on which files say that nothing was on hand.

    A line without a location speaks of all of a SKU's series; one with a location of that place's alone, and where
    series have no location it is passed over: a SKU that one shop lacks is not out of stock.
    """
    share = np.zeros((len(series), len(starts)))
    out = stock.filter(pl.col("quantity") <= 0)
    if out.is_empty() or not len(starts):
        return share
    days = 7 * config.bucket.weeks
    begin = starts[0].astype("datetime64[D]").item()
    end = starts[-1].astype("datetime64[D]") + np.timedelta64(days - 1, "D")
    inside = out.filter(pl.col("ends_on") >= begin, pl.col("starts_on") <= end.item()).with_columns(
        pl.max_horizontal("starts_on", pl.lit(begin)), pl.min_horizontal("ends_on", pl.lit(end.item()))
    )
    rows = series.with_row_index("row").select("row", *config.series_key)
    everywhere = inside.filter(pl.col("location").is_null()).drop("location").join(rows, on="sku")
    found = [everywhere.select("row", "starts_on", "ends_on")]
    if "location" in config.series_key:
        found.append(inside.join(rows, on=["sku", "location"]).select("row", "starts_on", "ends_on"))
    each = (
        pl.concat(found)
        .with_columns(day=pl.date_ranges("starts_on", "ends_on"))
        .explode("day")
        .select("row", bucket=(pl.col("day") - begin).dt.total_days())
        .unique()
    )
    np.add.at(share, (each["row"].to_numpy(), each["bucket"].to_numpy() // days), 1.0)
    return share / days


def improbable_runs(
    quantity: FloatArray, first: npt.NDArray[np.int32], known: Flags, config: StockoutConfig, bucket_weeks: int
) -> Flags:
    """(S, T) runs of buckets without sales that chance hardly makes; see the module's docstring.

    Args:
        quantity: (S, T) units sold.
        first: (S,) bucket of the first sale.
        known: (S, T) buckets that are known to be out of stock: no evidence of anything.
        config: what is improbable, the longest run.
        bucket_weeks: weeks per bucket.
    """
    around, longest = max(LEAST_AROUND, AROUND_WEEKS // bucket_weeks), max(1, config.max_weeks // bucket_weeks)
    found = np.zeros(quantity.shape, np.bool_)
    for row in np.flatnonzero(quantity.max(axis=1, initial=0.0) > 0):
        sold, begins = quantity[row].astype(np.float64), int(first[row])
        usable = (np.arange(len(sold)) >= begins) & ~known[row]
        runs = [run for run in _runs((sold <= 0) & usable, begins) if run[1] - run[0] <= longest]
        age = len(sold) - begins
        candidates = [(run, _nothing(sold, usable, run, around)) for run in runs]
        candidates = [(run, p) for run, p in candidates if p ** (run[1] - run[0]) * age < config.improbable]
        outside = usable.copy()
        for (start, stop), _ in candidates:
            outside[start:stop] = False
        usual = float((sold[outside] <= 0).mean()) if outside.any() else 1.0
        for (start, stop), p in candidates:
            if max(p, usual) ** (stop - start) * age < config.improbable:
                found[row, start:stop] = True
    return found


def _runs(zero: Flags, begins: int) -> list[tuple[int, int]]:
    """Runs of true values as (first, one past the last), without one that lasts up to the end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], zero, [False]])))
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(start, stop) for start, stop in runs if start > begins and stop < len(zero)]


def _nothing(sold: Matrix, usable: Flags, run: tuple[int, int], around: int) -> float:
    """Probability that a bucket of a run sells nothing, by the buckets around it; 1 where they are too few."""
    before = np.flatnonzero(usable[: run[0]])[-around:]
    after = run[1] + np.flatnonzero(usable[run[1] :])[:around]
    if min(len(before), len(after)) < LEAST_AROUND:
        return 1.0
    mean = min(float(sold[before].mean()), float(sold[after].mean()))
    variance = max(float(sold[before].var()), float(sold[after].var()))
    if mean <= 0:
        return 1.0
    if variance <= mean:
        return float(np.exp(-mean))
    size = mean**2 / (variance - mean)
    return float((size / (size + mean)) ** size)


def stockout_table(found: Stockouts, series: pl.Series, starts: npt.NDArray[np.datetime64]) -> pl.DataFrame:
    """The table `stockouts`: a row per series and bucket out of stock."""
    rows, buckets = np.nonzero(found.mask)
    frame = pl.DataFrame(
        {
            "series_id": series.gather(rows),
            "bucket_start": pl.Series(starts[buckets].astype("datetime64[ms]")).cast(pl.Date),
            "kind": pl.Series(np.where(found.stated[rows, buckets], STATED, INFERRED).tolist(), dtype=pl.String),
            "share": found.share[rows, buckets],
        }
    )
    return STOCKOUTS.conform(frame)


def mask_of(table: pl.DataFrame, series: pl.Series, starts: npt.NDArray[np.datetime64]) -> Flags:
    """(S, T) the buckets that a table `stockouts` names."""
    mask = np.zeros((len(series), len(starts)), np.bool_)
    rows = pl.DataFrame({"series_id": series}).with_row_index("row")
    days = pl.Series("bucket_start", starts.astype("datetime64[ms]")).cast(pl.Date)
    buckets = days.to_frame().with_row_index("bucket")
    placed = table.join(rows, on="series_id").join(buckets, on="bucket_start")
    mask[placed["row"].to_numpy(), placed["bucket"].to_numpy()] = True
    return mask
