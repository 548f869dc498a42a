"""The life of a product as planners know it: what it follows or is like, when it starts and when it ends.

Belongs here: lines of `feed: product_life` as of a cycle, as columns of a panel's series, and what follows from dates.
Does not belong here: the forecast of a product with a twin (`fallback.py`), codes that stand for the same product,
which ingestion maps (`ingest/cross_reference.py`).

    life_twin        series whose demand a new product is forecast by: its predecessor, or one it is like
    life_kind        which of the two: of a predecessor counts what it sold before the launch, of a like product
                     what it is forecast to sell
    life_multiplier  its demand ÷ the twin's
    life_ramp_weeks  weeks after the launch until it is reached, in even steps
    life_launch_on, life_ends_on

A panel has these columns only if somebody said anything. Only lines of files that had arrived by the cycle's knowledge
time count, and of several about a SKU the newest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.hierarchy import Hierarchy
from dp_assets.domain.locks import Locks

LIKE, PREDECESSOR = "like", "predecessor"
LAUNCH = "launch"
"""Reason for which a series is in a panel though it never sold: a planner announced it."""
Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def known_life(lines: pl.DataFrame, known_at: datetime) -> pl.DataFrame:
    """One line per SKU, of those known at a moment: the last one of the newest file that speaks of it."""
    known = lines.filter(pl.col("known_from") <= known_at).sort("sku", "known_from", "file_version_id", "row_number")
    return known.group_by("sku", maintain_order=True).last()


def with_life(series: pl.DataFrame, lines: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Series (rows with series_id and the key columns) with the module's columns; as they are where no line is known.

    A twin is the series of that SKU at the same place, null where the panel has none.
    """
    if lines.is_empty():
        return series
    said = lines.select(
        "sku",
        twin_sku=pl.coalesce("predecessor", "like_sku"),
        life_kind=pl.when(pl.col("predecessor").is_not_null())
        .then(pl.lit(PREDECESSOR))
        .when(pl.col("like_sku").is_not_null())
        .then(pl.lit(LIKE)),
        life_multiplier=pl.col("multiplier").fill_null(1.0),
        life_ramp_weeks=pl.col("ramp_weeks").fill_null(0.0),
        life_launch_on="launch_on",
        life_ends_on="ends_on",
    )
    others = [name for name in keys if name != "sku"]
    twins = series.select(pl.col("sku").alias("twin_sku"), *others, pl.col("series_id").alias("life_twin"))
    joined = series.join(said, on="sku", how="left", maintain_order="left")
    return joined.join(twins, on=["twin_sku", *others], how="left", maintain_order="left").drop("twin_sku")


def launches(
    series: pl.DataFrame, sold: pl.Series, lines: pl.DataFrame, keys: Sequence[str], begin: date, end: date
) -> pl.DataFrame:
    """series_id and key columns of products that nobody has bought yet and that are announced for before a day, at the
    places where their twins are sold.

    Args:
        series: rows of the panel, with series_id and the key columns.
        sold: SKUs that were ever sold.
        lines: what `known_life` returned.
        keys: key columns, `sku` among them.
        begin: first day that is forecast; what ends before it is left out.
        end: day after the last that is forecast.
    """
    announced = lines.filter(
        pl.col("launch_on") < end,
        ~pl.col("sku").is_in(sold.implode()),
        pl.col("ends_on").is_null() | (pl.col("ends_on") >= begin),
    ).select("sku", pl.coalesce("predecessor", "like_sku").alias("twin_sku"))
    others = [name for name in keys if name != "sku"]
    places = series.select(pl.col("sku").alias("twin_sku"), *others)
    found = announced.join(places, on="twin_sku").select(keys)
    return found.select(pl.concat_str(keys, separator="|").alias("series_id"), *keys).sort("series_id")


def share_alive(series: pl.DataFrame, starts: Sequence[date], bucket_weeks: int) -> Matrix | None:
    """(S, M) share of each bucket's days up to each series' last day; None where no series has one."""
    if "life_ends_on" not in series.columns or series["life_ends_on"].is_null().all():
        return None
    days = 7 * bucket_weeks
    begins = np.array(starts, "datetime64[D]").astype(np.int64)
    never = pl.lit(date.max - timedelta(days=366))
    after = series.select(pl.col("life_ends_on").fill_null(never)).to_series().to_numpy().astype("datetime64[D]")
    return np.asarray(np.clip(after.astype(np.int64)[:, None] + 1 - begins, 0, days) / days)


def ramp(ramp_weeks: Matrix, launch: npt.NDArray[np.datetime64], starts: npt.NDArray[np.datetime64]) -> Matrix:
    """(R, B) share of its full demand that a product has in each bucket; at least one week's step.

    >>> ramp(np.array([4.0]), np.array(["2017-01-02"], "datetime64[D]"), np.array(["2017-01-09"], "datetime64[D]"))
    array([[0.5]])
    """
    days = (starts.astype("datetime64[D]") - launch.astype("datetime64[D]")[:, None]).astype(np.int64)
    length = np.maximum(ramp_weeks, 1.0)[:, None]
    return np.asarray(np.clip((days // 7 + 1) / length, 1 / length, 1.0))


def share_begun(launch: npt.NDArray[np.datetime64], starts: npt.NDArray[np.datetime64], bucket_weeks: int) -> Matrix:
    """(R, B) share of each bucket's days from each launch (R,) on.

    >>> share_begun(np.array(["2017-01-05"], "datetime64[D]"), np.array(["2017-01-02"], "datetime64[D]"), 1).round(3)
    array([[0.571]])
    """
    days = 7 * bucket_weeks
    ends = starts.astype("datetime64[D]").astype(np.int64) + days
    return np.asarray(np.clip(ends - launch.astype("datetime64[D]").astype(np.int64)[:, None], 0, days) / days)


def not_begun(series: pl.DataFrame, starts: Sequence[date], bucket_weeks: int) -> Flags | None:
    """(S, M) buckets that end before the launch of an announced product that nobody has bought; None where none is.

    Args:
        series: S rows of a panel, or such with null for series that it does not have.
        starts: M bucket starts.
        bucket_weeks: length of a bucket.
    """
    announced = series["reason"] == LAUNCH
    if "life_launch_on" not in series.columns or not announced.any():
        return None
    launch = series["life_launch_on"].fill_null(date.min).to_numpy().astype("datetime64[D]")
    begun = share_begun(launch, np.array(starts, "datetime64[D]"), bucket_weeks)
    return np.asarray((begun <= 0) & announced.fill_null(False).to_numpy()[:, None])


def hold_off_sale(locks: Locks, off: Flags, hierarchies: Sequence[Hierarchy]) -> Locks:
    """The locks, with series held at 0 in the leads in which they are not on sale (S, M), ended or not launched yet.

    A series below a node that a planner locked is left to reconciliation there: what the planner says goes before.
    """
    free = np.zeros(off.shape, np.bool_)
    for hierarchy, numbers in zip(hierarchies, locks.nodes, strict=True):
        free |= np.isfinite(numbers)[hierarchy.ancestors].any(axis=1)
    held = np.where(off & ~free & np.isnan(locks.series), 0.0, locks.series)
    return Locks(locks.nodes, held, locks.conflicts, locks.unmatched)


def kept_share(ended: Flags, followed: Flags, recent: Matrix, hierarchy: Hierarchy) -> Matrix:
    """(A, M) share of each node's recent demand that has not ended; what somebody follows goes on in the successor.

    Args:
        ended: (S, M).
        followed: (S,) series that another one names as its predecessor.
        recent: (S,) recent mean demand.
        hierarchy: the nodes.
    """
    every = hierarchy.aggregate(recent)[:, None]
    lost = hierarchy.aggregate(np.where(ended & ~followed[:, None], np.clip(recent, 0, None)[:, None], 0.0))
    return np.asarray(1 - np.divide(lost, every, out=np.zeros_like(lost), where=every > 0))
