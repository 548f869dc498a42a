"""What a cycle knows of sales: per series and bucket with sales the net quantity and the mean price, sparse.

Belongs here: the leak rule applied to contributions, their sums, and the dense form of some series. Does not belong
here: which series a panel has (`outline.py`), what is computed of them.

The lake's buckets hold no zeros. In the dense form a series has one for every bucket without sales.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from dp_assets.domain.buckets import BucketGrid
from dp_assets.domain.cleaning import row_blocks
from dp_assets.domain.config import DemandConfig
from dp_assets.domain.contracts import weekly_buckets
from dp_assets.domain.panel import FloatArray
from dp_assets.domain.table import ascends

IntArray = npt.NDArray[np.int64]
SmallArray = npt.NDArray[np.int32]
Float64Array = npt.NDArray[np.float64]
RESIDUE = 1e-9
"""Share of all that was added and taken back below which a bucket's sum is rounding error, not a quantity."""
NEVER = -1
"""Place of a series that is left out."""


@dataclass(frozen=True)
class Sold:
    """Parallel arrays, one entry per series and bucket with sales, ascending by series.

    Attributes:
        row: number of the series.
        bucket: number of the bucket, counted from the grid's first.
        quantity: net units, above 0.
        price: mean price, 0 where none is known.
    """

    row: SmallArray
    bucket: SmallArray
    quantity: FloatArray
    price: FloatArray

    def chosen(self, which: slice | npt.NDArray[np.bool_]) -> Sold:
        """Some of the entries."""
        return Sold(self.row[which], self.bucket[which], self.quantity[which], self.price[which])

    def numbered(self, row: SmallArray) -> Sold:
        """The same entries with other numbers of their series, in the order of these."""
        if (row[1:] >= row[:-1]).all():
            return Sold(row, self.bucket, self.quantity, self.price)
        order = np.argsort(row, kind="stable")
        return Sold(row[order], self.bucket[order], self.quantity[order], self.price[order])


@dataclass(frozen=True)
class KnownSales:
    """All that a cycle knows, in parts, no two of which have the same series and bucket.

    Attributes:
        series: series_id and key columns of every series seen, sorted by series_id; entries point into it.
        parts: entries, as they were read.
    """

    series: pl.DataFrame
    parts: tuple[Sold, ...]

    @cached_property
    def first(self) -> IntArray:
        """(S,) bucket of each series' first sale."""
        return self._outermost(np.minimum, np.iinfo(np.int32).max)

    @cached_property
    def last(self) -> IntArray:
        """(S,) bucket of each series' last sale."""
        return self._outermost(np.maximum, np.iinfo(np.int32).min)

    def _outermost(self, choose: np.ufunc, start: int) -> IntArray:
        found = np.full(len(self.series), start, dtype=np.int32)
        for part in self.parts:
            choose.at(found, part.row.astype(np.intp), part.bucket)  # many times faster where the types are the same
        return found.astype(np.int64)

    def selling_buckets(self, begin: int | None = None) -> IntArray:
        """(S,) buckets with sales, all of them or those from a bucket on."""
        count = np.zeros(len(self.series), np.int64)
        for part in self.parts:
            rows = part.row if begin is None else part.row[part.bucket >= begin]
            count += np.bincount(rows, minlength=len(count))
        return count

    def placed(self, place: SmallArray) -> tuple[Sold, ...]:
        """The parts with other numbers of the series (S,), in the same order; without those whose place is NEVER."""
        found = []
        for part in self.parts:
            row = place[part.row]
            kept = row != NEVER
            found.append(part.numbered(row) if kept.all() else part.chosen(kept).numbered(row[kept]))
        return tuple(found)


def between(parts: Iterable[Sold], begin: int, end: int) -> Sold:
    """Entries of the series from one row up to another, which is left out, part after part; rows count from there."""
    ends = np.array([begin, end], np.int32)  # of another type, every search would convert all rows
    cut = [part.chosen(slice(*np.searchsorted(part.row, ends).tolist())) for part in parts]
    rows = np.concatenate([np.zeros(0, np.int32), *(part.row - np.int32(begin) for part in cut)])
    others = (
        np.concatenate([np.zeros(0, kind), *(getattr(part, name) for part in cut)])
        for name, kind in (("bucket", np.int32), ("quantity", np.float32), ("price", np.float32))
    )
    return Sold(rows.astype(np.int32), *others)


def dense(sold: Sold, series: int, origin: int, end: int) -> tuple[FloatArray, FloatArray]:
    """(series, end - origin) quantity with explicit zeros, and forward-filled price."""
    quantity, price = (np.zeros((series, end - origin), dtype=np.float32) for _ in range(2))
    quantity[sold.row, sold.bucket - origin] = sold.quantity
    price[sold.row, sold.bucket - origin] = sold.price
    for block in row_blocks(*price.shape):
        latest = np.maximum.accumulate(np.where(price[block] > 0, np.arange(end - origin, dtype=np.int32), 0), axis=1)
        price[block] = np.take_along_axis(price[block], latest, axis=1)
    return quantity, price


def known_sales(
    buckets: pl.DataFrame | Iterable[pl.DataFrame], grid: BucketGrid, cutoff: date, config: DemandConfig
) -> KnownSales:
    """Sums the contributions the cycle knows; keeps buckets whose net quantity is above zero.

    Args: as of `features.build_features`.
    """
    codes = pl.Series(dtype=pl.Categorical(pl.Categories.random()))  # a code lives as long as a series of its type does
    seen = np.zeros(0, dtype=np.bool_)
    table = weekly_buckets(config)
    met = [table.empty().select("series_id", *config.series_key)]
    met_codes = [np.zeros(0, dtype=np.uint32)]
    sold: list[Sold] = []
    for part in [buckets] if isinstance(buckets, pl.DataFrame) else buckets:
        rows, sold_at, quantity, price = _net_sales(_known_rows(part, cutoff, grid.known_at(cutoff)), table.key)
        if not len(sold_at):
            continue
        code = rows["series_id"].gather(sold_at).cast(codes.dtype).to_physical().to_numpy()
        seen = np.pad(seen, (0, max(0, int(code.max()) + 1 - len(seen))))
        new = np.flatnonzero(~seen[code])
        new = new[np.unique(code[new], return_index=True)[1]]
        seen[code[new]] = True
        met.append(rows.select("series_id", *config.series_key)[sold_at[new]])
        met_codes.append(code[new])
        starts = rows["bucket_start"].to_numpy()[sold_at].astype("datetime64[D]")
        days = (starts - np.datetime64(grid.first)).astype(np.int64)
        bucket = (days // (7 * grid.weeks)).astype(np.int32)
        sold.append(Sold(code.astype(np.int32), bucket, quantity.astype(np.float32), price.astype(np.float32)))
    series = pl.concat(met).with_columns(pl.Series("code", np.concatenate(met_codes))).sort("series_id")
    place = np.zeros(len(seen), dtype=np.int32)
    place[series["code"].to_numpy()] = np.arange(len(series), dtype=np.int32)
    for number, part_sold in enumerate(sold):  # one after another, so that only one is there twice
        sold[number] = part_sold.numbered(place[part_sold.row])
    return KnownSales(series.drop("code"), tuple(sold))


def columns_read(config: DemandConfig) -> tuple[str, ...]:
    """What is read of `weekly_buckets`: its key, when a row counts, and the two sums."""
    key = (*weekly_buckets(config).key, "known_from", "quantity", "revenue")
    return tuple(dict.fromkeys((*key, *config.series_key)))


def _net_sales(rows: pl.DataFrame, key: tuple[str, ...]) -> tuple[pl.DataFrame, IntArray, Float64Array, Float64Array]:
    """The rows in order; per series and bucket with sales: place of its first row, net quantity, mean price or 0."""
    # Sums of floats depend on their order, so the rows of a bucket are added in the order of the contract's key.
    rows = rows if ascends(rows, key) else rows.sort(key)
    same = [rows[name].slice(1) == rows[name].slice(0, max(0, len(rows) - 1)) for name in ("series_id", "bucket_start")]
    begins = np.flatnonzero(np.concatenate([np.ones(min(1, len(rows)), np.bool_), ~(same[0] & same[1]).to_numpy()]))
    quantity, revenue = (_net(rows[name].to_numpy(), begins) for name in ("quantity", "revenue"))
    sold = quantity > 0
    begins, quantity, revenue = begins[sold], quantity[sold], revenue[sold]
    price = np.divide(revenue, quantity, out=np.zeros_like(quantity), where=revenue > 0)
    return rows, begins, quantity, price


def _known_rows(buckets: pl.DataFrame, cutoff: date, known_at: datetime) -> pl.DataFrame:
    known = (buckets["bucket_start"] < cutoff) & (buckets["known_from"] <= known_at)
    return buckets if known.all() else buckets.filter(known)


def _net(values: Float64Array, begins: IntArray) -> Float64Array:
    """Sums of consecutive rows; what was taken back to the last unit is exactly 0, whatever the rounding."""
    if not len(begins):
        return np.zeros(0)
    total, moved = np.add.reduceat(values, begins), np.add.reduceat(np.abs(values), begins)
    return np.where(np.abs(total) <= RESIDUE * moved, 0.0, total)
