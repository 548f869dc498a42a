"""Lost sales: what would have been sold in buckets out of stock.

Belongs here: the table `lost_sales`. Does not belong here: which buckets these are (`stockouts.py`). What was sold
stays as it is everywhere; without this table nothing else would change.

A bucket's demand is estimated from the nearest observed buckets of the same series, after capping, and from how its
family's sales stood in that bucket beside them:

    demand(t) = sum of sold(n) over the neighbours n  ÷  sum of index(n)  ×  index(t)
    index(t)  = (sold by family members with stock in t + C) ÷ (their usual sales + C)

so a season or an event that the whole family shows is in the estimate, and members that lack stock themselves do not
pull it down. What was lost is the demand less what was sold, at least 0. Demand is taken as negative binomial with the
series' own dispersion around level × index; its quantiles bound what was lost.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain import contracts
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts.columns import key_columns
from dp_assets.domain.panel import Panel
from dp_assets.domain.stockouts import mask_of

NEIGHBOURS = 4
"""Observed buckets on either side that an estimate is made of."""
REACH_WEEKS = 13
"""Weeks within which they must lie."""
CERTAIN = 20.0
"""C: units added to a family's sales and to their usual, so that the index of a small one stays near 1."""

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def family_index(panel: Panel, usable: Flags, families: npt.NDArray[np.intp]) -> Matrix:
    """(F, T) sales of each family in each bucket beside its usual ones, members that are not `usable` (S, T) left out.

    Args:
        panel: the panel.
        usable: buckets that were observed and had stock.
        families: (S,) number of the family.
    """
    count = int(families.max(initial=-1)) + 1
    sold = np.where(usable, np.asarray(panel.capped, np.float64), 0.0)
    usual = sold.sum(axis=1) / np.maximum(usable.sum(axis=1), 1)
    made, expected = np.zeros((count, panel.history)), np.zeros((count, panel.history))
    np.add.at(made, families, sold)
    np.add.at(expected, families, usual[:, None] * usable)
    return np.asarray((made + CERTAIN) / (expected + CERTAIN))


def lost_sales_table(panel: Panel, stockouts: pl.DataFrame, config: DemandConfig) -> pl.DataFrame:
    """The `lost_sales` table of a cycle: a row per bucket out of stock.

    Args:
        panel: the cycle's panel.
        stockouts: rows of the table `stockouts` of the cycle.
        config: key columns, the hierarchy whose first level is the family.
    """
    table = contracts.lost_sales(config)
    starts = panel.starts[: panel.history]
    out = mask_of(stockouts, panel.series["series_id"], starts)
    rows, buckets = np.nonzero(out)
    if not len(rows):
        return table.empty()
    since = np.arange(panel.history) >= np.asarray(panel.first)[:, None]
    usable = np.asarray((panel.observed > 0) & since & ~out)
    families = _families(panel, config)
    index = family_index(panel, usable, families)
    demand, size = _demand(panel, usable, rows, buckets, index[families[rows]], REACH_WEEKS // panel.bucket_weeks)
    sold = np.asarray(panel.quantity, np.float64)[rows, buckets]
    low, high = (_quantile(demand, size, level) for level in (0.1, 0.9))
    keys = panel.series.select(column.name for column in key_columns(config))
    frame = keys[rows.tolist()].with_columns(
        pl.Series("bucket_start", starts[buckets].astype("datetime64[ms]")).cast(pl.Date),
        pl.Series("sold", sold),
        pl.Series("demand", demand),
        pl.Series("lost", np.maximum(demand - sold, 0.0)),
        pl.Series("lost_low", np.maximum(low - sold, 0.0)),
        pl.Series("lost_high", np.maximum(high - sold, 0.0)),
        pl.Series("price", np.asarray(panel.price, np.float64)[rows, buckets]),
    )
    kinds = stockouts.select("series_id", "bucket_start", "kind")
    return table.conform(frame.join(kinds, on=["series_id", "bucket_start"], how="left", maintain_order="left"))


def _families(panel: Panel, config: DemandConfig) -> npt.NDArray[np.intp]:
    """(S,) number of the family: the first level of the first hierarchy where it is an attribute, else all are one."""
    level = config.hierarchies[0].levels[:1] if config.hierarchies else ()
    if not level or level[0] not in panel.series.columns or isinstance(panel.series.schema[level[0]], pl.List):
        return np.zeros(len(panel), np.intp)
    return panel.series[level[0]].cast(pl.String).fill_null("").rank("dense").to_numpy().astype(np.intp) - 1


def _demand(
    panel: Panel,
    usable: Flags,
    rows: npt.NDArray[np.intp],
    buckets: npt.NDArray[np.intp],
    index: Matrix,
    reach: int,
) -> tuple[Matrix, Matrix]:
    """(n,) demand of n cells, and the size of its negative binomial; infinite for a Poisson. index (n, T)."""
    capped = np.asarray(panel.capped, np.float64)
    demand, size = np.zeros(len(rows)), np.full(len(rows), np.inf)
    for cell, (row, bucket) in enumerate(zip(rows.tolist(), buckets.tolist(), strict=True)):
        begin = max(0, bucket - reach)
        before = begin + np.flatnonzero(usable[row, begin:bucket])[-NEIGHBOURS:]
        after = bucket + 1 + np.flatnonzero(usable[row, bucket + 1 : bucket + 1 + reach])[:NEIGHBOURS]
        near = np.concatenate([before, after])
        if not len(near):  # nothing was seen nearby: what the series usually sells
            near = np.flatnonzero(usable[row])
        if not len(near):
            continue
        level = float(capped[row, near].sum() / index[cell, near].sum())
        demand[cell] = level * index[cell, bucket]
        every = np.flatnonzero(usable[row])
        expected = level * index[cell, every]
        excess = float(((capped[row, every] - expected) ** 2 - expected).sum())
        if excess > 0:
            size[cell] = float((expected**2).sum()) / excess
    return demand, size


def _quantile(mean: Matrix, size: Matrix, level: float) -> Matrix:
    """(n,) quantile of negative binomial counts; of a Poisson where the size is infinite, 0 where the mean is 0."""
    from scipy import stats

    safe = np.maximum(mean, 1e-9)
    finite = np.where(np.isfinite(size), size, 1.0)
    counts = stats.nbinom.ppf(level, finite, finite / (finite + safe))
    found = np.where(np.isfinite(size), counts, stats.poisson.ppf(level, safe))
    return np.asarray(np.where(mean > 0, np.maximum(found, 0.0), 0.0))
