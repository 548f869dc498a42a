"""Causes of outliers: why a bucket that was capped sold so much.

Belongs here: what points to a cause, and the words for it. Does not belong here: which buckets are capped
(`cleaning.py`).

Causes are looked for from the most specific to the least: sales that two files both report, sales in a few big lines, a
promotion, an event or public holiday, a low price. A bucket may have several; where nothing points to any, the cause is
`unknown`, and somebody who knows the shop should look.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from dp_assets.domain.calendar import EVENT
from dp_assets.domain.contracts import OUTLIER_CAUSES
from dp_assets.domain.panel import Panel
from dp_assets.domain.promotions import MIN_PROMOTED, PROMO

DUPLICATE, BULK, PROMOTION, EVENT_CAUSE = "feed_duplicate", "bulk_order", "promotion", "event"
HOLIDAY, PRICE, UNKNOWN = "holiday", "price", "unknown"
ALIKE = 0.01
"""Two files report the same sales if units and lines differ by no more than this share."""
BULKY = 3.0
"""Units per line from this many times the usual on point to bulk orders."""
CHEAP = 0.9
"""A price below this share of the usual explains more sales."""


def outlier_causes(outliers: pl.DataFrame, buckets: pl.DataFrame, panel: Panel) -> pl.DataFrame:
    """The `outlier_causes` table.

    Args:
        outliers: `outlier_log` rows of a cycle.
        buckets: `weekly_buckets` rows as the cycle knows them, of the series in the log, over their history.
        panel: the cycle's panel.
    """
    if outliers.is_empty():
        return OUTLIER_CAUSES.empty()
    place = {name: row for row, name in enumerate(panel.series["series_id"])}
    at = {day: number for number, day in enumerate(panel.starts.tolist())}
    twice, bulky = _reported_twice(buckets), _bulky(buckets, outliers)
    rows = []
    for line in outliers.iter_rows(named=True):
        key = (line["series_id"], line["bucket_start"])
        specific = [(cause, found[key]) for cause, found in ((DUPLICATE, twice), (BULK, bulky)) if key in found]
        causes = [*specific, *_of_the_panel(panel, place[key[0]], at[key[1]])]
        rows += [
            {
                "series_id": key[0],
                "bucket_start": key[1],
                "rank": rank,
                "cause": cause,
                "evidence": evidence,
                "excess": line["original"] - line["capped"],
            }
            for rank, (cause, evidence) in enumerate(causes or [(UNKNOWN, "nothing points to a cause")], start=1)
        ]
    return OUTLIER_CAUSES.conform(pl.DataFrame(rows))


def _reported_twice(buckets: pl.DataFrame) -> dict[tuple[str, date], str]:
    """Series and bucket → the two files that report the same sales."""
    per_file = buckets.group_by("series_id", "bucket_start", "file_version_id").agg(
        pl.col("quantity", "transactions").sum()
    )
    pairs = per_file.filter(pl.col("quantity") > 0).join(per_file, on=["series_id", "bucket_start"], suffix="_other")
    alike = (
        (pl.col("quantity") - pl.col("quantity_other")).abs() <= ALIKE * pl.col("quantity"),
        (pl.col("transactions") - pl.col("transactions_other")).abs() <= ALIKE * pl.col("transactions"),
        pl.col("file_version_id") < pl.col("file_version_id_other"),
        pl.col("transactions") > 1,  # one line equals another by chance
    )
    found = pairs.filter(*alike).sort("file_version_id", "file_version_id_other")
    return {
        (row["series_id"], row["bucket_start"]): (
            f"{row['file_version_id']} and {row['file_version_id_other']} both report {row['quantity']:g} units in "
            f"{row['transactions']} lines"
        )
        for row in found.iter_rows(named=True)
    }


def _bulky(buckets: pl.DataFrame, outliers: pl.DataFrame) -> dict[tuple[str, date], str]:
    """Series and bucket → units per line there, and usually."""
    sums = buckets.group_by("series_id", "bucket_start").agg(pl.col("quantity", "transactions").sum())
    size = sums.filter((pl.col("quantity") > 0) & (pl.col("transactions") > 0)).with_columns(
        (pl.col("quantity") / pl.col("transactions")).alias("size")
    )
    keys = outliers.select("series_id", "bucket_start")
    usual = (
        size.join(keys, on=["series_id", "bucket_start"], how="anti")
        .group_by("series_id")
        .agg(pl.col("size").median().alias("usual"))
    )
    found = size.join(keys, on=["series_id", "bucket_start"], how="semi").join(usual, on="series_id")
    found = found.filter(pl.col("size") >= BULKY * pl.col("usual")).sort("series_id", "bucket_start")
    return {
        (row["series_id"], row["bucket_start"]): (
            f"{row['size']:.3g} units per line in {row['transactions']} lines, usually {row['usual']:.3g}"
        )
        for row in found.iter_rows(named=True)
    }


def _of_the_panel(panel: Panel, row: int, bucket: int) -> Iterator[tuple[str, str]]:
    """(cause, evidence) of what the models are told too."""
    kinds = [
        f"{name.removeprefix(PROMO).replace('_', ' ')} {panel.known[row, bucket, number]:.0%}"
        for number, name in enumerate(panel.known_names)
        if name.startswith(PROMO) and panel.known[row, bucket, number] >= MIN_PROMOTED
    ]
    if kinds:
        yield PROMOTION, ", ".join(kinds)
    for name in (*panel.calendar_names, *panel.known_names):
        if not name.startswith(EVENT) and name != "holiday":
            continue
        happens = panel.calendar_channel(name, np.array([row], np.intp))[0, bucket] > 0
        if happens and name.startswith(EVENT):
            yield EVENT_CAUSE, name.removeprefix(EVENT).replace("_", " ")
        if happens and name == "holiday":
            yield HOLIDAY, "a public holiday falls into the bucket"
    if "relative_price" in panel.past_names:
        relative = float(panel.past[row, bucket, panel.past_names.index("relative_price")])
        if np.isfinite(relative) and 0 < relative < CHEAP:
            yield PRICE, f"price {1 - relative:.0%} below its usual"
